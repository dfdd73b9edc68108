use std::{fs, path::Path};

use anyhow::{Context as _, Result, bail};

use super::NODE_CERTIFICATES;
use crate::args::{EnvironmentFormat, LocalEnv};

/// OpenSSL and Go take the file instead of those of the system.
const CERTIFICATES: &str = "SSL_CERT_FILE";

/// Where a local cloud keeps the certificate of its authority in its directory.
const CERTIFICATE: &str = "ca.pem";

/// Prints the variables of a client, from what a running cloud has left for others to read: its directory is locked.
pub(super) fn env(args: &LocalEnv) -> Result<()> {
    let EnvironmentFormat::Dotenv = args.format;
    if let Some(file) = &args.ready_file {
        print!("{}", fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?);
    }
    if let Some(folder) = &args.data_dir {
        print!("{}", certificates(folder, args.ready_file.is_none())?);
    }
    Ok(())
}

fn certificates(folder: &Path, is_node_wanted: bool) -> Result<String> {
    let file = folder.join(CERTIFICATE);
    let file = fs::canonicalize(&file)
        .with_context(|| format!("cannot find {}: has `local start --data-dir` run there?", file.display()))?;
    let Some(file) = file.to_str().filter(|file| !file.contains(['\n', '"'])) else {
        bail!("the path {} cannot be written into a dotenv file", file.display());
    };
    let node = if is_node_wanted { format!("{NODE_CERTIFICATES}=\"{file}\"\n") } else { String::new() };
    Ok(format!(
        "{node}# Taken instead of the certificates of the system, not beside them.\n{CERTIFICATES}=\"{file}\"\n"
    ))
}

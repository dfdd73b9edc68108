use std::{fs, io::Write as _, path::Path};

use anyhow::{Context as _, Result};
use turso_cloud_local::{Cloud, CloudBuilder, Server};

use super::NODE_CERTIFICATES;
use crate::args::LocalStart;

pub(crate) fn start(args: &LocalStart) -> Result<()> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start the runtime")?;
    runtime.block_on(serve(args))
}

async fn serve(args: &LocalStart) -> Result<()> {
    let cloud = open(args)?;
    let server = cloud.serve(args.addr).await.with_context(|| format!("cannot listen on {}", args.addr))?;
    if let Some(file) = &args.ready_file {
        write_whole(file, &environment(&cloud, &server)?)
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    // Whoever started the cloud waits for this line; the token is not in it.
    println!("local Turso Cloud ready at {} and {}", server.url(), server.https_url());
    stopped().await?;
    server.shutdown().await;
    Ok(())
}

fn open(args: &LocalStart) -> Result<Cloud> {
    let mut builder = Cloud::builder();
    if let Some(folder) = &args.data_dir {
        builder = builder.directory(folder);
    }
    if let Some(seed) = args.seed {
        builder = builder.seed(seed);
    }
    if let Some(form) = args.hostnames {
        builder = builder.hostnames(form.into());
    }
    builder = args.allow_host.iter().fold(builder, CloudBuilder::allow_host);
    builder.build().context("cannot open the cloud")
}

/// The variables of a client, one in a line, as dotenv files have them.
fn environment(cloud: &Cloud, server: &Server) -> Result<String> {
    let mut certificates = String::new();
    if let Some(file) = cloud.ca_certificate_file()? {
        let file = fs::canonicalize(file)?;
        // A path that cannot be quoted is left out: TLS is an extra here.
        if let Some(file) = file.to_str().filter(|file| !file.contains(['\n', '"'])) {
            certificates = format!("{NODE_CERTIFICATES}=\"{file}\"\n");
        }
    }
    Ok(format!(
        "TURSO_API_BASEURL={}\nTURSO_API_TOKEN={}\nTURSO_ORG={}\n{certificates}",
        server.url(),
        cloud.token().expose(),
        cloud.organization()
    ))
}

/// Writes a file that others see whole or not at all, and that only its owner can read: it holds a token.
fn write_whole(file: &Path, text: &str) -> Result<()> {
    let mut draft = file.as_os_str().to_owned();
    draft.push(format!(".{}", std::process::id()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&draft).and_then(|mut draft| draft.write_all(text.as_bytes()));
    if let Err(error) = written.and_then(|()| fs::rename(&draft, file)) {
        // What went wrong is told; that the draft may be left behind is not worth more.
        let _ = fs::remove_file(&draft);
        return Err(error.into());
    }
    Ok(())
}

/// Ctrl-C, or the signal of a service manager.
async fn stopped() -> Result<()> {
    #[cfg(unix)]
    {
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted?,
            _ = terminate.recv() => {}
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await?;
    Ok(())
}

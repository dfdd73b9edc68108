use std::fs;

use anyhow::{Context as _, Result};
use turso_cloud_local::{Cloud, CloudBuilder, Server};

use super::NODE_CERTIFICATES;
use crate::{args::LocalStart, files::write_whole, signals::Signals};

pub(super) async fn start(args: &LocalStart) -> Result<()> {
    // Before anybody is told that it is ready.
    let mut signals = Signals::listen()?;
    let cloud = open(args)?;
    let server = cloud.serve(args.addr).await.with_context(|| format!("cannot listen on {}", args.addr))?;
    if let Some(file) = &args.ready_file {
        write_whole(file, &environment(&cloud, &server)?)
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    // Whoever started the cloud waits for this line; the token is not in it.
    println!("local Turso Cloud ready at {} and {}", server.url(), server.https_url());
    signals.stopped().await;
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

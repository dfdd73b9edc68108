use anyhow::{Context as _, Result};
use turso_cloud_local::{Cloud, Server};

use super::{
    instance::{Instance, Instances},
    launch,
    variables::{self, NODE_CERTIFICATES, Variables},
};
use crate::{
    args::LocalStart,
    context::Context,
    exit::{Failure, Kind},
    files::write_whole,
    signals::Signals,
};

pub(super) async fn start(cx: &Context, args: &LocalStart) -> Result<()> {
    // Before anybody is told that it is ready.
    let mut signals = Signals::listen()?;
    let instances = Instances::find()?;
    // Before anything is opened: a name that is none is no reason to make a folder.
    instances.file(&args.instance.name, "json")?;
    refuse_a_second(&instances, &args.instance.name).await?;
    launch::write_log(cx);
    let cloud = launch::open(&args.cloud, args.data_dir.as_deref())?;
    let server = cloud.serve(args.addr).await.with_context(|| format!("cannot listen on {}", args.addr))?;
    let instance = describe(&instances, args, &cloud, &server)?;
    let registration = instances.register(&instance, &cloud.ca_certificate()?);
    if let Err(error) = &registration {
        // It can be used all the same, by its address.
        cx.notice(format_args!("other commands will not find this cloud: {error:#}"));
    }
    if let Some(file) = &args.ready_file {
        write_whole(file, &variables::lines(&environment(&cloud, &server)?))
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    // Whoever started the cloud waits for this line; the token is not in it.
    println!("local Turso Cloud ready at {} and {}", server.url(), server.https_url());
    tokio::select! {
        _ = signals.stopped() => {}
        () = cloud.stop_requested() => {}
    }
    // Nobody is to find a cloud that is about to end.
    drop(registration);
    server.shutdown().await;
    Ok(())
}

/// Two clouds of one name would hide each other.
async fn refuse_a_second(instances: &Instances, name: &str) -> Result<()> {
    let Some(other) = instances.load(name).ok().flatten() else { return Ok(()) };
    let address = other.url.strip_prefix("http://").unwrap_or_default();
    // No more than a look: one that does not even listen is stale.
    if tokio::net::TcpStream::connect(address).await.is_err() {
        return instances.forget(name);
    }
    Err(Failure::new(Kind::Refused, format!("a local cloud named {name} is running at {} already", other.url))
        .hint("give another --name, or stop that one with `tursoctl local stop`")
        .into())
}

fn describe(instances: &Instances, args: &LocalStart, cloud: &Cloud, server: &Server) -> Result<Instance> {
    Ok(Instance {
        name: args.instance.name.clone(),
        pid: std::process::id(),
        url: server.url(),
        https_url: server.https_url(),
        organization: cloud.organization().to_string(),
        token: cloud.token(),
        local_token: cloud.local_token(),
        certificate: instances.file(&args.instance.name, "pem")?,
        data_dir: args.data_dir.as_deref().map(std::path::absolute).transpose()?,
    })
}

fn environment(cloud: &Cloud, server: &Server) -> Result<Variables> {
    let mut variables = variables::of_platform(&server.url(), cloud.token().expose(), cloud.organization().as_str());
    if let Some(file) = cloud.ca_certificate_file()? {
        // A path that cannot be told is left out: TLS is an extra here.
        if let Some(file) = std::fs::canonicalize(file)?.to_str() {
            variables.push((NODE_CERTIFICATES, file.to_owned()));
        }
    }
    Ok(variables)
}

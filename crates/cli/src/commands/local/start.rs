use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use turso_cloud_local::{Cloud, Server};

use super::{
    instance::{Instance, Instances, Registration},
    launch,
    ready::Ready,
    ready_file,
    variables::{self, NODE_CERTIFICATES, Variables},
};
use crate::{
    args::{DEFAULT_NAME, LocalStart},
    context::Context,
    exit::{Failure, Kind, Report},
    files::write_out,
    signals::Signals,
};

pub(super) async fn start(cx: &Context, args: &LocalStart) -> Result<()> {
    // Before anybody is told that it is ready.
    let mut signals = Signals::listen()?;
    let instances = Instances::find()?;
    // Before anything is opened: a name that is none is no reason to make a folder.
    let name = free_name(&instances, args.name.as_deref()).await?;
    if let Some(file) = &args.ready_file {
        ready_file::check(file)?;
    }
    if cx.is_dry_run() {
        cx.notice(format_args!("this would start a local cloud on {}", args.addr));
        return Ok(());
    }
    launch::write_log(cx);
    launch::allow_many_files();
    let cloud = launch::open(&args.cloud, args.data_dir.as_deref())?;
    // Its error names the address.
    let server = cloud.serve(args.addr).await?;
    let mut told = describe(&cloud, &server, args.data_dir.as_deref())?;
    let registration = found_by_others(cx, || match name {
        Some(name) => register(&instances, name, &cloud, &mut told),
        None => Err(Failure::new(Kind::Refused, "another one has the name default").into()),
    });
    let ready = async {
        if let Some(file) = &args.ready_file {
            write_out(file, &variables::lines(&environment(&cloud, &server)?))
                .await
                .with_context(|| format!("cannot write {}", file.display()))?;
        }
        told.tell(cx)?;
        std::future::pending::<Result<()>>().await
    };
    tokio::select! {
        failed = ready => return failed,
        _ = signals.stopped() => {}
        () = cloud.stop_requested() => {}
    }
    // Nobody is to find a cloud that is about to end.
    drop(registration);
    server.shutdown().await;
    Ok(())
}

/// The name to be found by; nothing where none was asked for and the usual one is taken. Two clouds of one name would hide
/// each other.
pub(super) async fn free_name<'a>(instances: &Instances, name: Option<&'a str>) -> Result<Option<&'a str>> {
    let wanted = name.unwrap_or(DEFAULT_NAME);
    instances.file(wanted, "json")?;
    let Some(other) = instances.load(wanted).ok().flatten() else { return Ok(Some(wanted)) };
    let address = other.url.strip_prefix("http://").unwrap_or_default();
    // No more than a look: one that does not even listen is stale.
    if tokio::net::TcpStream::connect(address).await.is_err() {
        return Ok(Some(wanted));
    }
    if name.is_none() {
        return Ok(None);
    }
    Err(Failure::new(Kind::Refused, format!("a local cloud named {wanted} is running at {} already", other.url))
        .hint("give another --name, or stop that one with `tursoctl local stop`")
        .into())
}

pub(super) fn describe(cloud: &Cloud, server: &Server, data_dir: Option<&Path>) -> Result<Ready> {
    let data_dir = data_dir.map(std::path::absolute).transpose()?;
    // TLS is an extra here.
    let certificate = cloud.ca_certificate_file().ok().flatten().map(std::path::absolute).transpose()?;
    let shown = |path: PathBuf| path.to_string_lossy().into_owned();
    Ok(Ready {
        name: None,
        pid: std::process::id(),
        url: server.url(),
        https_url: server.https_url(),
        organization: cloud.organization().to_string(),
        certificate: certificate.map(shown),
        data_dir: data_dir.map(shown),
    })
}

/// Has a cloud found by a name, and says so in what is told of it.
pub(super) fn register(instances: &Instances, name: &str, cloud: &Cloud, told: &mut Ready) -> Result<Registration> {
    let Ready { pid, url, https_url, organization, data_dir, .. } = told;
    let instance = Instance {
        name: name.to_owned(),
        pid: *pid,
        url: url.clone(),
        https_url: https_url.clone(),
        organization: organization.clone(),
        token: cloud.token(),
        local_token: cloud.local_token(),
        certificate: instances.file(name, "pem")?,
        data_dir: data_dir.clone(),
    };
    let registration = instances.register(&instance, &cloud.ca_certificate()?)?;
    *told = instance.into();
    Ok(registration)
}

/// Has a cloud found by others, or says why they will not: it can be used all the same, by its address.
pub(super) fn found_by_others(cx: &Context, register: impl FnOnce() -> Result<Registration>) -> Option<Registration> {
    let hidden = |error: &anyhow::Error| {
        cx.notice(format_args!("other commands will not find this cloud: {}", Report::of(error).shown()));
    };
    register().inspect_err(hidden).ok()
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

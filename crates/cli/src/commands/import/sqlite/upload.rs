//! A file that becomes a new database as it is.

use anyhow::Result;
use turso_cloud::Seed;

use super::super::{
    outcome::{IMPORTED, append},
    stop::Stop,
};
use crate::{
    args::Import,
    context::Context,
    exit::{Failure, Kind},
    progress,
};

pub(super) async fn run(cx: &Context, args: &Import, bytes: u64) -> Result<()> {
    let Import { file, destination, .. } = args;
    if args.keep {
        let problem = "--keep: an upload that stops leaves nothing to go on with";
        return Err(Failure::usage(problem).hint("leave out --create to copy rows into a database that exists").into());
    }
    destination.check(cx).await?;
    if cx.is_dry_run() {
        cx.notice(format_args!("this would upload {bytes} bytes"));
        let new = destination.new_database().seed(Seed::DatabaseUpload);
        return Ok(cx.client()?.databases().create(new).await.map(drop)?);
    }
    let stop = Stop::listen()?;
    let progress = progress::of_file(cx, "uploading", file, bytes);
    let shown = progress.clone();
    let upload = cx
        .client()?
        .databases()
        .create_from_file(destination.new_database(), file)
        .on_progress(move |progress| shown.set_position(progress.bytes_sent));
    let interrupted = tokio::select! {
        uploaded = upload => {
            uploaded?;
            None
        }
        kind = stop.wait() => Some(kind),
    };
    if let Some(kind) = interrupted {
        let sent = progress.position();
        drop(progress);
        return Err(give_up(cx, args, kind, format!("interrupted after {sent} of {bytes} bytes")).await.into());
    }
    drop(progress);
    cx.out().value(&IMPORTED, &destination.imported())
}

async fn give_up(cx: &Context, args: &Import, kind: Kind, said: String) -> Failure {
    let removed = args.destination.remove_again(cx).await.unwrap_or_else(|left| left);
    Failure::new(kind, append(said, &[removed]))
}

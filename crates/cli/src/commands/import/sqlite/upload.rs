//! A file that becomes a new database as it is.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use anyhow::Result;
use turso_cloud::{GroupName, Seed};

use super::super::{outcome::IMPORTED, stop::Stop};
use crate::{args::Import, context::Context, exit::Failure, progress};

pub(super) async fn run(cx: &Context, args: &Import, group: &GroupName, bytes: u64) -> Result<()> {
    let Import { file, destination, .. } = args;
    let new = destination.new_database(cx, group)?;
    if cx.is_dry_run() {
        cx.notice(format_args!("this would upload {bytes} bytes"));
        return Ok(cx.client()?.databases().create(new.seed(Seed::DatabaseUpload)).await.map(drop)?);
    }
    let stop = Stop::listen(cx.flags().quiet)?;
    let progress = progress::of_file(cx, "uploading", file, bytes);
    let (shown, is_created) = (progress.clone(), Arc::new(AtomicBool::new(false)));
    let was_created = Arc::clone(&is_created);
    let upload = cx
        .client()?
        .databases()
        .create_from_file(new, file)
        // It is removed in one place: here, however the upload ends.
        .keep_draft()
        .on_progress(move |progress| {
            was_created.store(progress.bytes_total > 0, Ordering::Relaxed);
            shown.set_position(progress.bytes_sent);
        });
    let uploaded = tokio::select! {
        uploaded = upload => uploaded,
        kind = stop.wait() => {
            let said = format!("interrupted after {} of {bytes} bytes", progress.position());
            drop(progress);
            return Err(destination.abandon(cx, Failure::new(kind, said).into()).await);
        }
    };
    drop(progress);
    match uploaded {
        Ok(_) => cx.out().value(&IMPORTED, &destination.imported()),
        Err(error) if is_created.load(Ordering::Relaxed) || error.may_have_happened() => {
            Err(destination.abandon(cx, error.into()).await)
        }
        Err(error) => Err(error.into()),
    }
}

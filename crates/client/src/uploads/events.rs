use std::{
    fmt,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
};

use futures_core::Stream;
use futures_util::{
    StreamExt,
    future::{Either, select},
    stream,
};
use tokio::sync::watch;

use super::{Meter, OnProgress, Run, UploadProgress};
use crate::{Client, Error};

/// What happens to an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UploadEvent<T> {
    /// Bytes went out.
    Progress(UploadProgress),
    /// It is done; nothing follows.
    Finished(T),
}

/// The events of an [`Upload`](super::Upload). An error is yielded once and ends them.
///
/// Reading is what drives the upload: whoever stops reading for longer than its timeout makes it fail.
#[must_use = "nothing is sent until the events are read"]
pub struct UploadEvents<T> {
    #[cfg_attr(not(feature = "blocking"), expect(dead_code, reason = "only a blocking client needs it"))]
    client: Client,
    events: Pin<Box<dyn Stream<Item = Result<UploadEvent<T>, Error>> + Send>>,
}

impl<T: Send + 'static> UploadEvents<T> {
    /// The next event, or nothing behind the last one. To give up waiting for it does not end the upload.
    pub async fn next(&mut self) -> Option<Result<UploadEvent<T>, Error>> {
        StreamExt::next(self).await
    }

    pub(super) fn new(client: Client, running: Running<T>) -> Self {
        let events = stream::unfold(Some(running), |running| async move {
            let mut running = running?;
            match running.next().await {
                Ok(UploadEvent::Progress(progress)) => Some((Ok(UploadEvent::Progress(progress)), Some(running))),
                end => Some((end, None)),
            }
        });
        Self { client, events: Box::pin(events) }
    }

    /// The events without an async runtime, on a client of [`blocking`](crate::blocking); see
    /// [`Call::send`](crate::Call::send).
    #[cfg(feature = "blocking")]
    pub fn send(self) -> Result<crate::blocking::Iter<UploadEvent<T>>, Error> {
        crate::blocking::Iter::new(self.client, self.events)
    }
}

impl<T> Stream for UploadEvents<T> {
    type Item = Result<UploadEvent<T>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.events.as_mut().poll_next(cx)
    }
}

impl<T> fmt::Debug for UploadEvents<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UploadEvents").finish_non_exhaustive()
    }
}

/// An upload under way.
pub(super) struct Running<T> {
    job: Run<T>,
    result: Option<Result<T, Error>>,
    progress: watch::Receiver<UploadProgress>,
    on_progress: Option<OnProgress>,
    /// Kept so that the progress can be read after the end.
    _meter: Arc<Meter>,
}

impl<T> Running<T> {
    pub(super) fn new(job: Run<T>, meter: Arc<Meter>, on_progress: Option<OnProgress>) -> Self {
        Self { job, result: None, progress: meter.subscribe(), on_progress, _meter: meter }
    }

    pub(super) async fn finish(mut self) -> Result<T, Error> {
        loop {
            if let UploadEvent::Finished(done) = self.next().await? {
                return Ok(done);
            }
        }
    }

    /// Progress that nobody has seen yet comes before the result.
    async fn next(&mut self) -> Result<UploadEvent<T>, Error> {
        if self.result.is_none() {
            let changed = pin!(self.progress.changed());
            if let Either::Right((result, _)) = select(changed, &mut self.job).await {
                self.result = Some(result);
            }
        }
        match self.result.take() {
            Some(result) if !self.progress.has_changed().unwrap_or_default() => result.map(UploadEvent::Finished),
            result => {
                self.result = result;
                let progress = self.progress.borrow_and_update().clone();
                if let Some(report) = &mut self.on_progress {
                    report(&progress);
                }
                Ok(UploadEvent::Progress(progress))
            }
        }
    }
}

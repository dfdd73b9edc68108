use tokio::sync::watch;

use super::ResumePoint;

/// How far an upload is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct UploadProgress {
    /// The bytes of the file that were handed to the connection; those of a part sent again count once.
    pub bytes_sent: u64,
    /// The bytes of the file; 0 until the database it goes to was found, or was created for it.
    pub bytes_total: u64,
    /// Where the upload could go on if it stopped now; nothing for an upload in one request.
    pub resume_point: Option<ResumePoint>,
}

/// Where an upload notes its progress, and whoever wants to know reads it. Only the latest is kept.
#[derive(Debug)]
pub(crate) struct Meter(watch::Sender<UploadProgress>);

impl Meter {
    pub(super) fn new() -> Self {
        Self(watch::Sender::new(UploadProgress::default()))
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<UploadProgress> {
        self.0.subscribe()
    }

    pub(super) fn begin(&self, total: u64) {
        self.0.send_modify(|progress| progress.bytes_total = total);
    }

    /// All bytes before `position` are out.
    pub(super) fn reached(&self, position: u64) {
        self.0.send_if_modified(|progress| {
            let further = position > progress.bytes_sent;
            progress.bytes_sent = progress.bytes_sent.max(position);
            further
        });
    }

    pub(super) fn resumable(&self, point: &ResumePoint) {
        self.0.send_modify(|progress| progress.resume_point = Some(point.clone()));
    }
}

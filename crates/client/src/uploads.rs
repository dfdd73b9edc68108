//! Files sent to the service: a database's to its own host, a dump in SQL to the Platform API. Both are read from disk
//! piece by piece and never held in memory as a whole.

mod draft;
mod dump;
mod events;
mod file;
mod host;
mod preflight;
mod progress;
mod resume;
mod send;
mod unfit;

use std::{
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

pub(crate) use draft::create_from_file;
pub(crate) use dump::{create_from_dump, upload_dump};
use events::Running;
pub use events::{UploadEvent, UploadEvents};
pub use preflight::DatabaseFile;
use progress::Meter;
pub use progress::UploadProgress;
pub use resume::ResumePoint;
pub(crate) use send::upload_file;
use turso_cloud_contract::databases::{CreatedDatabase, Encryption};
pub use unfit::UnfitFile;

use crate::{
    Client, Error, RetryPolicy,
    call::{CallOptions, Context},
    exchange::inside_a_runtime,
    payload::Payload,
};

/// How long the bytes of an upload may stand still.
const TIMEOUT: Duration = Duration::from_secs(60);

/// How long one request may be repeated and paused, beside the time its bytes take. A pause the service asks for that
/// is longer is an error instead.
const LONGEST_TROUBLE: Duration = Duration::from_secs(3600);

/// As patient as the official command line: 15 times, after 2 s, 4 s and so on up to a minute.
pub(crate) fn patient() -> RetryPolicy {
    RetryPolicy::default().max_retries(15).backoff(Duration::from_secs(2), Duration::from_secs(60))
}

type Run<T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send>>;

/// The upload of the file of a database: [`Databases::upload_file`](crate::Databases::upload_file) and
/// [`Databases::create_from_file`](crate::Databases::create_from_file).
pub type FileUpload<T> = Upload<FileSettings, T>;

/// The upload of a dump in SQL: [`Databases::upload_dump`](crate::Databases::upload_dump) and
/// [`Databases::create_from_dump`](crate::Databases::create_from_dump).
pub type DumpUpload<T> = Upload<DumpSettings, T>;

/// An upload that has not begun: await it, read its [`events`](Self::events), or [`send`](Self::send) it where there is
/// no async runtime.
///
/// It has no deadline as a whole, that of the client neither: a large file takes its time. Every request is bounded instead: it
/// fails when no bytes move for a minute ([`timeout`](Self::timeout)), and is repeated as often as [`retry`](Self::retry) says,
/// but not for more than an hour and the time its bytes take at 16 KiB a second. Requests that carry nothing of the file keep
/// the timeouts, deadlines and retries of the client. Whoever has only so much time puts it into `tokio::time::timeout`: an
/// upload that is given up leaves no draft behind.
#[must_use = "nothing is sent until it is awaited, sent, or its events are read"]
pub struct Upload<S, T> {
    client: Client,
    settings: S,
    options: CallOptions,
    on_progress: Option<OnProgress>,
    run: Box<dyn FnOnce(Job, S) -> Run<T> + Send>,
}

type OnProgress = Box<dyn FnMut(&UploadProgress) + Send>;

/// What is particular to the file of a database. Like [`DumpSettings`] public in signatures and named by nobody: its
/// methods are those of [`FileUpload`].
#[derive(Debug, Default)]
pub struct FileSettings {
    whole: bool,
    encryption: Option<Encryption>,
    resume: Option<ResumePoint>,
    keep_draft: bool,
}

/// What is particular to a dump.
#[derive(Debug, Default)]
pub struct DumpSettings {
    wait_ready: bool,
}

impl<S: Default + Send + 'static, T: Send + 'static> Upload<S, T> {
    pub(crate) fn new<F>(client: &Client, run: impl FnOnce(Job, S) -> F + Send + 'static) -> Self
    where
        F: Future<Output = Result<T, Error>> + Send + 'static,
    {
        let retry = client.inner().upload_retry;
        Self {
            client: client.clone(),
            settings: S::default(),
            options: CallOptions { timeout: TIMEOUT, deadline: LONGEST_TROUBLE, retry },
            on_progress: None,
            run: Box::new(move |job, settings| {
                Box::pin(async move {
                    inside_a_runtime()?;
                    run(job, settings).await
                })
            }),
        }
    }
}

impl<S: Send + 'static, T: Send + 'static> Upload<S, T> {
    /// Bounds how long no bytes of a request may move, in either direction; a minute by default.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = timeout;
        self
    }

    /// Sets how requests that carry parts of the file are repeated. By default it is as the client was
    /// [told](crate::ClientBuilder::retry) or, where it was told nothing, up to 15 times, after up to 2 s, 4 s and so on up to a
    /// minute. Only the part that failed is sent again.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.options.retry = policy;
        self
    }

    /// Calls a function as bytes go out, in the task that awaits the upload. It should return soon. The bytes never
    /// become fewer, and are all there are before the upload ends well.
    pub fn on_progress(mut self, report: impl FnMut(&UploadProgress) + Send + 'static) -> Self {
        self.on_progress = Some(Box::new(report));
        self
    }

    /// Makes the upload and waits for its end, on a client of [`blocking`](crate::blocking); see
    /// [`Call::send`](crate::Call::send).
    #[cfg(feature = "blocking")]
    pub fn send(self) -> Result<T, Error> {
        let client = self.client.clone();
        client.runtime()?.run(self.into_future())
    }

    /// The progress as it is made, and the result at the end. Reading it is what drives the upload.
    pub fn events(self) -> UploadEvents<T> {
        let client = self.client.clone();
        UploadEvents::new(client, self.start())
    }

    fn start(self) -> Running<T> {
        let meter = Arc::new(Meter::new());
        let job = Job { client: self.client, options: self.options, meter: Arc::clone(&meter) };
        Running::new((self.run)(job, self.settings), meter, self.on_progress)
    }
}

impl<T: Send + 'static> FileUpload<T> {
    /// Sends the file in one request, the way the service documents. A failure starts over, and an answer that is lost
    /// is an error: the file is never sent twice.
    pub fn whole(mut self) -> Self {
        self.settings.whole = true;
        self
    }
}

impl FileUpload<()> {
    /// Says how the database is encrypted. Every page of the file has to leave the room the cipher needs.
    pub fn encryption(mut self, encryption: Encryption) -> Self {
        self.settings.encryption = Some(encryption);
        self
    }

    /// Goes on with an upload in pieces where it stopped. The file must not have changed.
    pub fn resume(mut self, point: ResumePoint) -> Self {
        self.settings.resume = Some(point);
        self
    }
}

impl FileUpload<CreatedDatabase> {
    /// Keeps the database whose file could not be uploaded, to [`resume`](FileUpload::resume) later. By default it is
    /// deleted.
    pub fn keep_draft(mut self) -> Self {
        self.settings.keep_draft = true;
        self
    }
}

impl DumpUpload<CreatedDatabase> {
    /// Waits, within the deadline of the client, until the SQL endpoint of the new database answers; see
    /// [`Call::wait_ready`](crate::Call::wait_ready). A database from a file needs no such wait: its host has taken the file.
    pub fn wait_ready(mut self) -> Self {
        self.settings.wait_ready = true;
        self
    }
}

impl<S: Send + 'static, T: Send + 'static> IntoFuture for Upload<S, T> {
    type Output = Result<T, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.start().finish().await })
    }
}

impl<S, T> fmt::Debug for Upload<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload").field("options", &self.options).finish_non_exhaustive()
    }
}

/// What the parts of one upload share.
#[derive(Clone)]
pub(crate) struct Job {
    client: Client,
    options: CallOptions,
    meter: Arc<Meter>,
}

impl Job {
    /// For one request that carries a part of the file, with all its repetitions.
    fn context(&self, payload: &Payload) -> Context {
        let deadline = LONGEST_TROUBLE.saturating_add(payload.slowest());
        Context::new(self.client.clone(), CallOptions { deadline, ..self.options })
    }

    /// For waiting until a database answers: as long as the client gives any call.
    fn waiting(&self) -> Context {
        Context::new(self.client.clone(), self.client.inner().options)
    }
}

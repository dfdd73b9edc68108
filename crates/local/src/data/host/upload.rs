//! Uploads: the file of a database that was created to be given one, at once or in pieces.
//!
//! An upload passes through these files: `receive` (bytes to the disk) or `chunks` (the same in pieces) → `check` (is it
//! a database the service would take?) → [`Uploads::activate`] (it becomes the database).

mod check;
mod chunks;
mod receive;

use std::fmt;
use std::sync::{Arc, OnceLock};

use axum::body::{Body, BodyDataStream};
use http::header::CONTENT_LENGTH;
use http::request::Parts;
use http::{HeaderMap, Method, Request, Response};
use parking_lot::Mutex;
use tokio::task::spawn_blocking;
use turso_cloud_contract::uploads::{START_UPLOAD, StartUpload, UPLOAD, UploadPart};

use super::{admission, body};
use crate::clock::Clock;
use crate::data::database::Database;
use crate::data::refusal::Refusal;
use crate::data::storage::Root;
use crate::data::storage::temporary::{self, TemporaryFile};
use crate::whole_body;
use check::Reserved;
use chunks::{Chunked, Unfinished};

/// The bound of the official command line. A file of the local cloud has to fit on somebody's laptop anyway.
const MAX_FILE_BYTES: u64 = 20 << 30;

/// Writes down that the database of this id has its file now, and tells the data plane so.
type Activated = dyn Fn(&str) -> Result<(), NotActivated> + Send + Sync;

/// A database could not be given its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotActivated {
    /// It is deleted, or has a file already.
    NoDraft,
    /// The state could not be written.
    Internal,
}

/// The uploads of all databases.
pub(crate) struct Uploads {
    /// Dropped before the directory its files are in.
    unfinished: Unfinished,
    root: Arc<Root>,
    clock: Clock,
    activated: OnceLock<Box<Activated>>,
    /// Held while a file becomes a database, so that of two for the same one the second is refused.
    activating: Mutex<()>,
}

impl Uploads {
    pub(crate) fn new(root: Arc<Root>, clock: Clock) -> Self {
        // What a process that was killed has left behind is of no use to anybody.
        temporary::remove_all(&root);
        Self { root, clock, unfinished: Unfinished::default(), activated: OnceLock::new(), activating: Mutex::new(()) }
    }

    /// Says what is to happen when a database has got its file. Only the first call counts.
    pub(crate) fn when_activated(&self, activated: Box<Activated>) {
        // Nobody else is told, and nobody needs to be: a data plane has one control plane.
        let _ = self.activated.set(activated);
    }

    /// Whether `path` is one of uploads.
    pub(crate) fn answers(path: &str) -> bool {
        path == UPLOAD || path == START_UPLOAD || UploadPart::read(path).is_some()
    }

    /// Forgets the unfinished uploads whose time is up.
    pub(crate) async fn expire(&self) {
        let expired = self.unfinished.take_expired(self.clock.now());
        if !expired.is_empty() {
            // Large files take a while to be deleted.
            let _not_for_the_client = spawn_blocking(move || drop(expired)).await;
        }
    }

    /// Forgets the unfinished upload of a database that is gone. Blocks.
    pub(crate) fn abandon(&self, database: &str) {
        self.unfinished.abandon(database);
    }

    /// Answers one request to a path of uploads.
    pub(crate) async fn respond(
        self: &Arc<Self>,
        database: &Arc<Database>,
        path: &str,
        request: Request<Body>,
    ) -> Result<Response<Body>, Refusal> {
        let (head, body) = request.into_parts();
        let mut body = body.into_data_stream();
        let admitted = self.admit(database, &head);
        let admitted = admitted.and_then(|()| whole_body::refuse_encoded(&head.headers).map_err(Refusal::Encoded));
        let answer = match admitted {
            Ok(()) => self.dispatch(database, path, &head.method, &head.headers, &mut body).await,
            Err(refusal) => Err(refusal),
        };
        if answer.is_err() {
            whole_body::discard(body).await;
        }
        answer
    }

    fn admit(&self, database: &Database, head: &Parts) -> Result<(), Refusal> {
        let (peer, token) = (admission::peer(&head.extensions), admission::bearer(&head.headers));
        admission::admit(peer, token, database, &self.clock)?.check_upload()?;
        refuse_unless_draft(database)
    }

    async fn dispatch(
        self: &Arc<Self>,
        database: &Arc<Database>,
        path: &str,
        method: &Method,
        headers: &HeaderMap,
        body: &mut BodyDataStream,
    ) -> Result<Response<Body>, Refusal> {
        let part = UploadPart::read(path).transpose().map_err(|invalid| Refusal::protocol(invalid.to_string()))?;
        match part {
            None if path == UPLOAD && method == Method::POST => self.upload(database, headers, body).await,
            None if path == START_UPLOAD && method == Method::PUT => self.start(database, body).await,
            Some(UploadPart::Chunk { upload, index }) if method == Method::PUT => {
                let reserved = Reserved::read(headers)?;
                let chunked = self.unfinished.find(&database.record().id, &upload)?;
                let expected = chunked.length_of(index)?;
                refuse_other_length(announced_length(headers)?, expected, &format!("chunk {index}"))?;
                let bytes = receive::whole(body, expected).await?;
                database.run(move |_| chunked.write(index, &bytes, reserved)).await??;
                Ok(empty())
            }
            Some(UploadPart::Finalize { upload }) if method == Method::PUT => {
                let reserved = Reserved::read(headers)?;
                let chunked = self.unfinished.find(&database.record().id, &upload)?;
                self.finish(database, chunked, reserved).await?;
                Ok(empty())
            }
            _ => Err(Refusal::MethodNotAllowed),
        }
    }

    async fn upload(
        self: &Arc<Self>,
        database: &Arc<Database>,
        headers: &HeaderMap,
        body: &mut BodyDataStream,
    ) -> Result<Response<Body>, Refusal> {
        let reserved = Reserved::read(headers)?;
        let length = announced_length(headers)?;
        refuse_size(database, length)?;
        let uploads = Arc::clone(self);
        let mut file = database.run(move |_| uploads.temporary_file()).await??;
        receive::into_file(body, length, &file).await?;
        let uploads = Arc::clone(self);
        database.run(move |draft| uploads.check_and_activate(draft, &mut file, reserved)).await??;
        Ok(empty())
    }

    async fn start(
        self: &Arc<Self>,
        database: &Arc<Database>,
        body: &mut BodyDataStream,
    ) -> Result<Response<Body>, Refusal> {
        let announced: StartUpload = receive::json(body).await?;
        refuse_size(database, announced.db_size_bytes)?;
        let uploads = Arc::clone(self);
        let work = move |draft: &Arc<Database>| {
            let file = uploads.temporary_file()?;
            uploads.unfinished.start(&draft.record().id, announced.db_size_bytes, file, uploads.clock.now())
        };
        body::json(&database.run(work).await??)
    }

    /// On a thread of its own, for a piece may still be on its way to the disk.
    async fn finish(
        self: &Arc<Self>,
        database: &Arc<Database>,
        chunked: Arc<Chunked>,
        reserved: Option<Reserved>,
    ) -> Result<(), Refusal> {
        let uploads = Arc::clone(self);
        let work = move |draft: &Arc<Database>| {
            chunked.finish(|file, of_chunks| uploads.check_and_activate(draft, file, reserved.or(of_chunks)))
        };
        database.run(work).await?
    }

    /// Leaves the file as it was if it fails. Blocks.
    fn check_and_activate(
        &self,
        database: &Database,
        file: &mut TemporaryFile,
        reserved: Option<Reserved>,
    ) -> Result<(), Refusal> {
        check::file(file.path(), reserved.unwrap_or(Reserved::NONE))?;
        self.activate(database, file)
    }

    /// The file first, then the word of it: whoever is interrupted in between leaves a draft that takes another upload.
    fn activate(&self, database: &Database, file: &mut TemporaryFile) -> Result<(), Refusal> {
        let _one_at_a_time = self.activating.lock();
        let record = database.record();
        refuse_unless_draft(database)?;
        let activated = self.activated.get().ok_or(Refusal::Internal)?;
        let target = database.file();
        file.become_file(target.path()).map_err(|error| failed("could not move an uploaded file", &error))?;
        if let Err(failure) = activated(&record.id) {
            file.leave(target.path()).map_err(|error| failed("could not move an uploaded file back", &error))?;
            return Err(match failure {
                NotActivated::NoDraft => Refusal::UnknownDatabase,
                NotActivated::Internal => Refusal::Internal,
            });
        }
        self.unfinished.abandon(&record.id);
        Ok(())
    }

    fn temporary_file(&self) -> Result<TemporaryFile, Refusal> {
        TemporaryFile::create(&self.root).map_err(|error| failed("could not create a file for an upload", &error))
    }
}

impl fmt::Debug for Uploads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Uploads").field("unfinished", &self.unfinished).finish_non_exhaustive()
    }
}

fn refuse_unless_draft(database: &Database) -> Result<(), Refusal> {
    if database.record().draft { Ok(()) } else { Err(Refusal::NoDraft) }
}

fn refuse_size(database: &Database, length: u64) -> Result<(), Refusal> {
    let limit = database.record().size_limit.map_or(MAX_FILE_BYTES, |limit| limit.min(MAX_FILE_BYTES));
    match length {
        0 => Err(Refusal::protocol("the file has 0 bytes, and a database has at least one page")),
        _ if length > limit => {
            Err(Refusal::protocol(format!("the file has {length} bytes, and the database may have at most {limit}")))
        }
        _ => Ok(()),
    }
}

fn announced_length(headers: &HeaderMap) -> Result<u64, Refusal> {
    let length = headers.get(CONTENT_LENGTH).ok_or(Refusal::LengthRequired)?;
    let length = length.to_str().ok().and_then(|length| length.trim().parse().ok());
    length.ok_or_else(|| Refusal::protocol("the header Content-Length must be a whole number"))
}

fn refuse_other_length(found: u64, expected: u64, what: &str) -> Result<(), Refusal> {
    if found == expected {
        return Ok(());
    }
    Err(Refusal::protocol(format!("{what} has {found} bytes, and must have exactly {expected}")))
}

fn empty() -> Response<Body> {
    Response::new(Body::empty())
}

/// The client is told no more than that it is not to blame; the log says what it was.
fn failed(what: &'static str, error: &std::io::Error) -> Refusal {
    tracing::error!(%error, what);
    Refusal::Internal
}

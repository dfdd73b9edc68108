//! Dumps in SQL that wait to become the beginning of a database.
//!
//! They are files and nothing else: the name of one says whose it is and since when it has been there.

mod form;

use std::{
    collections::HashMap,
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use axum::body::Body;
use bytes::Bytes;
use http::{Method, Request};
use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use turso_cloud_contract::{OrganizationSlug, PathReader, databases::CreateDatabase, uploads::UploadedDump};

use super::{
    Context, Control, Refusal, auth,
    permissions::Guarded as _,
    request::{self, Received},
    target::Target,
};
use crate::{blocking::blocking, data::TemporaryFile, ids::is_uuid, store::OrganizationRow};

/// How long a dump waits to be used.
const LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// What the path of every dump ends with, before its id.
const PATH: &str = "/databases/dumps/";

/// The dumps that wait.
pub(crate) struct Dumps {
    directory: PathBuf,
    waiting: Mutex<HashMap<String, Dump>>,
}

/// The directory of dumps that wait, beside the databases.
pub(crate) const DUMPS: &str = "dumps";

#[derive(Clone, Debug)]
struct Dump {
    organization: String,
    uploaded_at: Timestamp,
}

impl Dumps {
    /// The dumps beside the databases of this directory, where some may wait since an earlier run.
    pub(super) fn open(databases: &Path) -> Self {
        let directory = databases.join(DUMPS);
        let entries = fs::read_dir(&directory).into_iter().flatten().flatten();
        let waiting = entries.filter_map(|entry| Dump::read(&entry.file_name().to_string_lossy())).collect();
        Self { directory, waiting: Mutex::new(waiting) }
    }

    /// The file of a dump that belongs to this organization.
    pub(super) fn find(&self, id: &str, organization: &OrganizationRow) -> Option<PathBuf> {
        let waiting = self.waiting.lock();
        let dump = waiting.get(id).filter(|dump| dump.organization == organization.uuid)?;
        Some(self.path(id, dump))
    }

    pub(super) fn remove(&self, id: &str) {
        let removed = self.waiting.lock().remove(id);
        if let Some(dump) = removed {
            self.delete(id, &dump);
        }
    }

    /// Removes what has waited for too long.
    pub(super) fn expire(&self, now: Timestamp) {
        let is_over = |dump: &Dump| dump.uploaded_at.checked_add(LIFETIME).is_ok_and(|end| end <= now);
        let expired: Vec<_> = self.waiting.lock().extract_if(|_, dump| is_over(dump)).collect();
        for (id, dump) in &expired {
            self.delete(id, dump);
        }
    }

    fn keep(&self, id: String, dump: Dump, mut file: TemporaryFile) -> io::Result<()> {
        fs::create_dir_all(&self.directory)?;
        file.become_file(&self.path(&id, &dump))?;
        self.waiting.lock().insert(id, dump);
        Ok(())
    }

    fn delete(&self, id: &str, dump: &Dump) {
        let path = self.path(id, dump);
        if let Err(error) = fs::remove_file(&path) {
            tracing::warn!(path = %path.display(), %error, "could not delete a dump");
        }
    }

    fn path(&self, id: &str, dump: &Dump) -> PathBuf {
        self.directory.join(format!("{id}.{}.{}.sql", dump.organization, dump.uploaded_at.as_second()))
    }
}

impl Dump {
    fn read(file_name: &str) -> Option<(String, Self)> {
        let mut parts = file_name.strip_suffix(".sql")?.split('.');
        let (id, organization) = (parts.next()?, parts.next()?);
        if !(is_uuid(id) && is_uuid(organization)) {
            return None;
        }
        let (id, organization) = (id.to_owned(), organization.to_owned());
        let uploaded_at = Timestamp::from_second(parts.next()?.parse().ok()?).ok()?;
        parts.next().is_none().then_some((id, Self { organization, uploaded_at }))
    }
}

/// Whether a file of this name is a dump that waits.
pub(crate) fn is_dump(file_name: &str) -> bool {
    Dump::read(file_name).is_some()
}

impl Control {
    /// Takes a dump. Who may not create a database is refused before the dump is read.
    pub(super) async fn receive_dump(
        self: &Arc<Self>,
        target: Target,
        request: Request<Body>,
    ) -> Result<Vec<u8>, Refusal> {
        let (head, body) = request.into_parts();
        let received = Received { head, body: Bytes::new() };
        let boundary = request::refuse_encoded(&received.head).and_then(|()| form::boundary(&received.head));
        let control = Arc::clone(self);
        let admitted = blocking(move || control.admit_dump(&target, &received)).await;
        let ((organization, id), boundary) = match (admitted, boundary) {
            (Ok(admitted), Ok(boundary)) => (admitted, boundary),
            (Err(refusal), _) | (_, Err(refusal)) => {
                request::drain(body).await;
                return Err(refusal);
            }
        };
        let file = self.data.temporary_file().map_err(Refusal::disk)?;
        form::receive(&boundary, body, &file).await?;
        let url = self.addresses.url(&format!("/v1/{}{PATH}{id}", organization.slug));
        let dump = Dump { organization: organization.uuid, uploaded_at: self.clock.now() };
        self.dumps.keep(id, dump, file).map_err(Refusal::disk)?;
        serde_json::to_vec(&UploadedDump::new(url)).map_err(Refusal::internal)
    }

    /// What is asked of whoever creates a database, and the id of the dump.
    fn admit_dump(&self, target: &Target, received: &Received) -> Result<(OrganizationRow, String), Refusal> {
        self.store.transact(|transaction| {
            let now = self.clock.now();
            let caller = auth::authenticate(transaction, &self.verifier, received, now)?;
            let needs = CreateDatabase::NEEDS;
            needs.check_token(&caller)?;
            let path = target.path(transaction, Some(&caller))?;
            let slug = PathReader::new(organization_in(&path).unwrap_or_default()).segment::<OrganizationSlug>();
            let slug = slug.map_err(|invalid| Refusal::not_found(invalid.to_string()))?;
            let cx = Context::new(transaction, self, &needs, Some(caller), &received.head, now);
            Ok((cx.organization(&slug)?, self.ids.uuid(transaction)?))
        })
    }
}

/// Whether a request brings a dump.
pub(super) fn are_sent(method: &Method, target: &Target) -> bool {
    method == Method::POST && organization_in(&target.outline()).is_some()
}

/// The segment of the organization that dumps are sent to at this path.
fn organization_in(path: &str) -> Option<&str> {
    let path = path.strip_suffix('/').unwrap_or(path);
    let slug = path.strip_prefix("/v1/organizations/")?.strip_suffix(PATH.trim_end_matches('/'))?;
    (!slug.contains('/')).then_some(slug)
}

/// The id of the dump at a URL of a cloud, be it this one or another.
pub(super) fn id_in(path: &str) -> Option<&str> {
    path.split_once(PATH).map(|(_, id)| id).filter(|id| !id.contains('/'))
}

impl fmt::Debug for Dumps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dumps").field("waiting", &self.waiting.lock().len()).finish_non_exhaustive()
    }
}

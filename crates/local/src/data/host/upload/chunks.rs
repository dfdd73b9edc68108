//! Uploads in pieces, which may come in any order and again.

use std::collections::HashMap;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use turso_cloud_contract::UploadId;
use turso_cloud_contract::uploads::StartedUpload;

use super::{Reserved, TemporaryFile, failed};
use crate::data::refusal::Refusal;
use crate::ids;

/// Small enough to be kept in memory until it is there as a whole: a piece that breaks off changes nothing.
const CHUNK_BYTES: u64 = 4 << 20;

/// How long after its start an upload is given up.
const LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// How many missing pieces are named; the others are counted.
const MAX_NAMED: usize = 10;

/// The unfinished uploads by the id of their database, which has one at most.
#[derive(Debug, Default)]
pub(super) struct Unfinished(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    started: u64,
    by_database: HashMap<String, Arc<Chunked>>,
}

/// An upload in pieces.
#[derive(Debug)]
pub(super) struct Chunked {
    id: UploadId,
    size: u64,
    expires_at: Timestamp,
    /// Nothing once it is finished, or its file was refused.
    progress: Mutex<Option<Progress>>,
}

#[derive(Debug)]
struct Progress {
    file: TemporaryFile,
    there: Vec<bool>,
    /// What the headers of a piece asked for: the official command line sends them with each, and not at the end.
    reserved: Option<Reserved>,
}

impl Unfinished {
    /// Begins an upload in the place of an earlier one, whose file is deleted. Blocks.
    pub(super) fn start(
        &self,
        database: &str,
        size: u64,
        file: TemporaryFile,
        now: Timestamp,
    ) -> Result<StartedUpload, Refusal> {
        let mut state = self.0.lock();
        state.started += 1;
        // Not random, so that a seeded cloud gives the same answers in every run. What opens the way is the token.
        let id = ids::derived(database, &format!("{now} {}", state.started));
        let id = UploadId::try_from(id).map_err(|invalid| Refusal::protocol(invalid.to_string()))?;
        let pieces = usize::try_from(size.div_ceil(CHUNK_BYTES)).unwrap_or(usize::MAX);
        let progress = Mutex::new(Some(Progress { file, there: vec![false; pieces], reserved: None }));
        let expires_at = now.checked_add(LIFETIME).unwrap_or(Timestamp::MAX);
        let chunked = Arc::new(Chunked { id: id.clone(), size, expires_at, progress });
        let replaced = state.by_database.insert(database.to_owned(), chunked);
        // Deleting its file is not for others to wait for.
        drop(state);
        drop(replaced);
        Ok(StartedUpload::new(CHUNK_BYTES, id))
    }

    pub(super) fn find(&self, database: &str, id: &UploadId) -> Result<Arc<Chunked>, Refusal> {
        let found = self.0.lock().by_database.get(database).filter(|chunked| chunked.id == *id).cloned();
        found.ok_or_else(|| Refusal::UnknownUpload(id.clone()))
    }

    /// Forgets the upload of a database, and deletes its file. Blocks.
    pub(super) fn abandon(&self, database: &str) {
        let abandoned = self.0.lock().by_database.remove(database);
        drop(abandoned);
    }

    /// Forgets the uploads whose time is up. To drop them deletes their files, which blocks.
    pub(super) fn take_expired(&self, now: Timestamp) -> Vec<Arc<Chunked>> {
        self.0
            .lock()
            .by_database
            .extract_if(|_, chunked| chunked.expires_at <= now)
            .map(|(_, chunked)| chunked)
            .collect()
    }
}

impl Chunked {
    /// The bytes of a piece: all have the same, but for the last.
    pub(super) fn length_of(&self, index: u64) -> Result<u64, Refusal> {
        let pieces = self.size.div_ceil(CHUNK_BYTES);
        if index >= pieces {
            let problem = format!("there is no chunk {index}: the last one of {} bytes is {}", self.size, pieces - 1);
            return Err(Refusal::protocol(problem));
        }
        Ok(CHUNK_BYTES.min(self.size - index * CHUNK_BYTES))
    }

    /// Puts a piece in its place. Blocks.
    pub(super) fn write(&self, index: u64, bytes: &[u8], asked: Option<Reserved>) -> Result<(), Refusal> {
        let mut progress = self.progress.lock();
        let Some(Progress { file, there, reserved }) = progress.as_mut() else {
            return Err(Refusal::UnknownUpload(self.id.clone()));
        };
        let Some(is_there) = usize::try_from(index).ok().and_then(|index| there.get_mut(index)) else {
            return Err(Refusal::protocol(format!("there is no chunk {index}")));
        };
        *is_there = false;
        let mut target = file.file();
        let written = target.seek(SeekFrom::Start(index * CHUNK_BYTES)).and_then(|_| target.write_all(bytes));
        written.map_err(|error| failed("could not write a piece of an uploaded file", &error))?;
        *is_there = true;
        *reserved = asked.or(*reserved);
        Ok(())
    }

    /// Has the file, which must be there as a whole, taken for what it is to be. It ends the upload, unless the failure is
    /// ours. Blocks.
    pub(super) fn finish(
        &self,
        take: impl FnOnce(&mut TemporaryFile, Option<Reserved>) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let mut progress = self.progress.lock();
        let Some(Progress { file, there, reserved }) = progress.as_mut() else {
            return Err(Refusal::UnknownUpload(self.id.clone()));
        };
        refuse_missing(there)?;
        let taken = take(file, *reserved);
        if !matches!(taken, Err(Refusal::Internal)) {
            *progress = None;
        }
        taken
    }
}

fn refuse_missing(there: &[bool]) -> Result<(), Refusal> {
    let missing: Vec<_> = there.iter().enumerate().filter(|(_, there)| !**there).map(|(index, _)| index).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let named: Vec<_> = missing.iter().take(MAX_NAMED).map(usize::to_string).collect();
    let others = match missing.len() - named.len() {
        0 => String::new(),
        others => format!(" and {others} more"),
    };
    Err(Refusal::protocol(format!("the upload is not complete: chunks {}{others} are missing", named.join(", "))))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    use futures_util::FutureExt as _;

    use super::*;
    use crate::clock::Clock;
    use crate::data::tests::{DATABASE, record};
    use crate::data::{DataPlane, Files};

    #[tokio::test]
    async fn who_finishes_an_upload_waits_for_a_piece_without_blocking_others() {
        let plane = DataPlane::new(Files::Memory, Arc::default(), Clock::system());
        plane.put(record());
        let database = plane.0.databases.read().in_service(DATABASE).unwrap();
        let uploads = Arc::clone(&plane.0.uploads);
        let file = uploads.temporary_file().unwrap();
        uploads.unfinished.start(DATABASE, 1, file, uploads.clock.now()).unwrap();
        let upload = Arc::clone(&uploads.unfinished.0.lock().by_database[DATABASE]);
        let (locked, is_locked) = mpsc::channel();
        let (written, is_written) = mpsc::channel();
        let writer = thread::spawn({
            let upload = Arc::clone(&upload);
            move || {
                let _progress = upload.progress.lock();
                locked.send(()).unwrap();
                is_written.recv_timeout(Duration::from_secs(10))
            }
        });
        is_locked.recv().unwrap();
        let mut finished = Box::pin(uploads.finish(&database, upload, None));
        assert!(finished.as_mut().now_or_never().is_none());
        written.send(()).expect("the piece is still being written");
        assert!(matches!(finished.await, Err(Refusal::Protocol(problem)) if problem.contains("chunks 0 are missing")));
        writer.join().unwrap().unwrap();
    }
}

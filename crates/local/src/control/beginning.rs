//! What a new database begins with is made ready before the transaction that writes it down: others wait for a transaction, and
//! only whoever has asked for it waits for this.

use std::{io::BufReader, path::PathBuf, sync::Arc};

use tokio::sync::Semaphore;

use super::{Control, Refusal};
use crate::{
    blocking::blocking,
    data::{DataPlane, InterruptOnDrop, Interrupter, LoadError, Prepared},
    regular_file,
};

/// How many are made ready at the same time. Each has a thread, and memory that others could have.
const AT_ONCE: usize = 4;

/// The right to make one ready.
#[derive(Debug)]
pub(super) struct Permits(Arc<Semaphore>);

impl Default for Permits {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

/// What a new database begins with.
#[derive(Debug)]
pub(crate) struct Beginning {
    /// A dump.
    pub(super) file: PathBuf,
    /// What its user knows it by.
    pub(super) name: String,
    pub(super) size_limit: Option<u64>,
}

impl Control {
    /// Makes it ready, unless nobody waits for it any more.
    pub(super) async fn prepare(&self, beginning: Beginning) -> Result<Prepared, Refusal> {
        let permit = Arc::clone(&self.permits.0).acquire_owned().await.map_err(Refusal::internal)?;
        let (data, interrupter) = (self.data.clone(), Interrupter::default());
        let running = InterruptOnDrop::new(interrupter.clone());
        let work = move || {
            let _kept_until_the_end = permit;
            beginning.load(&data, interrupter)
        };
        let prepared = blocking(work).await;
        running.disarm();
        prepared
    }
}

impl Beginning {
    fn load(self, data: &DataPlane, interrupter: Interrupter) -> Result<Prepared, Refusal> {
        let unreadable = |error| Refusal::bad_request(format!("the dump {} could not be read: {error}", self.name));
        let dump = regular_file::open(&self.file).map_err(unreadable)?;
        data.load(self.size_limit, &mut BufReader::new(dump), interrupter).map_err(|error| match error {
            LoadError::Read(error) => unreadable(error),
            LoadError::File(error) => Refusal::internal_or_of_disk(true, error),
            LoadError::Engine(ref problem) => Refusal::internal_or_of_disk(problem.is_of_disk(), error),
            _ => Refusal::bad_request(format!("the dump could not be loaded: {error}")),
        })
    }
}

//! Copies of a cloud that it serves itself, for tests in other languages: [`Cloud::fork`] needs somebody to hold the copy.

use std::{
    collections::BTreeMap,
    sync::{Arc, Weak},
};

use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
};

use crate::{Cloud, CloudError, Server, cloud::Stop, local_api::ServedFork};

/// How many there may be at once. Each has all databases in files of its own.
pub(crate) const MOST: usize = 64;

/// The forks that end with their cloud.
#[derive(Clone, Debug)]
pub(crate) struct Forks {
    /// One for each that there may be, taken before it is made.
    places: Arc<Semaphore>,
    open: Arc<Mutex<Open>>,
}

#[derive(Debug, Default)]
struct Open {
    /// The number of the one that was made last.
    last: u64,
    served: BTreeMap<u64, Served>,
}

#[derive(Debug)]
struct Served {
    server: Server,
    /// Ends it when it is asked to stop, and itself with it.
    stopping: JoinSet<()>,
    _place: OwnedSemaphorePermit,
}

impl Default for Forks {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(MOST)), open: Arc::default() }
    }
}

impl Forks {
    /// Makes a copy of a cloud and serves it on a free port, for this machine only. Nothing when there are as many as there
    /// may be. Boxed, for a server answers the request that starts another one.
    pub(crate) fn add<'a>(&'a self, cloud: &'a Cloud) -> BoxFuture<'a, Result<Option<ServedFork>, CloudError>> {
        Box::pin(async move {
            let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else { return Ok(None) };
            let fork = cloud.fork().await?;
            let stop = fork.settings().stop.clone();
            let server = fork.serve("127.0.0.1:0").await?;
            let mut open = self.open.lock();
            open.last += 1;
            let fork = ServedFork { id: open.last, url: server.url() };
            let mut stopping = JoinSet::new();
            stopping.spawn(end_when_asked(Arc::downgrade(&self.open), fork.id, stop));
            open.served.insert(fork.id, Served { server, stopping, _place: place });
            Ok(Some(fork))
        })
    }

    pub(crate) fn list(&self) -> Vec<ServedFork> {
        self.open.lock().served.iter().map(|(id, fork)| ServedFork { id: *id, url: fork.server.url() }).collect()
    }

    /// Ends one; says whether there was one of this number.
    pub(crate) async fn end(&self, id: u64) -> bool {
        end(&self.open, id).await
    }
}

async fn end_when_asked(open: Weak<Mutex<Open>>, id: u64, stop: Stop) {
    stop.asked().await;
    // They may have ended with their cloud.
    if let Some(open) = open.upgrade() {
        end(&open, id).await;
    }
}

async fn end(open: &Mutex<Open>, id: u64) -> bool {
    let fork = open.lock().served.remove(&id);
    let Some(Served { server, stopping, _place }) = fork else { return false };
    server.shutdown().await;
    // This may be the task that it waits in.
    drop(stopping);
    true
}

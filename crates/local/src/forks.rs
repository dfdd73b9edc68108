//! Copies of a cloud that it serves itself, for tests in other languages: [`Cloud::fork`] needs somebody to hold the copy.

use std::{collections::BTreeMap, sync::Arc};

use futures_util::future::BoxFuture;
use parking_lot::Mutex;

use crate::{Cloud, CloudError, Server, local_api::ServedFork};

/// How many there may be at once. Each has all databases in files of its own.
pub(crate) const MOST: usize = 64;

/// The forks that end with their cloud.
#[derive(Clone, Debug, Default)]
pub(crate) struct Forks(Arc<Mutex<Open>>);

#[derive(Debug, Default)]
struct Open {
    /// The number of the one that was made last.
    last: u64,
    servers: BTreeMap<u64, Server>,
}

impl Forks {
    /// Makes a copy of a cloud and serves it on a free port, for this machine only. Nothing when there are as many as there
    /// may be. Boxed, for a server answers the request that starts another one.
    pub(crate) fn add<'a>(&'a self, cloud: &'a Cloud) -> BoxFuture<'a, Result<Option<ServedFork>, CloudError>> {
        Box::pin(async move {
            if self.0.lock().servers.len() >= MOST {
                return Ok(None);
            }
            let server = cloud.fork().await?.serve("127.0.0.1:0").await?;
            let mut open = self.0.lock();
            open.last += 1;
            let fork = ServedFork { id: open.last, url: server.url() };
            open.servers.insert(fork.id, server);
            Ok(Some(fork))
        })
    }

    pub(crate) fn list(&self) -> Vec<ServedFork> {
        self.0.lock().servers.iter().map(|(id, server)| ServedFork { id: *id, url: server.url() }).collect()
    }

    /// Ends one; says whether there was one of this number.
    pub(crate) async fn end(&self, id: u64) -> bool {
        let server = self.0.lock().servers.remove(&id);
        match server {
            Some(server) => {
                server.shutdown().await;
                true
            }
            None => false,
        }
    }
}

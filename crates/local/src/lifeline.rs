//! What those watch who outlive the request they came with.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, watch};

/// Ends with the server a request came in through. Sockets outlive their request, and what serves its connection, so they
/// have to watch it; and it holds the place of that connection, which is taken until nobody has the line any more.
#[derive(Clone, Debug)]
pub(crate) struct Lifeline {
    server: watch::Receiver<()>,
    _place: Option<Arc<OwnedSemaphorePermit>>,
}

impl Lifeline {
    /// The lifeline of a server, which ends when the sender is dropped.
    pub(crate) fn new() -> (watch::Sender<()>, Self) {
        let (life, server) = watch::channel(());
        (life, Self { server, _place: None })
    }

    /// The lifeline of one connection.
    pub(crate) fn of(&self, place: OwnedSemaphorePermit) -> Self {
        Self { _place: Some(Arc::new(place)), ..self.clone() }
    }

    /// Waits for the end of the server.
    pub(crate) async fn ended(&mut self) {
        while self.server.changed().await.is_ok() {}
    }
}

/// Ends with the state of the cloud a request came to, while the server may go on with another one.
#[derive(Clone, Debug)]
pub(crate) struct OwnLifeline(pub(crate) Lifeline);

//! Where connections come in. Whoever closes it frees the port at once, whether or not the runtime gets to the task that
//! waits for connections.

use std::{
    future::poll_fn,
    io,
    net::SocketAddr,
    task::{Context, Poll},
};

use parking_lot::Mutex;
use tokio::net::{TcpListener, TcpStream};

use crate::Cloud;

/// The socket of a server, with the cloud that it leads to: behind a closed door nobody holds it.
#[derive(Debug)]
pub(super) struct Door(Mutex<Option<Open>>);

#[derive(Debug)]
struct Open {
    socket: TcpListener,
    cloud: Cloud,
}

impl Door {
    pub(super) fn new(socket: TcpListener, cloud: Cloud) -> Self {
        Self(Mutex::new(Some(Open { socket, cloud })))
    }

    /// The next connection, and whose it is. Nobody comes through a closed door.
    pub(super) async fn accept(&self) -> io::Result<(TcpStream, SocketAddr, Cloud)> {
        poll_fn(|cx| self.0.lock().as_ref().map_or(Poll::Pending, |open| open.poll_accept(cx))).await
    }

    pub(super) fn close(&self) {
        // Dropped without the lock, for the cloud may end with it.
        let open = self.0.lock().take();
        drop(open);
    }
}

impl Open {
    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(TcpStream, SocketAddr, Cloud)>> {
        self.socket.poll_accept(cx).map_ok(|(stream, peer)| (stream, peer, self.cloud.clone()))
    }
}

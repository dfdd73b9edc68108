//! The socket of a server.

#[cfg(target_os = "linux")]
use std::net::Ipv4Addr;
use std::{io, net::SocketAddr};

use tokio::net::{TcpListener, ToSocketAddrs, lookup_host};

use crate::CloudError;

/// Connections that may wait to be accepted.
#[cfg(target_os = "linux")]
const BACKLOG: i32 = 1024;

/// A socket that listens.
#[derive(Debug)]
pub(super) struct Listener {
    pub(super) socket: TcpListener,
    /// Where clients of the Platform API find it.
    pub(super) address: SocketAddr,
    /// Whether it takes connections to every loopback address, so that databases can have some of their own.
    pub(super) takes_all_loopback: bool,
}

impl Listener {
    pub(super) async fn bind(address: impl ToSocketAddrs) -> Result<Self, CloudError> {
        let found = lookup_host(address).await.map(Iterator::collect::<Vec<_>>);
        let addresses = found.map_err(|source| CloudError::Listen { addresses: Vec::new(), source })?;
        let bound = Self::bind_to(&addresses).await;
        bound.map_err(|source| CloudError::Listen { addresses, source })
    }

    async fn bind_to(addresses: &[SocketAddr]) -> io::Result<Self> {
        #[cfg(target_os = "linux")]
        if let Some(address) = addresses.iter().find(|address| address.ip() == Ipv4Addr::LOCALHOST) {
            match Self::on_loopback_device(address.port()) {
                Ok(listener) => return Ok(listener),
                Err(error) => {
                    tracing::debug!(
                        error = &error as &dyn std::error::Error,
                        "databases get no addresses of their own"
                    );
                }
            }
        }
        // As before Linux 5.7, where the device takes a privilege, and on other systems.
        let socket = TcpListener::bind(addresses).await?;
        let address = socket.local_addr()?;
        Ok(Self { socket, address, takes_all_loopback: false })
    }

    /// Bound to all addresses, but to the loopback device alone: nothing from outside gets there, whatever the firewall.
    #[cfg(target_os = "linux")]
    fn on_loopback_device(port: u16) -> io::Result<Self> {
        use socket2::{Domain, Protocol, Socket, Type};

        let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?;
        socket.set_nonblocking(true)?;
        // A server that is started again must not wait for the connections of the last one to be forgotten.
        socket.set_reuse_address(true)?;
        // Before it is bound: it must not be open to others for a moment.
        socket.bind_device(Some(b"lo"))?;
        socket.bind(&SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)).into())?;
        socket.listen(BACKLOG)?;
        let socket = TcpListener::from_std(socket.into())?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, socket.local_addr()?.port()));
        Ok(Self { socket, address, takes_all_loopback: true })
    }
}

mod connection;
mod door;
mod hosts;
mod line;
mod listen;
mod tls;

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use tokio::{
    net::{TcpStream, ToSocketAddrs},
    sync::{Semaphore, oneshot},
    task::{JoinHandle, JoinSet},
    time::Instant,
};

use crate::{
    Cloud, CloudError,
    control::{Hostnames, reachable},
    data::Peer,
    lifeline::Lifeline,
};
use connection::Guest;
use door::Door;
use hosts::Hosts;
pub(crate) use hosts::check_hosts;
use line::{Line, LineCut};
use listen::Listener;
use tls::Wire;

/// How long a shutdown waits for requests that are being answered.
const GRACE: Duration = Duration::from_secs(5);

/// How long a server rests when it cannot accept a connection, which it cannot while the process has no file left.
const REST: Duration = Duration::from_millis(50);

/// So that whoever holds all connections open does not fill the log.
const REMINDER: Duration = Duration::from_secs(60);

/// How many clients that are too many are told so at the same time.
const FAREWELLS: usize = 64;

/// A local cloud on a port. Dropping it frees the port at once, and cuts its connections off as soon as the runtime comes
/// to it, but for sockets, which part from their clients; [`Server::shutdown`] lets requests and sockets end first. When no
/// connection is left, the directory of a cloud that nobody else holds is free, too: of a server that had none when it is
/// dropped, and of any when `shutdown` returns.
#[derive(Debug)]
#[must_use = "dropping it closes the port"]
pub struct Server {
    cloud: Cloud,
    address: SocketAddr,
    door: Arc<Door>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start(cloud: Cloud, address: impl ToSocketAddrs) -> Result<Self, CloudError> {
        let Listener { socket, address, takes_all_loopback } = Listener::bind(address).await?;
        let hostnames = match cloud.served().hostnames {
            Some(Hostnames::Address) if !takes_all_loopback => return Err(CloudError::NoAddresses),
            Some(chosen) => chosen,
            None if takes_all_loopback => Hostnames::Address,
            None => Hostnames::Path,
        };
        let door = Arc::new(Door::new(socket, cloud.clone()));
        let reception = Reception {
            door: Arc::clone(&door),
            hosts: Arc::new(Hosts::new(address, &cloud.served().hosts)),
            limit: cloud.served().connections,
            is_exposed: !address.ip().is_loopback(),
            takes_all_loopback,
        };
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(accept(reception, stopped));
        cloud.addresses().open(address, hostnames);
        Ok(Self { cloud, address, door, stop: Some(stop), task })
    }

    /// The URL of the Platform API, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", reachable(self.address))
    }

    /// As [`Server::url`], for clients that speak TLS and trust [`Cloud::ca_certificate`].
    #[must_use]
    pub fn https_url(&self) -> String {
        format!("https://{}", reachable(self.address))
    }

    /// The URL of the region service, which is an origin of its own on Turso Cloud.
    #[must_use]
    pub fn region_url(&self) -> String {
        format!("{}/_region", self.url())
    }

    /// The address it listens on.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// The cloud it serves, for whoever keeps nothing but the server.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), turso_cloud_local::CloudError> {
    /// let server = turso_cloud_local::Cloud::new()?.serve("127.0.0.1:0").await?;
    /// server.cloud().faults().on_sql().reply(502);
    /// assert!(server.cloud().requests().all().is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn cloud(&self) -> &Cloud {
        &self.cloud
    }

    /// Accepts no more requests, waits up to five seconds for the ones being answered and for sockets to part, and closes the
    /// port.
    pub async fn shutdown(mut self) {
        if let Some(stop) = self.stop.take() {
            // Fails only if the task has ended already.
            let _ = stop.send(());
        }
        let _ = (&mut self.task).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.cloud.addresses().close(self.address);
        self.door.close();
        self.task.abort();
    }
}

/// A connection that has shown which protocol it speaks.
struct Arrived(Box<dyn Wire>, Guest);

/// What a server knows of a connection before it comes in.
struct Reception {
    door: Arc<Door>,
    hosts: Arc<Hosts>,
    /// Connections at once, those that have become sockets among them.
    limit: usize,
    is_exposed: bool,
    takes_all_loopback: bool,
}

impl Reception {
    fn welcome(&self, cloud: Cloud, stream: &TcpStream, peer: SocketAddr, lifeline: Lifeline) -> Guest {
        Guest {
            cloud,
            hosts: Arc::clone(&self.hosts),
            peer: Peer(peer.ip()),
            arrival: arrival(stream).filter(|_| self.takes_all_loopback),
            is_exposed: self.is_exposed,
            line: LineCut::default(),
            lifeline,
        }
    }
}

async fn accept(reception: Reception, mut stopped: oneshot::Receiver<()>) {
    let (life, lifeline) = Lifeline::new();
    let limit = reception.limit;
    let all = u32::try_from(limit.min(Semaphore::MAX_PERMITS)).unwrap_or(u32::MAX);
    let places = Arc::new(Semaphore::new(all as usize));
    // Connections end with their set. One that has become a WebSocket has left it, and keeps its place.
    let (mut arriving, mut connections, mut refused) = (JoinSet::new(), JoinSet::new(), JoinSet::new());
    let mut told = None;
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            Some(arrived) = arriving.join_next() => if let Ok(Some(Arrived(wire, guest))) = arrived {
                connections.spawn(connection::serve(wire, guest));
            },
            Some(_) = connections.join_next() => {}
            Some(_) = refused.join_next() => {}
            accepted = reception.door.accept() => match accepted {
                Ok((stream, peer, cloud)) => match Arc::clone(&places).try_acquire_owned() {
                    Ok(place) => {
                        let guest = reception.welcome(cloud, &stream, peer, lifeline.of(place));
                        arriving.spawn(arrive(stream, guest));
                    }
                    Err(_) if refused.len() < FAREWELLS => {
                        refused.spawn(connection::turn_away(stream, limit));
                    }
                    // Beyond that they are closed without a word.
                    Err(_) => {}
                },
                Err(error) => rest(&error, &mut told).await,
            },
        }
    }
    reception.door.close();
    // Who has not sent a byte yet waits for no answer, and WebSockets are no requests to wait for.
    arriving.shutdown().await;
    drop(life);
    // Connections that are still busy after the grace are cut off with the set.
    let answered = async { while connections.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(GRACE, answered).await;
    connections.shutdown().await;
    // WebSockets end by themselves, in the same time.
    let _ = tokio::time::timeout(GRACE, places.acquire_many(all)).await;
}

async fn arrive(stream: TcpStream, guest: Guest) -> Option<Arrived> {
    let _ = stream.set_nodelay(true);
    match tls::open(Line::new(stream, guest.line.clone()), guest.cloud.authority()).await {
        Ok(wire) => Some(Arrived(wire, guest)),
        Err(error) => {
            tracing::debug!(error = &error as &dyn std::error::Error, "a connection did not begin");
            None
        }
    }
}

fn arrival(stream: &TcpStream) -> Option<std::net::Ipv4Addr> {
    match stream.local_addr().ok()?.ip() {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(_) => None,
    }
}

/// Waits before the next attempt, for what is lacking lacks then as well. `told` is when that was last written down.
async fn rest(error: &io::Error, told: &mut Option<Instant>) {
    let concerns_one_connection = matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
    );
    if !concerns_one_connection {
        if told.is_none_or(|told| told.elapsed() >= REMINDER) {
            tracing::warn!(error = error as &dyn std::error::Error, "no connection could be accepted");
            *told = Some(Instant::now());
        }
        tokio::time::sleep(REST).await;
    }
}

use std::{convert::Infallible, io, net::SocketAddr, time::Duration};

use axum::body::Body;
use http::Request;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
};
use tokio::{
    net::{TcpListener, TcpStream, ToSocketAddrs},
    sync::oneshot,
    task::{JoinHandle, JoinSet},
};

use crate::{
    Cloud, CloudError,
    control::reachable,
    data::{Lifeline, Peer},
};

/// How long a shutdown waits for requests that are being answered.
const GRACE: Duration = Duration::from_secs(5);

/// How long a server rests when it cannot accept a connection, which it cannot while the process has no file left.
const REST: Duration = Duration::from_millis(50);

/// A local cloud on a port. Dropping it cuts its connections off; [`Server::shutdown`] lets requests end first.
#[derive(Debug)]
pub struct Server {
    cloud: Cloud,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start(cloud: Cloud, address: impl ToSocketAddrs) -> Result<Self, CloudError> {
        let listener = TcpListener::bind(address).await.map_err(CloudError::Listen)?;
        let address = listener.local_addr().map_err(CloudError::Listen)?;
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(accept(listener, cloud.clone(), stopped));
        cloud.control().addresses.open(address);
        Ok(Self { cloud, address, stop: Some(stop), task })
    }

    /// The URL of the Platform API, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", reachable(self.address))
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

    pub(crate) fn cloud(&self) -> &Cloud {
        &self.cloud
    }

    /// Accepts no more requests, waits up to five seconds for the ones being answered, and closes the port.
    pub async fn shutdown(mut self) {
        if let Some(stop) = self.stop.take() {
            // Nobody listens only when the task has ended already.
            let _ = stop.send(());
        }
        let _ = (&mut self.task).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.cloud.control().addresses.close(self.address);
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, cloud: Cloud, mut stopped: oneshot::Receiver<()>) {
    let graceful = GracefulShutdown::new();
    let (life, lifeline) = Lifeline::new();
    // Its connections end with the set, so that none outlives this task.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    connections.spawn(serve(stream, Peer(peer.ip()), cloud.clone(), lifeline.clone(), graceful.watcher()));
                }
                Err(error) => rest(&error).await,
            },
        }
    }
    drop(listener);
    // WebSockets are no requests to wait for.
    drop(life);
    // Connections that are still busy after the grace are cut off with the set.
    let _ = tokio::time::timeout(GRACE, graceful.shutdown()).await;
    connections.shutdown().await;
}

async fn serve(
    stream: TcpStream,
    peer: Peer,
    cloud: Cloud,
    lifeline: Lifeline,
    watcher: hyper_util::server::graceful::Watcher,
) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |mut request: Request<Incoming>| {
        let cloud = cloud.clone();
        request.extensions_mut().insert(peer);
        request.extensions_mut().insert(lifeline.clone());
        async move { Ok::<_, Infallible>(cloud.handle(request.map(Body::new)).await) }
    });
    let mut http = auto::Builder::new(TokioExecutor::new()).http1_only();
    http.http1().timer(TokioTimer::new());
    let connection = http.serve_connection_with_upgrades(TokioIo::new(stream), service);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(error = &*error as &dyn std::error::Error, "a connection broke off");
    }
}

async fn rest(error: &io::Error) {
    let concerns_one_connection = matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
    );
    if !concerns_one_connection {
        tracing::warn!(error = error as &dyn std::error::Error, "no connection could be accepted");
        tokio::time::sleep(REST).await;
    }
}

//! The local cloud as the transport of a client in the same process.

use http::Request;
use tokio::runtime::Handle;
use turso_cloud::{
    Client, ClientBuilder,
    transport::{Body, SendFuture, Transport, TransportError},
};

use crate::{Cloud, Server, faults::is_broken};

/// Requests never leave the process, so that any origin will do; this one could be no database's host.
const ORIGIN: &str = "http://localhost";

impl Cloud {
    /// A client of this cloud inside the process, with a token and the team organization.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use turso_cloud_local::Cloud;
    ///
    /// let cloud = Cloud::new()?;
    /// let turso = cloud.client().build()?;
    /// assert_eq!(turso.groups().list().await?.len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn client(&self) -> ClientBuilder {
        self.client_at(ORIGIN).region_url(format!("{ORIGIN}/_region")).transport(self.clone())
    }

    fn client_at(&self, origin: impl Into<String>) -> ClientBuilder {
        let clock = self.clock().clone();
        Client::builder(self.token()).organization(self.organization()).base_url(origin).wall_clock(move || clock.now())
    }
}

impl Server {
    /// A client that comes in over the port, with a token and the team organization. It needs the feature `reqwest`
    /// of the client, or a transport of its own.
    pub fn client(&self) -> ClientBuilder {
        self.cloud().client_at(self.url()).region_url(self.region_url())
    }
}

impl Transport for Cloud {
    fn send(&self, request: Request<Body>) -> SendFuture<'_> {
        Box::pin(async move {
            if Handle::try_current().is_err() {
                return Err(TransportError::not_sent("the local cloud needs a Tokio runtime around it"));
            }
            let response = self.handle(request).await;
            if is_broken(&response) {
                return Err(TransportError::interrupted("the connection was reset, as the local cloud was told to"));
            }
            Ok(response)
        })
    }
}

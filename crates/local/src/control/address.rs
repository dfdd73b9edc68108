//! How databases are addressed: by a host of their own, or by a path on any host of the cloud.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::body::Body;
use http::{Request, header};
use parking_lot::RwLock;
use turso_cloud_contract::{DatabaseName, OrganizationSlug};

/// What a database's own host ends with.
const DOMAIN: &str = ".localhost";

/// What a path to a database begins with.
const PREFIX: &str = "/db/";

/// What stands for a database in host names, which know no case.
pub(crate) fn label(database: &DatabaseName, organization: &OrganizationSlug) -> String {
    format!("{database}-{organization}").to_ascii_lowercase()
}

/// The database a request is for, by its label, and the path on its own host; nothing for a request of the
/// Platform API.
pub(crate) fn locate(request: &Request<Body>) -> Option<(String, String)> {
    let path = request.uri().path();
    if let Some(rest) = path.strip_prefix(PREFIX) {
        let (label, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        return Some((label.to_ascii_lowercase(), if path.is_empty() { "/" } else { path }.to_owned()));
    }
    // Only a name below this domain is taken apart: an IP address or `localhost` itself names no database.
    let host = host(request)?.to_ascii_lowercase();
    let label = host.strip_suffix(DOMAIN).filter(|label| !label.is_empty())?;
    Some((label.to_owned(), path.to_owned()))
}

fn host(request: &Request<Body>) -> Option<&str> {
    if let Some(host) = request.uri().host() {
        return Some(host);
    }
    let host = request.headers().get(header::HOST)?.to_str().ok()?;
    Some(host.rsplit_once(':').map_or(host, |(host, _)| host))
}

/// The sockets the cloud is served on.
#[derive(Debug, Default)]
pub(crate) struct Addresses(RwLock<Vec<SocketAddr>>);

impl Addresses {
    /// Where the SQL endpoint of a database is: on the socket that was opened last, or, in a cloud without a socket,
    /// on a host of its own that only requests inside the process can name.
    pub(crate) fn hostname(&self, label: &str) -> String {
        match self.0.read().last() {
            // A driver that appends `v2/pipeline` to a path without the last slash would lose the label.
            Some(address) => format!("{}{PREFIX}{label}/", reachable(*address)),
            None => format!("{label}{DOMAIN}"),
        }
    }

    /// The URL of a path of the Platform API's own host.
    pub(crate) fn url(&self, path: &str) -> String {
        match self.0.read().last() {
            Some(address) => format!("http://{}{path}", reachable(*address)),
            None => format!("http://localhost{path}"),
        }
    }

    pub(crate) fn open(&self, address: SocketAddr) {
        self.0.write().push(address);
    }

    pub(crate) fn close(&self, address: SocketAddr) {
        self.0.write().retain(|open| *open != address);
    }
}

/// An address a client on this machine can connect to: a socket that listens on all of them is reached by loopback.
pub(crate) fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

//! How databases are addressed: by a path, a header, a host name or a loopback address.

use std::{
    fmt::Display,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use axum::body::Body;
use http::{Request, Uri, header};
use parking_lot::RwLock;
use turso_cloud_contract::LocationCode;

use super::{Host, Hostnames, answers::location_number, loopback};
use crate::store::DatabaseRow;

/// What a database's own host ends with.
const DOMAIN: &str = ".localhost";

/// What a path to a database begins with.
const PREFIX: &str = "/db/";

/// The header by which drivers of self-hosted servers name a database.
const NAMESPACE: &str = "x-namespace";

/// The address a connection came in at. A server whose databases have addresses of their own puts it into the
/// extensions of its requests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival(pub(crate) Ipv4Addr);

/// What stands for a database in host names, which know no case.
pub(crate) fn label(database: &(impl Display + ?Sized), organization: &(impl Display + ?Sized)) -> String {
    format!("{database}-{organization}").to_ascii_lowercase()
}

/// Whether a database with this name and label is the one that somebody means who says its name or its label.
pub(crate) fn is_meant(wanted: &str, name: Option<&str>, label: Option<&str>) -> bool {
    name == Some(wanted) || label.is_some_and(|label| label.eq_ignore_ascii_case(wanted))
}

/// The database a request is for and the path on its own host; nothing for a request of the Platform API.
pub(crate) fn locate(request: &Request<Body>) -> Option<(Host, String)> {
    let path = request.uri().path();
    if let Some(rest) = path.strip_prefix(PREFIX) {
        let (label, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        // Some clients append a path to their URL as it is, whether it ends in a slash or not.
        return Some((named(label), format!("/{}", path.trim_start_matches('/'))));
    }
    if let Some(namespace) = request.headers().get(NAMESPACE) {
        // One that is no text is the name of no database.
        return Some((named(namespace.to_str().unwrap_or_default()), path.to_owned()));
    }
    // Only a name below this domain is taken apart: an IP address or `localhost` itself names no database.
    let host = host(request).map(|host| host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase());
    if let Some(label) = host.as_deref().and_then(|host| host.strip_suffix(DOMAIN)).filter(|label| !label.is_empty()) {
        return Some((named(label), path.to_owned()));
    }
    let address = match request.extensions().get::<Arrival>() {
        Some(Arrival(address)) => Some(*address).filter(|address| *address != Ipv4Addr::LOCALHOST),
        None => address_of_a_database(request.uri()),
    };
    Some((Host::Address(address?), path.to_owned()))
}

/// What a URL means that says where a database is on a port, in a request that came in at none: one inside the process.
fn address_of_a_database(url: &Uri) -> Option<Ipv4Addr> {
    url.host()?.parse().ok().filter(|address| loopback::resident(*address).is_some())
}

/// `{label}`, or `{location}.{label}` for a replica.
fn named(name: &str) -> Host {
    let name = name.to_ascii_lowercase();
    match name.split_once('.') {
        Some((location, label)) => Host::Replica(label.to_owned(), location.to_owned()),
        None => Host::Label(name),
    }
}

fn host(request: &Request<Body>) -> Option<&str> {
    if let Some(host) = request.uri().host() {
        return Some(host);
    }
    let host = request.headers().get(header::HOST)?.to_str().ok()?;
    Some(host.rsplit_once(':').map_or(host, |(host, _)| host))
}

/// The sockets the cloud is served on, the last of which is the one it tells of.
#[derive(Debug, Default)]
pub(crate) struct Addresses(RwLock<Vec<(SocketAddr, Hostnames)>>);

impl Addresses {
    /// Where the SQL endpoint of the database with this row and label is. In a cloud without a socket that is a name which
    /// only requests inside the process can use.
    pub(crate) fn hostname(&self, row: i64, label: &str) -> String {
        self.form(label, loopback::database(row))
    }

    /// Where the instance of a database in a location outside the primary one is.
    pub(crate) fn replica_hostname(&self, database: &DatabaseRow, location: &LocationCode) -> String {
        let address = location_number(location).and_then(|location| loopback::replica(database.id, location));
        self.form(&format!("{location}.{}", database.label), address)
    }

    fn form(&self, name: &str, loopback: Option<Ipv4Addr>) -> String {
        let open = self.0.read().last().copied();
        match (open, loopback) {
            (None, _) => format!("{name}{DOMAIN}"),
            (Some((address, Hostnames::Name)), _) => format!("{name}{DOMAIN}:{}", address.port()),
            (Some((address, Hostnames::Address)), Some(loopback)) => format!("{loopback}:{}", address.port()),
            // A driver that appends `v2/pipeline` to a path without the last slash would lose the label.
            (Some((address, Hostnames::Path | Hostnames::Address)), _) => {
                format!("{}{PREFIX}{name}/", reachable(address))
            }
        }
    }

    /// The URL of every server.
    pub(crate) fn urls(&self) -> Vec<String> {
        self.0.read().iter().map(|(address, _)| format!("http://{}", reachable(*address))).collect()
    }

    /// The URL of a path of the Platform API's own host.
    pub(crate) fn url(&self, path: &str) -> String {
        match self.0.read().last() {
            Some((address, _)) => format!("http://{}{path}", reachable(*address)),
            None => format!("http://localhost{path}"),
        }
    }

    pub(crate) fn open(&self, address: SocketAddr, hostnames: Hostnames) {
        self.0.write().push((address, hostnames));
    }

    pub(crate) fn close(&self, address: SocketAddr) {
        self.0.write().retain(|(open, _)| *open != address);
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

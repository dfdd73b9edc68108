//! Which hosts a request may name, against DNS rebinding: a web page can let its own name lead to this machine, and a
//! browser would then let it read all answers. What it cannot do is name another host than its own.

use std::net::SocketAddr;

use axum::body::Body;
use http::{Request, Response, StatusCode, header, uri::Authority};
use serde_json::json;
use turso_cloud_contract::{InvalidInput, is_this_machine};

use crate::json_answer::json_answer;

/// The hosts of this machine and those that were added. A server that is open to other machines may have any name.
#[derive(Debug)]
pub(super) struct Hosts {
    added: Vec<String>,
    takes_others: bool,
}

impl Hosts {
    pub(super) fn new(address: SocketAddr, added: &[String]) -> Self {
        Self { added: added.to_vec(), takes_others: !address.ip().is_loopback() }
    }

    /// The refusal of a request that names another host, where none may be named.
    pub(super) fn refusal<T>(&self, request: &Request<T>) -> Option<Response<Body>> {
        (!self.takes_others && !self.are_named_by(request)).then(misdirected)
    }

    /// Whether a request names no other host, neither in its target nor in the header `Host`.
    pub(super) fn are_named_by<T>(&self, request: &Request<T>) -> bool {
        let is_one = |authority: &Authority| is_this_machine(authority.host()) || self.has(authority.host());
        let header = |value: &http::HeaderValue| Authority::try_from(value.as_bytes()).is_ok_and(|host| is_one(&host));
        request.uri().authority().is_none_or(is_one) && request.headers().get_all(header::HOST).iter().all(header)
    }

    fn has(&self, host: &str) -> bool {
        self.added.iter().any(|added| added.eq_ignore_ascii_case(host))
    }
}

/// Refuses to add what no request can name.
pub(crate) fn check_hosts(added: &[String]) -> Result<(), InvalidInput> {
    let is_host = |host: &str| host.parse::<Authority>().is_ok_and(|authority| authority.host() == host);
    match added.iter().find(|host| !is_host(host)) {
        Some(host) => Err(InvalidInput::new("allowed host", host, "must be the name of a host, without a port")),
        None => Ok(()),
    }
}

/// It does not repeat the host, which a stranger may have chosen.
fn misdirected() -> Response<Body> {
    let rule = "Host is refused: on a loopback address it must be a loopback address, localhost, a name below localhost, \
                or a host that the local cloud was told to allow";
    json_answer(StatusCode::MISDIRECTED_REQUEST, json!({ "error": rule }).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_refused(hosts: &Hosts, uri: &str, host: &str) -> bool {
        hosts.refusal(&Request::get(uri).header(header::HOST, host).body(()).unwrap()).is_some()
    }

    #[test]
    fn a_loopback_server_knows_the_hosts_of_this_machine_and_those_added() {
        let hosts = Hosts::new("127.0.0.1:8080".parse().unwrap(), &["Cloud.Test".to_owned()]);
        for host in
            ["127.0.0.1:8080", "127.9.8.7", "[::1]:80", "localhost", "a-b.localhost:1", "LOCALHOST", "cloud.test:9"]
        {
            assert!(!is_refused(&hosts, "/", host), "{host}");
        }
        let strangers =
            ["evil.example", "localhost.evil.example", "evillocalhost", "10.0.0.1:8080", "127.0.0.1.nip.io", "", "a b"];
        for host in strangers {
            assert!(is_refused(&hosts, "/", host), "{host}");
        }
        assert!(is_refused(&hosts, "http://evil.example/", "localhost"));
        assert!(is_refused(&hosts, "http://localhost/", "evil.example"));
    }

    #[test]
    fn a_server_for_other_machines_takes_any_host() {
        let hosts = Hosts::new("0.0.0.0:8080".parse().unwrap(), &[]);
        assert!(!is_refused(&hosts, "/", "cloud.example"));
    }
}

use std::net::IpAddr;

/// Whether a host, with or without a port and a path behind it, is a loopback address, `localhost` or a name below it, which
/// is this machine whatever a resolver says (RFC 6761, section 6.3).
///
/// ```
/// use turso_cloud_contract::is_this_machine;
///
/// assert!(is_this_machine("127.1.0.2:8080") && is_this_machine("[::1]") && is_this_machine("orders-acme.localhost"));
/// assert!(!is_this_machine("localhost.turso.io") && !is_this_machine("10.0.0.1"));
/// ```
#[must_use]
pub fn is_this_machine(host: &str) -> bool {
    let authority = host.split('/').next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    let is_loopback = host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    let host = host.to_ascii_lowercase();
    is_loopback || host == "localhost" || host.ends_with(".localhost")
}

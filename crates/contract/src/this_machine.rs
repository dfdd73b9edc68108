use std::net::{IpAddr, Ipv6Addr};

/// Whether a host, with or without a port and a path behind it, is a loopback address, `localhost` or a name below it, which
/// is this machine whatever a resolver says (RFC 6761, section 6.3).
///
/// ```
/// use turso_cloud_contract::is_this_machine;
///
/// assert!(is_this_machine("127.1.0.2:8080") && is_this_machine("[::1]") && is_this_machine("orders-acme.localhost"));
/// assert!(is_this_machine("::1") && is_this_machine("localhost.:8080"));
/// assert!(!is_this_machine("localhost.turso.io") && !is_this_machine("10.0.0.1"));
/// ```
#[must_use]
pub fn is_this_machine(host: &str) -> bool {
    let authority = host.split('/').next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        // Without brackets, an address of IPv6 has no port.
        None if authority.parse::<Ipv6Addr>().is_ok() => authority,
        None => authority.split(':').next().unwrap_or_default(),
    };
    let is_loopback = host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    // The root, which every name may end with.
    let name = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    is_loopback || name == "localhost" || name.ends_with(".localhost")
}

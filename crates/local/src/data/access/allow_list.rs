//! Who may reach a database: addresses and networks.

use std::net::{IpAddr, Ipv4Addr};

/// Where a request comes from. Whoever takes requests from a socket puts it into their extensions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) IpAddr);

impl Peer {
    /// Whether it is this machine.
    pub(crate) fn is_here(self) -> bool {
        self.0.to_canonical().is_loopback()
    }
}

/// A request made inside the process is taken for one of this machine.
impl Default for Peer {
    fn default() -> Self {
        Self(Ipv4Addr::LOCALHOST.into())
    }
}

/// The networks a database may be reached from; all of them where the list is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AllowList(Vec<Rule>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Rule {
    Network {
        address: IpAddr,
        bits: u32,
    },
    /// Not readable, so that it lets nobody in: a rule must never open more than it says.
    Nobody,
}

impl AllowList {
    pub(crate) fn new(rules: &[String]) -> Self {
        Self(rules.iter().map(|rule| Rule::parse(rule)).collect())
    }

    pub(crate) fn admits(&self, peer: Peer) -> bool {
        self.0.is_empty() || self.0.iter().any(|rule| rule.admits(peer.0.to_canonical()))
    }
}

impl Rule {
    fn parse(text: &str) -> Self {
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let Ok(address) = address.parse::<IpAddr>() else { return Self::Nobody };
        let bits = bits.map_or(Ok(width(address)), str::parse);
        bits.map_or(Self::Nobody, |bits| Self::Network { address, bits })
    }

    fn admits(&self, peer: IpAddr) -> bool {
        match *self {
            Self::Network { address, bits } => {
                prefix(address, bits) == prefix(peer, bits) && width(address) == width(peer)
            }
            Self::Nobody => false,
        }
    }
}

fn width(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// The first bits of an address.
fn prefix(address: IpAddr, bits: u32) -> u128 {
    let number = match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    };
    number.checked_shr(width(address).saturating_sub(bits)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(rules: &[&str], peer: &str) -> bool {
        let rules: Vec<_> = rules.iter().map(|rule| (*rule).to_owned()).collect();
        AllowList::new(&rules).admits(Peer(peer.parse().unwrap()))
    }

    #[test]
    fn an_empty_list_admits_everybody() {
        assert!(admits(&[], "192.0.2.7") && admits(&[], "2001:db8::1"));
    }

    #[test]
    fn addresses_and_networks_of_both_families_admit_their_own() {
        for (rule, inside, outside) in [
            ("192.0.2.7", "192.0.2.7", "192.0.2.8"),
            ("192.0.2.7/24", "192.0.2.200", "192.0.3.7"),
            ("10.0.0.0/8", "::ffff:10.1.2.3", "11.0.0.1"),
            ("0.0.0.0/0", "203.0.113.9", "2001:db8::1"),
            ("2001:db8::/32", "2001:db8:1::1", "2001:db9::1"),
            ("::/0", "2001:db8::1", "192.0.2.7"),
            ("::1", "::1", "::2"),
        ] {
            assert!(admits(&[rule], inside), "{rule} {inside}");
            assert!(!admits(&[rule], outside), "{rule} {outside}");
            assert!(admits(&["198.51.100.1", rule], inside), "{rule} {inside}");
        }
    }

    #[test]
    fn a_rule_that_cannot_be_read_opens_nothing() {
        assert!(!admits(&["everybody"], "192.0.2.7") && !admits(&["192.0.2.7/x"], "192.0.2.7"));
    }
}

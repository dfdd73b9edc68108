//! Loopback addresses of databases: 127/8 has room for an address for each, so that a database has a bare origin
//! without DNS and without a port of its own.
//!
//! An address follows from the number of the database's row, which is never given to another one: it needs no storing
//! and stays the same for good. The lower half of the block is for databases, the upper half for their replicas.

use std::net::Ipv4Addr;

/// `127.0.x.y` is left alone, for that is where everything else of a machine listens.
const DATABASES: u32 = 0x7F01_0000;

/// Where the addresses of replicas begin: 127.128.0.1.
const REPLICAS: u32 = 0x7F80_0000;

/// How many databases, or replicas, the smaller half holds: 127 × 256 blocks of 254.
const ROOM: u32 = 127 * 256 * HOSTS;

/// Hosts of a block of 256: the first and the last look like a network and its broadcast address.
const HOSTS: u32 = 254;

/// More locations than there are, so that there is a slot for those to come.
const LOCATIONS: u32 = 64;

/// What an address stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resident {
    /// The database with this row.
    Database(i64),
    /// The instance of the database with this row in the location with this number.
    Replica(i64, u32),
}

/// The address of the database with this row; nothing beyond the eight millionth.
pub(crate) fn database(row: i64) -> Option<Ipv4Addr> {
    address(DATABASES, u32::try_from(row).ok()?)
}

/// The address of an instance outside the primary location; nothing beyond the first hundred thousand databases.
pub(crate) fn replica(row: i64, location: u32) -> Option<Ipv4Addr> {
    if location >= LOCATIONS {
        return None;
    }
    let slot = u32::try_from(row).ok()?.checked_mul(LOCATIONS)?.checked_add(location)?;
    address(REPLICAS, slot)
}

/// Who would be at an address, whether or not there is such a database.
pub(crate) fn resident(address: Ipv4Addr) -> Option<Resident> {
    let bits = address.to_bits();
    if bits >= REPLICAS {
        let slot = slot(bits - REPLICAS)?;
        return Some(Resident::Replica((slot / LOCATIONS).into(), slot % LOCATIONS));
    }
    slot(bits.checked_sub(DATABASES)?).map(|row| Resident::Database(row.into()))
}

fn address(base: u32, slot: u32) -> Option<Ipv4Addr> {
    (slot < ROOM).then(|| Ipv4Addr::from_bits(base + slot / HOSTS * 256 + slot % HOSTS + 1))
}

fn slot(offset: u32) -> Option<u32> {
    let host = (offset % 256).checked_sub(1).filter(|host| *host < HOSTS)?;
    Some(offset / 256 * HOSTS + host).filter(|slot| *slot < ROOM)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_million_databases_have_a_million_addresses_outside_127_0() {
        let addresses: HashSet<_> = (0..1_000_000).map(|row| database(row).unwrap()).collect();
        assert_eq!(addresses.len(), 1_000_000);
        for address in addresses {
            let [a, b, _, d] = address.octets();
            assert!(a == 127 && (1..128).contains(&b) && (1..255).contains(&d), "{address}");
        }
    }

    #[test]
    fn replicas_have_addresses_of_their_own() {
        let mut seen = HashSet::new();
        for row in 0..20_000 {
            for location in 0..LOCATIONS {
                let address = replica(row, location).unwrap();
                let [a, b, _, d] = address.octets();
                assert!(a == 127 && (128..255).contains(&b) && (1..255).contains(&d), "{address}");
                assert_eq!(resident(address), Some(Resident::Replica(row, location)));
                assert!(seen.insert(address));
            }
        }
    }

    #[test]
    fn an_address_leads_back_to_its_database() {
        for row in (0..i64::from(ROOM)).step_by(997) {
            assert_eq!(resident(database(row).unwrap()), Some(Resident::Database(row)));
        }
    }

    #[test]
    fn where_the_block_ends_there_are_no_more_addresses() {
        let last = i64::from(ROOM) - 1;
        assert_eq!(database(last), Some(Ipv4Addr::new(127, 127, 255, 254)));
        assert_eq!([database(last + 1), database(-1), database(i64::MAX)], [None; 3]);
        assert_eq!([replica(1, LOCATIONS), replica(last, 0), replica(i64::MAX, 1)], [None; 3]);
    }

    #[test]
    fn addresses_of_nobody_lead_nowhere() {
        for address in ["127.0.0.1", "127.0.255.254", "127.1.0.0", "127.1.0.255", "127.255.0.1", "10.0.0.1", "0.0.0.0"]
        {
            assert_eq!(resident(address.parse().unwrap()), None, "{address}");
        }
        assert_eq!(resident(Ipv4Addr::BROADCAST), None);
    }
}

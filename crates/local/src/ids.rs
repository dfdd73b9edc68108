//! Ids and keys: random, or the same ones in every run of a seeded cloud.

use std::fmt;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};
use turso_cloud_contract::{ApiTokenId, InvalidInput};

use crate::{
    data::SigningSeed,
    store::{StoreError, Transaction},
};

/// Set apart from any other use of the same hash.
const PURPOSE: &[u8] = b"turso-cloud-local: what follows from a root\0";

/// Where ids and keys come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ids {
    /// The randomness of the system.
    Random,
    /// A seed and a counter. The counter is a part of the state: work that is undone uses up no id, and a directory
    /// that is opened again goes on where it stopped.
    Seeded(u64),
    /// A secret: of one root, there is one id, one role and one key.
    Rooted(Root),
}

/// A secret that ids and keys follow from. It is never printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Root([u8; 32]);

impl Root {
    /// What follows from a key for the thing of this name.
    pub(crate) fn of(key: &SigningSeed, name: &str) -> Self {
        Self(hashed(key.expose(), name))
    }
}

impl fmt::Debug for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Root(..)")
    }
}

/// No id could be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IdError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the system gives no randomness")]
    System(#[from] getrandom::Error),
    #[error(transparent)]
    Shape(#[from] InvalidInput),
}

impl Ids {
    /// Whether two clouds that were told the same have other ids.
    pub(crate) fn is_random(self) -> bool {
        self == Self::Random
    }

    /// A new UUID, of the shape of the service's (version 1), as text or as the id of something.
    pub(crate) fn uuid<T>(self, transaction: &Transaction<'_>) -> Result<T, IdError>
    where
        T: TryFrom<String, Error: Into<InvalidInput>>,
    {
        let text = hyphenated(&self.uuid_bytes(transaction, "id")?);
        Ok(T::try_from(text).map_err(Into::into)?)
    }

    /// The id of a new role, which tokens of a database or a group are minted for.
    pub(crate) fn role_id(self, transaction: &Transaction<'_>) -> Result<String, IdError> {
        Ok(hyphenated(&self.uuid_bytes(transaction, "role")?))
    }

    /// The id of a new platform token: the bytes of a UUID in 22 characters.
    pub(crate) fn token_id(self, transaction: &Transaction<'_>) -> Result<ApiTokenId, IdError> {
        Ok(BASE64_URL_SAFE_NO_PAD.encode(self.uuid_bytes(transaction, "token")?).try_into()?)
    }

    /// A new signing key.
    pub(crate) fn signing_seed(self, transaction: &Transaction<'_>) -> Result<SigningSeed, IdError> {
        self.bytes(transaction, "key").map(SigningSeed::new)
    }

    fn uuid_bytes(self, transaction: &Transaction<'_>, purpose: &str) -> Result<[u8; 16], IdError> {
        Ok(shaped(self.bytes::<16>(transaction, purpose)?))
    }

    fn bytes<const N: usize>(self, transaction: &Transaction<'_>, purpose: &str) -> Result<[u8; N], IdError> {
        const { assert!(N <= 32, "as long as what follows from a root") };
        let mut bytes = [0; N];
        match self {
            Self::Random => getrandom::fill(&mut bytes)?,
            Self::Seeded(seed) => fill(&mut bytes, seed, transaction.next_id_number()?),
            Self::Rooted(root) => bytes.copy_from_slice(&hashed(&root.0, purpose)[..N]),
        }
        Ok(bytes)
    }
}

/// What a secret and a text come to, of which neither tells anything.
fn hashed(secret: &[u8; 32], text: &str) -> [u8; 32] {
    Sha256::new().chain_update(PURPOSE).chain_update(secret).chain_update(text).finalize().into()
}

/// The UUID of a part of something that has a UUID of its own: always the same one, so that nobody has to keep it.
pub(crate) fn derived(whole: &str, part: &str) -> String {
    let mut bytes = [0; 16];
    let hash = |text: &str| text.bytes().fold(0, |state, byte| mixed(mixed(state).wrapping_add(u64::from(byte))));
    fill(&mut bytes, hash(whole), hash(part));
    hyphenated(&shaped(bytes))
}

/// Whether a text is a UUID as they are made here.
pub(crate) fn is_uuid(text: &str) -> bool {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let fits = |(place, byte): (usize, u8)| match place {
        8 | 13 | 18 | 23 => byte == b'-',
        14 => byte == b'1',
        19 => matches!(byte, b'8' | b'9' | b'a' | b'b'),
        _ => is_digit(byte),
    };
    text.len() == 36 && text.bytes().enumerate().all(fits)
}

fn shaped(mut bytes: [u8; 16]) -> [u8; 16] {
    bytes[6] = 0x10 | bytes[6] & 0x0f;
    bytes[8] = 0x80 | bytes[8] & 0x3f;
    // The official command line takes this value at this place for a database of the new engine.
    if bytes[5] == 0x10 {
        bytes[5] = 0x11;
    }
    bytes
}

/// `SplitMix64`, written out so that the ids of a seed stay the same whatever library is updated. No secret may rest
/// on them, which is as it should be for a seed that stands in a test.
fn fill(bytes: &mut [u8], seed: u64, number: u64) {
    let mut state = mixed(seed).wrapping_add(mixed(!number));
    for chunk in bytes.chunks_mut(8) {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        chunk.copy_from_slice(&mixed(state).to_le_bytes()[..chunk.len()]);
    }
}

fn mixed(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

fn hyphenated(bytes: &[u8; 16]) -> String {
    let digits = format!("{:032x}", u128::from_be_bytes(*bytes));
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    fn draw(store: &Store, ids: Ids) -> String {
        store.transact::<_, IdError>(|transaction| ids.uuid(transaction)).unwrap()
    }

    #[test]
    fn the_same_seed_gives_the_same_ids_and_never_one_twice() {
        let (one, two) = (Store::in_memory().unwrap(), Store::in_memory().unwrap());
        let drawn: Vec<_> = (0..1000).map(|_| draw(&one, Ids::Seeded(7))).collect();
        assert_eq!(drawn, (0..1000).map(|_| draw(&two, Ids::Seeded(7))).collect::<Vec<_>>());
        let distinct: std::collections::HashSet<_> = drawn.iter().collect();
        assert_eq!(distinct.len(), drawn.len());
        assert_ne!(draw(&Store::in_memory().unwrap(), Ids::Seeded(8)), drawn[0]);
    }

    #[test]
    fn work_that_is_undone_uses_up_no_id() {
        let store = Store::in_memory().unwrap();
        let mut undone = String::new();
        let failed: Result<(), IdError> = store.transact(|transaction| {
            undone = Ids::Seeded(7).uuid(transaction)?;
            Err(StoreError::Newer(0).into())
        });
        assert!(failed.is_err());
        assert_eq!(draw(&store, Ids::Seeded(7)), undone);
    }

    #[test]
    fn every_id_is_a_uuid_the_official_command_line_takes_for_a_libsql_database() {
        let store = Store::in_memory().unwrap();
        for ids in [Ids::Random, Ids::Seeded(1)] {
            for _ in 0..1000 {
                let id = draw(&store, ids);
                let parts: Vec<_> = id.split('-').map(str::len).collect();
                assert_eq!(parts, [8, 4, 4, 4, 12], "{id}");
                assert_ne!(&id[11..13], "10", "{id}");
                assert_eq!(&id[14..15], "1", "{id}");
                assert!(is_uuid(&id), "{id}");
            }
        }
    }

    #[test]
    fn what_follows_from_a_root_differs_by_key_by_name_and_by_what_it_is_for() {
        let store = Store::in_memory().unwrap();
        let of = |key: u8, name: &str| {
            let ids = Ids::Rooted(Root::of(&SigningSeed::new([key; 32]), name));
            let drawn = store.transact::<_, IdError>(|transaction| {
                let uuid: String = ids.uuid(transaction)?;
                let key = ids.signing_seed(transaction)?;
                Ok([
                    uuid,
                    ids.role_id(transaction)?,
                    ids.token_id(transaction)?.to_string(),
                    format!("{:?}", key.expose()),
                ])
            });
            (drawn.unwrap(), format!("{ids:?}"))
        };
        assert_eq!(of(1, "group/acme/eu"), of(1, "group/acme/eu"));
        let all = [of(1, "group/acme/eu"), of(1, "group/acme/us"), of(2, "group/acme/eu")];
        let distinct: std::collections::HashSet<_> = all.iter().flat_map(|(drawn, _)| drawn).collect();
        assert_eq!(distinct.len(), 12);
        assert!(all.iter().all(|(_, shown)| shown == "Rooted(Root(..))"));
    }

    #[test]
    fn ids_of_others_are_told_from_those_that_are_made_here() {
        assert!(is_uuid(&derived("orders", "primary")));
        let id = "0eb771dd-6906-11ee-8553-eaa7715aeaf2";
        assert!(is_uuid(id));
        let others = ["", "orders", "550e8400-e29b-41d4-a716-446655440000", "0eb771dd-6906-11ee-c553-eaa7715aeaf2"];
        assert!(!others.into_iter().any(is_uuid));
        for other in [id.to_uppercase(), id.replace('-', "0"), format!("{id}0"), id.replace('e', "g")] {
            assert!(!is_uuid(&other), "{other}");
        }
    }

    #[test]
    fn a_token_id_has_22_url_safe_characters() {
        let store = Store::in_memory().unwrap();
        let id = store.transact::<_, IdError>(|transaction| Ids::Random.token_id(transaction)).unwrap();
        assert_eq!(id.as_str().len(), 22);
        assert!(
            id.as_str().chars().all(|character| character.is_ascii_alphanumeric() || "-_".contains(character)),
            "{id}"
        );
    }
}

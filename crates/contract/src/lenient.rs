//! Reading what the service may send although its documents do not say so.

use serde::{Deserialize, Deserializer};

/// A field whose `null` means the same as its absence.
pub(crate) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

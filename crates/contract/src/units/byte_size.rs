use std::{fmt, iter::Sum, str::FromStr};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, Unexpected, Visitor},
};

use crate::InvalidInput;

/// A number of bytes. It travels as a plain count in a string (`"1073741824"`), because the service does not
/// say whether its `mb` and `gb` are powers of 1000 or of 1024.
///
/// As text, `kb` to `tb` are powers of 1000 and `kib` to `tib` powers of 1024.
///
/// ```
/// use turso_cloud_contract::ByteSize;
///
/// assert_eq!("256mib".parse(), Ok(ByteSize::mib(256)));
/// assert_eq!(ByteSize::gib(1).bytes(), 1_073_741_824);
/// assert_eq!(ByteSize::gib(1).to_string(), "1gib");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ByteSize(u64);

const UNITS: [(&str, u64); 9] = [
    ("tib", 1 << 40),
    ("tb", 1_000_000_000_000),
    ("gib", 1 << 30),
    ("gb", 1_000_000_000),
    ("mib", 1 << 20),
    ("mb", 1_000_000),
    ("kib", 1 << 10),
    ("kb", 1_000),
    ("b", 1),
];

impl ByteSize {
    /// A count of bytes.
    #[must_use]
    pub const fn new(bytes: u64) -> Self {
        Self(bytes)
    }

    /// Multiples of 1024 bytes, at most 2⁶⁴ − 1 bytes.
    #[must_use]
    pub const fn kib(count: u64) -> Self {
        Self(count.saturating_mul(1 << 10))
    }

    /// Multiples of 1024² bytes, at most 2⁶⁴ − 1 bytes.
    #[must_use]
    pub const fn mib(count: u64) -> Self {
        Self(count.saturating_mul(1 << 20))
    }

    /// Multiples of 1024³ bytes, at most 2⁶⁴ − 1 bytes.
    #[must_use]
    pub const fn gib(count: u64) -> Self {
        Self(count.saturating_mul(1 << 30))
    }

    /// Multiples of 1024⁴ bytes, at most 2⁶⁴ − 1 bytes.
    #[must_use]
    pub const fn tib(count: u64) -> Self {
        Self(count.saturating_mul(1 << 40))
    }

    /// The count of bytes.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        self.0
    }
}

/// A count of bytes.
impl From<u64> for ByteSize {
    fn from(bytes: u64) -> Self {
        Self(bytes)
    }
}

/// All of them together, at most 2⁶⁴ − 1 bytes.
impl Sum for ByteSize {
    fn sum<I: Iterator<Item = Self>>(sizes: I) -> Self {
        sizes.fold(Self(0), |sum, size| Self(sum.0.saturating_add(size.0)))
    }
}

/// All of them together, at most 2⁶⁴ − 1 bytes.
impl<'a> Sum<&'a Self> for ByteSize {
    fn sum<I: Iterator<Item = &'a Self>>(sizes: I) -> Self {
        sizes.copied().sum()
    }
}

impl FromStr for ByteSize {
    type Err = InvalidInput;

    fn from_str(text: &str) -> Result<Self, InvalidInput> {
        let refuse = |rule: String| InvalidInput::new("size", text, rule);
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (count, unit) = text.split_at(digits);
        if count.is_empty() {
            return Err(refuse("must start with a number of bytes".to_owned()));
        }
        let unit = unit.trim_start().to_ascii_lowercase();
        let Some((_, factor)) = UNITS.iter().find(|(name, _)| *name == unit || unit.is_empty() && *name == "b") else {
            return Err(refuse(format!("unknown unit {unit:?}, use b, kb, mb, gb, tb, kib, mib, gib or tib")));
        };
        let bytes = count.parse::<u64>().ok().and_then(|count| count.checked_mul(*factor));
        bytes.map(Self).ok_or_else(|| refuse("must be less than 2^64 bytes".to_owned()))
    }
}

/// The largest unit that loses nothing, so that the text parses back to the same size.
impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match UNITS.iter().find(|(_, factor)| self.0 >= *factor && self.0.is_multiple_of(*factor)) {
            Some((name, factor)) => f.pad(&format!("{}{name}", self.0 / factor)),
            None => f.pad("0b"),
        }
    }
}

impl Serialize for ByteSize {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ByteSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SizeVisitor)
    }
}

pub(super) struct SizeVisitor;

impl Visitor<'_> for SizeVisitor {
    type Value = ByteSize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number of bytes, or a text such as \"256mib\"")
    }

    fn visit_u64<E: de::Error>(self, bytes: u64) -> Result<ByteSize, E> {
        Ok(ByteSize(bytes))
    }

    /// TOML has no other integers.
    fn visit_i64<E: de::Error>(self, bytes: i64) -> Result<ByteSize, E> {
        u64::try_from(bytes).map(ByteSize).map_err(|_| E::invalid_value(Unexpected::Signed(bytes), &self))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<ByteSize, E> {
        text.parse().map_err(E::custom)
    }
}

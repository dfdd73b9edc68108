use std::{
    cmp::Ordering,
    fmt::{self, Write as _},
    str::FromStr,
    time::Duration,
};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::InvalidInput;

const NANOS_PER_SECOND: u128 = 1_000_000_000;

/// The service counts in signed 64-bit nanoseconds.
const LONGEST_NANOS: u128 = i64::MAX as u128;

const UNITS: [(&str, u128); 10] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", NANOS_PER_SECOND),
    ("m", 60 * NANOS_PER_SECOND),
    ("h", 3_600 * NANOS_PER_SECOND),
    ("d", 86_400 * NANOS_PER_SECOND),
    ("w", 604_800 * NANOS_PER_SECOND),
];

/// How long a token is good for: for ever, which is the default, or a whole number of seconds, at least one. What the
/// constructors let through beyond that [`check`](Self::check) refuses, as does the request it ends up in.
///
/// As text: `never` (read from `none` and `default`, too), or numbers with units from `ns` to `w` one behind the other, such
/// as `2w1d30m`; a fraction of a second is dropped. There is no month and no year. Source: Create Database Auth Token.
///
/// ```
/// use turso_cloud_contract::Expiration;
///
/// assert_eq!("2w1d30m".parse::<Expiration>()?.as_secs(), Some(1_297_800));
/// assert_eq!(Expiration::days(9).to_string(), "1w2d");
/// assert_eq!(
///     "1y".parse::<Expiration>().unwrap_err().to_string(),
///     r#"expiration "1y" is not valid: unknown unit "y", use w, d, h, m, s, ms, us or ns"#,
/// );
/// # Ok::<(), turso_cloud_contract::InvalidInput>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Expiration(Option<u64>);

impl Expiration {
    /// No end.
    #[must_use]
    pub const fn never() -> Self {
        Self(None)
    }

    /// Seconds from now.
    #[must_use]
    pub const fn seconds(count: u32) -> Self {
        Self(Some(count as u64))
    }

    /// Minutes from now.
    #[must_use]
    pub const fn minutes(count: u32) -> Self {
        Self(Some(count as u64 * 60))
    }

    /// Hours from now.
    #[must_use]
    pub const fn hours(count: u32) -> Self {
        Self(Some(count as u64 * 3_600))
    }

    /// Days of 24 hours from now.
    #[must_use]
    pub const fn days(count: u32) -> Self {
        Self(Some(count as u64 * 86_400))
    }

    /// Weeks of 7 days from now.
    #[must_use]
    pub const fn weeks(count: u32) -> Self {
        Self(Some(count as u64 * 604_800))
    }

    /// The lifetime in whole seconds; nothing when it has no end.
    #[must_use]
    pub const fn as_secs(self) -> Option<u64> {
        self.0
    }

    /// Refuses lifetimes the service refuses: less than a second, or more than 2⁶³ nanoseconds (292 years).
    pub fn check(self) -> Result<(), InvalidInput> {
        match self.0 {
            Some(seconds) => in_range(&self.to_string(), u128::from(seconds) * NANOS_PER_SECOND).map(drop),
            None => Ok(()),
        }
    }
}

/// By length: whatever never ends is the longest.
impl Ord for Expiration {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.0.is_none(), self.0).cmp(&(other.0.is_none(), other.0))
    }
}

impl PartialOrd for Expiration {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A fraction of a second is dropped.
impl From<Duration> for Expiration {
    fn from(lifetime: Duration) -> Self {
        Self(Some(lifetime.as_secs()))
    }
}

impl FromStr for Expiration {
    type Err = InvalidInput;

    fn from_str(text: &str) -> Result<Self, InvalidInput> {
        // `none` and `default` are let through by the official command line.
        if matches!(text, "never" | "none" | "default") {
            return Ok(Self::never());
        }
        let mut rest = text;
        let mut nanos = 0_u128;
        while !rest.is_empty() || text.is_empty() {
            let (pair, behind) = pair(rest).map_err(|rule| InvalidInput::new("expiration", text, rule))?;
            nanos = nanos.saturating_add(pair);
            rest = behind;
        }
        in_range(text, nanos).map(|seconds| Self(Some(seconds)))
    }
}

impl fmt::Display for Expiration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(mut rest) = self.0 else { return f.pad("never") };
        if rest == 0 {
            return f.pad("0s");
        }
        let mut text = String::new();
        for (unit, seconds) in [("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)] {
            if rest >= seconds {
                write!(text, "{}{unit}", rest / seconds)?;
                rest %= seconds;
            }
        }
        f.pad(&text)
    }
}

impl Serialize for Expiration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Expiration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The sentence the service documents for a bad value, so that whoever reads requests can answer with it.
        String::deserialize(deserializer)?.parse().map_err(|_| serde::de::Error::custom("Invalid expiration format"))
    }
}

fn in_range(text: &str, nanos: u128) -> Result<u64, InvalidInput> {
    let rule = match nanos {
        0..NANOS_PER_SECOND => "must be at least one second",
        NANOS_PER_SECOND..=LONGEST_NANOS => return Ok(u64::try_from(nanos / NANOS_PER_SECOND).unwrap_or(u64::MAX)),
        _ => "must be at most 2^63 nanoseconds (292 years)",
    };
    Err(InvalidInput::new("expiration", text, rule))
}

/// One number with its unit, in nanoseconds, and the text behind it.
fn pair(text: &str) -> Result<(u128, &str), String> {
    let (whole, rest) = digits(text);
    if whole.is_empty() {
        return Err("expected a number with a unit, such as 7d or 2w1d30m, or never".to_owned());
    }
    let (fraction, rest) = rest.strip_prefix('.').map_or(("", rest), digits);
    let end = rest.find(|character: char| character.is_ascii_digit()).unwrap_or(rest.len());
    let (unit, rest) = rest.split_at(end);
    let Some((_, factor)) = UNITS.iter().find(|(name, _)| *name == unit) else {
        return Err(match unit {
            "" => "the last number has no unit, use w, d, h, m, s, ms, us or ns".to_owned(),
            _ => format!("unknown unit {unit:?}, use w, d, h, m, s, ms, us or ns"),
        });
    };
    // Digits beyond the range are all "too long": saturate and let the range check say so.
    let whole = whole.parse::<u128>().unwrap_or(u128::MAX).saturating_mul(*factor);
    Ok((whole.saturating_add(fraction_of(fraction, *factor)), rest))
}

fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().take_while(u8::is_ascii_digit).count())
}

/// The digits behind the point, as a part of `factor`, rounded down; nanoseconds need no more than 18 of them.
fn fraction_of(digits: &str, factor: u128) -> u128 {
    let digits = &digits[..digits.len().min(18)];
    let scale = 10_u128.pow(u32::try_from(digits.len()).unwrap_or(18));
    digits.parse::<u128>().map_or(0, |fraction| fraction * factor / scale)
}

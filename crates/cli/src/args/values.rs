//! How values are read from arguments.

use clap::{
    ValueEnum,
    builder::{PossibleValuesParser, TypedValueParser},
};
use jiff::{SignedDuration, Timestamp};

/// One of the texts the service knows, which are offered for completion.
pub(super) fn known<T>(values: &'static [T]) -> impl TypedValueParser<Value = T>
where
    T: std::fmt::Display + for<'a> From<&'a str> + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(values.iter().map(ToString::to_string)).map(|text| T::from(&*text))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    On,
    Off,
}

impl Switch {
    pub(crate) fn is_on(self) -> bool {
        self == Self::On
    }
}

/// `2026-05-04T10:11:12Z`, or how long ago: `90m`, `24h`, `7d`.
pub(super) fn time(text: &str) -> Result<Timestamp, String> {
    if let Ok(time) = text.parse() {
        return Ok(time);
    }
    let rule = || "must be a time such as 2026-05-04T10:11:12Z, or how long ago, such as 24h or 90m".to_owned();
    let ago = match text.strip_suffix('d') {
        Some(days) => days.parse().ok().and_then(|days: u32| SignedDuration::try_from_hours(i64::from(days) * 24)),
        None => text.parse().ok(),
    };
    let ago = ago.filter(|ago| !ago.is_negative()).ok_or_else(rule)?;
    Timestamp::now().checked_sub(ago).map_err(|_| rule())
}

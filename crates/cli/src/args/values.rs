//! How values are read from arguments.

use std::{ffi::OsStr, str::FromStr};

use clap::{
    Arg, Command, Error, ValueEnum,
    builder::{NonEmptyStringValueParser, PossibleValue, PossibleValuesParser, TypedValueParser},
};
use jiff::{SignedDuration, Timestamp};

/// One of the texts the service knows, which are offered for completion.
pub(super) fn known<T>(values: &'static [T]) -> impl TypedValueParser<Value = T>
where
    T: std::fmt::Display + for<'a> From<&'a str> + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(values.iter().map(ToString::to_string)).map(|text| T::from(&*text))
}

/// Any text: those the service knows are offered for completion, and it may have got others since.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open<T: 'static>(pub(super) &'static [T]);

impl<T> TypedValueParser for Open<T>
where
    T: std::fmt::Display + for<'a> From<&'a str> + Clone + Send + Sync + 'static,
{
    type Value = T;

    fn parse_ref(&self, command: &Command, argument: Option<&Arg>, value: &OsStr) -> Result<T, Error> {
        NonEmptyStringValueParser::new().parse_ref(command, argument, value).map(|text| T::from(&*text))
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.0.iter().map(|known| PossibleValue::new(known.to_string()))))
    }
}

/// What is typed for a yes and a no. The words that answers have for them will do, and so will those of other programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    #[value(aliases = ["true", "yes", "1"])]
    On,
    #[value(aliases = ["false", "no", "0"])]
    Off,
}

impl Switch {
    pub(crate) fn is_on(self) -> bool {
        self == Self::On
    }
}

/// What can be typed for one of a kind, for whoever typed something else.
pub(crate) fn choices<T: ValueEnum>() -> String {
    let known = T::value_variants().iter().filter_map(ValueEnum::to_possible_value);
    known.map(|value| value.get_name().to_owned()).collect::<Vec<_>>().join(", ")
}

/// How many of something there are to be.
pub(super) fn count<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| "must be a whole number from 0 on".to_owned())
}

/// The character between two fields; a tab as it can be typed.
pub(super) fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        b"\\t" => Ok(b'\t'),
        [byte] if byte.is_ascii() && !b"\"\r\n".contains(byte) => Ok(*byte),
        _ => {
            Err("must be one ASCII character that is neither a quote nor the end of a line, or \\t for a tab"
                .to_owned())
        }
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

/// How likely something is, from 0 to 1; the parser of numbers takes `nan` and `inf` for some.
pub(super) fn chance(text: &str) -> Result<f64, String> {
    let chance = text.parse().ok().filter(|chance| (0.0..=1.0).contains(chance));
    chance.ok_or_else(|| "must be a number from 0 to 1".to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_time_is_a_timestamp_or_how_long_ago() {
        assert_eq!(time("2026-05-04T10:11:12Z"), Ok("2026-05-04T10:11:12Z".parse().unwrap()));
        for (text, seconds) in [("90m", 5_400), ("24h", 86_400), ("7d", 604_800), ("1h30m", 5_400)] {
            let before = Timestamp::now();
            let ago = time(text).unwrap() + SignedDuration::from_secs(seconds);
            assert!(before <= ago && ago <= Timestamp::now(), "{text}");
        }
    }

    #[test]
    fn a_chance_is_a_number_from_0_to_1() {
        assert_eq!((chance("0"), chance("0.25"), chance("1")), (Ok(0.0), Ok(0.25), Ok(1.0)));
        for text in ["nan", "NaN", "inf", "-inf", "-0.1", "1.1", "", "half"] {
            assert!(chance(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_time_or_refused_with_the_rule(text in any::<String>()) {
            if let Err(rule) = time(&text) {
                prop_assert!(rule.starts_with("must be a time"));
            }
        }

        #[test]
        fn no_number_of_days_is_too_large_to_be_refused(days in any::<u64>()) {
            let _ = time(&format!("{days}d"));
        }
    }
}

//! Values for the parameters of statements, from the command line.

use anyhow::Result;
use data_encoding::HEXLOWER_PERMISSIVE;

use crate::{
    args::Parameters,
    exit::Failure,
    hrana::{Arguments, NamedValue, Value},
    script::has_parameter,
};

/// What was given, for whichever statement asks for it.
#[derive(Clone, Debug, Default)]
pub(in crate::commands) struct Given {
    named: Vec<NamedValue>,
    positional: Vec<Value>,
}

impl Given {
    pub(in crate::commands) fn parse(parameters: &Parameters) -> Result<Self> {
        let named = parameters.named.iter().map(|given| named(given)).collect::<Result<_>>()?;
        let positional = parameters.positional.iter().map(|text| value(text)).collect::<Result<_>>()?;
        Ok(Self { named, positional })
    }

    /// What of it a statement takes. Several statements would all be given the same values by place.
    pub(super) fn arguments_for(&self, sql: &str, number: u64) -> Result<Arguments> {
        if number > 1 && !self.positional.is_empty() {
            return Err(Failure::usage("--arg is for one statement, and there are several")
                .hint("name the parameters, and give --param NAME=VALUE")
                .into());
        }
        let named = self.named.iter().filter(|given| has_parameter(sql, &given.name)).cloned().collect();
        Ok(Arguments { positional: self.positional.clone(), named })
    }
}

fn named(given: &str) -> Result<NamedValue> {
    match given.split_once('=') {
        Some((name, text)) if !name.is_empty() => {
            let name = name.trim_start_matches([':', '@', '$']).to_owned();
            Ok(NamedValue { name, value: value(text)? })
        }
        _ => Err(Failure::usage(format!("--param {given:?}: it has to be NAME=VALUE")).into()),
    }
}

fn value(text: &str) -> Result<Value> {
    if text.eq_ignore_ascii_case("null") {
        return Ok(Value::Null);
    }
    if let Some(quoted) = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        return Ok(Value::Text(quoted.replace("''", "'")));
    }
    if let Some(digits) = text.strip_prefix("X'").or_else(|| text.strip_prefix("x'")) {
        let blob = digits.strip_suffix('\'').and_then(|digits| HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).ok());
        let problem =
            || Failure::usage(format!("{text:?}: a blob is X'...' with two hexadecimal digits for each byte"));
        return Ok(Value::Blob(blob.ok_or_else(problem)?));
    }
    let is_number = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'));
    if is_number {
        if let Ok(integer) = text.parse() {
            return Ok(Value::Integer(integer));
        }
        if let Some(real) = text.parse().ok().filter(|real: &f64| real.is_finite()) {
            return Ok(Value::Real(real));
        }
    }
    Ok(Value::Text(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_what_they_look_like() {
        let expected = [
            ("7", Value::Integer(7)),
            ("-9223372036854775808", Value::Integer(i64::MIN)),
            ("9223372036854775808", Value::Real(9_223_372_036_854_775_808.0)),
            ("1.5e3", Value::Real(1500.0)),
            ("null", Value::Null),
            ("'7'", Value::Text("7".into())),
            ("'it''s'", Value::Text("it's".into())),
            ("x'00Ff'", Value::Blob(vec![0, 255])),
            ("inf", Value::Text("inf".into())),
            ("", Value::Text(String::new())),
            ("a=b", Value::Text("a=b".into())),
        ];
        for (text, expected) in expected {
            assert_eq!(value(text).unwrap(), expected, "{text}");
        }
        for text in ["x'0'", "x'0g'", "x'00"] {
            assert!(value(text).is_err(), "{text}");
        }
    }
}

//! Values for the parameters of statements, from the command line.

use std::collections::HashSet;

use anyhow::Result;
use data_encoding::HEXLOWER_PERMISSIVE;

use super::{demand::Demand, text::Text};
use crate::{
    args::Parameters,
    exit::Failure,
    hrana::{Arguments, NamedValue, Value},
    many::{counted, listed},
    rows::literal,
    script::{Asked, Source},
};

/// What was given, for whichever statement asks for it.
#[derive(Clone, Debug, Default)]
pub(in crate::commands) struct Given {
    named: Vec<NamedValue>,
    positional: Vec<Value>,
    /// Whether a statement that was run had each of those with a name.
    is_used: Vec<bool>,
}

impl Given {
    pub(in crate::commands) fn parse(parameters: &Parameters) -> Result<Self> {
        let named: Vec<_> = parameters.named.iter().map(|given| named(given)).collect::<Result<_>>()?;
        let mut seen = HashSet::new();
        if let Some(twice) = named.iter().find(|given| !seen.insert(&given.name)) {
            return Err(Failure::usage(format!("--param {}: there are several values for it", twice.name)).into());
        }
        let positional = parameters.positional.iter().map(|text| value(text)).collect::<Result<_>>()?;
        let is_used = vec![false; named.len()];
        Ok(Self { named, positional, is_used })
    }

    /// Refuses, before anything is sent, what no statement of a text takes. That is not known of a text that is read as it
    /// comes.
    pub(in crate::commands) fn check(&self, text: &Text<'_>) -> Result<()> {
        if self.named.is_empty() && self.positional.is_empty() {
            return Ok(());
        }
        let Some(demand) = text.again()?.and_then(Demand::of) else { return Ok(()) };
        if demand.statements > 1 && !self.positional.is_empty() {
            return Err(several().into());
        }
        if self.positional.len() > demand.asked.places {
            let (given, taken) = (counted(self.positional.len() as u64, "value"), demand.asked.places);
            return Err(Failure::usage(format!("--arg: {given} given, and the statement takes {taken}")).into());
        }
        match self.named.iter().find(|given| !demand.asked.has(&given.name)) {
            Some(NamedValue { name, .. }) => {
                let failure = Failure::usage(format!("--param {name}: no statement has a parameter of this name"));
                Err(failure.hint(demand.told()).into())
            }
            None => Ok(()),
        }
    }

    /// What of it a statement takes. Several statements would all be given the same values by place.
    pub(super) fn arguments_for(&mut self, source: &Source) -> Result<Arguments> {
        if source.number > 1 && !self.positional.is_empty() {
            return Err(several().into());
        }
        let mut named = Vec::new();
        if !self.named.is_empty() {
            let asked = Asked::by(&source.text);
            for (given, is_used) in self.named.iter().zip(&mut self.is_used) {
                if asked.has(&given.name) {
                    *is_used = true;
                    named.push(given.clone());
                }
            }
        }
        Ok(Arguments { positional: self.positional.clone(), named })
    }

    /// What to say of those that no statement had.
    pub(super) fn unused(&self) -> Option<String> {
        let unused = self.named.iter().zip(&self.is_used).filter(|(_, is_used)| !**is_used);
        let names: Vec<_> = unused.map(|(given, _)| &given.name).collect();
        (!names.is_empty()).then(|| format!("no statement that was run had a parameter {}", listed(&names)))
    }
}

fn several() -> Failure {
    Failure::usage("--arg is for one statement, and there are several")
        .hint("name the parameters, and give --param NAME=VALUE")
}

fn named(given: &str) -> Result<NamedValue> {
    match given.split_once('=') {
        Some((name, _)) if name.starts_with('?') => {
            Err(Failure::usage(format!("--param {name}: it has a place and no name"))
                .hint("--arg VALUE, once for each place")
                .into())
        }
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
    // As in CSV: what would be written otherwise loses something as a number.
    let is_written_so = |value: &Value| literal(value) == text;
    let number = text.parse().map(Value::Integer).ok().filter(is_written_so);
    let number = number.or_else(|| text.parse().map(Value::Real).ok().filter(is_written_so));
    Ok(number.unwrap_or_else(|| Value::Text(text.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_what_they_look_like() {
        let expected = [
            ("7", Value::Integer(7)),
            ("-9223372036854775808", Value::Integer(i64::MIN)),
            ("9223372036854775808", Value::Text("9223372036854775808".into())),
            ("007", Value::Text("007".into())),
            ("+1", Value::Text("+1".into())),
            ("1.10", Value::Text("1.10".into())),
            ("1.5", Value::Real(1.5)),
            ("1.5e300", Value::Real(1.5e300)),
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

//! The settings a profile keeps, sound or not.

use std::{collections::BTreeMap, fmt, path::Path};

use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use super::keys::key;
use crate::exit::Failure;

/// What is kept as the settings of a profile. What breaks a rule is in the way of nobody but whoever uses the profile, and
/// stays as it is until it is replaced or removed.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(transparent)]
pub(super) struct Profile(Value);

impl Default for Profile {
    fn default() -> Self {
        Self(Value::Table(Table::new()))
    }
}

/// What errors and hints call a profile by.
#[derive(Clone, Copy, Debug)]
pub(super) struct ProfileFile<'a> {
    pub(super) profile: &'a str,
    pub(super) file: &'a Path,
}

impl fmt::Display for ProfileFile<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "profile {} in {}", self.profile, self.file.display())
    }
}

impl Profile {
    /// The settings that keep to their rules, and what is wrong with the first one that does not.
    pub(super) fn read(&self, place: ProfileFile<'_>) -> (BTreeMap<String, String>, Option<Failure>) {
        let Value::Table(table) = &self.0 else { return (BTreeMap::new(), Some(self.no_table(place))) };
        let (mut sound, mut problem) = (BTreeMap::new(), None);
        for (name, value) in table {
            match checked(name, value, place) {
                Ok(text) => {
                    sound.insert(name.clone(), text.to_owned());
                }
                Err(failure) => problem = problem.or(Some(failure)),
            }
        }
        (sound, problem)
    }

    /// Keeps a setting that was held to its rule. Without a value it is removed, and need not be one that there is.
    pub(super) fn set(&mut self, name: &str, value: &str, place: ProfileFile<'_>) -> Result<(), Failure> {
        let refused = self.no_table(place);
        let Value::Table(table) = &mut self.0 else { return Err(refused) };
        if !value.is_empty() {
            table.insert(name.to_owned(), value.into());
        } else if table.remove(name).is_none() {
            key(name)?;
        }
        Ok(())
    }

    fn no_table(&self, place: ProfileFile<'_>) -> Failure {
        let kind = self.0.type_str();
        Failure::usage(format!("{place} is not valid: must be a table of settings, and its type is {kind}"))
            .hint(format!("tursoctl profile delete {}", place.profile))
    }
}

/// The text of a setting that keeps to its rule.
fn checked<'a>(name: &str, value: &'a Value, place: ProfileFile<'_>) -> Result<&'a str, Failure> {
    let mend = |failure: Failure, value: &str| {
        failure.hint(format!("tursoctl profile set --profile {} {name}={value}", place.profile))
    };
    // Its value may be a token, which has another place.
    let key = key(name).map_err(|failure| {
        let said = format!("{place}: {failure}");
        mend(failure.saying(said), "")
    })?;
    let Value::String(text) = value else {
        let shown = if value.is_array() || value.is_table() { value.type_str().to_owned() } else { value.to_string() };
        return Err(mend(key.refuse(&shown, &place.to_string(), "must be text, in quotes"), "VALUE"));
    };
    key.check(text, &place.to_string()).map_err(|failure| mend(failure, "VALUE"))?;
    Ok(text)
}

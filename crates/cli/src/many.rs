//! Doing the same to many things: the failure of one does not keep the others from being tried.

use std::{collections::HashSet, hash::Hash};

use anyhow::Result;

use crate::{
    args::Format,
    config::Settings,
    context::{Context, say},
    exit::{Failure, Kind, Report, introduce},
};

/// The failures among some of many.
#[derive(Debug)]
pub(crate) struct Failures<'c> {
    settings: &'c Settings,
    total: usize,
    failed: Vec<String>,
    /// Whether what is said of each has to wait for the error of the whole run, which is one line for a program.
    is_told_at_once: bool,
    /// What is said of those for whom it has to wait.
    reasons: Vec<String>,
    /// What helps each of those that failed, if anything does.
    hints: Vec<Option<String>>,
    only: Option<anyhow::Error>,
}

impl<'c> Failures<'c> {
    pub(crate) fn of(cx: &'c Context, total: usize) -> Self {
        let is_told_at_once = !matches!(cx.out().format(), Format::Json | Format::Jsonl);
        let settings = cx.settings();
        Self {
            settings,
            total,
            failed: Vec::new(),
            is_told_at_once,
            reasons: Vec::new(),
            hints: Vec::new(),
            only: None,
        }
    }

    /// Notes a failure and says so at once, unless it is the failure of the whole run.
    pub(crate) fn add(&mut self, name: &str, error: anyhow::Error) {
        if self.total == 1 {
            self.only = Some(error);
            return;
        }
        let is_named = names(&error, name);
        let said = Report::of(&introduce(self.settings, error));
        match (self.is_told_at_once, is_named) {
            (true, true) => say(said.shown()),
            (true, false) => say(format_args!("{name}: {}", said.shown())),
            (false, true) => self.reasons.push(said.message().to_owned()),
            (false, false) => self.reasons.push(format!("{name} ({})", said.message())),
        }
        self.hints.push(said.hint().map(str::to_owned));
        self.failed.push(name.to_owned());
    }

    /// Fails as a whole where some failed.
    pub(crate) fn done(self) -> Result<()> {
        if let Some(error) = self.only {
            return Err(error);
        }
        if self.failed.is_empty() {
            return Ok(());
        }
        let (failed, total) = (self.failed.len(), self.total);
        let which = if self.is_told_at_once { listed(&self.failed) } else { self.reasons.join("; ") };
        let failure = Failure::new(Kind::Partial, format!("{failed} of {total} failed: {which}"));
        let common = |one: Option<String>, other: Option<String>| one.filter(|hint| other.as_ref() == Some(hint));
        let hint = self.hints.into_iter().reduce(common).flatten();
        Err(hint.into_iter().fold(failure, Failure::hint).into())
    }
}

/// Whether an error begins with a sentence that has this name as one of its words.
fn names(error: &anyhow::Error, name: &str) -> bool {
    error.to_string().split([' ', ':', ',']).any(|word| word == name)
}

/// What was given, in that order, and what was given several times once.
pub(crate) fn each_once<T: Clone + Eq + Hash>(given: &[T]) -> Vec<T> {
    let mut seen = HashSet::new();
    given.iter().filter(|one| seen.insert(*one)).cloned().collect()
}

/// Names, as many as somebody reads.
pub(crate) fn listed(names: &[impl ToString]) -> String {
    const SHOWN: usize = 10;
    let shown: Vec<_> = names.iter().take(SHOWN).map(ToString::to_string).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// "1 row", "2 rows".
pub(crate) fn counted(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

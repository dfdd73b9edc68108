//! How a run ends: what is said about an error, and the exit code.

mod chain;
mod sql;
mod stranger;

use std::{fmt, process::ExitCode, time::Duration};

use serde::Serialize;
use turso_cloud::{DatabaseName, Error, ErrorKind, GroupName, InvalidInput};
use turso_cloud_local::CloudError;

use crate::terminal::harmless;
pub(crate) use sql::ScriptPosition;
use sql::Sql;
pub(crate) use stranger::{introduce, is_of_stranger};

/// The kinds of failure a script can tell apart, each with its exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing of the below.
    Failed = 1,
    /// What was typed cannot be right.
    Usage = 2,
    /// What was compared is not the same.
    Different = 3,
    /// A token is missing, expired or rejected.
    Unauthenticated = 4,
    NotFound = 5,
    /// The service says no: a conflict, a protection, a permission, the plan.
    Refused = 6,
    /// Some of many failed.
    Partial = 7,
    /// Nobody confirmed it.
    Declined = 8,
    /// Safe to run again.
    Transient = 9,
    /// Ctrl-C, where there was something to say or to clean up.
    Interrupted = 130,
    /// The signal of a service manager, likewise.
    Terminated = 143,
}

#[cfg(test)]
impl Kind {
    pub(crate) const ALL: [Self; 11] = [
        Self::Failed,
        Self::Usage,
        Self::Different,
        Self::Unauthenticated,
        Self::NotFound,
        Self::Refused,
        Self::Partial,
        Self::Declined,
        Self::Transient,
        Self::Interrupted,
        Self::Terminated,
    ];
}

/// A failure this program found itself, with a command that may help.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: Kind,
    message: String,
    hint: Option<String>,
    /// That its cause has a hint is of no use to anybody any more.
    is_hint_settled: bool,
    /// The statement it is about.
    place: Option<ScriptPosition>,
    source: Option<anyhow::Error>,
}

impl Failure {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None, is_hint_settled: false, place: None, source: None }
    }

    /// A failure of the API in other words, of the same kind.
    pub(crate) fn of(error: Error, message: impl Into<String>) -> Self {
        Self::new(kind_of(&error), message).caused_by(error)
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// Any error, as what is said of it.
    pub(crate) fn of_any(error: anyhow::Error) -> Self {
        let Report { message, hint, .. } = Report::of(&error);
        let (_, _, kind) = classify(&error);
        Self { hint, ..Self::new(kind, message).caused_by(error) }
    }

    /// The same failure, with more to say of it.
    #[must_use]
    pub(crate) fn adding(mut self, more: &str) -> Self {
        self.message.push_str("; ");
        self.message.push_str(more);
        self
    }

    pub(crate) fn is(&self, kind: Kind) -> bool {
        self.kind == kind
    }

    /// The same failure where something was carried out before: to run it all again would do that twice.
    #[must_use]
    pub(crate) fn after_changes(mut self) -> Self {
        if self.kind == Kind::Transient {
            self.kind = Kind::Failed;
            self = self.hint("what came before was carried out: look before running it again");
        }
        self
    }

    /// The same failure in other words.
    #[must_use]
    pub(crate) fn saying(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    /// Says what to run next.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Says which statement it is about.
    #[must_use]
    pub(crate) fn at(mut self, place: ScriptPosition) -> Self {
        self.place = Some(place);
        self
    }

    #[must_use]
    pub(crate) fn without_hint(mut self) -> Self {
        (self.hint, self.is_hint_settled) = (None, true);
        self
    }

    #[must_use]
    pub(crate) fn caused_by(mut self, source: impl Into<anyhow::Error>) -> Self {
        self.source = Some(source.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

/// What is said about an error, for people and for programs.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    kind: String,
    message: String,
    hint: Option<String>,
    exit_code: u8,
    /// Whether the same command can be run again without harm.
    retryable: bool,
    http: Option<Http>,
    sql: Option<Sql>,
}

#[derive(Debug, Serialize)]
struct Http {
    status: Option<u16>,
    method: String,
    path: String,
    code: Option<String>,
    attempts: u32,
}

impl Report {
    pub(crate) fn of(error: &anyhow::Error) -> Self {
        let (failure, api, kind) = classify(error);
        Self {
            kind: word(kind, failure.is_none().then_some(api).flatten()),
            message: chain::told(error),
            hint: match failure {
                Some(Failure { hint, is_hint_settled, .. }) if hint.is_some() || *is_hint_settled => hint.clone(),
                _ => api.and_then(hint_for),
            },
            exit_code: kind as u8,
            retryable: kind == Kind::Transient,
            http: api.and_then(Http::of),
            sql: Sql::of(error),
        }
    }

    /// What the parser of arguments says, which is several lines with hints of its own.
    pub(crate) fn of_usage(refused: &clap::Error) -> Self {
        let text = refused.render().to_string();
        let (message, rest) = text.split_once("\n\n").unwrap_or((&text, ""));
        let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
        let behind = |start| rest.lines().find_map(|line| line.trim_start().strip_prefix(start)).map(str::to_owned);
        Self {
            kind: word(Kind::Usage, None),
            message: message.strip_prefix("error: ").unwrap_or(&message).to_owned(),
            hint: behind("tip: ").or_else(|| behind("Usage: ")),
            exit_code: Kind::Usage as u8,
            retryable: false,
            http: None,
            sql: None,
        }
    }

    /// One line of JSON.
    pub(crate) fn envelope(&self) -> String {
        #[derive(Serialize)]
        struct Envelope<'a> {
            error: &'a Report,
        }
        // Texts and numbers can always be written.
        serde_json::to_string(&Envelope { error: self }).unwrap_or_default()
    }

    pub(crate) fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// The message for people. Whoever wrote it may be elsewhere: its lines cannot be taken for those of this program.
    pub(crate) fn shown(&self) -> String {
        harmless(&*self.message).trim_end().replace('\n', "\n  ")
    }

    /// What `--verbose` adds.
    pub(crate) fn request(&self) -> Option<String> {
        let http = self.http.as_ref()?;
        let status = http.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
        Some(format!("{} {} ({status}, attempts: {})", http.method, http.path, http.attempts))
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        self.exit_code.into()
    }
}

impl Http {
    fn of(error: &Error) -> Option<Self> {
        Some(Self {
            status: error.status().map(|status| status.as_u16()),
            method: error.method()?.to_string(),
            path: error.path()?.to_owned(),
            code: error.code().map(str::to_owned),
            attempts: error.attempts(),
        })
    }
}

/// What helps where a certificate was refused because nobody vouches for it.
pub(crate) const UNTRUSTED: &str =
    "--cacert FILE names an authority to trust, too; tursoctl local ca prints that of a local cloud";

pub(crate) fn is_about_authority(error: &(dyn std::error::Error + 'static)) -> bool {
    anyhow::Chain::new(error).any(|cause| cause.to_string().contains("UnknownIssuer"))
}

/// Any error where something was carried out before. What was not safe to run again stays what it is.
pub(crate) fn after_changes(error: anyhow::Error) -> anyhow::Error {
    let (_, _, kind) = classify(&error);
    if kind == Kind::Transient { Failure::of_any(error).after_changes().into() } else { error }
}

/// What among the causes of an error decides how the run ends.
fn classify(error: &anyhow::Error) -> (Option<&Failure>, Option<&Error>, Kind) {
    let api = error.chain().find_map(|cause| cause.downcast_ref::<Error>());
    let failure = error.chain().find_map(|cause| cause.downcast_ref::<Failure>());
    let kind = match (failure, api) {
        (Some(failure), _) => failure.kind,
        (None, Some(api)) => kind_of(api),
        (None, None) if error.chain().any(is_bad_input) => Kind::Usage,
        (None, None) => Kind::Failed,
    };
    (failure, api, kind)
}

/// Whether what was given to this program, or to a local cloud, cannot be right.
fn is_bad_input(cause: &(dyn std::error::Error + 'static)) -> bool {
    let is_of_cloud =
        |error: &CloudError| matches!(error, CloudError::Input(_) | CloudError::Toml { .. } | CloudError::Seed { .. });
    cause.is::<InvalidInput>() || cause.downcast_ref().is_some_and(is_of_cloud)
}

fn kind_of(error: &Error) -> Kind {
    match error.kind() {
        ErrorKind::InvalidInput | ErrorKind::Config => Kind::Usage,
        ErrorKind::Unauthenticated => Kind::Unauthenticated,
        ErrorKind::NotFound if is_of_stranger(error) => Kind::Failed,
        ErrorKind::NotFound => Kind::NotFound,
        ErrorKind::PaymentRequired | ErrorKind::Forbidden | ErrorKind::AlreadyExists | ErrorKind::Rejected => {
            Kind::Refused
        }
        // What may have happened is not safe to run again.
        _ if error.may_have_happened() => Kind::Failed,
        _ if error.is_retryable() => Kind::Transient,
        _ => Kind::Failed,
    }
}

fn word(kind: Kind, api: Option<&Error>) -> String {
    let word = match (kind, api) {
        (_, Some(api)) => api.kind().as_str(),
        (Kind::Failed, None) => "failed",
        (Kind::Usage, None) => "usage",
        (Kind::Different, None) => "different",
        (Kind::Interrupted, None) => "interrupted",
        (Kind::Terminated, None) => "terminated",
        (Kind::Unauthenticated, None) => "not authenticated",
        (Kind::NotFound, None) => "not found",
        (Kind::Refused, None) => "refused",
        (Kind::Partial, None) => "partial failure",
        (Kind::Declined, None) => "declined",
        (Kind::Transient, None) => "transient",
    };
    word.replace(' ', "_")
}

fn hint_for(error: &Error) -> Option<String> {
    if error.may_have_happened() {
        return Some("it may have happened all the same: look before running it again".to_owned());
    }
    if let Some(wait) = error.retry_after() {
        return Some(again_in(wait));
    }
    if error.kind() == ErrorKind::Forbidden {
        return unprotecting(error.message()?);
    }
    let hint = match error.kind() {
        ErrorKind::Unauthenticated => "tursoctl auth login",
        ErrorKind::Connect if is_about_authority(error) => UNTRUSTED,
        ErrorKind::Connect | ErrorKind::Timeout => "tursoctl doctor",
        ErrorKind::PaymentRequired => "tursoctl org plan",
        _ => return None,
    };
    Some(hint.to_owned())
}

/// What to do about somebody who asks to wait.
pub(crate) fn again_in(wait: Duration) -> String {
    format!("try again in {} s", wait.as_secs().max(1))
}

/// What lets something be deleted of which the service says that it is protected from that. A group protects its databases,
/// too.
fn unprotecting(message: &str) -> Option<String> {
    let (noun, name) = message.split_once(" is delete-protected")?.0.split_once(' ')?;
    match noun {
        "database" => DatabaseName::try_from(name).ok().map(|name| format!("tursoctl db protect {name} off")),
        "group" => GroupName::try_from(name).ok().map(|name| format!("tursoctl group protect {name} off")),
        _ => None,
    }
}

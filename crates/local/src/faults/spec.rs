use std::time::Duration;

use serde::{Deserialize, Serialize};
use turso_cloud_contract::InvalidInput;

use super::effect_form;
use crate::{control::is_operation, data, rate_limit::whole_seconds};

/// What the pattern of a path begins with, as no path fits it otherwise.
pub(super) const FIRST_OF_PATHS: [char; 2] = ['/', '*'];

/// A fault as a value, for scenario files and for the JSON of `/_local/faults`: which requests it concerns, which of
/// those it hits, and what happens to them.
///
/// A request is concerned when everything that is given about requests is true of it.
///
/// ```
/// use turso_cloud_local::{Cloud, FaultEffect, FaultSpec};
///
/// let mut spec = FaultSpec::default();
/// spec.path = Some("/v2/*".to_owned());
/// spec.effect = Some(FaultEffect::Reset);
/// assert_eq!(Cloud::new()?.faults().add(spec)?.count(), 0);
/// # Ok::<(), turso_cloud_local::CloudError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct FaultSpec {
    /// The operation: a name of the catalogue such as `CreateDatabase`, or one of a SQL endpoint such as `Pipeline`, as
    /// the request log has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Whether it is for the SQL endpoint of a database, or for the Platform API. A fault of an operation of the other
    /// kind is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sql: Option<bool>,
    /// The path, in which `*` stands for any text. It begins with `/` or `*`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The database, by its name or by `{database}-{organization}`: requests to its SQL endpoint, and those of the
    /// Platform API that name it in their path, and for the second form its organization by the slug.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// Of the requests it concerns, the first that it hits, counted from 1; no other, unless `times` says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nth: Option<u64>,
    /// How many requests it hits: in a row, or as chance will have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// The chance of each request to be hit, from 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// What chance follows from. Without it a seed is drawn, and told by [`FaultStatus`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Milliseconds that pass before anything else happens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<u64>,
    /// What happens; without it, there is only the latency.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "effect_form::read")]
    pub effect: Option<FaultEffect>,
    /// Whether the request is carried out before its answer is lost to the effect. That is always so for effects on the
    /// body of an answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub carried_out: bool,
}

/// What happens to a request that is hit. [The page of the crate](crate#faults) has the JSON of each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields, expecting = "an object")]
#[non_exhaustive]
pub enum FaultEffect {
    /// It is answered with this.
    #[non_exhaustive]
    Reply {
        /// The status, from 200 to 599.
        status: u16,
        /// The seconds of the header `Retry-After`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<u64>,
        /// The `error` of the body.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<String>,
        /// The `code` of the body.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<String>,
    },
    /// It is never answered, and its connection stays open.
    Hang,
    /// Its connection is reset without an answer.
    Reset,
    /// Its answer breaks off after so many bytes of the body.
    #[non_exhaustive]
    CutBody {
        /// The bytes that still arrive.
        after: usize,
    },
    /// The body of its answer is no JSON, and says so by nothing but itself.
    WrongJson,
    /// The body of its answer comes in pieces, with a pause before each.
    #[non_exhaustive]
    SlowBody {
        /// The bytes of a piece.
        piece: usize,
        /// The milliseconds of a pause.
        every_ms: u64,
    },
}

impl FaultEffect {
    /// An answer with this status, from 200 to 599; the sentence of its body says that it is a fault.
    ///
    /// ```
    /// use turso_cloud_local::{Cloud, FaultEffect, FaultSpec};
    ///
    /// let mut spec = FaultSpec::default();
    /// spec.effect = Some(FaultEffect::reply(503).error("too busy").code("busy"));
    /// Cloud::new()?.faults().add(spec)?;
    /// # Ok::<(), turso_cloud_local::CloudError>(())
    /// ```
    #[must_use]
    pub fn reply(status: u16) -> Self {
        Self::Reply { status, retry_after: None, error: None, code: None }
    }

    /// Gives a [`reply`](Self::reply) the header `Retry-After`, in which any part of a second counts as a whole one; nothing
    /// else has one.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        if let Self::Reply { retry_after, .. } = &mut self {
            *retry_after = Some(whole_seconds(wait));
        }
        self
    }

    /// Gives a [`reply`](Self::reply) this sentence as the `error` of its body; nothing else has one.
    #[must_use]
    pub fn error(mut self, sentence: impl Into<String>) -> Self {
        if let Self::Reply { error, .. } = &mut self {
            *error = Some(sentence.into());
        }
        self
    }

    /// Gives a [`reply`](Self::reply) this machine-readable `code` in its body; nothing else has one.
    #[must_use]
    pub fn code(mut self, text: impl Into<String>) -> Self {
        if let Self::Reply { code, .. } = &mut self {
            *code = Some(text.into());
        }
        self
    }

    /// The answer, broken off after so many bytes of its body.
    #[must_use]
    pub fn cut_body(after: usize) -> Self {
        Self::CutBody { after }
    }

    /// The answer in pieces of so many bytes, 1 or more, with a pause of whole milliseconds before each.
    #[must_use]
    pub fn slow_body(piece: usize, every: Duration) -> Self {
        Self::SlowBody { piece, every_ms: milliseconds(every) }
    }
}

/// A fault in effect and what it has done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FaultStatus {
    /// Its number, by which it can be ended.
    pub id: u64,
    /// What it is, with the seed that was drawn for it.
    #[serde(flatten)]
    pub spec: FaultSpec,
    /// How many requests it was concerned with.
    pub seen: u64,
    /// How many requests it has hit.
    pub count: u64,
}

/// Refuses the name of an operation that no request has.
pub(crate) fn check_operation(name: &str) -> Result<(), InvalidInput> {
    if is_operation(name) || data::OPERATIONS.contains(&name) {
        return Ok(());
    }
    Err(InvalidInput::new("operation", name, "must be a name of the request log, such as CreateDatabase or Pipeline"))
}

impl FaultSpec {
    pub(super) fn check(&self) -> Result<(), InvalidInput> {
        let refuse = |field: &'static str, value: &dyn ToString, rule: &'static str| {
            Err(InvalidInput::new(field, &value.to_string(), rule))
        };
        if let Some(operation) = &self.operation {
            check_operation(operation)?;
            // No request is of both kinds.
            match self.sql {
                Some(true) if !data::OPERATIONS.contains(&operation.as_str()) => {
                    return refuse("operation", operation, "must be one of SQL endpoints where sql is true");
                }
                Some(false) if !is_operation(operation) => {
                    return refuse("operation", operation, "must be one of the Platform API where sql is false");
                }
                _ => {}
            }
        }
        if let Some(pattern) = &self.path
            && !pattern.starts_with(FIRST_OF_PATHS)
        {
            return refuse("path", pattern, "must begin with / or *, as no path fits it otherwise");
        }
        // A host or a path in the place of the name.
        let may_be_in_a_name = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
        if let Some(database) = &self.database
            && (database.is_empty() || !database.chars().all(may_be_in_a_name))
        {
            return refuse(
                "database",
                database,
                "must be a name such as orders, or orders-acme, as no database fits it otherwise",
            );
        }
        if let (Some(seed), None) = (self.seed, self.probability) {
            return refuse("seed", &seed, "must be given with a probability, as nothing else is left to chance");
        }
        if self.effect.is_none() && self.latency_ms.is_none() {
            return Err(InvalidInput::without_value("effect", "must be given where there is no latency_ms"));
        }
        match (&self.effect, self.nth, self.times, self.probability) {
            (_, Some(0), _, _) => refuse("nth", &0, "must be 1 or more"),
            (_, _, Some(0), _) => refuse("times", &0, "must be 1 or more"),
            (_, _, _, Some(chance)) if !(0.0..=1.0).contains(&chance) => {
                refuse("probability", &chance, "must be from 0 to 1")
            }
            (Some(FaultEffect::Reply { status, .. }), ..) if !(200..600).contains(status) => {
                refuse("status", status, "must be from 200 to 599")
            }
            (Some(FaultEffect::SlowBody { piece: 0, .. }), ..) => refuse("piece", &0, "must be 1 or more"),
            _ => Ok(()),
        }
    }
}

pub(super) fn milliseconds(duration: Duration) -> u64 {
    duration.as_millis().try_into().unwrap_or(u64::MAX)
}

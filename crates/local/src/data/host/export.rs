//! `/info`, `/export/{generation}`, `/sync/{generation}/{from}/{to}`: a database as its file and the frames of its log.

use std::fs::File;
use std::sync::Arc;

use axum::body::Body;
use http::{Response, StatusCode};
use serde_json::json;

use super::body;
use crate::data::database::{Database, Policy};
use crate::data::refusal::Refusal;
use crate::data::storage::history::{Frames, HistoryError};
use crate::json_answer::json_answer;

/// What one of the routes asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    Info,
    Export {
        generation: u32,
    },
    /// The frames from `from` on, counted from 1, and before `to`.
    Sync {
        generation: u32,
        from: u32,
        to: u32,
    },
}

impl Ask {
    /// Reads a path. Nothing for a path of another kind; a refusal for one of these with something that is no number.
    pub(crate) fn parse(path: &str) -> Option<Result<Self, Refusal>> {
        let parts: Vec<_> = path.strip_prefix('/')?.split('/').collect();
        match *parts {
            ["info"] => Some(Ok(Self::Info)),
            ["export", generation] => {
                Some(number("generation", generation).map(|generation| Self::Export { generation }))
            }
            ["sync", generation, from, to] => Some(Self::sync(generation, from, to)),
            _ => None,
        }
    }

    fn sync(generation: &str, from: &str, to: &str) -> Result<Self, Refusal> {
        let (from, to) = (number("first frame", from)?, number("end of the frames", to)?);
        if to <= from {
            return Err(Refusal::protocol(format!(
                "invalid end of the frames {to}: it must be above the first, {from}"
            )));
        }
        Ok(Self::Sync { generation: number("generation", generation)?, from, to })
    }

    /// Answers, for whoever may read all of the database.
    pub(crate) async fn answer(self, database: &Arc<Database>, policy: &Policy) -> Result<Response<Body>, Refusal> {
        policy.check_reading_all().map_err(|error| Refusal::ReadForbidden(error.message))?;
        let work = move |database: &Arc<Database>| {
            let history = database.history()?;
            Ok(match self {
                Self::Info => Answer::Generation(history.generation()),
                Self::Export { generation } => Answer::File(history.export(generation)?),
                Self::Sync { generation, from, to } => Answer::Frames(history.frames(generation, from, to)?),
            })
        };
        match database.run(work).await? {
            Ok(answer) => answer.into_response(),
            Err(error) => refuse(error),
        }
    }
}

enum Answer {
    Generation(u32),
    File(File),
    Frames(Frames),
}

impl Answer {
    fn into_response(self) -> Result<Response<Body>, Refusal> {
        match self {
            Self::Generation(current) => body::json(&json!({ "current_generation": current })),
            Self::Frames(Frames::Some(frames)) => Ok(body::with_type(BYTES, frames.into())),
            Self::Frames(Frames::End { current }) => Ok(end(current, "there are no more frames")),
            Self::File(file) => body::file(BYTES, file),
        }
    }
}

const BYTES: &str = "application/octet-stream";

/// A client takes a 400 with a generation for the end of the one it asked for, and goes on with the next one up to that.
/// So a generation that is gone must not be answered like this: what came in it would be missing, and nobody would know.
fn refuse(error: HistoryError) -> Result<Response<Body>, Refusal> {
    match error {
        HistoryError::NotYet { current } => Ok(end(current, &error.to_string())),
        HistoryError::Gone { .. } => {
            let remedy = "a replica cannot go on from there: delete its file and the one beside it that ends with -info, \
                          and sync anew";
            let problem = json!({ "error": format!("{error}; {remedy}") });
            Ok(json_answer(StatusCode::NOT_FOUND, problem.to_string()))
        }
        HistoryError::TooEarly(_)
        | HistoryError::Damaged(_)
        | HistoryError::Unknown(_)
        | HistoryError::File(_)
        | HistoryError::Engine(_) => Err(body::unreadable(error)),
    }
}

fn end(current: u32, error: &str) -> Response<Body> {
    json_answer(StatusCode::BAD_REQUEST, json!({ "error": error, "generation": current }).to_string())
}

fn number(what: &str, text: &str) -> Result<u32, Refusal> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| Refusal::protocol(format!("invalid {what} {text:?}: it must be a whole number from 1 on")))
}

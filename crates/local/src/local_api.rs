//! The local cloud's own paths, below `/_local/`: what [`Cloud`] does for a test in Rust, for programs in any language.
//!
//! Bodies are JSON, and their types are these. Failures are `{"error": "<sentence>"}`, as those of the Platform API are.
//!
//! | request | does |
//! |---|---|
//! | `GET /_local/health` | answers `{"status": "ok"}` |
//! | `GET /_local/status` | [`Status`] |
//! | `GET`, `PATCH /_local/config` | [`Config`], changed by a [`ConfigChange`] |
//! | `GET /_local/tokens` | lists a [`UserToken`] for each good token of the Platform API, everybody's among them |
//! | `GET`, `PATCH /_local/clock` | [`ClockReading`], moved by a [`ClockChange`] |
//! | `GET`, `POST`, `DELETE /_local/faults` | lists [`FaultStatus`](crate::FaultStatus), adds a [`FaultSpec`](crate::FaultSpec), ends all |
//! | `DELETE /_local/faults/{id}` | ends one |
//! | `POST /_local/faults/scenario` | adds those of a scenario in TOML |
//! | `GET`, `DELETE /_local/requests` | lists [`LoggedRequest`](crate::LoggedRequest), forgets them; `?after=`, `?operation=`, `?database=` by its name or as `orders-acme`, `?unknown=true`, and `?wait=` for that many seconds, 30 at the most, as long as there is none |
//! | `GET /_local/requests/tail` | the same as lines of JSON, as they come; `?after=` |
//! | `GET /_local/requests/har` | an HTTP archive |
//! | `GET`, `POST /_local/snapshots` | lists [`Snapshot`](crate::Snapshot), makes a [`NewSnapshot`]; 409 where its name is taken |
//! | `POST /_local/snapshots/{name}/restore` | puts the cloud back to one |
//! | `DELETE /_local/snapshots/{name}` | deletes one |
//! | `GET`, `POST /_local/forks` | lists [`ServedFork`], makes one: a copy of the cloud as it is now, in memory and on a port of its own for this machine, which takes the same tokens and ends with the cloud; 409 where there are 64 |
//! | `DELETE /_local/forks/{id}` | ends one |
//! | `POST /_local/reset` | makes the cloud what it was when it was new |
//! | `POST /_local/stop` | asks whoever serves the cloud to stop: [`Cloud::stop_requested`]; a fork that was made by a request ends |
//! | `POST /_local/archive` | archives a [`GroupToArchive`] |
//! | `POST /_local/usage` | counts [`UsageToAdd`] |
//!
//! No page of a browser can use them: requests that carry an `Origin` are refused, and no header allows another one. On a
//! server that other machines can reach, they ask for [`Cloud::local_token`] as a bearer.

mod answer;
mod guard;
mod states;
mod tail;
mod types;

use axum::body::Body;
use http::{Request, Response};

use crate::{Cloud, Refusal, control::read_body};
pub(crate) use guard::Exposed;
pub use types::{
    ClockChange, ClockReading, Config, ConfigChange, GroupToArchive, NewSnapshot, ServedFork, Status, UsageToAdd,
    UserToken,
};

/// What all of these paths begin with.
const PREFIX: &str = "/_local";

/// Whether a request is for one of these paths.
pub(crate) fn is_meant(request: &Request<Body>) -> bool {
    request.uri().path().strip_prefix(PREFIX).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Answers a request for one of these paths.
pub(crate) async fn answer(cloud: &Cloud, request: Request<Body>) -> Response<Body> {
    let (head, body) = request.into_parts();
    // Read to its end even when the answer is known: a client that is still sending would not see the answer.
    let body = read_body(&head.headers, body).await;
    let answered = match guard::check(cloud, &head) {
        Ok(()) => match body {
            Ok(body) => answer::dispatch(cloud, &head, &body).await,
            Err(refusal) => Err(refusal),
        },
        Err(refusal) => Err(refusal),
    };
    answered.unwrap_or_else(Refusal::into_response)
}

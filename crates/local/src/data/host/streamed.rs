//! The protocol's endpoints over HTTP: a pipeline or a cursor on a stream that outlives the request.

mod cursor;

use std::sync::Arc;

use axum::body::Body;
use http::{Request, Response};

use super::body;
use super::codec::Encoding;
use super::request::Received;
use crate::clock::Clock;
use crate::data::database::{Database, StreamState, Streams};
use crate::data::hrana::PipelineAnswer;
use crate::data::refusal::Refusal;
use crate::data::run::plan::{self, Task};
use crate::data::run::{Pipeline, Stream};
use crate::memory::counted;
use cursor::Cursor;

/// Answers `POST /v2/pipeline`, `/v3/pipeline` and `/v3-protobuf/pipeline`.
pub(crate) async fn pipeline(
    database: &Arc<Database>,
    clock: &Clock,
    request: Request<Body>,
    encoding: Encoding,
) -> Result<Response<Body>, Refusal> {
    let received = Received::read(request, database, clock).await?;
    let body = encoding.read_pipeline(&received.body)?;
    let mut stream = open(database, body.baton.as_deref()).await?;
    // Its stream may have been waited for, too.
    let policy = received.policy(database, clock)?;
    let plan = plan::pipeline(body.requests.unwrap_or_default(), &mut stream.state.stored)?;
    stream.refuse_forbidden(&policy, || plan::sql_texts(&plan.tasks)).await?;
    let is_closing = matches!(plan.tasks.last(), Some(Task::Close));
    let results = stream.run(Pipeline::new(plan), policy).await?.into_outcomes();
    let baton = if is_closing {
        None
    } else {
        // Even a stream without state gets one: a driver takes the lack of it for a broken connection.
        let baton = Streams::new_baton()?;
        database.streams().park(database, baton, stream.park());
        Some(baton.to_string())
    };
    let answer = encoding.write_pipeline(PipelineAnswer { baton, base_url: None, results })?;
    Ok(body::with_type(encoding.pipeline_type(), counted(answer).into()))
}

/// Answers `POST /v3/cursor` and `/v3-protobuf/cursor`.
pub(crate) async fn cursor(
    database: Arc<Database>,
    clock: &Clock,
    request: Request<Body>,
    encoding: Encoding,
) -> Result<Response<Body>, Refusal> {
    let received = Received::read(request, &database, clock).await?;
    let body = encoding.read_cursor(&received.body)?;
    let mut stream = open(&database, body.baton.as_deref()).await?;
    let policy = received.policy(&database, clock)?;
    let steps = plan::batch(body.batch, &stream.state.stored)?;
    stream.refuse_forbidden(&policy, || steps.texts()).await?;
    let baton = Streams::announce(&database)?;
    let answer = Cursor { database, stream, steps, policy, baton, encoding }.start();
    Ok(body::with_type(encoding.cursor_type(), answer))
}

async fn open(database: &Arc<Database>, baton: Option<&str>) -> Result<Stream, Refusal> {
    let state = match baton {
        Some(baton) => database.streams().resume(database, baton).await?,
        None => StreamState::default(),
    };
    Ok(Stream::new(Arc::clone(database), state))
}

//! `POST /pull-updates`: the pages of a database for clients that keep a copy of it: all of them, or those that changed
//! since the client has asked last. What they change themselves, they send through the pipeline.

mod ask;
mod messages;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{self, BufWriter, Seek as _, Write as _};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use http::{Request, Response};
use prost::Message as _;
use tokio::time::{Instant, sleep_until};

use super::body;
use super::request::Received;
use crate::clock::Clock;
use crate::data::database::Database;
use crate::data::refusal::Refusal;
use crate::data::storage::history::{HistoryError, PAGE_BYTES, View};
use crate::lifeline::Lifeline;
use ask::Ask;

/// A client may wait for a change no longer than this: one that is gone without a word must not be waited for with.
const MAX_WAIT: Duration = Duration::from_secs(300);

/// Answers `POST /pull-updates`.
pub(crate) async fn pull(
    database: Arc<Database>,
    clock: &Clock,
    request: Request<Body>,
) -> Result<Response<Body>, Refusal> {
    let received = Received::read(request, &database, clock).await?;
    admit(&received, &database, clock)?;
    let ask = Arc::new(Ask::read(&received.body, &database.record().id)?);
    let mut lifeline = received.extensions().get::<Lifeline>().cloned();
    let deadline = Instant::now() + ask.wait.min(MAX_WAIT);
    // What a commit of the past has does not change.
    let mut may_wait = !ask.wait.is_zero() && ask.at.is_none();
    loop {
        let mut commits = database.commits();
        if let Some(file) = look(&database, &ask, may_wait).await? {
            return body::file("application/protobuf", file);
        }
        tokio::select! {
            _ = commits.changed() => {}
            () = sleep_until(deadline) => may_wait = false,
            () = end(&mut lifeline) => may_wait = false,
        }
        // Much may have changed meanwhile.
        admit(&received, &database, clock)?;
    }
}

fn admit(received: &Received, database: &Database, clock: &Clock) -> Result<(), Refusal> {
    if !database.is_in_service() {
        return Err(Refusal::UnknownDatabase);
    }
    let policy = received.policy(database, clock)?;
    policy.check_reading_all().map_err(|error| Refusal::ReadForbidden(error.message))
}

async fn end(lifeline: &mut Option<Lifeline>) {
    match lifeline {
        Some(lifeline) => lifeline.ended().await,
        None => std::future::pending().await,
    }
}

/// Writes the answer, unless nothing has changed and that is to be waited for.
async fn look(database: &Arc<Database>, ask: &Arc<Ask>, may_wait: bool) -> Result<Option<File>, Refusal> {
    let ask = Arc::clone(ask);
    let work = move |database: &Arc<Database>| {
        let history = database.history()?;
        let view = history.view(ask.since, ask.at)?;
        if view.is_empty() && may_wait {
            return Ok(None);
        }
        // A file, so that neither a large database takes memory nor a slow client keeps a generation from ending.
        let file = history.scratch()?;
        Ok(Some(write(view, &ask, &database.record().id, file)?))
    };
    database.run(work).await?.map_err(|error| match error {
        HistoryError::Unknown(_) => Refusal::protocol("invalid server_revision: there is no such commit any more"),
        other => body::unreadable(other),
    })
}

fn write(view: View<'_>, ask: &Ask, database: &str, file: File) -> io::Result<File> {
    let mut answer = BufWriter::new(file);
    let mut buffer = messages::Header::of(&view, database, ask.since.is_some()).encode_length_delimited_to_vec();
    answer.write_all(&buffer)?;
    let mut message = messages::Page { page_id: 0, encoded_page: Vec::with_capacity(PAGE_BYTES) };
    view.read(
        |number| ask.wants(number),
        |number, page| {
            message.page_id = number.into();
            message.encoded_page.clear();
            message.encoded_page.extend_from_slice(page);
            buffer.clear();
            message.encode_length_delimited(&mut buffer)?;
            answer.write_all(&buffer)
        },
    )?;
    let mut file = answer.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.rewind()?;
    Ok(file)
}

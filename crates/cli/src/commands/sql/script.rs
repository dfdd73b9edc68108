//! A script run from its beginning to its end.

use std::io::BufRead;

use anyhow::Result;

use super::runner::{IsLast, Runner, is_of_statement};
use crate::{
    args::{OnError, Parameters},
    exit::{Failure, Kind, after_changes},
    many::counted,
    script::{Item, ScriptReader},
};

/// What comes after something in a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::commands) enum Flow {
    GoOn,
    Quit,
}

/// What runs what stands in scripts.
pub(in crate::commands) trait Performer<'w> {
    fn runner(&mut self) -> &mut Runner<'w>;

    async fn perform(&mut self, item: &Item, is_last: IsLast<'_>) -> Result<Flow>;
}

/// Runs a script, and yields how many of its statements failed where that is no reason to stop.
pub(in crate::commands) async fn run_script<'w>(
    performer: &mut impl Performer<'w>,
    script: impl BufRead,
    parameters: &Parameters,
) -> Result<u64> {
    let ran = run_whole(performer, script, parameters).await;
    ran.map_err(|error| if performer.runner().has_changed() { after_changes(error) } else { error })
}

async fn run_whole<'w>(
    performer: &mut impl Performer<'w>,
    script: impl BufRead,
    parameters: &Parameters,
) -> Result<u64> {
    let failed = if parameters.single_transaction {
        in_one_transaction(performer, script, parameters.on_error).await?
    } else {
        items(performer, script, parameters.on_error).await?
    };
    nothing_is_open(performer)?;
    performer.runner().tell_unused();
    Ok(failed)
}

async fn in_one_transaction<'w>(
    performer: &mut impl Performer<'w>,
    script: impl BufRead,
    on_error: OnError,
) -> Result<u64> {
    performer.runner().begin().await?;
    let ran = items(performer, script, on_error).await;
    if ran.is_ok() {
        performer.runner().commit().await?;
    } else {
        // Why the script failed matters more than that it could not be taken back.
        let _ = performer.runner().roll_back().await;
    }
    ran
}

async fn items<'w>(performer: &mut impl Performer<'w>, script: impl BufRead, on_error: OnError) -> Result<u64> {
    let mut script = ScriptReader::new(script);
    let mut failed = 0;
    while let Some(item) = script.next().map_err(Failure::from)? {
        match performer.perform(&item, &mut || script.is_over()).await {
            Ok(Flow::GoOn) => {}
            Ok(Flow::Quit) => break,
            Err(error) if on_error == OnError::Continue && may_go_on(&item, &error) => {
                performer.runner().pass_over(&error)?;
                failed += 1;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(failed)
}

fn may_go_on(item: &Item, error: &anyhow::Error) -> bool {
    matches!(item, Item::Command(_)) || is_of_statement(error)
}

/// What is not committed when a script ends is lost with its connection.
fn nothing_is_open<'w>(performer: &mut impl Performer<'w>) -> Result<()> {
    if !performer.runner().connection.is_in_transaction() {
        return Ok(());
    }
    let problem = "the transaction was not committed: what was changed since BEGIN is rolled back";
    Err(Failure::new(Kind::Failed, problem).hint("end it with COMMIT, or leave out BEGIN").into())
}

/// The exit code where some statements, or some of several databases, failed and others went on.
pub(in crate::commands) fn partial(statements: u64, databases: u64) -> Result<()> {
    let failed = [(statements, "statement"), (databases, "database")];
    let failed: Vec<_> =
        failed.into_iter().filter(|(count, _)| *count > 0).map(|(count, noun)| counted(count, noun)).collect();
    if failed.is_empty() {
        return Ok(());
    }
    Err(Failure::new(Kind::Partial, format!("{} failed", failed.join(" and "))).into())
}

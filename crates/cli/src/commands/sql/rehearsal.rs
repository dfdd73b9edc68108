//! Statements that are shown rather than run.

use std::io::BufRead;

use anyhow::Result;

use super::{Given, access};
use crate::{
    args::Parameters,
    connect,
    context::Context,
    exit::Failure,
    hrana::Statement,
    requests::Recorder,
    script::{Item, ScriptReader, Source},
};

/// In a dry run: has every statement of a script noted, and its commands seen by `command`.
pub(in crate::commands) async fn rehearse(
    cx: &Context,
    recorder: &Recorder,
    database: &str,
    script: impl BufRead,
    parameters: &Parameters,
    mut given: Given,
    command: impl Fn(&Source) -> Result<()>,
) -> Result<()> {
    let url = connect::rehearse(cx, database, access(parameters)).await?;
    let control = |sql: &str| {
        if parameters.single_transaction { recorder.note_sql(&url, &Statement::new(sql)) } else { Ok(()) }
    };
    control("BEGIN")?;
    let mut script = ScriptReader::new(script);
    while let Some(item) = script.next().map_err(Failure::from)? {
        match item {
            Item::Statement(source) => {
                let arguments = given.arguments_for(&source)?;
                recorder.note_sql(&url, &Statement::new(source.text).with_arguments(arguments))?;
            }
            Item::Command(source) => command(&source)?,
        }
    }
    control("COMMIT")
}

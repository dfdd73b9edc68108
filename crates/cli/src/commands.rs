//! What each command does: one file per noun.

mod api;
mod audit;
mod auth;
mod completion;
mod db;
mod docs;
mod doctor;
mod export;
mod glob;
mod group;
mod import;
mod input;
mod local;
mod location;
mod org;
mod profile;
mod shell;
mod sql;
mod sqlite_file;
mod tables;
mod tokens;
mod usage;
mod version;

use std::process::ExitCode;

use anyhow::Result;

use crate::{
    args::{Command, GlobalArgs},
    context::Context,
};

/// What needs neither settings nor network, so that nothing of them can keep it from working. `None` for the rest.
pub(crate) fn run_offline(flags: &GlobalArgs, command: &Command) -> Option<Result<()>> {
    match command {
        Command::Completion { shell } => Some(completion::run(*shell)),
        Command::Docs { form, out } => Some(docs::run(*form, out.as_deref())),
        Command::Version => Some(version::run(flags)),
        _ => None,
    }
}

pub(crate) async fn run(cx: &Context, command: &Command) -> Result<ExitCode> {
    match command {
        Command::Local(command) => return local::run(cx, command).await,
        Command::Shell(args) => shell::run(cx, args).await,
        Command::Import(command) => import::run(cx, command).await,
        Command::Export(args) => export::run(cx, args).await,
        Command::Sql(args) => sql::run(cx, args).await,
        Command::Auth(command) => auth::run(cx, command).await,
        Command::Profile(command) => profile::run(cx, command).await,
        Command::Org(command) => org::run(cx, command).await,
        Command::Group(command) => group::run(cx, command).await,
        Command::Db(command) => db::run(cx, command).await,
        Command::Location(command) => location::run(cx, command).await,
        Command::Audit(command) => audit::run(cx, command).await,
        Command::Api(args) => api::run(cx, args).await,
        Command::Doctor => doctor::run(cx).await,
        Command::Completion { .. } | Command::Docs { .. } | Command::Version => Ok(()),
    }
    .map(|()| ExitCode::SUCCESS)
}

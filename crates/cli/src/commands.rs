//! What each command does: one file per noun.

mod export;
mod import;
mod local;
pub(crate) mod shell;
mod sql;

use anyhow::Result;

use crate::{args::Command, context::Context};

pub(crate) async fn run(cx: &Context, command: &Command) -> Result<()> {
    match command {
        Command::Local(command) => local::run(command).await,
        Command::Shell(args) => shell::run(cx, args).await,
        Command::Import(command) => import::run(cx, command).await,
        Command::Export(args) => export::run(cx, args).await,
        Command::Sql(args) => sql::run(cx, args).await,
        Command::Version => cx.out().text(concat!("tursoctl ", env!("CARGO_PKG_VERSION"))),
    }
}

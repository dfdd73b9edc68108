//! What each command does: one file per noun.

mod local;

use anyhow::Result;

use crate::{args::Command, context::Context};

pub(crate) async fn run(cx: &Context, command: &Command) -> Result<()> {
    match command {
        Command::Local(command) => local::run(command).await,
        Command::Version => cx.out().text(concat!("tursoctl ", env!("CARGO_PKG_VERSION"))),
    }
}

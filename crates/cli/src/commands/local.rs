mod env;
mod start;

use anyhow::Result;

use crate::args::LocalCommand;

/// The certificate of the local cloud's authority, which tools for Node take beside those they know.
const NODE_CERTIFICATES: &str = "NODE_EXTRA_CA_CERTS";

pub(crate) async fn run(command: &LocalCommand) -> Result<()> {
    match command {
        LocalCommand::Start(args) => start::start(args).await,
        LocalCommand::Env(args) => env::env(args),
    }
}

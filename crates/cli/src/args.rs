use std::{net::SocketAddr, path::PathBuf};

use clap::{Parser, Subcommand};

/// An unofficial command line for Turso Cloud and the local cloud.
#[derive(Debug, Parser)]
#[command(name = "tursoctl", version, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// A Turso Cloud on this machine
    Local {
        #[command(subcommand)]
        command: LocalCommand,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum LocalCommand {
    /// Start a local cloud and serve it until Ctrl-C
    Start(LocalStart),
}

#[derive(Debug, clap::Args)]
pub(crate) struct LocalStart {
    /// Where to listen; port 0 picks a free one
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8080")]
    pub(crate) addr: SocketAddr,

    /// Keep everything in this folder; without it the cloud is gone when it stops
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,

    /// Write the variables a client needs to this file once the cloud is ready
    #[arg(long, value_name = "FILE")]
    pub(crate) ready_file: Option<PathBuf>,

    /// Make ids, keys and tokens repeatable, and stop the clock
    #[arg(long, value_name = "NUMBER")]
    pub(crate) seed: Option<u64>,
}

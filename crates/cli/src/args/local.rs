use std::{net::SocketAddr, path::PathBuf};

use clap::{Subcommand, ValueEnum};
use turso_cloud_local::Hostnames;

#[derive(Debug, Subcommand)]
pub(crate) enum LocalCommand {
    /// Start a local cloud and serve it until Ctrl-C
    Start(LocalStart),
    /// Print the variables that clients of a running local cloud need
    Env(LocalEnv),
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

    /// What databases are called: by an address of their own each, a name below localhost, or a path. Without it by
    /// addresses where this system allows it, and by paths where it does not
    #[arg(long, value_name = "FORM")]
    pub(crate) hostnames: Option<HostnameForm>,

    /// Answer requests that name this host too, on a loopback address; may be given more than once
    #[arg(long, value_name = "HOST")]
    pub(crate) allow_host: Vec<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum HostnameForm {
    /// 127.x.y.z:PORT (Linux)
    Address,
    /// DATABASE-ORGANIZATION.localhost:PORT
    Name,
    /// 127.0.0.1:PORT/db/DATABASE-ORGANIZATION/
    Path,
}

impl From<HostnameForm> for Hostnames {
    fn from(form: HostnameForm) -> Self {
        match form {
            HostnameForm::Address => Self::Address,
            HostnameForm::Name => Self::Name,
            HostnameForm::Path => Self::Path,
        }
    }
}

#[derive(Debug, clap::Args)]
#[group(id = "source", required = true, multiple = true, args = ["data_dir", "ready_file"])]
pub(crate) struct LocalEnv {
    /// The folder the cloud is kept in: prints where its certificate is
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,

    /// The file that `local start --ready-file` wrote: prints what is in it
    #[arg(long, value_name = "FILE")]
    pub(crate) ready_file: Option<PathBuf>,

    /// How to write them
    #[arg(long = "for", value_name = "FORMAT", default_value = "dotenv")]
    pub(crate) format: EnvironmentFormat,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum EnvironmentFormat {
    /// NAME="value", one in a line
    Dotenv,
}

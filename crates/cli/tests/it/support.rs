#![expect(clippy::unwrap_used, clippy::panic, reason = "what cannot be set up fails its test")]

use std::{
    fs,
    io::Write as _,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use tempfile::TempDir;
use tokio::runtime::Runtime;
use turso_cloud::Expiration;
use turso_cloud_local::{Cloud, Hostnames, Server};

/// A name of the local cloud that is not one of this machine, for a program that comes through a proxy.
pub(crate) const ELSEWHERE: &str = "api.test.invalid";

/// A local cloud on a port, and a folder for the configuration of the programs that use it.
pub(crate) struct Served {
    pub(crate) cloud: Cloud,
    pub(crate) folder: TempDir,
    pub(crate) runtime: Runtime,
    server: Server,
}

impl Served {
    pub(crate) fn new() -> Self {
        Self::with(Hostnames::Path)
    }

    pub(crate) fn with(hostnames: Hostnames) -> Self {
        // Many tests at a time have a cloud each, and macOS lets a process begin with 256 files.
        rlimit::increase_nofile_limit(2048).unwrap();
        let cloud = Cloud::builder().seed(1).hostnames(hostnames).allow_host(ELSEWHERE).build().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let server = runtime.block_on(cloud.serve("127.0.0.1:0")).unwrap();
        Self { cloud, folder: tempfile::tempdir().unwrap(), runtime, server }
    }

    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    #[cfg(target_os = "linux")]
    pub(crate) fn https_url(&self) -> String {
        self.server.https_url()
    }

    pub(crate) fn region_url(&self) -> String {
        self.server.region_url()
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.server.addr()
    }

    /// The URL of a database and a token for it.
    pub(crate) fn access(&self, database: &str) -> (String, String) {
        let client = self.cloud.client().build().unwrap();
        let access = self.runtime.block_on(client.databases().access(database, Expiration::hours(1)).into_future());
        let access = access.unwrap();
        (access.url, access.token.expose().to_owned())
    }

    pub(crate) fn token(&self) -> String {
        self.cloud.token().expose().to_owned()
    }

    /// The variables that lead a program here.
    pub(crate) fn variables(&self) -> Vec<(&'static str, String)> {
        vec![
            ("TURSOCTL_CONFIG_DIR", self.config_folder().display().to_string()),
            ("TURSO_API_BASEURL", self.url()),
            ("TURSOCTL_REGION_URL", self.region_url()),
            ("TURSO_API_TOKEN", self.token()),
            ("TURSO_ORG", self.cloud.organization().to_string()),
            ("TURSOCTL_RETRIES", "0".to_owned()),
        ]
    }

    pub(crate) fn config_folder(&self) -> PathBuf {
        self.folder.path().join("config")
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = bare(arguments);
        command.envs(self.variables());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        Ended::of(self.command(arguments).output().unwrap())
    }

    /// Runs something that has to succeed.
    pub(crate) fn done(&self, arguments: &[&str]) -> String {
        let ended = self.run(arguments);
        assert_eq!(ended.code, Some(0), "{arguments:?}: {}", ended.stderr);
        ended.stdout
    }

    pub(crate) fn write(&self, name: &str, content: &str) -> String {
        let path = self.folder.path().join(name);
        fs::write(&path, content).unwrap();
        text(&path)
    }
}

/// The program with nothing set, and nothing to read.
pub(crate) fn bare(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tursoctl"));
    // Nothing of the machine the tests run on may show.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("TURSO") || name == "NO_COLOR" || name.starts_with("CLICOLOR") {
            command.env_remove(&*name);
        }
    }
    command.args(arguments).stdin(Stdio::null());
    command
}

/// A run that reads this.
pub(crate) fn piped(served: &Served, arguments: &[&str], input: &str) -> Ended {
    fed(served.command(arguments), input)
}

/// The same for a command of any kind.
pub(crate) fn fed(mut command: Command, input: &str) -> Ended {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    Ended::of(child.wait_with_output().unwrap())
}

#[cfg(unix)]
pub(crate) fn make_pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

pub(crate) fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {:?} {}", self.stdout, self.stderr))
    }

    /// The envelope of an error.
    pub(crate) fn error(&self) -> serde_json::Value {
        let last = self.stderr.lines().last().unwrap_or_default();
        let envelope: serde_json::Value = serde_json::from_str(last).unwrap_or_else(|e| panic!("{e}: {}", self.stderr));
        envelope["error"].clone()
    }
}

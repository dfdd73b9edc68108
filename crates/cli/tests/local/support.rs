use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Output, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

/// A configuration folder of its own, and a local cloud that is found through it.
pub(crate) struct Home {
    pub(crate) folder: TempDir,
    cloud: Option<Child>,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), cloud: None }
    }

    /// With a cloud that runs under the name `default`.
    pub(crate) fn with_cloud(arguments: &[&str]) -> Self {
        let mut home = Self::new();
        home.start(arguments);
        home
    }

    pub(crate) fn start(&mut self, arguments: &[&str]) {
        let line = self.start_with(arguments);
        assert!(line.starts_with("local Turso Cloud ready at http://127.0.0.1:"), "{line:?}");
    }

    /// Yields the line that says that it is ready.
    pub(crate) fn start_with(&mut self, arguments: &[&str]) -> String {
        let mut command = self.command(&["local", "start", "--addr", "127.0.0.1:0"]);
        command.args(arguments);
        self.start_as(command)
    }

    pub(crate) fn start_as(&mut self, mut command: Command) -> String {
        let mut cloud = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(cloud.stdout.take().unwrap()).read_line(&mut line).unwrap();
        self.cloud = Some(cloud);
        line
    }

    pub(crate) fn cloud(&mut self) -> &mut Child {
        self.cloud.as_mut().unwrap()
    }

    /// So that another one can be started, and the first be waited for.
    pub(crate) fn take_cloud(&mut self) -> Child {
        self.cloud.take().unwrap()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tursoctl"));
        // Nothing of the machine the tests run on may show.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("TURSO") {
                command.env_remove(name);
            }
        }
        command.args(arguments).env("TURSOCTL_CONFIG_DIR", self.path()).stdin(Stdio::null());
        command
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// The standard output of a command that has to succeed.
    pub(crate) fn text(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let text = self.text(&[arguments, &["--json"]].concat());
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// Exit code and standard error of a command that has to fail.
    pub(crate) fn failure(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.run(arguments);
        assert!(!output.status.success(), "{arguments:?}: {output:?}");
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    }

    /// With the variables that clients of the cloud are given.
    pub(crate) fn as_client(&self, arguments: &[&str]) -> Output {
        let variables = self.text(&["local", "env", "--for", "sdk"]);
        let variables = variables.lines().map(|line| line.split_once('=').unwrap());
        self.command(arguments).envs(variables).output().unwrap()
    }

    pub(crate) fn create_database(&self, name: &str) {
        let output = self.as_client(&["db", "create", name, "--group", "default"]);
        assert!(output.status.success(), "{output:?}");
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if let Some(mut cloud) = self.cloud.take() {
            let _ = cloud.kill();
            let _ = cloud.wait();
        }
    }
}

//! The process that is killed, and how to talk to it.

use std::{collections::HashMap, path::Path, process::Stdio};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};
use turso_cloud::{ApiToken, Client, NewToken, RetryPolicy};

/// A running `tursoctl local start`.
pub(crate) struct Process {
    child: Starting,
    pub(crate) cloud: Cloud,
}

/// A process that may not be ready yet.
pub(crate) struct Starting(Child);

/// What a client knows of the cloud.
#[derive(Clone)]
pub(crate) struct Cloud {
    pub(crate) turso: Client,
    pub(crate) url: String,
    http: reqwest::Client,
    /// A token of the group, good for all its databases.
    sql_token: String,
}

/// The process went away before it answered.
#[derive(Debug)]
pub(crate) struct Gone;

/// Starts a cloud that is kept in a directory.
pub(crate) fn start_command(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tursoctl"));
    command.args(["local", "start", "--addr", "127.0.0.1:0", "--hostnames", "path", "--data-dir"]).arg(data);
    command.arg("--ready-file").arg(ready_file(data));
    command
}

impl Process {
    pub(crate) fn spawn(mut command: Command) -> Starting {
        Starting(command.stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap())
    }

    pub(crate) async fn start(data: &Path, command: Command) -> Self {
        let mut child = Self::spawn(command);
        let stdout = BufReader::new(child.0.stdout.take().unwrap());
        let ready = stdout.lines().next_line().await.unwrap();
        assert!(ready.is_some(), "the cloud does not start any more");
        let cloud = Cloud::of(&std::fs::read_to_string(ready_file(data)).unwrap()).await;
        Self { child, cloud }
    }

    pub(crate) async fn kill(self) {
        self.child.kill().await;
    }
}

impl Starting {
    /// On Unix this is `SIGKILL`. Returns when the process is gone, and with it the lock of its directory.
    pub(crate) async fn kill(mut self) {
        self.0.kill().await.unwrap();
    }
}

fn ready_file(data: &Path) -> std::path::PathBuf {
    data.with_extension("env")
}

impl Cloud {
    async fn of(ready: &str) -> Self {
        let ready: HashMap<_, _> = ready.lines().filter_map(|line| line.split_once('=')).collect();
        let url = ready["TURSO_API_BASEURL"].to_owned();
        let turso = Client::builder(ApiToken::new(ready["TURSO_API_TOKEN"]).unwrap())
            .base_url(&url)
            .organization(ready["TURSO_ORG"])
            .retry(RetryPolicy::none())
            .build()
            .unwrap();
        let sql_token = turso.groups().create_token("default", NewToken::full_access()).await.unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { turso, url, http, sql_token: sql_token.expose().to_owned() }
    }

    /// Sends a file without the client, which would be patient with a process that is gone.
    pub(crate) async fn upload(&self, database: &str, file: &Path) -> Result<(), Gone> {
        let request = self.http.post(format!("{}/db/{database}-acme/v1/upload", self.url)).bearer_auth(&self.sql_token);
        let answer = request.body(std::fs::read(file).unwrap()).send().await.map_err(|_| Gone)?;
        assert_eq!(answer.status(), 200, "{database}");
        Ok(())
    }

    /// Runs statements one after the other on one stream; the results up to the first failure.
    pub(crate) async fn run(&self, database: &str, statements: &[String]) -> Result<Results, Gone> {
        let steps = statements.iter().map(|sql| {
            // Each is a request of its own, so that the process may die between any two of them.
            serde_json::json!({ "type": "execute", "stmt": { "sql": sql } })
        });
        let requests: Vec<_> = steps.chain([serde_json::json!({ "type": "close" })]).collect();
        let sent = self
            .http
            .post(format!("{}/db/{database}-acme/v2/pipeline", self.url))
            .bearer_auth(&self.sql_token)
            .body(serde_json::json!({ "requests": requests }).to_string())
            .send()
            .await;
        let answer = sent.map_err(|_| Gone)?;
        let status = answer.status().as_u16();
        let body = answer.bytes().await.map_err(|_| Gone)?;
        Ok(Results { status, body: serde_json::from_slice(&body).unwrap() })
    }
}

/// The answer to some statements.
#[derive(Debug)]
pub(crate) struct Results {
    pub(crate) status: u16,
    body: Value,
}

impl Results {
    pub(crate) fn is_ok(&self) -> bool {
        self.results().iter().all(|result| result["type"] == "ok") && self.status == 200
    }

    /// What went wrong with the first statement.
    pub(crate) fn error(&self) -> Option<&str> {
        self.results().first()?["error"]["message"].as_str()
    }

    /// Whether some statement failed with a code that begins so.
    pub(crate) fn has_error(&self, code: &str) -> bool {
        let codes = self.results().iter().filter_map(|result| result["error"]["code"].as_str());
        codes.into_iter().any(|found| found.starts_with(code))
    }

    /// The only row of the first statement, as text.
    pub(crate) fn row(&self) -> Vec<&str> {
        let row = self.results()[0]["response"]["result"]["rows"][0].as_array();
        let row = row.unwrap_or_else(|| panic!("no row: {self:?}"));
        row.iter().map(|value| value["value"].as_str().unwrap_or_default()).collect()
    }

    fn results(&self) -> &[Value] {
        self.body["results"].as_array().map(Vec::as_slice).unwrap_or_default()
    }
}

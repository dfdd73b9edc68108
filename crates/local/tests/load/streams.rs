//! Transactions of several databases that are left open.

use futures_util::future::join_all;
use http::{Request, StatusCode};
use rlimit::Resource;
use serde_json::{Value, json};
use tokio::runtime::Builder;
use turso_cloud_local::Cloud;

use crate::{
    alone, pipeline, process,
    requests::{post, read, send},
};

/// As many files as most systems let a process begin with.
const FILES: u64 = 1024;

/// What a server's connections take of them.
const CONNECTIONS: usize = 512;

const REFUSED: &str =
    "too many open streams: their connections have all files that the databases of this cloud may have open";

/// A cloud of a process that may have this many files open, with some databases of one group.
struct Few {
    cloud: Cloud,
    token: String,
    before: u64,
}

impl Few {
    async fn with(databases: &[&str]) -> Self {
        let (before, most) = Resource::NOFILE.get().unwrap();
        Resource::NOFILE.set(FILES, most).unwrap();
        let mut this = Self { cloud: Cloud::new().unwrap(), token: String::new(), before };
        for name in databases {
            this.create(name).await;
        }
        this.token = this.api("POST", "groups/default/auth/tokens", "").await["jwt"].as_str().unwrap().to_owned();
        this
    }

    async fn create(&self, name: &str) -> Value {
        self.api("POST", "databases", &json!({ "name": name, "group": "default" }).to_string()).await
    }

    async fn api(&self, method: &str, path: &str, body: &str) -> Value {
        let request = Request::builder().method(method).uri(format!("/v1/organizations/acme/{path}"));
        let answer = send(&self.cloud, request, self.cloud.token().expose(), body.to_owned()).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        read(answer).await
    }

    /// Says of statements whether they were refused for want of room. Nothing else may be wrong with them.
    async fn is_refused(&self, database: &str, token: &str, sql: &[&str], closed: bool) -> bool {
        let path = format!("/db/{database}-acme/v2/pipeline");
        let answer = post(&self.cloud, &path, token, pipeline(sql, closed).to_string()).await;
        let (status, answer) = (answer.status(), read(answer).await);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            assert_eq!(answer, json!({ "error": REFUSED }));
            return true;
        }
        let results = answer["results"].as_array().unwrap_or_else(|| panic!("{database}: {answer}"));
        let errors: Vec<_> = results.iter().filter_map(|result| result.get("error")).collect();
        if let Some(error) = errors.first() {
            assert_eq!(**error, json!({ "message": REFUSED, "code": "TOO_MANY_STREAMS" }), "{database}");
        }
        !errors.is_empty()
    }

    /// How many of so many streams, each of which begins with these statements, are refused.
    async fn leave_open(&self, databases: &[&str], token: &str, count: usize, sql: &[&str]) -> usize {
        let all = databases.iter().flat_map(|database| std::iter::repeat_n(database, count));
        let refused = join_all(all.map(|database| self.is_refused(database, token, sql, false))).await;
        refused.into_iter().filter(|is_refused| *is_refused).count()
    }
}

impl Drop for Few {
    fn drop(&mut self) {
        let (_, most) = Resource::NOFILE.get().unwrap();
        Resource::NOFILE.set(self.before, most).unwrap();
    }
}

#[test]
fn streams_left_open_on_some_databases_leave_files_for_the_others_and_for_clients() {
    alone(Builder::new_current_thread(), leave_many_streams_open());
}

#[test]
fn databases_that_streams_have_attached_count_as_open() {
    alone(Builder::new_current_thread(), leave_many_databases_attached());
}

/// The clock stands still but for what is waited for: less than the streams last.
async fn leave_many_streams_open() {
    let hogs = ["one", "two", "three", "four"];
    let few = Few::with(&[&hogs[..], &["bystander"]].concat()).await;
    tokio::time::pause();
    let refused = few.leave_open(&hogs, &few.token, 250, &["BEGIN", "SELECT * FROM sqlite_schema"]).await;
    let files = process::open_files();
    eprintln!("{refused} of 1000 streams were refused, {files} files are open");
    assert!(files + CONNECTIONS < usize::try_from(FILES).unwrap(), "{files} files");
    assert!((1..900).contains(&refused), "{refused}");
    let query = ["CREATE TABLE t (x)", "SELECT * FROM t"];
    assert!(!few.is_refused("bystander", &few.token, &query, true).await);
    few.create("latecomer").await;
    assert!(!few.is_refused("latecomer", &few.token, &query, true).await);
    // Those that end make room.
    tokio::time::advance(std::time::Duration::from_secs(11)).await;
    assert_eq!(few.leave_open(&hogs, &few.token, 20, &["BEGIN", "SELECT * FROM sqlite_schema"]).await, 0);
}

async fn leave_many_databases_attached() {
    let few = Few::with(&["app", "one", "two", "three"]).await;
    let mut statements = Vec::new();
    for name in ["one", "two", "three"] {
        few.api("PATCH", &format!("databases/{name}/configuration"), r#"{"allow_attach":true}"#).await;
        let database = few.api("GET", &format!("databases/{name}"), "").await;
        statements.push(format!("ATTACH '{}' AS {name}", database["database"]["DbId"].as_str().unwrap()));
    }
    let permissions = json!({ "permissions": { "read_attach": { "databases": ["one", "two", "three"] } } });
    let minted = few.api("POST", "databases/app/auth/tokens", &permissions.to_string()).await;
    let statements: Vec<_> = statements.iter().map(String::as_str).collect();
    tokio::time::pause();
    let refused = few.leave_open(&["app"], minted["jwt"].as_str().unwrap(), 200, &statements).await;
    let files = process::open_files();
    eprintln!("{refused} of 200 streams were refused, {files} files are open");
    assert!(files + CONNECTIONS < usize::try_from(FILES).unwrap(), "{files} files");
    assert!((1..200).contains(&refused), "{refused}");
}

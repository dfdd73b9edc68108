//! What clients can have the cloud keep in memory, whatever they send.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::{StreamExt as _, future::join_all};
use http::{Request, Response, StatusCode, header};
use serde_json::{Value, json};
use tokio::runtime::Builder;
use tokio::task::{JoinSet, yield_now};
use tokio::time::timeout;
use turso_cloud::transport::Body;
use turso_cloud_local::Cloud;

use crate::{
    alone, pipeline, process,
    requests::{self, api, post},
};

/// How many send the same at the same time.
const CLIENTS: usize = 16;

/// What the process may have while all of it runs.
const MOST_MEMORY: u64 = 768 << 20;

/// What it may keep of it.
const MOST_KEPT: u64 = 128 << 20;

/// Each would take much of what a machine has, if there were enough of it.
fn greedy() -> Vec<(&'static str, String)> {
    let columns = |column: &str| [column; 12].join(", ");
    let terms = |count: usize| vec!["(1)"; count].join(", ");
    let zeros = |count: usize| format!("hex(zeroblob({}))", count / 2);
    let many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 10)";
    vec![
        ("zeros", format!("SELECT {}", columns("zeroblob(67108864)"))),
        ("digits", format!("SELECT {}", columns("hex(zeroblob(33000000))"))),
        ("bytes", format!("SELECT {}", columns("randomblob(67108864)"))),
        ("texts that are none", format!("SELECT {}", columns("CAST(randomblob(60000000) AS TEXT)"))),
        ("control characters", format!("SELECT {}", columns("CAST(zeroblob(60000000) AS TEXT)"))),
        ("spaces", format!("SELECT {}", columns("printf('%60000000d', 1)"))),
        ("sums", format!("{many} SELECT i % 4, group_concat(hex(zeroblob(9000000))) FROM n GROUP BY 1")),
        ("lists", format!("{many} SELECT json_group_array(hex(zeroblob(3000000))) FROM n")),
        ("sorted", format!("{many} SELECT hex(zeroblob(30000000)) || i AS x FROM n ORDER BY x DESC")),
        ("windows", format!("{many} SELECT max(zeroblob(60000000)) OVER (ORDER BY i ROWS 8 PRECEDING) FROM n")),
        ("distinct", format!("{many} SELECT count(DISTINCT zeroblob(20000000) || i) FROM n")),
        ("functions", format!("SELECT {}", columns("length(encode(zeroblob(40000000), 'base64'))"))),
        ("repeated", format!("SELECT {}", columns("length(repeat('a', 64000000))"))),
        ("filled", format!("SELECT {}", columns("length(lpad('a', 64000000, '-'))"))),
        (
            "replaced",
            format!("SELECT {}", columns(&format!("length(text_replace({}, '0', {}))", zeros(60_000), zeros(1_000)))),
        ),
        ("joined", format!("SELECT {}", columns(&format!("length(concat_ws({}, {}))", zeros(1_000_000), terms(60))))),
        ("zeros of one digit", "SELECT length(decode(repeat('z', 12000000), 'base85'))".to_owned()),
        ("distances", format!("SELECT osa_distance('a', {})", zeros(4_000_000))),
        ("terms", format!("SELECT count(*) FROM (VALUES {})", terms(200_000))),
    ]
}

/// Whether a statement is carried out, be it only once threads have given back the memory that others had.
async fn succeeds_in_the_end(cloud: &Cloud, token: &str, sql: &str) -> bool {
    let carried_out = async {
        while run(cloud, token, sql).await["type"] != "ok" {
            yield_now().await;
        }
    };
    timeout(process::PATIENCE, carried_out).await.is_ok()
}

async fn read(answer: Response<Body>) -> Value {
    assert_eq!(answer.status(), StatusCode::OK);
    requests::read(answer).await
}

/// A cloud with a database `shop`, and a token that only reads it.
async fn shop() -> (Cloud, String) {
    shop_for("read-only").await
}

async fn shop_for(authorization: &str) -> (Cloud, String) {
    let cloud = Cloud::new().unwrap();
    api(&cloud, "databases", r#"{"name":"shop","group":"default"}"#).await;
    let path = format!("databases/shop/auth/tokens?authorization={authorization}");
    let token = api(&cloud, &path, "").await["jwt"].as_str().unwrap().to_owned();
    (cloud, token)
}

async fn run(cloud: &Cloud, token: &str, sql: &str) -> Value {
    read(post(cloud, "/db/shop-acme/v2/pipeline", token, pipeline(&[sql], true).to_string()).await).await["results"][0]
        .take()
}

/// Runs the same many times at once, and says what went wrong with each.
async fn run_at_once(cloud: &Cloud, token: &str, sql: &str) -> Vec<Value> {
    let mut running = JoinSet::new();
    for _ in 0..CLIENTS {
        let (cloud, token, sql) = (cloud.clone(), token.to_owned(), sql.to_owned());
        running.spawn(async move { run(&cloud, &token, &sql).await["error"]["code"].take() });
    }
    running.join_all().await
}

#[test]
fn no_statement_of_a_reader_takes_more_memory_than_it_leaves() {
    alone(Builder::new_multi_thread(), async {
        let (cloud, token) = shop().await;
        let columns = ["hex(zeroblob(33000000))"; 20].join(", ");
        let refused = run(&cloud, &token, &format!("SELECT {columns}")).await;
        let message = "SQLite error: out of memory: all statements and answers of a process have 512 MiB, and one may have \
                       no more than it leaves to the others";
        assert_eq!(refused["error"], json!({ "message": message, "code": "SQLITE_NOMEM" }));
        assert_eq!(run(&cloud, &token, "SELECT length(hex(zeroblob(33000000)))").await["type"], "ok");
    });
}

#[test]
fn whatever_readers_send_at_once_the_process_keeps_its_size() {
    alone(Builder::new_multi_thread(), async {
        let (cloud, token) = shop().await;
        for (name, sql) in greedy() {
            process::take_most_memory();
            let began = Instant::now();
            let codes = run_at_once(&cloud, &token, &sql).await;
            let most = process::take_most_memory();
            let kept = process::memory_in_the_end(MOST_KEPT).await;
            eprintln!("{name}: at most {} MiB in {:?}, then {} MiB", most >> 20, began.elapsed(), kept >> 20);
            assert!(codes.iter().all(|code| code != "SQLITE_INTERRUPT"), "{name}: {codes:?}");
            assert!(most < MOST_MEMORY, "{name}: {most} bytes");
            assert!(kept < MOST_KEPT, "{name}: {kept} bytes are kept");
            // Who wants little still has it, and all that was taken is given back.
            assert_eq!(run(&cloud, &token, "SELECT length(hex(zeroblob(33000000)))").await["type"], "ok", "{name}");
        }
    });
}

#[test]
fn answers_that_nobody_takes_are_counted_until_they_are_dropped() {
    const ANSWERS: usize = 60;
    // Bytes; answers are searched at their end only, for they have ten million.
    const LONGEST_REFUSAL: usize = 1000;
    alone(Builder::new_multi_thread(), async {
        let (cloud, token) = shop().await;
        let sql = "SELECT hex(zeroblob(4900000))";
        let batch = json!({ "batch": { "steps": [{ "stmt": { "sql": sql } }] } });
        for (path, body) in [("v2/pipeline", pipeline(&[sql], true)), ("v3/cursor", batch)] {
            process::take_most_memory();
            let mut answers = Vec::new();
            for _ in 0..ANSWERS {
                answers.push(post(&cloud, &format!("/db/shop-acme/{path}"), &token, body.to_string()).await);
            }
            let small = run(&cloud, &token, "SELECT 1").await;
            let mut refused = 0;
            for answer in answers {
                let text = answer.into_body().collect(usize::MAX).await.unwrap();
                let end = String::from_utf8_lossy(&text[text.len().saturating_sub(LONGEST_REFUSAL)..]);
                refused += usize::from(end.contains("SQLITE_NOMEM"));
            }
            let most = process::take_most_memory();
            eprintln!("{path}: {refused} of {ANSWERS} were refused, at most {} MiB", most >> 20);
            assert!((1..ANSWERS).contains(&refused) || path == "v3/cursor", "{refused}");
            assert!(most < MOST_MEMORY, "{most} bytes");
            assert_eq!(small["type"], "ok", "{small}");
            assert!(succeeds_in_the_end(&cloud, &token, sql).await, "{path}");
        }
    });
}

/// Sends the same many times at once; the answers, of which nobody has read anything yet.
async fn send_at_once(cloud: &Cloud, path: &str, token: &str, body: &Bytes) -> Vec<Response<Body>> {
    let mut running = JoinSet::new();
    for _ in 0..CLIENTS {
        let request = Request::post(format!("/db/shop-acme/{path}"));
        let request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        let (cloud, request) = (cloud.clone(), request.body(Body::from(body.clone())).unwrap());
        running.spawn(async move { cloud.handle(request).await });
    }
    running.join_all().await
}

#[test]
fn requests_of_very_many_parts_are_counted_while_they_wait() {
    const BYTES: usize = 8 << 20;
    alone(Builder::new_multi_thread(), async {
        let (cloud, token) = shop_for("full-access").await;
        run(&cloud, &token, "CREATE TABLE t (x)").await;
        let parts = |part: &str| vec![part; BYTES / part.len()].join(",");
        // The write waits until the time of the transaction is over.
        let write = r#"{"type":"execute","stmt":{"sql":"INSERT INTO t VALUES (1)"}}"#;
        let requests = format!(r#"{{"requests":[{write},{}]}}"#, parts(r#"{"type":"get_autocommit"}"#));
        let steps = format!(r#"{{"batch":{{"steps":[{}]}}}}"#, parts(r#"{"stmt":{"sql":""}}"#));
        for (path, body) in [("v2/pipeline", requests), ("v3/cursor", steps)] {
            let begin = pipeline(&["BEGIN IMMEDIATE"], false).to_string();
            let open = read(post(&cloud, "/db/shop-acme/v2/pipeline", &token, begin).await).await;
            assert_eq!(open["results"][0]["type"], "ok", "{open}");
            let body = Bytes::from(body);
            process::take_most_memory();
            let answers = send_at_once(&cloud, path, &token, &body).await;
            let most = process::take_most_memory();
            let statuses: Vec<_> = answers.iter().map(Response::status).collect();
            eprintln!("{path}: at most {} MiB, {statuses:?}", most >> 20);
            assert!(most < MOST_MEMORY, "{path}: {most} bytes");
            assert!(statuses.contains(&StatusCode::OK), "{path}: {statuses:?}");
            let refused =
                answers.into_iter().find(|answer| answer.status() == StatusCode::SERVICE_UNAVAILABLE).unwrap();
            let text = refused.into_body().collect(usize::MAX).await.unwrap();
            let refused: Value = serde_json::from_slice(&text).unwrap();
            assert_eq!(refused["code"], "SQLITE_NOMEM", "{path}: {refused}");
            assert!(succeeds_in_the_end(&cloud, &token, "SELECT 1").await, "{path}");
        }
    });
}

#[test]
fn an_answer_that_is_sent_in_crumbs_is_kept_only_once() {
    const ANSWERS: usize = 4;
    alone(Builder::new_multi_thread(), async {
        let (cloud, token) = shop().await;
        cloud.faults().on_sql().slow_body(1, Duration::ZERO);
        process::take_most_memory();
        let mut answers = Vec::new();
        for _ in 0..ANSWERS {
            let body = pipeline(&["SELECT hex(zeroblob(4900000))"], true).to_string();
            let mut answer = post(&cloud, "/db/shop-acme/v2/pipeline", &token, body).await.into_body();
            assert_eq!(answer.next().await.unwrap().unwrap(), "{");
            answers.push(answer);
        }
        let most = process::take_most_memory();
        eprintln!("at most {} MiB", most >> 20);
        assert!(most < MOST_MEMORY, "{most} bytes");
    });
}

/// Takes memory with answers of about so many bytes that it keeps, until none is left for another one.
async fn fill(cloud: &Cloud, token: &str, bytes: usize) -> Vec<Bytes> {
    let body = pipeline(&[&format!("SELECT hex(zeroblob({}))", bytes / 2)], true).to_string();
    let mut kept = Vec::new();
    loop {
        let mut answer = post(cloud, "/db/shop-acme/v2/pipeline", token, body.clone()).await.into_body();
        let answer = answer.next().await.unwrap().unwrap();
        if answer.len() < bytes {
            return kept;
        }
        kept.push(answer);
    }
}

/// Time stands still, so that the writes are brief and share commits however slow the machine is.
#[test]
fn a_write_that_fails_for_want_of_memory_has_not_happened() {
    const WRITERS: usize = 20;
    // Bytes of what each write returns.
    const RETURNED: usize = 50_000;
    let mut runtime = Builder::new_current_thread();
    runtime.start_paused(true);
    alone(runtime, async {
        let (cloud, token) = shop_for("full-access").await;
        run(&cloud, &token, "CREATE TABLE t (x)").await;
        let write = json!({ "type": "execute", "stmt": {
            "sql": "INSERT INTO t VALUES (?) RETURNING x",
            "args": [{ "type": "text", "value": "x".repeat(RETURNED) }],
        }});
        let execute = |sql: &str| json!({ "type": "execute", "stmt": { "sql": sql } });
        for _ in 0..20 {
            // It has to be known to be brief.
            let body = json!({ "requests": [execute("BEGIN"), write, execute("ROLLBACK"), { "type": "close" }] });
            post(&cloud, "/db/shop-acme/v2/pipeline", &token, body.to_string()).await;
        }
        let body = json!({ "requests": [write, { "type": "close" }] }).to_string();
        let mut kept = Vec::new();
        for bytes in [9_000_000, 500_000, RETURNED] {
            kept.extend(fill(&cloud, &token, bytes).await);
        }
        let (mut done, mut failed, mut all_are_done) = (0, 0, false);
        // There is too little for any of them at first, and a little more each time.
        while !all_are_done && kept.pop().is_some() {
            let writes = (0..WRITERS).map(|_| post(&cloud, "/db/shop-acme/v2/pipeline", &token, body.clone()));
            let mut failed_now = 0;
            for answer in join_all(writes).await {
                let outcome = read(answer).await["results"][0].take();
                failed_now += usize::from(outcome["error"]["code"] == "SQLITE_NOMEM");
            }
            failed += failed_now;
            done += WRITERS - failed_now;
            all_are_done = failed_now == 0;
        }
        drop(kept);
        let answer = run(&cloud, &token, "SELECT count(*) FROM t").await;
        eprintln!("{done} were done, {failed} failed");
        assert!(all_are_done && done > WRITERS && failed > WRITERS, "{done} were done, {failed} failed");
        assert_eq!(answer["response"]["result"]["rows"][0][0]["value"], done.to_string());
    });
}

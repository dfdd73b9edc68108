//! One cloud with many databases.

use std::{env, time::Duration, time::Instant};

use serde_json::Value;
use tokio::runtime::Builder;
use turso_cloud_local::Cloud;

use crate::{
    alone, pipeline, process,
    requests::{api, post, read},
};

/// How many there are if `LOAD_DATABASES` does not say so. `just load` sets 10,000, which takes ten times as long.
const USUALLY: usize = 1_000;

/// Half of the files that most systems let a process have open.
const MOST_FILES: usize = 512;

/// What one more database may take while nobody uses it.
const MOST_MEMORY_EACH: u64 = 64 * 1024;

async fn run(cloud: &Cloud, database: usize, token: &str, sql: &[&str]) -> Value {
    let path = format!("/db/{}-acme/v2/pipeline", name(database));
    let answer = read(post(cloud, &path, token, pipeline(sql, true).to_string()).await).await;
    assert!(answer["results"].as_array().unwrap().iter().all(|result| result["type"] == "ok"), "{answer}");
    answer["results"][0]["response"]["result"]["rows"][0][0]["value"].clone()
}

fn name(database: usize) -> String {
    format!("tenant-{database}")
}

fn median(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort_unstable();
    times[times.len() / 2]
}

async fn create(cloud: &Cloud, database: usize) -> Duration {
    let began = Instant::now();
    api(cloud, "databases", &format!(r#"{{"name":"{}","group":"default"}}"#, name(database))).await;
    began.elapsed()
}

async fn group_token(cloud: &Cloud) -> String {
    api(cloud, "groups/default/auth/tokens", "").await["jwt"].as_str().unwrap().to_owned()
}

#[test]
fn many_databases_take_few_files_and_little_memory_and_are_all_there_again() {
    alone(Builder::new_multi_thread(), make_many_databases());
}

#[test]
fn many_requests_to_each_of_many_databases_leave_few_files_open() {
    alone(Builder::new_multi_thread(), ask_many_databases_at_once());
}

async fn make_many_databases() {
    let count = env::var("LOAD_DATABASES").map_or(USUALLY, |count| count.parse().unwrap());
    let directory = tempfile::tempdir().unwrap();
    let cloud = Cloud::builder().directory(directory.path()).build().unwrap();
    let token = group_token(&cloud).await;
    let (mut creations, mut memory, mut most_files) = (Vec::new(), 0, 0);
    for database in 0..count {
        // The first ones fill caches and pools.
        if database == count / 10 {
            memory = process::memory();
        }
        creations.push(create(&cloud, database).await);
        run(&cloud, database, &token, &[&format!("CREATE TABLE t AS SELECT {database} AS x")]).await;
        most_files = most_files.max(process::open_files());
    }
    let grown = process::memory().saturating_sub(memory);
    let (first, last) = (median(&creations[..count / 10]), median(&creations[count - count / 10..]));
    eprintln!(
        "{count} databases: at most {most_files} files, {} bytes of memory each, {last:?} to create one of the last \
         after {first:?} for one of the first: {:.2} times as long",
        grown / count as u64,
        last.as_secs_f64() / first.as_secs_f64(),
    );
    assert!(most_files < MOST_FILES, "{most_files} files");
    assert!(grown < count as u64 * MOST_MEMORY_EACH, "{grown} bytes");

    drop(cloud);
    let began = Instant::now();
    let cloud = Cloud::builder().directory(directory.path()).build().unwrap();
    eprintln!("opened again in {:?}", began.elapsed());
    for database in (0..count).step_by(count / 100) {
        assert_eq!(run(&cloud, database, &token, &["SELECT x FROM t"]).await, database.to_string());
    }
}

async fn ask_many_databases_at_once() {
    const DATABASES: usize = 160;
    const REQUESTS: usize = 8;
    let cloud = Cloud::new().unwrap();
    let token = group_token(&cloud).await;
    let before = process::open_files();
    for database in 0..DATABASES {
        create(&cloud, database).await;
        run(&cloud, database, &token, &["CREATE TABLE t (x)"]).await;
        let begun = (0..REQUESTS).map(|_| {
            let (cloud, token) = (cloud.clone(), token.clone());
            let path = format!("/db/{}-acme/v2/pipeline", name(database));
            // A transaction that reads keeps its connection while the others ask for theirs.
            let body = pipeline(&["BEGIN", "SELECT count(*) FROM t"], false).to_string();
            tokio::spawn(async move { (path.clone(), read(post(&cloud, &path, &token, body).await).await) })
        });
        for begun in begun.collect::<Vec<_>>() {
            let (path, answer) = begun.await.unwrap();
            let end = serde_json::json!({ "baton": answer["baton"], "requests": [
                { "type": "execute", "stmt": { "sql": "COMMIT" } }, { "type": "close" }] });
            let ended = read(post(&cloud, &path, &token, end.to_string()).await).await;
            assert_eq!(ended["results"][0]["type"], "ok", "{ended}");
        }
    }
    let opened = process::open_files().saturating_sub(before);
    eprintln!("{opened} files are open after {REQUESTS} requests at once to each of {DATABASES} databases");
    assert!(opened < MOST_FILES, "{opened} files");
}

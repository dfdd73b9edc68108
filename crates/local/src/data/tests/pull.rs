//! Copies of a database that are kept by pulling, in protobuf written by hand.

mod asks;
mod waiting;

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Body;
use roaring::RoaringBitmap;
use serde_json::Value;

use super::history::MANY_PAGES;
use super::protobuf::{all, at, bytes, fields, number, read_varint};
use super::{DATABASE, Host, record};
use crate::data::DatabaseRecord;

const PAGE: usize = 4096;

/// What an answer says before its pages.
#[derive(Clone, Debug, PartialEq, Eq)]
struct News {
    revision: String,
    replaces: bool,
    pages: Vec<u64>,
}

/// What a client has of a database.
#[derive(Clone)]
struct Copy {
    host: Host,
    revision: String,
    content: BTreeMap<u64, Vec<u8>>,
    size: u64,
}

impl Copy {
    async fn new(host: &Host) -> Self {
        let mut copy = Self { host: host.clone(), revision: String::new(), content: BTreeMap::new(), size: 0 };
        assert!(copy.pull().await.replaces);
        copy
    }

    /// Gets what has changed.
    async fn pull(&mut self) -> News {
        let answer = ok(&self.host, bytes(3, &self.revision)).await;
        self.take(&answer)
    }

    fn take(&mut self, answer: &[u8]) -> News {
        let messages = messages(answer);
        let (header, pages) = messages.split_first().unwrap();
        let news = News {
            revision: String::from_utf8(at(header, &[1])).unwrap(),
            replaces: !all(header, 6).is_empty(),
            pages: pages.iter().map(|page| page_of(page).0).collect(),
        };
        if news.replaces {
            self.content.clear();
        }
        self.content.extend(pages.iter().map(|page| page_of(page)));
        self.size = value(&at(header, &[2]));
        self.content.retain(|page, _| *page < self.size);
        self.revision.clone_from(&news.revision);
        news
    }

    /// Whether these are all pages, given as if all had changed: clients refuse to have their copy replaced.
    fn is_all_there_is(&self, news: &News) -> bool {
        let mut pages = news.pages.clone();
        pages.sort_unstable();
        !news.replaces && pages == (0..self.size).collect::<Vec<_>>()
    }

    /// The only value of a query of the copy, which must be a sound database.
    fn value(&self, sql: &str) -> i64 {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("copy.db");
        let file: Vec<u8> = (0..self.size).flat_map(|page| self.content[&page].clone()).collect();
        std::fs::write(&path, file).unwrap();
        let database = rusqlite::Connection::open(&path).unwrap();
        let sound: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(sound, "ok");
        database.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    fn sum(&self) -> i64 {
        self.value("SELECT sum(x) FROM t")
    }
}

/// The messages of an answer, each of which has its length before it.
fn messages(mut answer: &[u8]) -> Vec<Vec<u8>> {
    let mut messages = Vec::new();
    while !answer.is_empty() {
        let length = usize::try_from(read_varint(&mut answer)).unwrap();
        let (message, rest) = answer.split_at(length);
        messages.push(message.to_vec());
        answer = rest;
    }
    messages
}

fn page_of(message: &[u8]) -> (u64, Vec<u8>) {
    let content = at(message, &[2]);
    assert_eq!(content.len(), PAGE);
    (all(message, 1).first().map_or(0, |number| value(number)), content)
}

fn value(number: &[u8]) -> u64 {
    u64::from_le_bytes(number.try_into().unwrap())
}

async fn ask(host: &Host, body: impl Into<Body>) -> (u16, Vec<u8>) {
    let answer = host.send("/pull-updates", body).await;
    let status = answer.status().as_u16();
    (status, axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap().to_vec())
}

async fn ok(host: &Host, body: impl Into<Body>) -> Vec<u8> {
    let (status, answer) = ask(host, body).await;
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&answer));
    answer
}

/// Status and sentence of a refusal.
async fn refusal(host: &Host, body: impl Into<Body>) -> (u16, String) {
    let (status, answer) = ask(host, body).await;
    let answer: Value = serde_json::from_slice(&answer).unwrap_or_else(|_| panic!("no refusal: {answer:?}"));
    (status, answer["error"].as_str().unwrap().to_owned())
}

async fn host() -> Host {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)", "CREATE TABLE pages (x)", "INSERT INTO t VALUES (1)"]).await;
    host
}

#[tokio::test]
async fn an_answer_is_a_header_and_pages_in_the_published_schema() {
    let host = host().await;
    let answer = host.send("/pull-updates", "").await;
    assert_eq!(answer.headers()["content-type"], "application/protobuf");
    let length: usize = answer.headers()["content-length"].to_str().unwrap().parse().unwrap();
    let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    assert_eq!(body.len(), length);
    let messages = messages(&body);
    let numbers: Vec<_> = fields(&messages[0]).into_iter().map(|(number, _)| number).collect();
    assert_eq!(numbers, [1, 2, 3, 6, 8]);
    assert_eq!(value(&at(&messages[0], &[2])), 3, "pages of the database");
    assert_eq!(at(&messages[0], &[3]), b"", "as they are");
    assert_eq!((value(&at(&messages[0], &[6])), value(&at(&messages[0], &[8]))), (1, 1));
    assert_eq!(messages.len(), 4);
    assert!(messages[1..].iter().any(|page| page_of(page).1.starts_with(b"SQLite format 3\0")));
}

#[tokio::test]
async fn a_copy_gets_all_pages_and_then_those_that_changed() {
    let host = host().await;
    let mut copy = Copy::new(&host).await;
    assert_eq!(copy.sum(), 1);
    assert_eq!(copy.pull().await, News { revision: copy.revision.clone(), replaces: false, pages: Vec::new() });
    host.run(&["INSERT INTO t VALUES (10)", "INSERT INTO t VALUES (100)"]).await;
    let before = copy.revision.clone();
    let news = copy.pull().await;
    assert!(!news.replaces && news.revision != before);
    assert_eq!(news.pages, [1], "once, however often it has changed");
    assert_eq!(copy.sum(), 111);
}

#[tokio::test]
async fn a_database_that_was_never_used_can_be_copied() {
    let host = Host::new();
    let mut copy = Copy::new(&host).await;
    assert_eq!(copy.value("SELECT count(*) FROM sqlite_schema"), 0);
    host.run(&["CREATE TABLE t (x)", "INSERT INTO t VALUES (1)"]).await;
    assert!(!copy.pull().await.replaces);
    assert_eq!(copy.sum(), 1);
}

#[tokio::test]
async fn a_transaction_that_is_not_committed_is_in_no_copy() {
    let host = host().await;
    let mut copy = Copy::new(&host).await;
    let begun = ["BEGIN IMMEDIATE", "INSERT INTO t VALUES (10)", MANY_PAGES].map(super::execute);
    let open = host.pipeline(None, begun.to_vec().into()).await;
    assert_eq!(copy.pull().await.pages, [0; 0]);
    host.pipeline(Some(super::baton(&open)), serde_json::json!([super::execute("COMMIT"), { "type": "close" }])).await;
    assert!(copy.pull().await.pages.len() > 1000);
    assert_eq!(copy.sum(), 11);
}

#[tokio::test]
async fn a_copy_follows_from_generation_to_generation_and_across_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let mut host = Host::in_directory(directory.path());
    host.run(&["CREATE TABLE t (x)", "CREATE TABLE pages (x)", "INSERT INTO t VALUES (1)"]).await;
    let mut behind = Copy::new(&host).await;
    let mut copy = behind.clone();
    for sum in [11, 21, 31] {
        host.run(&["INSERT INTO t VALUES (10)", MANY_PAGES]).await;
        assert!(!copy.pull().await.replaces);
        assert_eq!(copy.sum(), sum);
        assert_eq!(copy.pull().await.pages, [0; 0]);
        drop((host, copy.host));
        host = Host::in_directory(directory.path());
        copy.host = host.clone();
        behind.host = host.clone();
    }
    assert!(!behind.pull().await.replaces);
    assert_eq!((behind.sum(), behind.revision), (31, copy.revision));
}

#[tokio::test]
async fn a_copy_of_what_is_no_longer_kept_gets_all_pages() {
    let host = host().await;
    let mut copy = Copy::new(&host).await;
    host.run(&[MANY_PAGES]).await;
    host.clock.advance(Duration::from_secs(25 * 3600));
    host.run(&[MANY_PAGES, "INSERT INTO t VALUES (10)"]).await;
    let news = copy.pull().await;
    assert!(copy.is_all_there_is(&news));
    assert_eq!(copy.sum(), 11);
    assert_eq!(copy.pull().await.pages, [0; 0]);
}

#[tokio::test]
async fn a_copy_becomes_smaller_with_its_database() {
    let host = host().await;
    host.run(&[MANY_PAGES]).await;
    let mut copy = Copy::new(&host).await;
    let before = copy.size;
    host.run(&["DELETE FROM pages", "VACUUM"]).await;
    assert!(!copy.pull().await.replaces);
    assert!(copy.size < before / 100, "{} of {before}", copy.size);
    assert_eq!(copy.sum(), 1);
}

#[tokio::test]
async fn pieces_of_a_copy_are_of_the_moment_the_first_one_names() {
    let host = host().await;
    host.run(&[MANY_PAGES]).await;
    let mut copy = Copy::new(&host).await;
    let (whole, size) = (copy.content.clone(), u32::try_from(copy.size).unwrap());
    let revision = copy.revision.clone();
    copy.content.clear();
    for start in (0..size).step_by(600) {
        let answer = ok(&host, [bytes(2, &revision), selector(start..start + 600)].concat()).await;
        let mut piece = Copy { content: BTreeMap::new(), ..copy.clone() };
        let news = piece.take(&answer);
        assert_eq!(news.revision, revision);
        let wanted: Vec<_> = (u64::from(start)..copy.size.min(u64::from(start) + 600)).collect();
        assert_eq!(piece.content.keys().copied().collect::<Vec<_>>(), wanted);
        copy.content.extend(piece.content);
        // Meanwhile pages change, generations end, and the database becomes smaller.
        host.run(&["INSERT INTO t VALUES (10)", MANY_PAGES, "DELETE FROM pages"]).await;
    }
    assert!(copy.content == whole);
    assert_eq!(copy.sum(), 1);
    assert!(!copy.pull().await.replaces);
    assert_eq!(copy.sum(), 41);
}

fn selector(pages: std::ops::Range<u32>) -> Vec<u8> {
    let mut bitmap = Vec::new();
    pages.collect::<RoaringBitmap>().serialize_into(&mut bitmap).unwrap();
    bytes(5, bitmap)
}

#[tokio::test]
async fn of_what_changed_only_the_selected_pages_are_sent() {
    let host = host().await;
    let mut copy = Copy::new(&host).await;
    host.run(&["INSERT INTO t VALUES (10)", "INSERT INTO pages VALUES (1)"]).await;
    let asked = [bytes(3, &copy.revision), selector(2..1000)].concat();
    let news = copy.take(&ok(&host, asked).await);
    assert_eq!((news.replaces, news.pages), (false, vec![2]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_made_while_writers_go_on_has_whole_transactions() {
    let host = host().await;
    let writer = {
        let host = host.clone();
        tokio::spawn(async move {
            for value in 0..20 {
                let pair = format!("INSERT INTO t VALUES ({value}), (-{value})");
                host.run(&["BEGIN IMMEDIATE", &pair, MANY_PAGES, "DELETE FROM pages", "COMMIT"]).await;
            }
        })
    };
    let mut copy = Copy::new(&host).await;
    while !writer.is_finished() {
        copy.pull().await;
        assert_eq!(copy.sum(), 1);
        assert_eq!(Copy::new(&host).await.sum(), 1);
    }
    writer.await.unwrap();
    copy.pull().await;
    assert_eq!(copy.value("SELECT count(*) FROM t"), 41);
}

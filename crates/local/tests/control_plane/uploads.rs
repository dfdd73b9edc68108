//! Databases that begin as a file.

use std::{path::PathBuf, time::Duration};

use http::{Method, Request, header};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use turso_cloud_local::Cloud;

use crate::support::{ACME, Answer, SEED, create_database, delete, files, get, mint, post, query, send, value};

const DATABASES: &str = "/v1/organizations/acme/databases";

fn file_of(sql: &str) -> Vec<u8> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file.db");
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.execute_batch(sql).unwrap();
    drop(connection);
    std::fs::read(path).unwrap()
}

fn good_file() -> Vec<u8> {
    file_of("PRAGMA journal_mode=WAL; CREATE TABLE t (x); INSERT INTO t VALUES (7);")
}

async fn create_draft(cloud: &Cloud, name: &str) -> Answer {
    let body = json!({"name": name, "group": "default", "seed": {"type": "database_upload"}}).to_string();
    let answer = post(cloud, DATABASES, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer
}

async fn token(cloud: &Cloud, name: &str) -> String {
    mint(cloud, &format!("{DATABASES}/{name}/auth/tokens")).await
}

async fn to_host(cloud: &Cloud, method: Method, path: &str, token: &str, body: Vec<u8>) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, "imported-acme.localhost")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_LENGTH, body.len());
    send(cloud, request.body(body.into()).unwrap()).await
}

async fn upload(cloud: &Cloud, token: &str, file: Vec<u8>) -> Answer {
    to_host(cloud, Method::POST, "/v1/upload", token, file).await
}

#[tokio::test]
async fn a_draft_is_a_database_without_sql_until_its_file_is_there() {
    let cloud = Cloud::builder().seed(SEED).build().unwrap();
    create_draft(&cloud, "imported").await;
    assert_eq!(get(&cloud, &format!("{DATABASES}/imported")).await.json()["database"]["Name"], "imported");
    let token = token(&cloud, "imported").await;
    let refused = query(&cloud, "imported-acme", &token, "SELECT 1").await;
    assert_eq!(refused.refusal(), (403, "BLOCKED: the database is a draft, upload its file first".to_owned()));
    let body = r#"{"name":"copy","group":"default","seed":{"type":"database","name":"imported"}}"#;
    let refused = post(&cloud, DATABASES, body).await;
    assert_eq!((refused.status, refused.error().contains("draft")), (400, true), "{}", refused.text);
    let uploaded = upload(&cloud, &token, good_file()).await;
    assert_eq!((uploaded.status, uploaded.text.as_str()), (200, ""));
    assert_eq!(value(&cloud, "imported", "SELECT x FROM t").await, "7");
    assert_eq!(post(&cloud, DATABASES, body).await.status, 200);
    assert_eq!(value(&cloud, "copy", "SELECT x FROM t").await, "7");
}

#[tokio::test]
async fn a_cloud_in_a_directory_with_a_relative_path_takes_files_too() {
    let directory = tempfile::tempdir().unwrap();
    let here = std::env::current_dir().unwrap();
    let to_the_root: PathBuf = here.components().skip(1).map(|_| "..").collect();
    let relative = to_the_root.join(directory.path().strip_prefix("/").unwrap());
    let cloud = Cloud::builder().seed(SEED).directory(relative).build().unwrap();
    create_draft(&cloud, "imported").await;
    let token = token(&cloud, "imported").await;
    let uploaded = upload(&cloud, &token, good_file()).await;
    assert_eq!((uploaded.status, uploaded.text.as_str()), (200, ""));
    assert_eq!(value(&cloud, "imported", "SELECT x FROM t").await, "7");
}

#[tokio::test]
async fn a_draft_is_created_by_the_third_version_too_and_takes_its_file_in_pieces() {
    let cloud = Cloud::builder().seed(SEED).build().unwrap();
    let group = get(&cloud, &format!("{ACME}/groups")).await.json()["groups"][0]["uuid"].clone();
    let body = json!({"name": "imported", "group_id": group, "seed": {"type": "database_upload"}}).to_string();
    let created = post(&cloud, &format!("{ACME}/databases"), &body).await;
    assert_eq!(created.status, 200, "{}", created.text);
    let (token, file) = (token(&cloud, "imported").await, good_file());
    let body = format!(r#"{{"db_size_bytes":{}}}"#, file.len());
    let started = to_host(&cloud, Method::PUT, "/v2/upload/start", &token, body.into_bytes()).await;
    assert_eq!(started.status, 200, "{}", started.text);
    assert!(started.json()["chunk_size"].as_u64().unwrap() >= file.len() as u64);
    let path = format!("/v2/upload/{}", started.json()["upload_id"].as_str().unwrap());
    assert_eq!(to_host(&cloud, Method::PUT, &format!("{path}/chunk/0"), &token, file).await.status, 200);
    assert_eq!(to_host(&cloud, Method::PUT, &format!("{path}/finalize"), &token, Vec::new()).await.status, 200);
    assert_eq!(value(&cloud, "imported", "SELECT x FROM t").await, "7");
}

#[tokio::test]
async fn an_announcement_is_read_up_to_64_kib() {
    let cloud = Cloud::new().unwrap();
    create_draft(&cloud, "imported").await;
    let token = token(&cloud, "imported").await;
    for (length, expected) in [
        (64 << 10, (200, String::new())),
        ((64 << 10) + 1, (400, "the request body is larger than 65536 bytes".to_owned())),
    ] {
        let mut body = br#"{"db_size_bytes":8192}"#.to_vec();
        body.resize(length, b' ');
        let started = to_host(&cloud, Method::PUT, "/v2/upload/start", &token, body).await;
        assert_eq!((started.status, started.json()["error"].as_str().unwrap_or_default().to_owned()), expected);
    }
}

#[tokio::test]
async fn a_file_needs_a_good_token_of_its_database() {
    let cloud = Cloud::new().unwrap();
    create_draft(&cloud, "imported").await;
    create_database(&cloud, "other").await;
    let tokens = format!("{DATABASES}/imported/auth/tokens");
    let read_only = mint(&cloud, &format!("{tokens}?authorization=read-only")).await;
    let short_lived = mint(&cloud, &format!("{tokens}?expiration=5m")).await;
    cloud.clock().advance(Duration::from_secs(301));
    for (token, status, sentence) in [
        (token(&cloud, "other").await, 401, "token does not have the permissions to access the database"),
        (read_only, 403, "doesn't have write permission"),
        (short_lived, 401, "expired"),
        (cloud.token().expose().to_owned(), 401, "invalid JWT token"),
    ] {
        let refused = upload(&cloud, &token, good_file()).await;
        assert_eq!((refused.status, refused.error().contains(sentence)), (status, true), "{}", refused.text);
    }
    assert_eq!(upload(&cloud, &token(&cloud, "imported").await, good_file()).await.status, 200);
}

#[tokio::test]
async fn a_database_in_use_takes_no_file() {
    let cloud = Cloud::new().unwrap();
    create_database(&cloud, "imported").await;
    value(&cloud, "imported", "CREATE TABLE mine (x)").await;
    let refused = upload(&cloud, &token(&cloud, "imported").await, good_file()).await;
    assert_eq!((refused.status, refused.error().contains("takes no file")), (409, true), "{}", refused.text);
    assert_eq!(value(&cloud, "imported", "SELECT count(*) FROM mine").await, "0");
}

#[tokio::test]
async fn a_restart_keeps_a_draft_a_draft_and_an_uploaded_database_its_rows() {
    let directory = tempfile::tempdir().unwrap();
    let open = || Cloud::builder().directory(directory.path()).build().unwrap();
    let cloud = open();
    create_draft(&cloud, "imported").await;
    let token = token(&cloud, "imported").await;
    let body = br#"{"db_size_bytes":8192}"#.to_vec();
    assert_eq!(to_host(&cloud, Method::PUT, "/v2/upload/start", &token, body).await.status, 200);
    assert_eq!(files(directory.path()).len(), 1);
    drop(cloud);
    let cloud = open();
    assert_eq!(files(directory.path()), Vec::<String>::new());
    assert_eq!(query(&cloud, "imported-acme", &token, "SELECT 1").await.status, 403);
    assert_eq!(upload(&cloud, &token, b"no database".to_vec()).await.status, 400);
    assert_eq!(upload(&cloud, &token, good_file()).await.status, 200);
    drop(cloud);
    let cloud = open();
    assert_eq!(value(&cloud, "imported", "SELECT x FROM t").await, "7");
    assert_eq!(upload(&cloud, &token, good_file()).await.status, 409);
}

#[tokio::test]
async fn a_deleted_draft_is_a_draft_when_it_comes_back() {
    let cloud = Cloud::builder().seed(SEED).build().unwrap();
    let id = create_draft(&cloud, "imported").await.json()["database"]["DbId"].as_str().unwrap().to_owned();
    let token = token(&cloud, "imported").await;
    delete(&cloud, &format!("{DATABASES}/imported")).await;
    assert_eq!(upload(&cloud, &token, good_file()).await.status, 404);
    assert_eq!(post(&cloud, &format!("{ACME}/databases/{id}/restore"), "").await.status, 200);
    assert_eq!(query(&cloud, "imported-acme", &token, "SELECT 1").await.status, 403);
    assert_eq!(upload(&cloud, &token, good_file()).await.status, 200);
}

#[tokio::test]
async fn a_body_that_is_cut_short_on_the_wire_leaves_the_draft_as_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let cloud = Cloud::builder().directory(directory.path()).build().unwrap();
    let server = cloud.serve("127.0.0.1:0").await.unwrap();
    create_draft(&cloud, "imported").await;
    let (token, file) = (token(&cloud, "imported").await, good_file());
    let head = |length: usize| {
        format!(
            "POST /v1/upload HTTP/1.1\r\nHost: imported-acme.localhost\r\nAuthorization: Bearer {token}\r\n\
             Content-Length: {length}\r\nConnection: close\r\n\r\n"
        )
    };
    let exchange = async |head: String, body: &[u8]| {
        let mut stream = tokio::net::TcpStream::connect(server.addr()).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(body).await.unwrap();
        // A sender that hangs up before the end gets no answer.
        if body.len() < file.len() {
            stream.shutdown().await.unwrap();
        }
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    };
    exchange(head(file.len()), &file[..5000]).await;
    assert_eq!(query(&cloud, "imported-acme", &token, "SELECT 1").await.status, 403);
    let answer = exchange(head(file.len()), &file).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert_eq!(value(&cloud, "imported", "SELECT x FROM t").await, "7");
    assert!(files(directory.path()).iter().all(|name| name.contains(".db")), "{:?}", files(directory.path()));
}

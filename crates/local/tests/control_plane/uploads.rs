//! Databases that begin as a file or as a dump in SQL.

use std::{path::Path, time::Duration};

use axum::body::Body;
use http::{Method, Request, header};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use turso_cloud_contract::members;
use turso_cloud_local::Cloud;

use crate::support::{
    ACME, Answer, SEED, create_database, delete, get, mint, mint_api_token, post, query, send, token_of,
};

const DATABASES: &str = "/v1/organizations/acme/databases";
const DUMPS: &str = "/v1/organizations/acme/databases/dumps";

const DUMP: &str = "PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE child (id INTEGER PRIMARY KEY, parent REFERENCES parent (id));
INSERT INTO child VALUES(1,7);
CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO parent VALUES(7,'one; two
three');
CREATE TRIGGER t AFTER INSERT ON parent BEGIN
  INSERT INTO child (parent) VALUES (new.id);
  UPDATE child SET parent = parent;
END;
COMMIT;
";

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

/// The only value of the answer to a statement.
async fn value(cloud: &Cloud, name: &str, sql: &str) -> Value {
    let answer = query(cloud, &format!("{name}-acme"), &token(cloud, name).await, sql).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.json()["results"][0]["type"], "ok", "{}", answer.text);
    answer.json()["results"][0]["response"]["result"]["rows"][0][0]["value"].clone()
}

fn form(parts: &[(&str, &str)]) -> (String, String) {
    let mut body = String::new();
    for (name, content) in parts {
        let disposition = format!("Content-Disposition: form-data; name=\"{name}\"; filename=\"dump.sql\"");
        body += &format!("--edge\r\n{disposition}\r\nContent-Type: application/octet-stream\r\n\r\n{content}\r\n");
    }
    ("multipart/form-data; boundary=edge".to_owned(), body + "--edge--\r\n")
}

async fn send_form(cloud: &Cloud, token: &str, path: &str, parts: &[(&str, &str)]) -> Answer {
    let (content_type, body) = form(parts);
    let request = Request::post(path)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, content_type);
    send(cloud, request.body(Body::from(body)).unwrap()).await
}

async fn dump_url(cloud: &Cloud, sql: &str) -> String {
    let answer = send_form(cloud, cloud.token().expose(), DUMPS, &[("file", sql)]).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["dump_url"].as_str().unwrap().to_owned()
}

async fn create_from(cloud: &Cloud, url: &str) -> Answer {
    let body = json!({"name": "imported", "group": "default", "seed": {"type": "dump", "url": url}}).to_string();
    post(cloud, DATABASES, &body).await
}

/// The files of a cloud that is kept in this directory, but for its state.
fn files(directory: &Path) -> Vec<String> {
    let databases = directory.join("databases");
    let folders = [databases.clone(), databases.join("dumps"), databases.join("uploads")];
    let entries = folders.iter().flat_map(|folder| std::fs::read_dir(folder).into_iter().flatten());
    let files = entries.map(Result::unwrap).filter(|entry| entry.path().is_file());
    files.map(|entry| entry.file_name().into_string().unwrap()).collect()
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
        stream.shutdown().await.unwrap();
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

#[tokio::test]
async fn an_uploaded_dump_is_the_beginning_of_one_database() {
    let directory = tempfile::tempdir().unwrap();
    let cloud = Cloud::builder().seed(SEED).directory(directory.path()).build().unwrap();
    let url = dump_url(&cloud, DUMP).await;
    let id = url.strip_prefix("http://localhost/v1/acme/databases/dumps/").unwrap();
    assert_eq!(id.len(), 36, "{url}");
    assert_eq!(files(directory.path()).len(), 1);
    let created = create_from(&cloud, &url).await;
    assert_eq!(created.status, 200, "{}", created.text);
    assert_eq!(value(&cloud, "imported", "SELECT name FROM parent").await, "one; two\nthree");
    assert_eq!(value(&cloud, "imported", "SELECT parent FROM child").await, "7");
    value(&cloud, "imported", "INSERT INTO parent VALUES (8, 'x')").await;
    assert_eq!(value(&cloud, "imported", "SELECT max(parent) FROM child").await, "8");
    assert_eq!(value(&cloud, "imported", "PRAGMA journal_mode").await, "wal");
    assert!(files(directory.path()).iter().all(|name| name.contains(".db")), "the dump is used up");
    delete(&cloud, &format!("{DATABASES}/imported")).await;
    let refused = create_from(&cloud, &url).await;
    assert_eq!((refused.status, refused.error().contains("seed.url")), (400, true), "{}", refused.text);
}

#[tokio::test]
async fn a_dump_of_virtual_tables_is_loaded() {
    let source = rusqlite::Connection::open_in_memory().unwrap();
    source.execute_batch("CREATE VIRTUAL TABLE notes USING fts5(text); INSERT INTO notes VALUES ('one two');").unwrap();
    // As `sqlite3` dumps it: the table itself by hand, the tables it keeps its data in like all others.
    let mut dump = "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nPRAGMA writable_schema=ON;\n\
                    INSERT INTO sqlite_schema(type,name,tbl_name,rootpage,sql)VALUES('table','notes','notes',0,\
                    'CREATE VIRTUAL TABLE notes USING fts5(text)');\n"
        .to_owned();
    let mut tables =
        source.prepare("SELECT name, sql FROM sqlite_schema WHERE name LIKE 'notes\\_%' ESCAPE '\\'").unwrap();
    let tables = tables.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))).unwrap();
    for (name, sql) in tables.map(Result::unwrap) {
        dump += &format!("{};\n", sql.replacen("CREATE TABLE", "CREATE TABLE IF NOT EXISTS", 1));
        let mut rows = source.prepare(&format!("SELECT * FROM \"{name}\"")).unwrap();
        let width = rows.column_count();
        let mut rows = rows.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let values: Vec<_> = (0..width).map(|column| literal(row.get_unwrap(column))).collect();
            dump += &format!("INSERT INTO {name} VALUES({});\n", values.join(","));
        }
    }
    dump += "PRAGMA writable_schema=OFF;\nCOMMIT;\n";
    let cloud = Cloud::new().unwrap();
    let created = create_from(&cloud, &dump_url(&cloud, &dump).await).await;
    assert_eq!(created.status, 200, "{}", created.text);
    assert_eq!(value(&cloud, "imported", "SELECT text FROM notes WHERE notes MATCH 'two'").await, "one two");
}

fn literal(value: rusqlite::types::Value) -> String {
    use rusqlite::types::Value as Sql;
    match value {
        Sql::Null => "NULL".to_owned(),
        Sql::Integer(value) => value.to_string(),
        Sql::Real(value) => value.to_string(),
        Sql::Text(text) => format!("'{text}'"),
        Sql::Blob(bytes) => {
            format!("X'{}'", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
        }
    }
}

#[tokio::test]
async fn a_dump_may_lie_on_this_machine() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a dump.sql");
    std::fs::write(&path, DUMP).unwrap();
    let cloud = Cloud::new().unwrap();
    let url = format!("file://{}", path.display()).replace(' ', "%20");
    let created = create_from(&cloud, &url).await;
    assert_eq!(created.status, 200, "{}", created.text);
    assert_eq!(value(&cloud, "imported", "SELECT count(*) FROM parent").await, "1");
    assert!(path.exists());
    delete(&cloud, &format!("{DATABASES}/imported")).await;
    std::fs::remove_file(&path).unwrap();
    let refused = create_from(&cloud, &url).await;
    assert_eq!((refused.status, refused.error().contains("a dump.sql")), (400, true), "{}", refused.text);
}

#[tokio::test]
async fn nothing_is_loaded_from_the_network() {
    let cloud = Cloud::new().unwrap();
    for url in ["https://example.com/dump.sql", "http://localhost/v1/acme/databases/dumps/x", "dump.sql", "ftp://x/y"] {
        let refused = create_from(&cloud, url).await;
        assert_eq!((refused.status, refused.error().contains("seed.url")), (400, true), "{}", refused.text);
    }
    assert_eq!(get(&cloud, DATABASES).await.json(), json!({"databases": []}));
}

#[tokio::test]
async fn a_dump_that_fails_says_where_and_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let cloud = Cloud::builder().directory(directory.path()).build().unwrap();
    let victim = directory.path().join("victim.db");
    let attach = format!("CREATE TABLE t (x);\nATTACH '{}' AS other;\n", victim.display());
    let vacuum = format!("CREATE TABLE t (x);\nVACUUM INTO '{}';\n", victim.display());
    for (sql, expected) in [
        ("BEGIN;\nCREATE TABLE t (x);\n\nINSERT INTO u\n VALUES (1);\nCOMMIT;", "line 4 failed"),
        ("CREATE TABLE t (x);\nnonsense", "line 2 failed"),
        ("BEGIN;\nCREATE TABLE t (x);\nROLLBACK; -- due to errors", "ROLLBACK (line 3)"),
        (attach.as_str(), "line 2 failed"),
        (vacuum.as_str(), "line 2 failed"),
        ("SELECT load_extension('x');", "line 1 failed"),
        ("PRAGMA journal_mode=DELETE;", "line 1 failed"),
        ("CREATE TABLE t (x UNIQUE);\nINSERT INTO t VALUES (1), (1);", "UNIQUE constraint failed"),
    ] {
        let url = dump_url(&cloud, sql).await;
        let refused = create_from(&cloud, &url).await;
        assert_eq!((refused.status, refused.error().contains(expected)), (400, true), "{sql}: {}", refused.text);
        assert!(files(directory.path()).iter().all(|name| !name.contains(".db")), "{sql}");
        assert!(!victim.exists(), "{sql}");
    }
    assert_eq!(get(&cloud, DATABASES).await.json(), json!({"databases": []}));
    let url = dump_url(&cloud, DUMP).await;
    assert_eq!(create_from(&cloud, &url).await.status, 200);
}

#[tokio::test]
async fn a_dump_that_exceeds_the_size_limit_is_refused() {
    let cloud = Cloud::new().unwrap();
    let url = dump_url(&cloud, "CREATE TABLE t (x);\nINSERT INTO t VALUES (zeroblob(100000));").await;
    let seed = json!({"type": "dump", "url": url});
    let body = json!({"name": "imported", "group": "default", "size_limit": "50kb", "seed": seed}).to_string();
    let refused = post(&cloud, DATABASES, &body).await;
    assert_eq!((refused.status, refused.error().contains("line 2 failed")), (400, true), "{}", refused.text);
}

#[tokio::test]
async fn a_dump_belongs_to_its_organization() {
    let cloud = Cloud::new().unwrap();
    let url = dump_url(&cloud, DUMP).await;
    let body = json!({"name": "imported", "group": "default", "seed": {"type": "dump", "url": url}}).to_string();
    let refused = post(&cloud, "/v1/organizations/dev/databases", &body).await;
    assert_eq!((refused.status, refused.error().contains("seed.url")), (400, true), "{}", refused.text);
    assert_eq!(create_from(&cloud, &url).await.status, 200);
}

#[tokio::test]
async fn a_dump_waits_for_a_day_even_if_the_cloud_is_opened_again() {
    let directory = tempfile::tempdir().unwrap();
    let clock = turso_cloud_local::Clock::frozen_at("2026-06-01T12:00:00Z".parse().unwrap());
    let open = || Cloud::builder().directory(directory.path()).clock(clock.clone()).build().unwrap();
    let cloud = open();
    let (one, two) = (dump_url(&cloud, DUMP).await, dump_url(&cloud, DUMP).await);
    drop(cloud);
    let cloud = open();
    clock.advance(Duration::from_secs(24 * 3600 - 1));
    assert_eq!(create_from(&cloud, &one).await.status, 200);
    delete(&cloud, &format!("{DATABASES}/imported")).await;
    clock.advance(Duration::from_secs(1));
    assert_eq!(create_from(&cloud, &two).await.status, 400);
    assert!(files(directory.path()).iter().all(|name| name.contains(".db")));
}

#[tokio::test]
async fn a_dump_is_taken_from_whoever_may_create_databases() {
    let cloud = Cloud::builder()
        .with_member("vera", members::Role::Viewer)
        .with_member("mia", members::Role::Member)
        .with_user("bob")
        .build()
        .unwrap();
    let scoped = async |name: &str, scope: &str| {
        let body = format!(r#"{{"organization":"acme","group":"default","scopes":["{scope}"]}}"#);
        mint_api_token(&cloud, name, &body).await
    };
    for (token, status) in [
        (token_of(&cloud, "vera"), 403),
        (token_of(&cloud, "mia"), 200),
        (token_of(&cloud, "bob"), 403),
        ("nonsense".to_owned(), 401),
        (scoped("reader", "read").await, 403),
        (scoped("creator", "db:create").await, 200),
    ] {
        let answer = send_form(&cloud, &token, DUMPS, &[("file", DUMP)]).await;
        assert_eq!(answer.status, status, "{}", answer.text);
    }
    let unknown = "/v1/organizations/none/databases/dumps";
    assert_eq!(send_form(&cloud, cloud.token().expose(), unknown, &[("file", DUMP)]).await.status, 404);
}

#[tokio::test]
async fn a_dump_is_the_one_file_of_a_form() {
    let directory = tempfile::tempdir().unwrap();
    let cloud = Cloud::builder().directory(directory.path()).build().unwrap();
    let token = cloud.token();
    for (parts, expected) in
        [(vec![("other", DUMP)], "no part file"), (vec![("file", DUMP), ("file", DUMP)], "more than one part file")]
    {
        let refused = send_form(&cloud, token.expose(), DUMPS, &parts).await;
        assert_eq!((refused.status, refused.error().contains(expected)), (400, true), "{}", refused.text);
    }
    let refused = post(&cloud, DUMPS, DUMP).await;
    assert_eq!((refused.status, refused.error().contains("multipart/form-data")), (400, true), "{}", refused.text);
    let (content_type, body) = form(&[("file", DUMP)]);
    let request = Request::post(DUMPS)
        .header(header::AUTHORIZATION, format!("Bearer {}", token.expose()))
        .header(header::CONTENT_TYPE, content_type);
    let refused = send(&cloud, request.body(body[..200].to_owned().into()).unwrap()).await;
    assert_eq!((refused.status, refused.error().contains("could not be read")), (400, true), "{}", refused.text);
    assert_eq!(files(directory.path()), Vec::<String>::new());
}

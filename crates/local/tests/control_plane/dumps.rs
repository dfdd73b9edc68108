//! Databases that begin as a dump in SQL.

use std::{fmt::Write as _, path::Path, time::Duration};

use http::{Request, header};
use serde_json::json;
use tokio::{task::JoinHandle, time::timeout};
use turso_cloud::transport::Body;
use turso_cloud_contract::members;
use turso_cloud_local::Cloud;

use crate::support::{Answer, SEED, create_database, delete, files, get, mint_api_token, post, send, token_of, value};

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

fn form(parts: &[(&str, &str)]) -> (String, String) {
    let mut body = String::new();
    for (name, content) in parts {
        let disposition = format!("Content-Disposition: form-data; name=\"{name}\"; filename=\"dump.sql\"");
        let kind = "Content-Type: application/octet-stream";
        write!(body, "--edge\r\n{disposition}\r\n{kind}\r\n\r\n{content}\r\n").unwrap();
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

/// A dump that takes minutes to load, and nothing to read.
const LONG: &str = "CREATE TABLE t (x);\n\
                    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT max(i) FROM n;\n";

/// Waits until there are so many files.
async fn until_there_are(count: usize, directory: &Path) {
    let counted = async {
        while files(directory).len() != count {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(60), counted).await.unwrap();
}

/// A request for a database from a dump that is being loaded.
async fn loading_for_long(cloud: &Cloud, directory: &Path) -> JoinHandle<Answer> {
    let url = dump_url(cloud, LONG).await;
    let creating = tokio::spawn({
        let cloud = cloud.clone();
        async move { create_from(&cloud, &url).await }
    });
    until_there_are(2, directory).await;
    creating
}

/// Whether a file is one of a database, and not a dump, whose name has any hexadecimal digits behind its first point.
fn is_of_database(name: &str) -> bool {
    name.split_once(".db").is_some_and(|(_, behind)| behind.is_empty() || behind.starts_with('-'))
}

#[tokio::test]
async fn a_dump_that_cannot_be_kept_is_told_of_the_disk() {
    let directory = tempfile::tempdir().unwrap();
    let cloud = Cloud::builder().seed(SEED).directory(directory.path()).build().unwrap();
    std::fs::write(directory.path().join("databases/uploads"), "in the way").unwrap();
    let answer = send_form(&cloud, cloud.token().expose(), DUMPS, &[("file", DUMP)]).await;
    assert_eq!(answer.status, 500);
    assert!(answer.error().contains("cannot write to its disk"), "{}", answer.text);
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
    assert!(files(directory.path()).iter().all(|name| is_of_database(name)), "the dump is used up");
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
        writeln!(dump, "{};", sql.replacen("CREATE TABLE", "CREATE TABLE IF NOT EXISTS", 1)).unwrap();
        let mut rows = source.prepare(&format!("SELECT * FROM \"{name}\"")).unwrap();
        let width = rows.column_count();
        let mut rows = rows.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let values: Vec<_> = (0..width).map(|column| literal(row.get_unwrap(column))).collect();
            writeln!(dump, "INSERT INTO {name} VALUES({});", values.join(",")).unwrap();
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
            let digits: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("X'{}'", digits.concat())
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

#[cfg(unix)]
#[tokio::test]
async fn what_is_no_file_is_not_waited_for() {
    let cloud = Cloud::new().unwrap();
    for device in ["file:///dev/zero", "file:///dev/stdin", "file:///tmp"] {
        let refused = create_from(&cloud, device).await;
        assert_eq!((refused.status, refused.error().contains("must name a file")), (400, true), "{}", refused.text);
    }
    // The system calls it a file, and has no length for it.
    if cfg!(target_os = "linux") {
        let refused = create_from(&cloud, "file:///proc/self/pagemap").await;
        assert_eq!((refused.status, refused.error().contains("not empty")), (400, true), "{}", refused.text);
    }
    assert_eq!(get(&cloud, DATABASES).await.json(), json!({"databases": []}));
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
        ("PRAGMA writable_schema=ON;\nINSERT INTO sqlite_schema VALUES('table','q','q',0,'garbage');", "malformed"),
        (
            "CREATE TABLE t (x);\nPRAGMA writable_schema=ON;\nUPDATE sqlite_schema SET sql='x';\n\
             PRAGMA writable_schema=RESET;",
            "malformed",
        ),
        ("PRAGMA journal_mode=DELETE;", "line 1 failed"),
        ("CREATE TABLE t (x UNIQUE);\nINSERT INTO t VALUES (1), (1);", "UNIQUE constraint failed"),
    ] {
        let url = dump_url(&cloud, sql).await;
        let refused = create_from(&cloud, &url).await;
        assert_eq!((refused.status, refused.error().contains(expected)), (400, true), "{sql}: {}", refused.text);
        let left: Vec<_> = files(directory.path()).into_iter().filter(|name| is_of_database(name)).collect();
        assert_eq!(left, [""; 0], "{sql}");
        assert!(!victim.exists(), "{sql}");
    }
    assert_eq!(get(&cloud, DATABASES).await.json(), json!({"databases": []}));
    let url = dump_url(&cloud, DUMP).await;
    assert_eq!(create_from(&cloud, &url).await.status, 200);
}

#[tokio::test]
async fn the_platform_api_answers_while_a_dump_is_loaded() {
    let directory = tempfile::tempdir().unwrap();
    let cloud = Cloud::builder().directory(directory.path()).build().unwrap();
    let creating = loading_for_long(&cloud, directory.path()).await;
    let created = timeout(Duration::from_secs(60), create_database(&cloud, "other")).await;
    assert!(created.is_ok() && !creating.is_finished());
    creating.abort();
}

#[tokio::test]
async fn a_dump_is_loaded_no_further_when_nobody_waits_for_it() {
    let directory = tempfile::tempdir().unwrap();
    let cloud = Cloud::builder().directory(directory.path()).build().unwrap();
    let creating = loading_for_long(&cloud, directory.path()).await;
    creating.abort();
    until_there_are(1, directory.path()).await;
    assert_eq!(get(&cloud, DATABASES).await.json(), json!({"databases": []}));
}

#[tokio::test]
async fn a_request_that_would_be_refused_anyway_has_no_dump_loaded() {
    let cloud = Cloud::new().unwrap();
    let url = dump_url(&cloud, LONG).await;
    create_database(&cloud, "taken").await;
    for (name, group, expected) in [
        ("Not a name", "default", "database name"),
        ("new", "none", "group not found"),
        ("taken", "default", "already exists"),
    ] {
        let body = json!({"name": name, "group": group, "seed": {"type": "dump", "url": url}}).to_string();
        let refused = timeout(Duration::from_secs(60), post(&cloud, DATABASES, &body)).await.unwrap();
        assert_eq!((refused.status, refused.error().contains(expected)), (400, true), "{}", refused.text);
    }
}

#[tokio::test]
async fn what_others_have_changed_while_a_dump_was_loaded_counts() {
    let directory = tempfile::tempdir().unwrap();
    let cloud = Cloud::builder().directory(directory.path()).build().unwrap();
    let rows = "CREATE TABLE t (x);\nWITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 3000000)\
                \nSELECT max(i) FROM n;\n";
    let url = dump_url(&cloud, rows).await;
    let (one, two) = tokio::join!(create_from(&cloud, &url), create_from(&cloud, &url));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400], "{} {}", one.text, two.text);
    assert!(files(directory.path()).iter().all(|name| is_of_database(name)), "{:?}", files(directory.path()));
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
    assert!(files(directory.path()).iter().all(|name| is_of_database(name)));
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

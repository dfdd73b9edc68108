//! `ATTACH "<database id>" AS name`.

use serde_json::{Value, json};

use super::{DATABASE, GROUP, GROUP_ROLE, Host, LABEL, claims, execute, integer, mint, record, seed, sequence, step};
use crate::data::{Access, AllowList, DatabaseRecord, Subject, TokenClaims};

const OTHER: &str = "5a5e7f34-6d2b-4a53-8a0e-1c2e94c6c001";
const OTHER_ROLE: &str = "2f9c2f54-2f4c-4a54-9d2e-aa3b0a90c003";

fn other() -> DatabaseRecord {
    DatabaseRecord {
        id: OTHER.to_owned(),
        label: "other-acme".to_owned(),
        role_id: OTHER_ROLE.to_owned(),
        allow_attach: true,
        ..record()
    }
}

/// What keeps the second from being attached, and what the refusal says of it.
fn unattachable() -> [(DatabaseRecord, &'static str); 6] {
    [
        (DatabaseRecord { draft: true, ..other() }, "has no file yet"),
        (DatabaseRecord { allow_attach: false, ..other() }, "allow_attach"),
        (DatabaseRecord { group_id: "g".to_owned(), ..other() }, "is in another group"),
        (DatabaseRecord { archived: true, ..other() }, "is archived"),
        (DatabaseRecord { block_reads: true, ..other() }, "has its reads blocked"),
        (DatabaseRecord { allowed_ips: AllowList::new(&["192.0.2.1".to_owned()]), ..other() }, "this address"),
    ]
}

/// Two databases, and a token of the first that attaches the second.
async fn hosts() -> Host {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)", "INSERT INTO t VALUES (1)"]).await;
    host.plane.put(DatabaseRecord { label: LABEL.to_owned(), ..other() });
    let filler = Subject::Database { id: OTHER.to_owned() };
    let claims_of_other = TokenClaims { subject: filler, role_id: OTHER_ROLE.to_owned(), ..claims(&host.clock) };
    host.with_token(mint(&claims_of_other, &seed()).unwrap())
        .run(&["CREATE TABLE t (x)", "INSERT INTO t VALUES (2), (3)"])
        .await;
    host.plane.put(other());
    host.plane.put(record());
    attaching(&host, Access::Full)
}

fn attaching(host: &Host, access: Access) -> Host {
    let claims = TokenClaims { access, attachable: vec![OTHER.to_owned()], ..claims(&host.clock) };
    host.with_token(mint(&claims, &seed()).unwrap())
}

fn attach() -> String {
    format!("ATTACH \"{OTHER}\" AS other")
}

async fn refusal(host: &Host, sql: &str) -> String {
    let error = host.error(sql).await;
    assert_eq!(error["code"], "SQLITE_AUTH", "{error}");
    error["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_database_without_a_name_is_not_attached_either() {
    let host = hosts().await;
    for file in ["''", "'file:'", "':memory:'", "('' || '')", "NULL", "X''", "?"] {
        let sql = format!("ATTACH {file} AS forged");
        for requests in [
            json!([sequence(&format!("{sql}; CREATE TABLE forged.missing (x)")), { "type": "close" }]),
            json!([execute(&sql), { "type": "close" }]),
            json!([execute(&format!("EXPLAIN {sql}")), { "type": "close" }]),
        ] {
            host.pipeline(None, requests).await;
            let error = host.error("SELECT * FROM missing").await;
            assert_eq!(error["code"], "SQLITE_UNKNOWN", "{sql}: {error}");
            assert_eq!(host.value("SELECT count(*) FROM pragma_database_list").await, integer(1), "{sql}");
        }
        let answer = host.pipeline(None, json!([sequence(&sql)])).await;
        assert_eq!(answer["results"][0]["type"], "error", "{sql}: {answer}");
    }
    host.run(&["VACUUM"]).await;
}

#[tokio::test]
async fn no_statement_tells_where_the_files_are() {
    let host = hosts().await;
    let ways = [
        "PRAGMA database_list",
        "pragma main.DATABASE_LIST",
        "SELECT * FROM PRAGMA_database_list",
        "EXPLAIN PRAGMA database_list",
        "EXPLAIN SELECT * FROM pragma_database_list",
    ];
    let copies = ["CREATE TEMP TABLE kept AS SELECT * FROM pragma_database_list", "SELECT * FROM kept"];
    let attach = attach();
    let statements = [&[attach.as_str()], &ways[..], &copies[..]].concat();
    let results = host.run(&statements).await;
    for (sql, result) in statements.iter().zip(&results).skip(1) {
        assert!(!result.to_string().contains(".db"), "{sql}: {result}");
    }
    let names = |result: &Value| {
        result["rows"].as_array().unwrap().iter().map(|row| row[1]["value"].clone()).collect::<Vec<_>>()
    };
    let expected = vec![json!("main"), json!("other")];
    assert_eq!([names(&results[1]), names(&results[3])], [expected.clone(), expected]);
}

#[tokio::test]
async fn a_deleted_database_is_not_read_by_a_stream_that_had_attached_it() {
    let host = hosts().await;
    let opened = host.pipeline(None, json!([execute(&attach()), execute("SELECT * FROM other.t")])).await;
    let begun = json!([execute("BEGIN"), execute("INSERT INTO t VALUES (7)")]);
    let opened = host.pipeline(opened["baton"].as_str(), begun).await;
    host.plane.forget(OTHER);
    let read = json!([execute("SELECT * FROM other.t"), execute("COMMIT")]);
    let answer = host.pipeline(opened["baton"].as_str(), read).await;
    assert_eq!(answer["results"][0]["error"]["code"], "SQLITE_AUTH", "{answer}");
    assert_eq!(answer["results"][1]["type"], "ok", "{answer}");
    assert_eq!(host.value("SELECT count(*) FROM t WHERE x = 7").await, integer(1));
    host.plane.put(other());
    let answer = host.pipeline(answer["baton"].as_str(), json!([execute("SELECT * FROM other.t")])).await;
    assert_eq!(answer["results"][0]["type"], "ok", "{answer}");
}

#[tokio::test]
async fn a_database_that_was_detached_may_go_as_if_it_had_never_been_attached() {
    let host = hosts().await;
    let [attach, again] = [attach(), format!("ATTACH \"{OTHER}\" AS again")];
    let twice = [&attach, &again, "DETACH other", "SELECT * FROM again.t"].map(execute);
    let opened = host.pipeline(None, json!(twice)).await;
    assert_eq!(opened["results"][3]["type"], "ok", "{opened}");
    let refused = {
        host.plane.put(DatabaseRecord { archived: true, ..other() });
        host.pipeline(opened["baton"].as_str(), json!([execute("SELECT 1")])).await
    };
    assert_eq!(refused["results"][0]["error"]["code"], "SQLITE_AUTH", "one is left: {refused}");
    host.plane.put(other());

    let detached = host.pipeline(refused["baton"].as_str(), json!([sequence("SELECT 1; DETACH AGAIN")])).await;
    assert_eq!(detached["results"][0]["type"], "ok", "{detached}");
    host.plane.remove(OTHER);
    let files = std::fs::read_dir(host.plane.directory()).unwrap().map(|file| file.unwrap().file_name());
    let left: Vec<_> = files.filter(|name| name.to_string_lossy().contains(OTHER)).collect();
    assert!(left.is_empty(), "{left:?}");
    let answer = host.pipeline(detached["baton"].as_str(), json!([execute("SELECT count(*) FROM t")])).await;
    assert_eq!(answer["results"][0]["response"]["result"]["rows"][0][0], integer(1), "{answer}");
}

#[tokio::test]
async fn whoever_may_attach_is_asked_again_for_each_statement_that_may_read() {
    let host = hosts().await;
    let opened = host.pipeline(None, json!([execute(&attach()), execute("SELECT * FROM other.t")])).await;
    let mut baton = opened["baton"].as_str().unwrap().to_owned();
    let mut read = async |host: &Host| {
        let answer = host.pipeline(Some(&baton), json!([execute("SELECT * FROM other.t")])).await;
        answer["baton"].as_str().unwrap().clone_into(&mut baton);
        answer["results"][0].clone()
    };
    for (changed, reason) in unattachable() {
        host.plane.put(changed);
        let refused = read(&host).await;
        assert!(refused["error"]["message"].as_str().unwrap().contains(reason), "{refused}");
        host.plane.put(other());
        assert_eq!(read(&host).await["type"], "ok");
    }
    let plain = host.with_token(mint(&claims(&host.clock), &seed()).unwrap());
    let refused = read(&plain).await;
    assert_eq!(refused["error"]["code"], "SQLITE_AUTH", "{refused}");
    assert_eq!(read(&host).await["type"], "ok");
}

#[tokio::test]
async fn an_attached_database_is_read_beside_the_main_one() {
    let host = hosts().await;
    let results = host.run(&[&attach(), "SELECT sum(x) FROM (SELECT x FROM t UNION SELECT x FROM other.t)"]).await;
    assert_eq!(results[1]["rows"][0][0], integer(6));
    assert!(results[1]["rows_read"].as_u64().unwrap() >= 3, "{results:?}");
    let joined = format!("ATTACH DATABASE '{OTHER}' AS [o t];");
    host.run(&[&joined, "SELECT * FROM \"o t\".t JOIN t", "DETACH \"o t\"", &joined]).await;
    host.run(&[&format!("/* a */ attach \"{OTHER}\" as x -- b"), "CREATE TABLE u AS SELECT * FROM x.t"]).await;
    let lines = host.cursor(None, json!([step(&attach()), step("SELECT count(*) FROM other.t")])).await;
    assert!(lines.iter().any(|line| line["row"] == json!([integer(2)])), "{lines:?}");
}

#[tokio::test]
async fn a_read_only_token_attaches_too() {
    let reader = attaching(&hosts().await, Access::ReadOnly);
    let results = reader.run(&[&attach(), "SELECT count(*) FROM other.t"]).await;
    assert_eq!(results[1]["rows"][0][0], integer(2));
}

#[tokio::test]
async fn an_attached_database_is_never_written() {
    let host = hosts().await;
    for sql in [
        "INSERT INTO other.t VALUES (4)",
        "UPDATE other.t SET x = 4",
        "DELETE FROM other.t",
        "CREATE TABLE other.u (x)",
        "DROP TABLE other.t",
        "ALTER TABLE other.t ADD COLUMN y",
        "PRAGMA other.user_version = 5",
        "PRAGMA other.journal_mode = DELETE",
        "VACUUM other",
    ] {
        let answer = host.pipeline(None, json!([execute(&attach()), execute(sql), { "type": "close" }])).await;
        assert_eq!(answer["results"][0]["type"], "ok", "{answer}");
        assert_eq!(answer["results"][1]["type"], "error", "{sql}: {answer}");
    }
    let count = host.run(&[&attach(), "BEGIN IMMEDIATE", "SELECT sum(x) FROM other.t", "COMMIT"]).await;
    assert_eq!(count[2]["rows"][0][0], integer(5));
}

#[tokio::test]
async fn no_later_user_of_the_connection_finds_it() {
    let host = hosts().await;
    host.run(&[&attach()]).await;
    for _ in 0..20 {
        assert_eq!(host.error("SELECT * FROM other.t").await["message"], "SQLite error: no such table: other.t");
    }
    let answer = host.pipeline(None, json!([execute(&attach())])).await;
    let continued = host.pipeline(answer["baton"].as_str(), json!([execute("SELECT count(*) FROM other.t")])).await;
    assert_eq!(continued["results"][0]["response"]["result"]["rows"][0][0], integer(2));
}

#[tokio::test]
async fn only_the_id_of_a_database_is_attached() {
    let host = hosts().await;
    let form = "SQLite error: not authorized: ATTACH takes the id of a database, as in ATTACH \"<id>\" AS name";
    for target in ["'/etc/passwd'", "'file:/etc/passwd'", "':memory:'", "''", "\"other\"", "?", "'a' || 'b'", "NULL"] {
        assert_eq!(refusal(&host, &format!("ATTACH {target} AS x")).await, form, "{target}");
    }
    assert_eq!(refusal(&host, &format!("ATTACH '{OTHER}.db' AS x")).await, form);
    assert_eq!(refusal(&host, &format!("ATTACH '{OTHER}' AS x; SELECT 1")).await, form);
    for sql in [format!("EXPLAIN ATTACH '{OTHER}' AS x"), "SELECT 1; ATTACH ':memory:' AS x".to_owned()] {
        assert!(host.error(&sql).await["code"].is_string(), "{sql}");
    }
    let answer = host.pipeline(None, json!([sequence(&attach())])).await;
    assert_eq!(answer["results"][0]["error"]["code"], "SQLITE_AUTH", "{answer}");
}

#[tokio::test]
async fn a_database_is_attached_only_by_who_may() {
    let host = hosts().await;
    let not_allowed = format!("SQLite error: not authorized: the token may not attach database {OTHER}");
    let plain = host.with_token(mint(&claims(&host.clock), &seed()).unwrap());
    assert_eq!(refusal(&plain, &attach()).await, not_allowed);
    // Reading and attaching reaches no further than the token itself.
    let own = TokenClaims { access: Access::ReadAttach, ..claims(&host.clock) };
    assert_eq!(refusal(&host.with_token(mint(&own, &seed()).unwrap()), &attach()).await, not_allowed);
    // What is not there looks the same.
    let unknown = "ATTACH '00000000-0000-0000-0000-000000000000' AS x";
    assert!(refusal(&host, unknown).await.contains("the token may not attach"));
    host.plane.forget(OTHER);
    assert_eq!(refusal(&host, &attach()).await, not_allowed);
}

#[tokio::test]
async fn a_group_token_for_reading_and_attaching_attaches_all_of_its_group() {
    let host = hosts().await;
    let group = TokenClaims {
        access: Access::ReadAttach,
        subject: Subject::Group { id: GROUP.to_owned() },
        role_id: GROUP_ROLE.to_owned(),
        ..claims(&host.clock)
    };
    let host = host.with_token(mint(&group, &seed()).unwrap());
    host.run(&[&attach(), "SELECT * FROM other.t"]).await;
}

#[tokio::test]
async fn the_target_decides_whether_it_is_attached() {
    let host = hosts().await;
    for (target, reason) in unattachable() {
        host.plane.put(target);
        assert!(refusal(&host, &attach()).await.contains(reason), "{reason}");
    }
    host.plane.put(other());
    host.run(&[&attach()]).await;
}

#[tokio::test]
async fn an_attached_database_shows_what_others_change() {
    let host = hosts().await;
    let opened = host.pipeline(None, json!([execute(&attach()), execute("SELECT * FROM other.t")])).await;
    let writer = Subject::Database { id: OTHER.to_owned() };
    let claims = TokenClaims { subject: writer, role_id: OTHER_ROLE.to_owned(), ..claims(&host.clock) };
    let token = mint(&claims, &seed()).unwrap();
    let body = json!({ "requests": [execute("DROP TABLE t"), execute("CREATE TABLE t (x, y)")] }).to_string();
    let request =
        http::Request::post("/").header("authorization", format!("Bearer {token}")).body(body.into()).unwrap();
    assert_eq!(host.plane.handle("other-acme", "/v2/pipeline", request).await.status(), 200);
    let answer = host.pipeline(opened["baton"].as_str(), json!([execute("SELECT x, y FROM other.t")])).await;
    assert_eq!(answer["results"][0]["type"], "ok", "{answer}");
}

#[tokio::test]
async fn a_table_called_like_the_list_of_databases_does_not_stand_in_for_it() {
    let host = hosts().await;
    host.run(&["CREATE TABLE pragma_database_list (seq, name)", "INSERT INTO pragma_database_list VALUES (2, 'x')"])
        .await;
    host.run(&[&attach(), "SELECT * FROM other.t", "DETACH other"]).await;
}

#[tokio::test]
async fn a_database_never_used_is_attached_empty() {
    let host = Host::new();
    host.plane.put(other());
    let host = attaching(&host, Access::Full);
    let results = host.run(&[&attach(), "SELECT count(*) FROM other.sqlite_schema"]).await;
    assert_eq!(results[1]["rows"][0][0], integer(0));
    let itself = TokenClaims { attachable: vec![DATABASE.to_owned()], ..claims(&host.clock) };
    let token: Value = json!(mint(&itself, &seed()).unwrap());
    let host = host.with_token(token.as_str().unwrap());
    assert!(refusal(&host, &format!("ATTACH '{DATABASE}' AS me")).await.contains("allow_attach"));
}

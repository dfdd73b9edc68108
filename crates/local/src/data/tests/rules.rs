//! Tokens that may do some things to some tables.

use serde_json::{Value, json};

use super::{Host, baton, claims, execute, integer, mint, seed, sequence};
use crate::data::{Access, Rules, TokenClaims};

const SETUP: [&str; 12] = [
    "CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE)",
    "CREATE TABLE secrets (id INTEGER PRIMARY KEY, word TEXT)",
    "CREATE TABLE pets (id INTEGER PRIMARY KEY, owner REFERENCES users (id) ON DELETE CASCADE)",
    "CREATE TABLE log (line)",
    "CREATE VIEW names AS SELECT name FROM users",
    "CREATE VIEW words AS SELECT word FROM secrets",
    "CREATE TABLE watched (x)",
    "CREATE TRIGGER watch AFTER INSERT ON watched BEGIN INSERT INTO log VALUES (new.x); END",
    "CREATE INDEX by_word ON secrets (word)",
    "INSERT INTO users (name) VALUES ('ada'), ('bob')",
    "INSERT INTO secrets VALUES (1, 'xyzzy')",
    "INSERT INTO pets VALUES (1, 1)",
];

async fn host() -> Host {
    let host = Host::new();
    host.run(&SETUP).await;
    host
}

/// Somebody with these rules.
fn with(host: &Host, rules: Value) -> Host {
    with_access(host, Access::Full, rules)
}

fn with_access(host: &Host, access: Access, rules: Value) -> Host {
    let rules: Rules = serde_json::from_value(rules).unwrap();
    let claims = TokenClaims { access, rules, ..claims(&host.clock) };
    host.with_token(mint(&claims, &seed()).unwrap())
}

/// The whole request is refused, nothing of it runs, and the answer says why.
async fn forbidden(host: &Host, sql: &str, reason: &str) {
    let body = json!({ "requests": [execute("SELECT 1"), execute(sql), { "type": "close" }] }).to_string();
    let (status, text) = host.post("/v2/pipeline", body).await;
    assert_eq!(status, 403, "{sql}: {text}");
    assert!(text.starts_with(r#"{"error":"BLOCKED: SQL "#) && text.contains(reason), "{sql}: {text}");
    let body = json!({ "batch": { "steps": [{ "stmt": { "sql": sql } }] } }).to_string();
    assert_eq!(host.post("/v3/cursor", body).await.0, 403, "{sql}");
    let body = json!({ "requests": [sequence(&format!("SELECT 1; {sql}"))] }).to_string();
    assert_eq!(host.post("/v3/pipeline", body).await.0, 403, "{sql}");
}

#[tokio::test(start_paused = true)]
async fn a_sequence_that_writes_waits_for_its_turn_before_it_begins() {
    let host = host().await;
    let logger = with(&host, json!([{ "t": ["log"], "a": ["data_add"] }]));
    host.pipeline(None, json!([execute("BEGIN IMMEDIATE")])).await;
    let answer = logger.pipeline(None, json!([sequence("BEGIN; INSERT INTO log VALUES (1); COMMIT")])).await;
    assert_eq!(answer["results"][0]["type"], "ok", "{answer}");
    assert_eq!(host.value("SELECT count(*) FROM log").await, integer(1));
}

#[tokio::test]
async fn each_action_on_a_table_needs_its_own_right() {
    let host = host().await;
    let cases = [
        ("data_read", "SELECT word FROM secrets"),
        ("data_add", "INSERT INTO secrets VALUES (2, 'a')"),
        ("data_update", "UPDATE secrets SET word = 'b'"),
        ("data_delete", "DELETE FROM secrets"),
        ("schema_add", "CREATE INDEX i ON secrets (id)"),
        ("schema_update", "ALTER TABLE secrets ADD COLUMN y"),
        ("schema_delete", "DROP TABLE secrets"),
    ];
    for (action, sql) in cases {
        let others: Vec<_> = cases.iter().map(|(other, _)| *other).filter(|other| *other != action).collect();
        let without = with(&host, json!([{ "t": null, "a": others }]));
        let reason = format!("current session doesn't have {action} permission on table secrets");
        forbidden(&without, sql, &reason).await;
        forbidden(&with(&host, json!([{ "t": ["users"], "a": [action] }])), sql, &reason).await;
    }
    for (action, sql) in cases {
        with(&host, json!([{ "t": ["SECRETS"], "a": [action] }])).run(&[sql]).await;
    }
}

#[tokio::test]
async fn a_class_of_statement_is_named_in_the_refusal() {
    let host = with(&host().await, json!([{ "t": ["users"], "a": ["data_read"] }]));
    let body = |sql| json!({ "requests": [execute(sql)] }).to_string();
    let read = r#"{"error":"BLOCKED: SQL read operations are forbidden (current session doesn't have data_read permission on table secrets)"}"#;
    assert_eq!(host.post("/v2/pipeline", body("SELECT * FROM secrets")).await, (403, read.to_owned()));
    let write = r#"{"error":"BLOCKED: SQL write operations are forbidden (current session doesn't have data_delete permission on table secrets)"}"#;
    assert_eq!(host.post("/v2/pipeline", body("DELETE FROM secrets")).await, (403, write.to_owned()));
}

#[tokio::test]
async fn no_detour_reads_a_table_without_the_right() {
    let reader =
        with(&host().await, json!([{ "t": ["users", "words"], "a": ["data_read", "data_add", "data_update"] }]));
    let reason = "data_read permission on table secrets";
    for sql in [
        "SELECT count(*) FROM secrets",
        "SELECT 1 FROM secrets",
        "SELECT * FROM words",
        "SELECT (SELECT word FROM secrets)",
        "SELECT name FROM users WHERE EXISTS (SELECT * FROM main.secrets)",
        "WITH s AS (SELECT word FROM secrets) SELECT * FROM s",
        "SELECT name FROM users UNION SELECT word FROM secrets",
        "SELECT name FROM users ORDER BY (SELECT word FROM secrets)",
        "INSERT INTO users (name) SELECT word FROM secrets",
        "UPDATE users SET name = (SELECT word FROM secrets)",
        "UPDATE users SET name = word FROM secrets",
        "CREATE TEMP TABLE copy AS SELECT * FROM secrets",
        "EXPLAIN SELECT * FROM secrets",
    ] {
        forbidden(&reader, sql, reason).await;
    }
    reader.run(&["SELECT * FROM users", "WITH u AS (SELECT name FROM users) SELECT name FROM u"]).await;
    reader.run(&["SELECT value FROM json_each('[1]')", "SELECT 1", "BEGIN", "COMMIT"]).await;
}

#[tokio::test]
async fn a_view_needs_rights_on_itself_and_on_what_it_shows() {
    let host = host().await;
    with(&host, json!([{ "t": ["names", "users"], "a": ["data_read"] }])).run(&["SELECT * FROM names"]).await;
    let reader = with(&host, json!([{ "t": ["names"], "a": ["data_read"] }]));
    forbidden(&reader, "SELECT * FROM names", "table users").await;
}

#[tokio::test]
async fn a_trigger_lends_no_rights() {
    let host = host().await;
    let writer = with(&host, json!([{ "t": ["watched"], "a": ["data_add"] }]));
    forbidden(&writer, "INSERT INTO watched VALUES (1)", "data_add permission on table log").await;
    let writer = with(&host, json!([{ "t": ["watched", "log"], "a": ["data_add", "data_read"] }]));
    writer.run(&["INSERT INTO watched VALUES (1)"]).await;
    assert_eq!(host.value("SELECT count(*) FROM log").await, integer(1));
}

#[tokio::test]
async fn a_foreign_key_lends_no_rights() {
    let host = host().await;
    let writer = with(&host, json!([{ "t": ["users"], "a": ["data_read", "data_delete"] }]));
    forbidden(&writer, "DELETE FROM users WHERE id = 1", "on table pets").await;
    let writer = with(&host, json!([{ "t": ["pets"], "a": ["data_add"] }]));
    forbidden(&writer, "INSERT INTO pets VALUES (2, 2)", "data_read permission on table users").await;
    let writer = with(&host, json!([{ "t": ["users", "pets"], "a": ["data_read", "data_add", "data_delete"] }]));
    writer.run(&["INSERT INTO pets VALUES (2, 2)", "DELETE FROM users WHERE id = 1"]).await;
    assert_eq!(host.value("SELECT group_concat(id) FROM pets").await["value"], "2");
}

#[tokio::test]
async fn what_is_written_is_not_read_back_without_the_right() {
    let host = host().await;
    let all = json!(["data_add", "data_update", "data_delete"]);
    let writer = with(&host, json!([{ "t": null, "a": all }]));
    for sql in [
        "UPDATE secrets SET id = id RETURNING word",
        "UPDATE secrets SET id = 7 RETURNING word",
        "DELETE FROM secrets RETURNING *",
        "INSERT INTO secrets (id) VALUES (9) RETURNING word",
        "UPDATE secrets SET id = 7 WHERE word LIKE 'x%'",
    ] {
        forbidden(&writer, sql, "data_read permission on table secrets").await;
    }
    writer.run(&["INSERT INTO secrets (id) VALUES (9)", "UPDATE secrets SET word = 'q'"]).await;
}

#[tokio::test]
async fn rows_in_the_way_are_not_replaced_without_the_right_to_delete() {
    let host = host().await;
    let writer = with(&host, json!([{ "t": ["users"], "a": ["data_add", "data_update", "data_read"] }]));
    for sql in [
        "REPLACE INTO users VALUES (1, 'eve')",
        "INSERT OR REPLACE INTO users VALUES (1, 'eve')",
        "insert or/**/replace into users values (1, 'eve')",
        "UPDATE OR REPLACE users SET name = 'eve'",
    ] {
        forbidden(&writer, sql, "data_delete permission on table users").await;
    }
    writer.run(&["INSERT INTO users (name) VALUES (replace('x REPLACE y', 'x', 'z'))"]).await;
    writer.run(&["INSERT INTO users (id, name) VALUES (1, 'a') ON CONFLICT (id) DO UPDATE SET name = 'b'"]).await;
    let adder = with(&host, json!([{ "t": ["users"], "a": ["data_add", "data_read"] }]));
    let upsert = "INSERT INTO users (id, name) VALUES (1, 'a') ON CONFLICT (id) DO UPDATE SET name = 'c'";
    forbidden(&adder, upsert, "data_update permission on table users").await;
}

/// The definition of a table or the body of a trigger may say so, where the statement does not.
#[tokio::test]
async fn rows_in_the_way_are_not_replaced_by_what_the_schema_says_either() {
    let host = host().await;
    host.run(&[
        "CREATE TABLE \"Unique\" (id INTEGER PRIMARY KEY, x UNIQUE ON CONFLICT REPLACE)",
        "INSERT INTO \"Unique\" VALUES (1, 'a'), (2, 'b')",
        "CREATE TRIGGER renew AFTER INSERT ON watched BEGIN INSERT OR REPLACE INTO secrets VALUES (1, new.x); END",
        "CREATE TRIGGER tidy AFTER INSERT ON log BEGIN UPDATE secrets SET word = replace(word, 'x', 'z'); END",
    ])
    .await;
    let all = ["unique", "watched", "log", "secrets"];
    let writer = with(&host, json!([{ "t": all, "a": ["data_add", "data_update", "data_read"] }]));
    forbidden(&writer, "INSERT INTO \"unique\" (x) VALUES ('a')", "data_delete permission on table Unique").await;
    forbidden(&writer, "UPDATE \"UNIQUE\" SET x = 'a'", "data_delete permission on table Unique").await;
    forbidden(&writer, "INSERT INTO watched VALUES ('x')", "data_delete permission on table secrets").await;
    let own =
        "CREATE TEMP TRIGGER own AFTER INSERT ON main.log BEGIN INSERT OR REPLACE INTO secrets VALUES (1, 1); END";
    let maker = with(&host, json!([{ "t": all, "a": ["data_add", "data_update", "data_read", "schema_add"] }]));
    let answer = maker.pipeline(None, json!([execute(own)])).await;
    let insert = json!({ "baton": answer["baton"], "requests": [execute("INSERT INTO log VALUES (1)")] }).to_string();
    let (status, text) = maker.post("/v3/pipeline", insert).await;
    assert!(status == 403 && text.contains("data_delete permission on table secrets"), "{text}");
    writer.run(&["INSERT INTO log VALUES (1)"]).await;
    assert_eq!(host.value("SELECT word FROM secrets").await["value"], "zyzzy");
}

#[tokio::test]
async fn a_table_called_like_a_function_is_read_with_the_right_to_it_only() {
    let host = host().await;
    host.run(&["CREATE TABLE json_each (x)", "CREATE VIEW \"PRAGMA_table_info\" AS SELECT word FROM secrets"]).await;
    let reader = with(&host, json!([{ "t": ["users"], "a": ["data_read"] }]));
    forbidden(&reader, "SELECT * FROM json_each", "data_read permission on table json_each").await;
    forbidden(&reader, "SELECT * FROM pragma_table_info", "data_read permission on table").await;
    assert_eq!(reader.run(&["SELECT value FROM json_tree('7')"]).await[0]["rows"], json!([[integer(7)]]));
}

/// A stream keeps the settings of whoever had it before.
#[tokio::test]
async fn what_the_schema_says_counts_whatever_the_session_thinks_of_like() {
    let host = host().await;
    host.run(&[
        "CREATE TABLE only (id INTEGER PRIMARY KEY, x UNIQUE ON CONFLICT REPLACE)",
        "CREATE TABLE JSON_EACH (x)",
        "CREATE VIEW \"PRAGMA_TABLE_INFO\" AS SELECT word FROM secrets",
    ])
    .await;
    let held = with(&host, json!([{ "t": ["only"], "a": ["data_add", "data_update", "data_read"] }]));
    let temporary =
        "CREATE TEMP TRIGGER own AFTER UPDATE ON main.only BEGIN INSERT OR REPLACE INTO only VALUES (1, 1); END";
    for (sql, reason) in [
        ("INSERT INTO only (x) VALUES ('a')", "data_delete permission on table only"),
        ("UPDATE only SET id = id + 1", "data_delete permission on table only"),
        ("SELECT * FROM JSON_EACH", "data_read permission on table JSON_EACH"),
        ("SELECT * FROM pragma_table_info", "data_read permission on table"),
    ] {
        let setting = json!([execute("PRAGMA case_sensitive_like = ON"), execute(temporary)]);
        let opened = host.pipeline(None, setting).await;
        assert_eq!(opened["results"][1]["type"], "ok", "{opened}");
        let body = json!({ "baton": opened["baton"], "requests": [execute(sql)] }).to_string();
        let (status, text) = held.post("/v3/pipeline", body).await;
        assert!(status == 403 && text.contains(reason), "{sql}: {status} {text}");
    }
}

#[tokio::test]
async fn the_schema_is_seen_by_who_reads_all_tables_or_changes_it() {
    let host = host().await;
    let all = [
        "SELECT sql FROM sqlite_schema",
        "SELECT count(*) FROM sqlite_master",
        "PRAGMA table_list",
        "PRAGMA index_info(by_word)",
        "PRAGMA integrity_check",
        "PRAGMA table_info(secrets)",
        "SELECT * FROM pragma_table_info('secrets')",
    ];
    // A permission without actions shows no more than none.
    let users = json!({ "t": ["users"], "a": ["data_read"] });
    for rules in [json!([users]), json!([users, { "t": ["secrets"], "a": [] }]), json!([users, { "t": null, "a": [] }])]
    {
        let reader = with(&host, rules);
        for sql in &all[..6] {
            forbidden(&reader, sql, "current session doesn't have").await;
        }
        assert_eq!(reader.error(all[6]).await["code"], "BLOCKED");
        let own = ["PRAGMA table_info(users)", "SELECT * FROM pragma_table_info('users')", "PRAGMA user_version"];
        reader.run(&own).await;
    }
    with(&host, json!([{ "t": null, "a": ["data_read"] }])).run(&all).await;
    with(&host, json!([{ "t": ["users"], "a": ["schema_update"] }])).run(&all).await;
}

#[tokio::test]
async fn a_temporary_table_shows_nothing_that_may_not_be_read() {
    let host = host().await;
    host.run(&["CREATE VIRTUAL TABLE notes USING fts5(word)", "INSERT INTO notes VALUES ('xyzzy')"]).await;
    let reader = with(&host, json!([{ "t": ["users", "shown"], "a": ["data_read", "schema_add"] }]));
    for sql in ["CREATE VIRTUAL TABLE temp.shown USING dbstat", "CREATE VIRTUAL TABLE shown USING DBSTAT"] {
        forbidden(&reader, sql, "data_read permission on table").await;
    }
    for sql in [
        "CREATE VIRTUAL TABLE temp.shown USING fts5vocab(main, notes, row)",
        "CREATE VIRTUAL TABLE temp.shown USING fts5(word, content='secrets')",
    ] {
        let answer = reader.pipeline(None, json!([execute(sql), execute("SELECT * FROM temp.shown")])).await;
        assert_eq!(answer["results"][1]["type"], "error", "{answer}");
    }
    reader.run(&["CREATE VIRTUAL TABLE temp.mine USING fts5(word)", "INSERT INTO mine VALUES ('a')"]).await;
}

#[tokio::test]
async fn settings_are_not_changed_under_rules() {
    let everything =
        ["data_read", "data_add", "data_update", "data_delete", "schema_add", "schema_update", "schema_delete"];
    let host = with(&host().await, json!([{ "t": null, "a": everything }]));
    for name in ["foreign_keys", "writable_schema", "user_version", "recursive_triggers"] {
        forbidden(&host, &format!("PRAGMA {name} = 1"), &format!("permission to set {name}")).await;
    }
}

#[tokio::test]
async fn tables_are_made_changed_and_dropped_by_name() {
    let host = host().await;
    let maker = with(&host, json!([{ "t": ["new"], "a": ["schema_add", "schema_update", "schema_delete"] }]));
    maker
        .run(&[
            "CREATE TABLE new (id INTEGER PRIMARY KEY AUTOINCREMENT, x UNIQUE)",
            "CREATE INDEX new_x ON new (x)",
            "ALTER TABLE new ADD COLUMN y",
            "ALTER TABLE new RENAME COLUMN y TO z",
            "DROP INDEX new_x",
            "DROP TABLE new",
        ])
        .await;
    forbidden(&maker, "CREATE TABLE other (x)", "schema_add permission on table other").await;
    forbidden(&maker, "CREATE VIEW other AS SELECT 1", "schema_add permission on table other").await;
    forbidden(&maker, "DROP TABLE users", "schema_delete permission on table users").await;
    forbidden(&maker, "ALTER TABLE users RENAME TO new", "schema_update permission on table users").await;
    forbidden(&maker, "CREATE TRIGGER t AFTER INSERT ON users BEGIN SELECT 1; END", "schema_add permission").await;
}

#[tokio::test]
async fn rules_do_not_widen_the_access() {
    let host = host().await;
    let reader = with_access(&host, Access::ReadOnly, json!([{ "t": null, "a": ["data_read", "data_add"] }]));
    reader.run(&["SELECT * FROM users"]).await;
    let body = json!({ "requests": [execute("INSERT INTO users (name) VALUES ('c')")] }).to_string();
    assert_eq!(reader.post("/v2/pipeline", body).await.0, 403);
}

#[tokio::test]
async fn several_rules_add_up_and_unknown_words_allow_nothing() {
    let host = host().await;
    let rules = json!([{ "t": ["users"], "a": ["data_read"] }, { "t": ["log"], "a": ["data_add", "data_fly"] }]);
    let both = with(&host, rules);
    both.run(&["INSERT INTO log VALUES (1)", "SELECT * FROM users"]).await;
    forbidden(&both, "INSERT INTO users (name) VALUES ('x')", "data_add").await;
    forbidden(&with(&host, json!([{ "t": null, "a": ["data_fly"] }])), "SELECT * FROM users", "data_read").await;
}

#[tokio::test]
async fn what_the_screening_could_not_see_fails_in_the_answer() {
    let host = host().await;
    let maker = with(&host, json!([{ "t": ["new"], "a": ["schema_add"] }]));
    let answer =
        maker.pipeline(None, json!([execute("CREATE TABLE new (x)"), execute("INSERT INTO new VALUES (1)")])).await;
    assert_eq!(answer["results"][0]["type"], "ok");
    assert_eq!(
        answer["results"][1]["error"],
        json!({
            "message": "Operation was blocked: SQL write operations are forbidden (current session doesn't have data_add permission on table new)",
            "code": "BLOCKED",
        })
    );
    let answer = maker.pipeline(None, json!([{ "type": "describe", "sql": "SELECT * FROM secrets" }])).await;
    assert_eq!(answer["results"][0]["error"]["code"], "BLOCKED");
}

#[tokio::test]
async fn a_stream_and_a_connection_follow_the_token_of_the_request() {
    let host = host().await;
    let reader = with(&host, json!([{ "t": ["users"], "a": ["data_read"] }]));
    for _ in 0..3 {
        forbidden(&reader, "SELECT * FROM secrets", "data_read").await;
        host.run(&["SELECT * FROM secrets"]).await;
    }
    let opened = host.pipeline(None, json!([execute("BEGIN"), execute("SELECT * FROM secrets")])).await;
    let body = json!({ "baton": opened["baton"], "requests": [execute("SELECT * FROM secrets")] }).to_string();
    assert_eq!(reader.post("/v3/pipeline", body).await.0, 403);
}

#[tokio::test]
async fn a_transaction_that_has_read_nothing_yet_writes_after_others_have() {
    let host = host().await;
    let held = with(&host, json!([{ "a": ["data_read", "data_add"], "t": null }]));
    let begun = held.pipeline(None, json!([execute("BEGIN"), execute("SELECT 1")])).await;
    host.run(&["INSERT INTO log VALUES (1)"]).await;
    let answer =
        held.pipeline(Some(baton(&begun)), json!([execute("INSERT INTO log VALUES (2)"), execute("COMMIT")])).await;
    assert_eq!(answer["results"][0]["type"], "ok", "{answer}");
}

/// Each way in which the engine, or a table made for it, could show what is in another table.
#[tokio::test]
async fn what_the_engine_keeps_of_values_is_read_with_the_right_to_read_them_only() {
    let host = host().await;
    host.run(&[
        "CREATE VIRTUAL TABLE old_notes USING fts4(word)",
        "CREATE VIRTUAL TABLE notes USING fts5(word)",
        "CREATE VIRTUAL TABLE places USING rtree(id, west, east)",
        "INSERT INTO old_notes VALUES ('xyzzy')",
        "INSERT INTO notes VALUES ('xyzzy')",
        "INSERT INTO places VALUES (1, 2, 3)",
        "ANALYZE",
    ])
    .await;
    let every_right =
        ["data_read", "data_add", "data_update", "data_delete", "schema_add", "schema_update", "schema_delete"];
    let maker = with(&host, json!([{ "t": ["users", "shown"], "a": every_right }]));
    for sql in [
        "SELECT sample FROM sqlite_stat4",
        "SELECT * FROM SQLITE_STAT4",
        "SELECT 1 FROM sqlite_stat4 WHERE sample > x'00'",
        "UPDATE sqlite_stat4 SET nlt = sample",
        "UPDATE sqlite_stat4 SET neq = neq RETURNING sample",
        "DELETE FROM sqlite_stat4 RETURNING *",
        "UPDATE sqlite_stat1 SET stat = (SELECT sample FROM sqlite_stat4)",
        "CREATE TABLE shown AS SELECT sample FROM sqlite_stat4",
    ] {
        forbidden(&maker, sql, "data_read permission on table sqlite_stat4").await;
    }
    for table in ["dbstat", "notes_content", "notes_data", "old_notes_segdir", "places_node", "vector_top_k('i', 1, 1)"]
    {
        forbidden(&maker, &format!("SELECT * FROM {table}"), "data_read permission on table").await;
    }
    for sql in ["SELECT rtreecheck('places')", "SELECT rtreecheck('secrets')"] {
        assert_eq!(maker.error(sql).await["code"], "BLOCKED", "{sql}");
    }
    for module in [
        "fts4aux(main, old_notes)",
        "fts5vocab(main, notes, row)",
        "fts5vocab(main, notes, instance)",
        "fts4(content='secrets', word)",
        "fts5(sample, content='sqlite_stat4')",
        "fts5vocab(notes, row)",
    ] {
        for name in ["temp.shown", "shown"] {
            let make = format!("CREATE VIRTUAL TABLE {name} USING {module}");
            let answer = maker
                .pipeline(None, json!(["BEGIN", &make, &format!("SELECT * FROM {name}"), "ROLLBACK"].map(execute)))
                .await;
            let shown = &answer["results"][2];
            assert!(shown["type"] == "error" || shown["response"]["result"]["rows"] == json!([]), "{make}: {answer}");
        }
    }
    // How many rows there are is no more than the schema tells, and the engine reads the rest for itself.
    maker.run(&["SELECT stat FROM sqlite_stat1", "SELECT tbl, idx, neq FROM sqlite_stat4", "ANALYZE users"]).await;
    maker.run(&["CREATE INDEX shown ON users (name)", "ALTER TABLE users ADD COLUMN age", "DROP INDEX shown"]).await;
    with(&host, json!([{ "t": null, "a": ["data_read"] }])).run(&["SELECT sample FROM sqlite_stat4"]).await;
}

/// Others run them, with their own rights, and what they name may become something else.
#[tokio::test]
async fn who_makes_a_trigger_or_a_view_has_the_rights_for_all_that_it_may_do() {
    let host = host().await;
    let data = json!(["data_read", "data_add", "data_update", "data_delete"]);
    let mine = json!({ "t": ["users", "mine"], "a": ["data_read", "data_update", "schema_add"] });
    let trigger =
        "CREATE TRIGGER mine AFTER INSERT ON users BEGIN UPDATE users SET name = (SELECT word FROM secrets); END";
    let view = "CREATE VIEW mine AS SELECT word FROM secrets";
    let maker = with(&host, json!([mine]));
    for sql in [trigger, view] {
        forbidden(&maker, sql, "data_read permission on all tables").await;
    }
    host.run(&["INSERT INTO users (name) VALUES ('eve')"]).await;
    assert_eq!(maker.value("SELECT group_concat(name) FROM users").await["value"], "ada,bob,eve");
    let reader = with(&host, json!([mine, { "t": null, "a": ["data_read"] }]));
    forbidden(&reader, trigger, "data_add permission on all tables").await;
    reader.run(&[view]).await;
    host.run(&["DROP VIEW mine"]).await;
    with(&host, json!([mine, { "t": null, "a": data }])).run(&[trigger]).await;
}

#[tokio::test]
async fn no_table_gets_a_name_that_its_renamer_has_more_rights_on() {
    let host = host().await;
    let changer = json!({ "t": ["secrets"], "a": ["schema_update"] });
    for (rights, reason) in [
        (json!(["data_read"]), "schema_add permission on table mine"),
        (json!(["schema_add", "data_read"]), "data_read permission on table secrets"),
        (json!(["schema_add", "schema_delete"]), "schema_add permission on table secrets"),
    ] {
        let renamer = with(&host, json!([changer, { "t": ["mine"], "a": rights }]));
        for sql in [
            "ALTER TABLE secrets RENAME TO mine",
            "alter table main.secrets rename/**/to 'mine'",
            "ALTER TABLE secrets RENAME \x0bTO mine",
            "ALTER TABLE secrets ADD COLUMN hint; ALTER TABLE [secrets] RENAME TO [mine]",
        ] {
            forbidden(&renamer, sql, reason).await;
        }
    }
    let renamer = with(&host, json!([{ "t": ["users", "mine"], "a": ["data_read", "schema_add", "schema_update"] }]));
    renamer.run(&["ALTER TABLE users RENAME TO \"mine\"", "ALTER TABLE mine RENAME COLUMN name TO word"]).await;
    assert_eq!(renamer.value("SELECT count(word) FROM mine").await, integer(2));
}

// The requests of the protocol, sound and unsound ones.
import {
  autocommit, batch, close, cursor, describe, execute, get, goOn, pipeline, post, sequence, step, stmt,
} from "../exchange.js";

const ok = (step) => ({ type: "ok", step });
const error = (step) => ({ type: "error", step });
const not = (cond) => ({ type: "not", cond });
const and = (...conds) => ({ type: "and", conds });
const or = (...conds) => ({ type: "or", conds });
const isAutocommit = { type: "is_autocommit" };

const conditional = [
  step("CREATE TABLE t (a UNIQUE)"),
  step("INSERT INTO t VALUES (1)", ok(0)),
  step("INSERT INTO t VALUES (1)", ok(1)),
  step("SELECT 'after an error'", error(2)),
  step("SELECT 'never'", ok(2)),
  step("SELECT 'an error of one that did not run'", error(4)),
  step("SELECT 'not'", not(ok(4))),
  step("SELECT 'and'", and(ok(0), not(ok(2)), or(ok(2), ok(1)))),
  step("SELECT 'none of'", and()),
  step("SELECT 'one of none'", or()),
  step("SELECT 'autocommit'", isAutocommit),
  step("BEGIN"),
  step("SELECT 'in no transaction'", isAutocommit),
  step("SELECT 'in a transaction'", not(isAutocommit)),
  step("COMMIT"),
];

const raw = (name, path, body) => [`${name} (${path})`, [post(path, body)]];
const everywhere = (name, body) => ["/v2/pipeline", "/v3/pipeline"].map((path) => raw(name, path, body));

export const protocol = [
  ["a batch with conditions", [pipeline(batch(...conditional), close)]],
  ["a cursor with conditions", [cursor(...conditional)]],
  ["the transaction of a driver", [cursor(
    step("BEGIN IMMEDIATE"), step("CREATE TABLE t (a)", ok(0)), step("INSERT INTO t VALUES (1)", ok(1)), step("nope", ok(2)),
    step("COMMIT", ok(3)), step("ROLLBACK", and(ok(0), not(ok(4)))), step("SELECT 1", isAutocommit),
  )]],
  ...[[ok(0), 0], [error(1), 0], [not(ok(5)), 1], [and(ok(0), ok(7)), 1], [{ type: "nope" }, 1], [{ type: "ok" }, 1], [ok(-1), 1], [null, 1], [ok("0"), 1]]
    .flatMap(([condition, at]) => {
      const steps = [step("CREATE TABLE t (a)"), step("SELECT 1")].map((one, index) => (index === at ? { ...one, condition } : one));
      return [
        [`the condition ${JSON.stringify(condition)} of step ${at}`, [pipeline(batch(...steps)), pipeline(execute("SELECT name FROM sqlite_schema"))]],
        [`the condition ${JSON.stringify(condition)} of step ${at} of a cursor`, [cursor(...steps)]],
      ];
    }),
  ["an empty batch", [pipeline(batch(), close)]],
  ["an empty cursor", [cursor()]],
  ["a cursor goes on", [cursor(step("BEGIN"), step("CREATE TABLE t (a)")), { ...cursor(step("INSERT INTO t VALUES (1)")), goesOn: true }, goOn(autocommit, execute("COMMIT"), close)]],
  ["a transaction that keeps a writer waiting for five seconds", [
    pipeline(execute("CREATE TABLE t (a)"), execute("BEGIN IMMEDIATE"), execute("INSERT INTO t VALUES (1)")),
    pipeline(execute("INSERT INTO t VALUES (2)"), close),
    goOn(execute("INSERT INTO t VALUES (3)"), execute("ROLLBACK"), autocommit, close),
    pipeline(execute("SELECT a FROM t"), close),
  ]],
  ["a transaction that a sequence has begun and that only reads", [
    pipeline(execute("CREATE TABLE t (a)"), sequence("BEGIN"), execute("SELECT count(*) FROM t")),
    pipeline(execute("INSERT INTO t VALUES (1)"), close),
    goOn(execute("SELECT count(*) FROM t"), execute("INSERT INTO t VALUES (2)"), sequence("SELECT 1; ROLLBACK"), autocommit, close),
    pipeline(execute("SELECT a FROM t"), close),
  ]],
  ["what a transaction had made that keeps a writer waiting for five seconds", [
    pipeline(execute("CREATE TABLE t (a)"), execute("BEGIN"), execute("CREATE TABLE made (a)")),
    pipeline(execute("INSERT INTO t VALUES (1)"), close),
    goOn(execute("INSERT INTO made VALUES (1)"), execute("ROLLBACK"), close),
  ]],
  ["errors in a cursor", [cursor(step("SELECT 1 UNION SELECT abs(-9223372036854775807 - 1)"), step("nope"), step("SELECT 3"))]],
  ["sequences", [pipeline(
    sequence("CREATE TABLE t (a); INSERT INTO t VALUES (1); ; -- nothing\n INSERT INTO t VALUES (2)"), execute("SELECT a FROM t"),
    sequence(""), sequence(" ;; "), sequence("-- x"), sequence("INSERT INTO t VALUES (5); SELECT * FROM missing; INSERT INTO t VALUES (6)"), execute("SELECT max(a) FROM t"),
    sequence("BEGIN; INSERT INTO t VALUES (7)"), autocommit, sequence("ROLLBACK"), autocommit,
    sequence("CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; SELECT 2; END; INSERT INTO t VALUES (8)"), execute("SELECT max(a) FROM t"),
    sequence("SELECT ?"), sequence("INSERT INTO t VALUES (:a)"), execute("SELECT count(*), max(a) FROM t"),
    sequence("INSERT INTO t VALUES (9); nope; INSERT INTO t VALUES (10)"), close,
  )]],
  ["descriptions", [pipeline(
    execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT, w)"),
    ...["SELECT * FROM t", "SELECT id + 1, v AS x FROM t WHERE id = ? AND v = :name", "INSERT INTO t VALUES (?, ?2, @c) RETURNING v",
      "SELECT ?3", "SELECT $a, $a, ?1", "UPDATE t SET v = 1", "BEGIN", "COMMIT", "BEGIN IMMEDIATE", "PRAGMA user_version", "PRAGMA user_version = 1",
      "CREATE TABLE u (a)", "EXPLAIN SELECT 1", "EXPLAIN QUERY PLAN INSERT INTO t VALUES (1, 2, 3)", "nope", "", "SELECT 1; SELECT 2", "SELECT * FROM nope",
      "SELECT 1;", "VACUUM", "WITH x AS (SELECT 1) SELECT * FROM x", "VALUES (1, 2)", "SAVEPOINT s", "ANALYZE"].map(describe), close,
  )]],
  ["zero bytes in texts", [pipeline(
    execute("SELECT 1\u0000; nope"), execute("\u0000"), sequence("CREATE TABLE z (a);\u0000 CREATE TABLE y (a)"), execute("SELECT name FROM sqlite_schema"), close,
  )]],
  ["stored texts", [pipeline(
    { type: "store_sql", sql_id: 1, sql: "SELECT 1 AS one" }, { type: "store_sql", sql_id: 2, sql: "CREATE TABLE t (a); SELECT 2" },
    { type: "execute", stmt: { sql_id: 1 } }, { type: "sequence", sql_id: 2 }, { type: "describe", sql_id: 1 },
    { type: "batch", batch: { steps: [{ stmt: { sql_id: 1 } }, { stmt: { sql_id: 1 }, condition: ok(0) }] } }, { type: "close_sql", sql_id: 1 },
    { type: "close_sql", sql_id: 99 }, { type: "store_sql", sql_id: 1, sql: "SELECT 'again'" }, { type: "execute", stmt: { sql_id: 1 } },
    { type: "store_sql", sql_id: -5, sql: "nope" }, { type: "execute", stmt: { sql_id: -5 } },
  ), goOn({ type: "execute", stmt: { sql_id: 1 } }, close)]],
  ["a text that was not stored", [pipeline({ type: "execute", stmt: { sql_id: 7 } }), pipeline({ type: "sequence", sql_id: 7 })]],
  ["a text stored twice", [pipeline({ type: "store_sql", sql_id: 1, sql: "SELECT 1" }, { type: "store_sql", sql_id: 1, sql: "SELECT 2" }, { type: "execute", stmt: { sql_id: 1 } })]],
  ["more texts than can be stored", [pipeline(...Array.from({ length: 52 }, (_, sql_id) => ({ type: "store_sql", sql_id, sql: "SELECT 1" })))]],
  ["a text too large to be stored", [pipeline({ type: "store_sql", sql_id: 1, sql: " ".repeat(5001) })]],
  ["text and id of a text", [pipeline({ type: "store_sql", sql_id: 1, sql: "SELECT 1" }, { type: "execute", stmt: { sql: "SELECT 2", sql_id: 1 } })]],
  ["neither text nor id", [pipeline({ type: "execute", stmt: {} }), pipeline({ type: "sequence" }), pipeline({ type: "describe" })]],
  ["a stream over many requests", [
    pipeline(execute("BEGIN"), execute("CREATE TABLE t (a)")), goOn(execute("INSERT INTO t VALUES (1)"), autocommit), goOn(execute("nope"), autocommit),
    goOn(execute("COMMIT"), autocommit, close), pipeline(execute("SELECT * FROM t"), close),
  ]],
  ["the changes of the stream before", [pipeline(execute("CREATE TABLE t (a)"), execute("INSERT INTO t VALUES (1), (2)"), close), pipeline(execute("SELECT changes()"), close)]],
  ["a stream closed in a transaction", [pipeline(execute("CREATE TABLE t (a)"), execute("BEGIN"), execute("INSERT INTO t VALUES (1)"), close), pipeline(execute("SELECT * FROM t"), close)]],
  ["an error in a transaction", [pipeline(
    execute("CREATE TABLE t (a UNIQUE)"), execute("BEGIN"), execute("INSERT INTO t VALUES (1)"), execute("INSERT INTO t VALUES (1)"), autocommit,
    execute("COMMIT"), execute("SELECT * FROM t"), autocommit, close,
  )]],
  ["close before the end", [pipeline(close, execute("SELECT 1"))]],
  ["nothing at all", [pipeline()]],
  ["settings of a stream", [pipeline(execute("PRAGMA user_version = 3"), execute("PRAGMA foreign_keys = OFF"), execute("CREATE TEMP TABLE x (a)")), goOn(execute("PRAGMA foreign_keys"), close)]],
  ["autocommit on version 2", [post("/v2/pipeline", { requests: [autocommit] })]],
  ["a condition of version 3 on version 2", [post("/v2/pipeline", { requests: [batch(step("SELECT 1", isAutocommit))] })]],
  ...["made up", "", "AAAA", "0", "ö", "a".repeat(5000), "....", "null"].map((baton) => [`the baton ${JSON.stringify(baton.slice(0, 20))}`, [post("/v3/pipeline", { baton, requests: [] })]]),
  ["a baton that is a number", [post("/v3/pipeline", { baton: 5, requests: [] })]],
  ...everywhere("a body without requests", "{}"),
  ...everywhere("requests that are null", '{"requests":null}'),
  ...everywhere("a baton and no requests", '{"baton":null}'),
  ...everywhere("an unknown request", '{"requests":[{"type":"nope"}]}'),
  ...everywhere("an unknown field", '{"future":1,"requests":[{"type":"execute","future":1,"stmt":{"sql":"SELECT 1","future":1}}]}'),
  ...everywhere("a request without its type", '{"requests":[{"stmt":{"sql":"SELECT 1"}}]}'),
  ...everywhere("fields in another order", '{"requests":[{"stmt":{"sql":"SELECT 1"},"type":"execute"}],"baton":null}'),
  ...everywhere("a key twice", '{"requests":[{"type":"execute","stmt":{"sql":"SELECT 1","sql":"SELECT 2"}}]}'),
  ...everywhere("requests twice", '{"requests":[],"requests":[{"type":"execute","stmt":{"sql":"SELECT 1"}}]}'),
  ...everywhere("null for what may be left out", '{"requests":[{"type":"execute","stmt":{"sql":"SELECT 1","args":null,"named_args":null,"want_rows":null}}]}'),
  ...["", "{", "[]", "[null]", '{"requests":[{"type":"batch","batch":[]}]}', "null", "5", '""', "{}x", "\ufeff{}", "{'requests':[]}", '{"requests":{}}', '{"requests":[5]}', '{"requests":[null]}'].flatMap((body) => everywhere(`the body ${JSON.stringify(body)}`, body)),
  ["bytes that are no UTF-8", [post("/v3/pipeline", Uint8Array.from([...Buffer.from('{"requests":[{"type":"execute","stmt":{"sql":"SELECT \''), 0xff, ...Buffer.from("'\"}}]}")]))]],
  ["lists in lists without end", [post("/v3/pipeline", `{"requests":${"[".repeat(200)}${"]".repeat(200)}}`)]],
  ["conditions in conditions", [pipeline(batch(step("SELECT 1"), step("SELECT 2", nested(30)))), pipeline(batch(step("SELECT 1"), step("SELECT 2", nested(200))))]],
  ...["SELECT 1 AS a, NULL, x'00', 'x', 1.5", "INSERT INTO nope VALUES (1)", "nope", "", "SELECT 1; SELECT 2", "BEGIN"].map((sql) =>
    [`version 1: ${sql}`, [post("/v1/execute", { stmt: stmt(sql) })]]),
  ["version 1: arguments", [
    post("/v1/execute", { stmt: stmt("SELECT ?, ?2", [1n, "x"]) }), post("/v1/execute", { stmt: stmt("SELECT ?", []) }), post("/v1/execute", { stmt: stmt("SELECT :a", { a: null }) }),
    post("/v1/execute", { stmt: { ...stmt("SELECT ?, :a", [1n]), named_args: [{ name: "a", value: { type: "null" } }] } }), post("/v1/execute", {}), post("/v1/execute", "nope"),
  ]],
  ["version 1: a batch", [
    post("/v1/batch", { batch: { steps: conditional.slice(0, 7) } }), post("/v1/execute", { stmt: stmt("INSERT INTO t VALUES (1)") }),
    post("/v1/batch", { batch: { steps: [step("BEGIN"), step("INSERT INTO t VALUES (2)")] } }), post("/v1/execute", { stmt: stmt("SELECT * FROM t") }),
    post("/v1/batch", { batch: { steps: [] } }), post("/v1/batch", { batch: { steps: [step("SELECT 1", ok(3))] } }), post("/v1/batch", {}),
  ]],
  ["what came before version 1", [
    post("/", { statements: ["CREATE TABLE t (a)", { q: "INSERT INTO t VALUES (?)", params: [1] }, { q: "SELECT a, :b AS b FROM t", params: { b: "x" } }] }),
    post("/", { statements: ["SELECT 1.5, NULL, 'x', x'00ff'"] }), post("/", { statements: ["nope"] }), post("/", { statements: [] }), post("/", {}),
    post("/", { statements: [{ q: "SELECT ?1, ?2, ?3", params: [true, 1.5, null] }] }), post("/", { statements: [{ q: "SELECT ?", params: [] }] }),
    post("/", { statements: ["SELECT 1", "nope", "SELECT 2"] }), post("/", { statements: ["INSERT INTO t VALUES (5)", "INSERT INTO t VALUES (6, 7)"] }), post("/", { statements: ["SELECT * FROM t"] }),
    post("/", { statements: ["BEGIN", "INSERT INTO t VALUES (8)"] }), post("/", { statements: ["BEGIN", "INSERT INTO t VALUES (9)", "COMMIT"] }), post("/", { statements: ["SELECT * FROM t"] }),
  ]],
  ["a dump of nothing", [get("/dump")]],
  ["paths", [get("/health"), get("/v2"), get("/v3"), get("/v3-protobuf"), get("/v1/jobs"), get("/nope"), get("/v2/pipeline"), get("/v3/cursor"), post("/nope", "{}"), post("/health", "")]],
];

function nested(depth) {
  return depth === 0 ? ok(0) : not(nested(depth - 1));
}

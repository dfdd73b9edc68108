// What goes in and what comes out.
import { close, execute, pipeline, post, stmt } from "../exchange.js";
import { statements } from "./statements.js";

const integers = [0n, 1n, -1n, 2n ** 31n, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n)];
const floats = [0, 1.5, -1e300, 1e-320, 5e-324, 1.7976931348623157e308, 0.1, 123456789012345680000, 1e21];
const texts = ["", "größe 🦀", "\u0000", "a\u0000b", "\"'\\/\n\t\u2028", "\ufeff", "𝒳".repeat(200)];
const blobs = [[], [0], [255, 0, 7], [1, 2], [1, 2, 3], [1, 2, 3, 4]].map((bytes) => Uint8Array.from(bytes));

const argument = (json) =>
  post("/v3/pipeline", `{"requests":[{"type":"execute","stmt":{"sql":"SELECT ? AS v, typeof(?1) AS t","args":[${json}]}}]}`);

export const values = [
  ...statements("arguments of every type", [null, ...integers, ...floats, ...texts, ...blobs].map((value) =>
    ["SELECT ? AS v, typeof(?1) AS t, hex(?1) AS h", [value]])),
  ...statements("large values", [
    "CREATE TABLE large (x)", "INSERT INTO large VALUES (zeroblob(4999980))", "INSERT INTO large VALUES (zeroblob(5000000))",
  ]),
  // Alone, for sqld refuses all of a request for it.
  ["a text that is no Unicode", [pipeline(execute("SELECT CAST(x'ff' AS TEXT)"), close)]],
  ...statements("literals of every type", [
    "SELECT NULL, 1, 9223372036854775807, -9223372036854775808, 9223372036854775808, 1.5, -0.0, 'a', x'00ff', TRUE",
    "SELECT 1e999, -1e999, 1e999 - 1e999, 0.0, 1e400 / 1e400",
    "SELECT 5 / 2, 5.0 / 2, 5 % 0, -7 % 3, 1 << 62, ~0, 9223372036854775807 + 1",
    "SELECT CAST('abc' AS BLOB), CAST('12ab' AS INTEGER), CAST(1e30 AS INTEGER)",
    "SELECT char(0), 'a' || char(0) || 'b', length('a' || char(0) || 'b'), char(55357)",
    "SELECT x'f0'||x'9f', quote(x'01'), quote('it''s'), quote(1.0), quote(NULL)",
    "SELECT 0x7fffffffffffffff, 1_000, .5, 5., 1e1",
    "SELECT round(2.5), round(-2.5), round(1e20), abs(-9223372036854775807), max(1, 'a', x'00'), min(NULL, 1)",
    "SELECT abs(-9223372036854775807 - 1)",
  ]),
  ...statements("columns and their names", [
    "CREATE TABLE t (a INTEGER, b VARCHAR(10), \"c d\" DECIMAL(10, 2), e, f BLOB NOT NULL DEFAULT x'')",
    "INSERT INTO t VALUES (1, 2, '3.50', '4', x'05'), ('x', 2.5, 3.0, 4.0, 'five')",
    "SELECT * FROM t",
    "SELECT a AS first, t.b, \"c d\", e + 1, count(*) OVER () FROM t",
    "SELECT a, a, a AS a, '' AS '', NULL AS \"größe 🦀\" FROM t LIMIT 1",
    "SELECT (SELECT a FROM t), a, s.b FROM t JOIN (SELECT b FROM t) s ORDER BY 2, 3 LIMIT 2",
    "SELECT rowid, * FROM t WHERE 0",
    "SELECT max(a), total(b), avg(e), group_concat(e, '|') FROM t",
    "SELECT 1 WHERE 0",
  ]),
  ...statements("affinities and STRICT tables", [
    "CREATE TABLE s (i INT, r REAL, t TEXT, b BLOB, a ANY) STRICT",
    "INSERT INTO s VALUES ('1', 1, 2, x'03', '004')",
    "INSERT INTO s VALUES ('x', 1, 2, x'03', 4)",
    "INSERT INTO s VALUES (1.5, 1, 2, x'03', 4)",
    "SELECT *, typeof(i), typeof(r), typeof(t), typeof(b), typeof(a) FROM s",
    "CREATE TABLE bad (x MONEY) STRICT",
    "CREATE TABLE n (x NUMERIC, y INTEGER, z REAL, w TEXT)",
    "INSERT INTO n VALUES ('1e2', '9223372036854775808', '7', 1.0), (1.0, 2.0, 3, 4)",
    "SELECT x, y, z, w, typeof(x), typeof(y), typeof(z), typeof(w) FROM n",
  ]),
  ...statements("arguments by name and by number", [
    ["SELECT :a, @b, $c", { a: 1n, b: 2n, c: 3n }],
    ["SELECT :a, @b, $c", { ":a": 1n, "@b": 2n, $c: 3n }],
    ["SELECT :a, :a + 1", { a: 1n }],
    ["SELECT ?2, ?1, ?2", [1n, 2n]],
    ["SELECT ?3", [1n, 2n, 3n]],
    ["SELECT :a, ?", [1n, 2n]],
    ["SELECT ?1, :a", [1n, 2n]],
    ["SELECT :größe", { größe: 1n }],
  ]),
  ...statements("arguments that do not match", [
    ["SELECT ?", []],
    ["SELECT ?, ?", [1n]],
    ["SELECT ?", [1n, 2n]],
    ["SELECT 1", [1n]],
    ["SELECT :a", { b: 1n }],
    ["SELECT :a", { a: 1n, b: 2n }],
    ["SELECT ?", { a: 1n }],
    ["SELECT :a, :b", { a: 1n }],
    ["SELECT ?5", [1n]],
    "SELECT :a",
  ]),
  ["both kinds of arguments", [pipeline({
    type: "execute",
    stmt: { ...stmt("SELECT ?, :a", [1n]), named_args: [{ name: "a", value: { type: "null" } }] },
  })]],
  ["the same name twice", [pipeline({
    type: "execute",
    stmt: { sql: "SELECT :a", named_args: [1, 2].map((n) => ({ name: "a", value: { type: "integer", value: `${n}` } })) },
  })]],
  ...[
    '{"type":"float","value":-0.0}', '{"type":"float","value":1e400}', '{"type":"float","value":1}',
    '{"type":"float","value":18446744073709551615}', '{"type":"float","value":null}', '{"type":"float"}',
    '{"type":"float","value":"1.5"}', '{"type":"integer","value":5}', '{"type":"integer","value":"0x10"}',
    '{"type":"integer","value":"+5"}', '{"type":"integer","value":" 5"}', '{"type":"integer","value":""}',
    '{"type":"integer","value":"9223372036854775808"}', '{"type":"integer","value":"1.0"}', '{"type":"integer","value":null}',
    '{"type":"text","value":"\\ud83e\\udd80"}', '{"type":"text","value":"\\ud83e"}', '{"type":"text","value":5}',
    '{"type":"blob","base64":"AQI="}', '{"type":"blob","base64":"AQI"}', '{"type":"blob","base64":"AQ\\/8"}',
    '{"type":"blob","base64":"AR"}', '{"type":"blob","base64":"_-8"}', '{"type":"blob","base64":"A"}',
    '{"type":"null","value":5}', '{"type":"boolean","value":true}', '{"value":"5"}', "5", "null", '{"type":null}',
    '{"type":"text","value":"a","value":"b"}', '{"value":"5","type":"integer"}', '{"type":"text","value":"a","x":[[[]]]}',
  ].map((json) => [`the argument ${json}`, [argument(json)]]),
  ["rows that are not wanted", [pipeline(
    { type: "execute", stmt: { sql: "SELECT 1 UNION SELECT 2", want_rows: false } },
    { type: "execute", stmt: { sql: "CREATE TABLE t (a); ", want_rows: false } },
    { type: "execute", stmt: { sql: "INSERT INTO t VALUES (1), (2) RETURNING a", want_rows: false } },
    execute("SELECT count(*) FROM t"),
  )]],
];

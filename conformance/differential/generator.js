// Random sequences of requests, the same for the same seed: what nobody thinks of writing down.
import { autocommit, batch, close, cursor, describe, goOn, pipeline, sequence, stmt } from "./exchange.js";

/** One database's worth of requests: a schema, then a few streams that write, read, fail and roll back. */
export function sequenceOf(seed) {
  const { pick, chance, times } = dice(seed);
  const value = () => pick([null, 0n, 1n, 7n, -3n, 2n ** 62n, 1.5, -0.25, "a", "B", "ß", "7", "", Uint8Array.of(1, 0, 65)]);
  const literal = () => pick(["NULL", "0", "1", "7", "-3", "1.5", "'a'", "'B'", "'7'", "''", "x'01'", "9223372036854775807"]);
  const column = () => pick(["id", "a", "b", "c", "t.id", "a"]);

  const expression = (depth = 2) => depth === 0 || chance(0.3) ? pick([column, literal])() : pick([
    () => `(${expression(depth - 1)} ${pick(["+", "-", "*", "/", "%", "||", "=", "<", ">=", "IS", "AND", "OR", "&", "<<", "LIKE"])} ${expression(depth - 1)})`,
    () => `${pick(["abs", "length", "typeof", "upper", "hex", "quote", "round", "json_quote", "unicode"])}(${expression(depth - 1)})`,
    () => `coalesce(${expression(depth - 1)}, ${expression(depth - 1)})`,
    () => `CASE WHEN ${expression(depth - 1)} THEN ${expression(depth - 1)} ELSE ${literal()} END`,
    () => `CAST(${expression(depth - 1)} AS ${pick(["INTEGER", "REAL", "NUMERIC"])})`,
    // With the sign, for versions of the engine differ in whether they look such values up in an index.
    () => `(+${expression(depth - 1)} IN (${literal()}, ${literal()}))`,
    () => `NOT ${expression(depth - 1)}`,
  ])();

  const select = () => pick([
    () => `SELECT ${expression()} AS x FROM t ORDER BY id LIMIT ${pick([1, 3, 10])}`,
    () => `SELECT * FROM t WHERE ${expression()} ORDER BY id`,
    () => `SELECT count(*), sum(a), max(b), group_concat(c) FROM t WHERE ${expression()}`,
    () => `SELECT b, count(*) FROM t GROUP BY b HAVING ${pick(["count(*) > 0", "max(a) IS NOT NULL"])} ORDER BY 1`,
    () => `SELECT id, row_number() OVER (ORDER BY ${column()}, id) FROM t ORDER BY 1`,
    () => `SELECT t.id, u.t FROM t LEFT JOIN u ON u.t = t.id ORDER BY 1, 2`,
    () => `SELECT ${expression()}, ${expression()}`.replaceAll(/\b(t\.id|id|a|b|c)\b(?![('])/g, "1"),
    () => `VALUES (${literal()}, ${literal()}), (${literal()}, ${literal()})`,
    () => "SELECT * FROM u ORDER BY t",
    () => "SELECT what, n FROM log ORDER BY rowid",
  ])();

  const write = () => pick([
    () => `INSERT ${pick(["", "", "OR IGNORE ", "OR REPLACE ", "OR FAIL ", "OR ABORT "])}INTO t (a, b, c) VALUES (${literal()}, ${literal()}, ${literal()})`,
    () => `INSERT INTO t (id, a) VALUES (${pick([1, 2, 3, 50])}, ${literal()}) ON CONFLICT (id) DO UPDATE SET a = excluded.a, c = ${expression(1)}`,
    () => `INSERT INTO t (a, b) SELECT a, NULL FROM t WHERE ${expression(1)} LIMIT 3`,
    () => `INSERT INTO t (b) VALUES (${literal()}), (${literal()}) RETURNING id, b, typeof(b)`,
    () => `UPDATE ${pick(["", "OR IGNORE ", "OR REPLACE "])}t SET ${pick(["a", "b", "c"])} = ${expression()} WHERE id ${pick(["= 1", "< 3", "> 1"])}`,
    () => `UPDATE t SET a = a || 'x' WHERE ${expression(1)} RETURNING id`,
    () => `DELETE FROM t WHERE id = ${pick([1, 2, 3, 4])}`,
    () => `DELETE FROM t WHERE ${expression(1)}`,
    () => `INSERT INTO u VALUES (${pick([1, 2, 9, 77, "NULL"])})`,
    () => "DELETE FROM u",
  ])();

  const other = () => pick([
    "BEGIN", "BEGIN", "BEGIN IMMEDIATE", "COMMIT", "COMMIT", "ROLLBACK", "SAVEPOINT s", "RELEASE s", "ROLLBACK TO s",
    "CREATE INDEX IF NOT EXISTS i ON t (a)", "DROP INDEX IF EXISTS i", "CREATE INDEX j ON t (b, c)", "DROP INDEX j", "ALTER TABLE t ADD COLUMN d DEFAULT 4",
    "ALTER TABLE t RENAME COLUMN c TO e", "ALTER TABLE t RENAME COLUMN e TO c", "DROP TABLE u", "CREATE TABLE u (t REFERENCES t)",
    "SELECT nope FROM t", "INSERT INTO nope VALUES (1)", "PRAGMA user_version = 3", "PRAGMA user_version", "SELECT last_insert_rowid()",
  ]);

  const statement = () => {
    if (chance(0.2)) return stmt("INSERT INTO t (a, b, c) VALUES (?, ?2, ?)", [value(), value(), value()]);
    if (chance(0.1)) return stmt("SELECT :a, typeof(@b), $c", { a: value(), b: value(), c: value() });
    return stmt(pick([select, write, write, other])());
  };
  const condition = (index) => index === 0 || chance(0.4) ? undefined : pick([
    { type: "ok", step: index - 1 }, { type: "error", step: index - 1 }, { type: "is_autocommit" },
    { type: "not", cond: { type: "ok", step: 0 } }, { type: "and", conds: [{ type: "ok", step: 0 }, { type: "is_autocommit" }] },
  ]);
  const steps = () => times(2, 6).map((index) => ({ stmt: statement(), condition: condition(index) }));
  const request = () => pick([
    () => ({ type: "execute", stmt: statement() }), () => ({ type: "execute", stmt: statement() }), () => ({ type: "execute", stmt: statement() }),
    () => batch(...steps()), () => sequence(times(1, 4).map(write).join("; ")), () => describe(pick([select, write])()), () => autocommit,
  ])();

  const schema = sequence(`CREATE TABLE t (id INTEGER PRIMARY KEY, a ${pick(["", "INT", "TEXT", "REAL"])}, b ${pick(["", "UNIQUE", "COLLATE NOCASE UNIQUE"])}, c ${pick(["", "TEXT NOT NULL DEFAULT 'z'", "CHECK (c <> 7)"])});
    CREATE TABLE u (t REFERENCES t ON DELETE ${pick(["CASCADE", "SET NULL", "RESTRICT"])}); CREATE TABLE log (what, n);
    CREATE TRIGGER g AFTER ${pick(["INSERT", "UPDATE", "DELETE"])} ON t BEGIN INSERT INTO log VALUES ('g', (SELECT count(*) FROM t)); END`);
  return [
    pipeline(schema, close),
    ...times(2, 4).flatMap(() => [
      chance(0.25) ? cursor(...steps()) : pipeline(...times(2, 6).map(request)),
      ...times(0, 3).map(() => goOn(...times(1, 5).map(request))),
      goOn(autocommit, close),
    ]),
  ];
}

function dice(seed) {
  let state = seed >>> 0;
  // Mulberry32: small, even enough, the same everywhere.
  const roll = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const pick = (list) => list[Math.floor(roll() * list.length)];
  const chance = (probability) => roll() < probability;
  const times = (from, to) => Array.from({ length: from + Math.floor(roll() * (to - from + 1)) }, (_, index) => index);
  return { pick, chance, times };
}

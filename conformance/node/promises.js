// What every driver has to keep, the same in each language: see the table in conformance/README.md.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { advance, newDatabase, turso } from "./cloud.js";

export const HUNDRED_THOUSAND =
  "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT i FROM n";

/** Values of every type; a driver that has no integers beyond 2^53 leaves out the limits. */
export const VALUES = [
  null, 9223372036854775807n, -9223372036854775808n, 1.5, -1e300, 5e-324, "", "größe 🦀\0", new Uint8Array([0, 255, 7]),
];

/** A token with these options for a database, which the Platform API mints. */
export async function tokenFor({ name }, options) {
  return (await turso.databases.createToken(name, options)).jwt;
}

/** A token for a database whose time is over. No more time passes than that, for other tests have the same clock. */
export async function expiredToken(database) {
  const token = await tokenFor(database, { expiration: "1s" });
  await advance("2s");
  return token;
}

/** The promises of `@libsql/client`, which has one interface for both of its transports, as tests of the suite around. */
export function libsqlClientPromises(open, refusals) {
  let database, client;
  const one = async (statement) => (await client.execute(statement)).rows[0][0];

  before(async () => {
    database = await newDatabase();
    client = open(database.url, database.authToken);
    await client.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v UNIQUE)");
  });
  after(() => client.close());

  test("every type of value comes back as it was written", async () => {
    for (const value of VALUES) {
      const read = await one({ sql: "SELECT ?", args: [value] });
      assert.deepEqual(read instanceof ArrayBuffer ? new Uint8Array(read) : read, value);
    }
  });

  test("a float is negative zero or no number as JSON allows", async () => {
    assert.ok(Object.is(await one("SELECT -0.0"), -0));
    await assert.rejects(one({ sql: "SELECT ?", args: [NaN] }), RangeError);
    // The protocol writes an infinity as null, which this driver takes for a broken answer.
    await assert.rejects(one("SELECT 1e999"), { code: "HRANA_PROTO_ERROR" });
  });

  test("arguments have positions or names", async () => {
    assert.equal(await one({ sql: "SELECT ?2 - ?1", args: [1n, 10n] }), 9n);
    const { rows } = await client.execute({ sql: "SELECT :a AS a, @b AS b, $c AS c", args: { a: 1n, b: 2n, c: 3n } });
    assert.deepEqual([rows[0].a, rows[0].b, rows[0].c], [1n, 2n, 3n]);
  });

  test("a write tells what it did", async () => {
    const { rowsAffected, lastInsertRowid } = await client.execute("INSERT INTO t (v) VALUES (1), (2)");
    assert.deepEqual([rowsAffected, lastInsertRowid], [2, 2n]);
  });

  test("a batch happens whole or not at all", async () => {
    await client.batch(["CREATE TABLE b (x UNIQUE)", "INSERT INTO b VALUES (1)"], "write");
    await assert.rejects(client.batch(["INSERT INTO b VALUES (2)", "INSERT INTO b VALUES (1)"], "write"));
    assert.equal(await one("SELECT count(*) FROM b"), 1n);
  });

  test("a transaction is kept or undone", async () => {
    await client.execute("CREATE TABLE x (v)");
    const undone = await client.transaction("write");
    await undone.execute("INSERT INTO x VALUES (1)");
    await undone.rollback();
    const kept = await client.transaction("write");
    await kept.execute("INSERT INTO x VALUES (2)");
    await kept.commit();
    assert.equal(await one("SELECT group_concat(v) FROM x"), "2");
  });

  test("a constraint is the driver's own error", async () => {
    await client.execute("CREATE TABLE c (v UNIQUE)");
    await assert.rejects(client.execute("INSERT INTO c VALUES (1), (1)"), {
      name: "LibsqlError", code: "SQLITE_CONSTRAINT", message: /UNIQUE constraint failed: c\.v/,
    });
  });

  test("a read-only token reads and does not write", async () => {
    const reader = open(database.url, await tokenFor(database, { authorization: "read-only" }));
    assert.equal((await reader.execute("SELECT 1 AS n")).rows[0].n, 1n);
    await assert.rejects(reader.execute("INSERT INTO t (v) VALUES (9)"), refusals.readOnly);
    reader.close();
  });

  test("an expired token is refused", async () => {
    const late = open(database.url, await expiredToken(database));
    await assert.rejects(late.execute("SELECT 1"), refusals.expired);
    late.close();
  });

  test("100,000 rows are read", async () => {
    const { rows } = await client.execute(HUNDRED_THOUSAND);
    assert.deepEqual([rows.length, rows.at(-1).i], [100_000, 100_000n]);
  });

  test("a script of many statements runs", async () => {
    await client.executeMultiple("CREATE TABLE s (v); INSERT INTO s VALUES (1); INSERT INTO s VALUES (2);");
    assert.equal(await one("SELECT sum(v) FROM s"), 3n);
  });
}

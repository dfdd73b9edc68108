// The official driver with a ws URL, at the host and with the token that the Platform API gave out.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createClient } from "@libsql/client";
import { newDatabase, turso } from "./cloud.js";

describe("@libsql/client over WebSocket", () => {
  let database, client;
  before(async () => {
    database = await newDatabase();
    client = open(database.authToken);
    await client.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v)");
  });
  after(() => client.close());

  function open(authToken, host = database) {
    return createClient({ url: host.url.replace(/^http/, "ws"), authToken, intMode: "bigint" });
  }

  test("every type of value comes back as it was written", async () => {
    const values = [null, 9223372036854775807n, -9223372036854775808n, 1.5, -1e300, "", "größe 🦀\0", new Uint8Array([0, 255, 7])];
    for (const value of values) {
      const { rows } = await client.execute({ sql: "SELECT ? AS v", args: [value] });
      const read = rows[0].v;
      assert.deepEqual(read instanceof ArrayBuffer ? new Uint8Array(read) : read, value);
    }
  });

  test("arguments have positions or names", async () => {
    const { rows } = await client.execute({ sql: "SELECT :a AS a, @b AS b, $c AS c", args: { a: 1n, b: 2n, c: 3n } });
    assert.deepEqual([rows[0].a, rows[0].b, rows[0].c], [1n, 2n, 3n]);
  });

  test("a write tells what it did", async () => {
    const written = await client.execute("INSERT INTO t (v) VALUES (1), (2)");
    assert.equal(written.rowsAffected, 2);
    assert.equal(written.lastInsertRowid, 2n);
  });

  test("a batch happens whole or not at all", async () => {
    await client.batch(["CREATE TABLE b (x UNIQUE)", "INSERT INTO b VALUES (1)"], "write");
    await assert.rejects(client.batch(["INSERT INTO b VALUES (2)", "INSERT INTO b VALUES (1)"], "write"), {
      code: "SQLITE_CONSTRAINT",
      message: /UNIQUE constraint failed: b\.x/,
    });
    assert.equal((await client.execute("SELECT count(*) AS n FROM b")).rows[0].n, 1n);
  });

  test("a transaction is kept or undone, and one waits for the other on the same socket", async () => {
    await client.execute("CREATE TABLE x (v)");
    const first = await client.transaction("write");
    const waiting = client.transaction("write");
    await first.execute("INSERT INTO x VALUES (1)");
    await first.rollback();
    const second = await waiting;
    await second.execute("INSERT INTO x VALUES (2)");
    await second.commit();
    assert.deepEqual((await client.execute("SELECT v FROM x")).rows.map((row) => row.v), [2n]);
  });

  test("a script of many statements runs", async () => {
    await client.executeMultiple("CREATE TABLE s (v); INSERT INTO s VALUES (1); INSERT INTO s VALUES (2);");
    assert.equal((await client.execute("SELECT sum(v) AS n FROM s")).rows[0].n, 3n);
  });

  test("a thousand statements at once are all answered", async () => {
    const answers = await Promise.all(Array.from({ length: 1000 }, (_, n) => client.execute(`SELECT ${n} AS n`)));
    assert.deepEqual(answers.map((answer) => answer.rows[0].n), Array.from({ length: 1000 }, (_, n) => BigInt(n)));
  });

  test("100,000 rows are read", async () => {
    const sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT i FROM n";
    assert.equal((await client.execute(sql)).rows.length, 100_000);
  });

  test("a read-only token reads and does not write", async () => {
    const { jwt } = await turso.databases.createToken(database.name, { authorization: "read-only" });
    const reader = open(jwt);
    assert.equal((await reader.execute("SELECT 1 AS n")).rows[0].n, 1n);
    await assert.rejects(reader.execute("INSERT INTO t (v) VALUES (1)"), { code: "BLOCKED" });
    reader.close();
  });

  test("a token of another database is refused", async () => {
    const other = await newDatabase();
    const stranger = open(other.authToken);
    await assert.rejects(stranger.execute("SELECT 1"), { code: "AUTH_JWT_INVALID" });
    stranger.close();
  });
});

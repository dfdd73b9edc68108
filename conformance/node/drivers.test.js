// The official drivers, at the URL and with the token that the Platform API gave out.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { createClient } from "@libsql/client";
import { connect } from "@tursodatabase/serverless";
import { newDatabase, turso } from "./cloud.js";

describe("@libsql/client over HTTP", () => {
  let database, client;
  before(async () => {
    database = await newDatabase();
    client = createClient({ url: database.url, authToken: database.authToken, intMode: "bigint" });
    await client.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v)");
  });

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

  test("a transaction is kept or undone", async () => {
    await client.execute("CREATE TABLE x (v)");
    const undone = await client.transaction("write");
    await undone.execute("INSERT INTO x VALUES (1)");
    await undone.rollback();
    const kept = await client.transaction("write");
    await kept.execute("INSERT INTO x VALUES (2)");
    await kept.commit();
    assert.deepEqual((await client.execute("SELECT v FROM x")).rows.map((row) => row.v), [2n]);
  });

  test("a script of many statements runs", async () => {
    await client.executeMultiple("CREATE TABLE s (v); INSERT INTO s VALUES (1); INSERT INTO s VALUES (2);");
    assert.equal((await client.execute("SELECT sum(v) AS n FROM s")).rows[0].n, 3n);
  });

  test("100,000 rows are read", async () => {
    const sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT i FROM n";
    assert.equal((await client.execute(sql)).rows.length, 100_000);
  });

  test("a read-only token reads and does not write", async () => {
    const { jwt } = await turso.databases.createToken(database.name, { authorization: "read-only" });
    const reader = createClient({ url: database.url, authToken: jwt });
    assert.equal((await reader.execute("SELECT 1 AS n")).rows[0].n, 1);
    await assert.rejects(reader.execute("INSERT INTO t (v) VALUES (1)"), /403/);
  });

  test("a token from before a rotation is refused, and one from after it is not", async () => {
    const rotated = await newDatabase();
    // The official client reads the empty answer of the service as JSON and reports a failure; see the users of it.
    await turso.databases.rotateTokens(rotated.name).catch(() => {});
    const old = createClient({ url: rotated.url, authToken: rotated.authToken });
    await assert.rejects(old.execute("SELECT 1"), /401/);
    const { jwt } = await turso.databases.createToken(rotated.name);
    const fresh = createClient({ url: rotated.url, authToken: jwt });
    assert.equal((await fresh.execute("SELECT 1 AS n")).rows[0].n, 1);
  });

  test("a deleted database is gone", async () => {
    const deleted = await newDatabase();
    await turso.databases.delete(deleted.name);
    const client = createClient({ url: deleted.url, authToken: deleted.authToken });
    await assert.rejects(client.execute("SELECT 1"), /404/);
  });
});

describe("@tursodatabase/serverless", () => {
  let connection;
  before(async () => {
    connection = connect(await newDatabase());
    await connection.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, v)");
  });

  test("a prepared statement writes and reads", async () => {
    const insert = await connection.prepare("INSERT INTO t (v) VALUES (?)");
    assert.equal((await insert.run(["a"])).changes, 1);
    const select = await connection.prepare("SELECT v FROM t WHERE id = ?");
    assert.equal((await select.get([1])).v, "a");
  });

  test("a batch runs its statements", async () => {
    await connection.batch(["CREATE TABLE b (x)", "INSERT INTO b VALUES (1)", "INSERT INTO b VALUES (2)"]);
    const count = await connection.prepare("SELECT count(*) AS n FROM b");
    assert.equal((await count.get()).n, 2);
  });

  test("a transaction that fails is undone", async () => {
    await connection.exec("CREATE TABLE x (v UNIQUE)");
    const insert = await connection.prepare("INSERT INTO x VALUES (?)");
    const fails = connection.transaction(async () => {
      await insert.run([1]);
      await insert.run([1]);
    });
    await assert.rejects(fails(), /UNIQUE constraint failed: x\.v/);
    const count = await connection.prepare("SELECT count(*) AS n FROM x");
    assert.equal((await count.get()).n, 0);
  });

  test("100,000 rows are streamed", async () => {
    const sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT i FROM n";
    let rows = 0;
    for await (const _ of (await connection.prepare(sql)).iterate()) rows += 1;
    assert.equal(rows, 100_000);
  });
});

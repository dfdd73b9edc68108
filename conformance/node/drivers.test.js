// The official drivers, at the URL and with the token that the Platform API gave out.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { createClient } from "@libsql/client";
import { connect } from "@tursodatabase/serverless";
import { newDatabase, turso } from "./cloud.js";
import { HUNDRED_THOUSAND, VALUES, expiredToken, libsqlClientPromises, tokenFor } from "./promises.js";

describe("@libsql/client over HTTP", () => {
  const open = (url, authToken) => createClient({ url, authToken, intMode: "bigint" });
  libsqlClientPromises(open, { readOnly: /403/, expired: /401/ });

  test("a token from before a rotation is refused, and one from after it is not", async () => {
    const rotated = await newDatabase();
    // The official client reads the empty answer of the service as JSON and reports a failure; see the users of it.
    await turso.databases.rotateTokens(rotated.name).catch(() => {});
    await assert.rejects(open(rotated.url, rotated.authToken).execute("SELECT 1"), /401/);
    assert.equal((await open(rotated.url, await tokenFor(rotated)).execute("SELECT 1 AS n")).rows[0].n, 1n);
  });

  test("a deleted database is gone", async () => {
    const deleted = await newDatabase();
    await turso.databases.delete(deleted.name);
    await assert.rejects(open(deleted.url, deleted.authToken).execute("SELECT 1"), /404/);
  });
});

describe("@tursodatabase/serverless", () => {
  let database, connection;
  before(async () => {
    database = await newDatabase();
    connection = connect(database);
    connection.defaultSafeIntegers(true);
    await connection.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, v UNIQUE)");
  });

  async function one(sql, args = [], on = connection) {
    const statement = await on.prepare(sql);
    return Object.values(await statement.get(args))[0];
  }

  test("every type of value comes back as it was written", async () => {
    for (const value of VALUES) {
      const read = await one("SELECT ? AS v", [value]);
      assert.deepEqual(read instanceof Uint8Array ? new Uint8Array(read) : read, value);
    }
  });

  test("a float is negative zero or no number as JSON allows", async () => {
    assert.ok(Object.is(await one("SELECT -0.0"), -0));
    await assert.rejects(one("SELECT ?", [NaN]), /finite/i);
    // The protocol writes an infinity as null, which this driver reads as it stands.
    assert.equal(await one("SELECT 1e999"), null);
  });

  test("arguments have positions or names", async () => {
    assert.equal(await one("SELECT ?2 - ?1", [1n, 10n]), 9n);
    assert.equal(await one("SELECT :a - @b", { a: 10n, b: 1n }), 9n);
  });

  test("a write tells what it did", async () => {
    const insert = await connection.prepare("INSERT INTO t (v) VALUES (1), (2)");
    const { changes, lastInsertRowid } = await insert.run();
    assert.deepEqual([Number(changes), Number(lastInsertRowid)], [2, 2]);
  });

  test("a batch happens whole or not at all", async () => {
    await connection.batch(["CREATE TABLE b (x UNIQUE)", "INSERT INTO b VALUES (1)"], "immediate");
    await assert.rejects(connection.batch(["INSERT INTO b VALUES (2)", "INSERT INTO b VALUES (1)"], "immediate"));
    assert.equal(await one("SELECT count(*) FROM b"), 1n);
  });

  test("a transaction is kept or undone", async () => {
    await connection.exec("CREATE TABLE x (v UNIQUE)");
    const insert = await connection.prepare("INSERT INTO x VALUES (?)");
    const undone = connection.transaction(async () => {
      await insert.run([1]);
      await insert.run([1]);
    });
    await assert.rejects(undone(), /UNIQUE constraint failed: x\.v/);
    const kept = connection.transaction(async () => { await insert.run([2]); });
    await kept();
    assert.equal(await one("SELECT group_concat(v) FROM x"), "2");
  });

  test("a constraint is the driver's own error", async () => {
    await connection.exec("CREATE TABLE c (v UNIQUE)");
    await assert.rejects(one("INSERT INTO c VALUES (1), (1) RETURNING v"), {
      name: "DatabaseError", code: "SQLITE_CONSTRAINT", message: /UNIQUE constraint failed: c\.v/,
    });
  });

  test("a read-only token reads and does not write", async () => {
    // The driver tells only the status where a whole request is refused.
    const reader = connect({ url: database.url, authToken: await tokenFor(database, { authorization: "read-only" }) });
    assert.equal(await one("SELECT 1 AS n", [], reader), 1);
    await assert.rejects(one("INSERT INTO t (v) VALUES (9) RETURNING v", [], reader), /403/);
  });

  test("an expired token is refused", async () => {
    const late = connect({ url: database.url, authToken: await expiredToken(database) });
    await assert.rejects(one("SELECT 1", [], late), /401/);
  });

  test("100,000 rows are read", async () => {
    let [count, sum] = [0, 0n];
    for await (const row of (await connection.prepare(HUNDRED_THOUSAND)).iterate()) [count, sum] = [count + 1, sum + row.i];
    assert.deepEqual([count, sum], [100_000, 5_000_050_000n]);
  });
});

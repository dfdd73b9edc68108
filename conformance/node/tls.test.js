// The official drivers over TLS: `libsql://` means TLS to them, and `conformance/run` lets Node trust the local cloud.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createClient } from "@libsql/client";
import { connect } from "@tursodatabase/serverless";
import { connect as connectCopy } from "@tursodatabase/sync";
import { newDatabase } from "./cloud.js";

test("@libsql/client reaches a database by a libsql:// URL", async () => {
  const { url, authToken } = await newDatabase();
  const client = createClient({ url: url.replace("http:", "libsql:"), authToken });
  await client.batch(["CREATE TABLE t (v)", "INSERT INTO t VALUES (42)"], "write");
  assert.equal((await client.execute("SELECT v FROM t")).rows[0].v, 42);
});

test("@tursodatabase/serverless reaches a database by a libsql:// URL", async () => {
  const { url, authToken } = await newDatabase();
  const connection = connect({ url: url.replace("http:", "libsql:"), authToken });
  await connection.exec("CREATE TABLE t (v)");
  const insert = await connection.prepare("INSERT INTO t VALUES (?)");
  assert.equal((await insert.run([42])).changes, 1);
});

test("@tursodatabase/sync reaches a database by a libsql:// URL", async (context) => {
  const { url, authToken } = await newDatabase();
  const directory = await mkdtemp(join(tmpdir(), "tls-"));
  context.after(() => rm(directory, { recursive: true }));
  const copy = await connectCopy({ path: join(directory, "copy.db"), url: url.replace("http:", "libsql:"), authToken });
  await copy.exec("CREATE TABLE t (v)");
  await copy.push();
  assert.equal(await copy.pull(), true);
  await copy.close();
});

test("the Platform API answers over TLS", async () => {
  const answer = await fetch(`${process.env.TURSO_API_BASEURL.replace("http:", "https:")}/_region`);
  assert.equal(answer.status, 200);
});

// The official driver with a ws URL, at the host and with the token that the Platform API gave out.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createClient } from "@libsql/client";
import { newDatabase } from "./cloud.js";
import { libsqlClientPromises } from "./promises.js";

const open = (url, authToken) => createClient({ url: url.replace(/^http/, "ws"), authToken, intMode: "bigint" });

describe("@libsql/client over WebSocket", () => {
  libsqlClientPromises(open, { readOnly: { code: "BLOCKED" }, expired: /AUTH_JWT_EXPIRED|expired/ });

  describe("one socket", () => {
    let client;
    before(async () => {
      const { url, authToken } = await newDatabase();
      client = open(url, authToken);
      await client.execute("CREATE TABLE x (v)");
    });
    after(() => client.close());

    test("one transaction waits for the other on the same socket", async () => {
      const first = await client.transaction("write");
      const waiting = client.transaction("write");
      await first.execute("INSERT INTO x VALUES (1)");
      await first.rollback();
      const second = await waiting;
      await second.execute("INSERT INTO x VALUES (2)");
      await second.commit();
      assert.deepEqual((await client.execute("SELECT v FROM x")).rows.map((row) => row.v), [2n]);
    });

    test("a thousand statements at once are all answered", async () => {
      const answers = await Promise.all(Array.from({ length: 1000 }, (_, n) => client.execute(`SELECT ${n} AS n`)));
      assert.deepEqual(answers.map((answer) => answer.rows[0].n), Array.from({ length: 1000 }, (_, n) => BigInt(n)));
    });
  });

  test("a token of another database is refused", async () => {
    const [mine, other] = [await newDatabase(), await newDatabase()];
    const stranger = open(mine.url, other.authToken);
    await assert.rejects(stranger.execute("SELECT 1"), { code: "AUTH_JWT_INVALID" });
    stranger.close();
  });
});

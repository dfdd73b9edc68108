// The same requests to the local cloud and to sqld, the server that Turso publishes: equal but for the known differences.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { protocol } from "./cases/protocol.js";
import { sql } from "./cases/sql.js";
import { values } from "./cases/values.js";
import { compare } from "./compare.js";
import { differences } from "./differences.js";
import { close, execute, get, pipeline, send, sequence } from "./exchange.js";
import { sequenceOf } from "./generator.js";
import { localCloud, startSqld } from "./servers.js";

/** How many databases get a random sequence of requests each; the first seed can be moved to look further. */
const SEQUENCES = 200;
const FIRST_SEED = Number(process.env.FIRST_SEED ?? 0);

describe("the local cloud beside sqld", () => {
  const local = localCloud();
  const met = new Set();
  const topics = { values, sql, protocol };
  /** The tests that are to have begun before it is known which differences are met. */
  let missing = Object.values(topics).flat().length + 1;
  let sqld;
  before(async () => { sqld = await startSqld(); });
  after(() => sqld.stop());

  async function check(exchanges) {
    const answer = async (server) => send(await server.newDatabase(), exchanges);
    const units = compare(exchanges, ...(await Promise.all([local, sqld].map(answer))));
    units.flatMap((unit) => unit.known).forEach((id) => met.add(id));
    for (const { asked, ours, theirs, isExplained } of units) if (!isExplained) assert.deepEqual(ours, theirs, asked);
  }

  for (const [topic, cases] of Object.entries(topics)) {
    describe(topic, () => {
      for (const [name, exchanges] of cases) test(name, () => { missing--; return check(exchanges); });
    });
  }

  test(`${SEQUENCES} random sequences of requests`, async () => {
    missing--;
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SEQUENCES; seed++) {
      await check(sequenceOf(seed)).catch((error) => { throw new Error(`with FIRST_SEED=${seed}`, { cause: error }); });
    }
  });

  test("a dump of each is understood by the other", async () => {
    const made = sequence(`CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT, b BLOB, r REAL); INSERT INTO t VALUES (1, 'it''s größe', x'00ff', 1.5),
      (2, NULL, NULL, -1e300); CREATE INDEX i ON t (v); CREATE VIEW w AS SELECT v FROM t; CREATE TABLE n (v);
      CREATE TRIGGER g AFTER INSERT ON n BEGIN SELECT 1; END; INSERT INTO n VALUES ('a'), (char(10)), ('');
      CREATE TABLE a (x INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO a VALUES (7)`);
    const everything = ["SELECT * FROM t", "SELECT rowid, v FROM n", "SELECT * FROM w", "SELECT * FROM sqlite_sequence", "SELECT type, name FROM sqlite_schema ORDER BY name"];
    const read = pipeline(...everything.map((text) => execute(text)), close);
    const rows = ([answer]) => answer.body.results.map((result) => result.response.result?.rows);
    for (const [from, to] of [[local, sqld], [sqld, local]]) {
      const origin = await from.newDatabase();
      const [, { body: dump }] = await send(origin, [pipeline(made, close), get("/dump")]);
      const copy = await to.newDatabase();
      const [loaded] = await send(copy, [pipeline(sequence(dump), close)]);
      assert.equal(loaded.body.results[0].type, "ok", JSON.stringify(loaded.body));
      assert.deepEqual(rows(await send(copy, [read])), rows(await send(origin, [read])));
    }
  });

  test("every known difference is met, and written down with its reason", (context) => {
    const page = readFileSync(new URL("../../docs/sqld.md", import.meta.url), "utf8");
    const written = [...page.matchAll(/^\| `([a-z0-9-]+)` \|/gm)].map(([, id]) => id);
    const listed = differences.map(({ id }) => id);
    assert.deepEqual(written, listed);
    if (missing > 0) return context.skip(`${missing} tests that may meet one were filtered out`);
    assert.deepEqual(listed.filter((id) => !met.has(id)), []);
  });
});

// Databases: every way to create one, and what can be done with it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import {
  api, create, exists, folder, lastLine, newDatabase, newName, now, query, refused, run, state, turso, user,
} from "./turso.js";

const database = async (name) => (await state(`/databases/${name}`)).database;
const sqlite = (file, sql) => execFileSync("sqlite3", [file, sql], { encoding: "utf8" }).trim();
const dump = `PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE t (v);
INSERT INTO t VALUES (41),(42);
COMMIT;
`;

before(() => {
  writeFileSync(join(folder, "rows.sql"), dump);
  writeFileSync(join(folder, "rows.csv"), "v,w\n41,one\n42,two\n");
  sqlite(join(folder, "rows.db"), "PRAGMA journal_mode=wal; CREATE TABLE t (v); INSERT INTO t VALUES (41),(42);");
});

/** A database with two rows. */
async function filled() {
  const name = await newDatabase();
  await turso("db", "shell", name, "CREATE TABLE t (v); INSERT INTO t VALUES (41),(42);");
  return name;
}

test("a plain database is created, listed, shown and destroyed", async () => {
  const name = newName("db");
  const created = await turso("db", "create", name, "--group", "default");
  assert.match(created, new RegExp(`Created database ${name} at group default in`));
  const { DbId, Hostname } = await database(name);
  assert.match(await turso("db", "list"), new RegExp(`^${name} +SQLite +default +libsql://${Hostname}`, "m"));
  assert.match(await turso("db", "list", "--group", "default"), new RegExp(`^${name} `, "m"));
  const shown = await turso("db", "show", name);
  for (const expected of [name, DbId, Hostname, "default", "local"]) assert.ok(shown.includes(expected), shown);
  assert.equal(await turso("db", "show", name, "--url"), `libsql://${Hostname}\n`);
  assert.equal(await turso("db", "show", name, "--http-url"), `http://${Hostname}\n`);
  assert.ok((await turso("db", "show", name, "--instance-urls")).includes(Hostname));
  assert.ok((await turso("db", "show", name, "--instance-url", "local")).includes(Hostname));
  assert.match(await turso("db", "destroy", name, "--yes"), new RegExp(`Destroyed database ${name} in`));
  assert.ok(!(await exists(`/databases/${name}`)));
  assert.match(await refused("db", "show", name), /not found/);
});

test("a name is given when none is", async () => {
  const [, name] = /Created database (\S+) at/.exec(await turso("db", "create", "--group", "default"));
  assert.ok(await exists(`/databases/${name}`));
});

test("a name that is taken is not available", async () => {
  const name = await newDatabase();
  const { DbId } = await database(name);
  const again = await refused("db", "create", name, "--group", "default");
  assert.match(again, /database with same name already exists/);
  assert.equal((await database(name)).DbId, DbId);
});

test("several databases are destroyed at once", async () => {
  const names = [await newDatabase(), await newDatabase()];
  assert.match(await turso("db", "destroy", ...names, { answers: ["y"] }), /Destroyed 2 databases/);
  for (const name of names) assert.ok(!(await exists(`/databases/${name}`)));
});

test("--from-db copies, and --timestamp copies what was", async () => {
  const name = await filled();
  const copy = await newDatabase("--from-db", name);
  assert.deepEqual(await query(copy, "SELECT sum(v) FROM t;"), ["83"]);
  assert.equal((await database(copy)).parent.name, name);
  const past = await now();
  await turso("db", "shell", name, "DELETE FROM t");
  const restored = await newDatabase("--from-db", name, "--timestamp", past);
  assert.deepEqual(await query(restored, "SELECT sum(v) FROM t;"), ["83"]);
  const early = ["--group", "default", "--from-db", name, "--timestamp", "2020-01-01T00:00:00Z"];
  assert.match(await refused("db", "create", newName("db"), ...early), /earliest time/);
});

test("db branch makes a copy that --branches shows", async () => {
  const [name, branch] = [await filled(), newName("branch")];
  assert.match(await turso("db", "branch", name, branch), new RegExp(`Created database ${branch} at group default`));
  assert.equal((await database(branch)).parent.name, name);
  assert.deepEqual(await query(branch, "SELECT count(*) FROM t;"), ["2"]);
  assert.ok((await turso("db", "show", name, "--branches")).includes(branch));
});

test("--from-dump and --from-dump-url load statements", async () => {
  const name = await newDatabase("--from-dump", "rows.sql");
  assert.deepEqual(await query(name, "SELECT sum(v) FROM t;"), ["83"]);
  const other = await newDatabase("--from-dump-url", `file://${join(folder, "rows.sql")}`);
  assert.deepEqual(await query(other, "SELECT sum(v) FROM t;"), ["83"]);
  const elsewhere = ["--group", "default", "--from-dump-url", "https://example.com/rows.sql"];
  const refusedName = newName("dump");
  assert.match(await refused("db", "create", refusedName, ...elsewhere), /seed\.url/);
  assert.ok(!(await exists(`/databases/${refusedName}`)));
});

test("--from-file, --from-csv and import bring files", async () => {
  const file = await newDatabase("--from-file", "rows.db");
  assert.deepEqual(await query(file, "SELECT sum(v) FROM t;"), ["83"]);
  const csv = await newDatabase("--from-csv", "rows.csv", "--csv-table-name", "t");
  assert.deepEqual(await query(csv, "SELECT group_concat(w, '+') FROM t;"), ["one+two"]);
  const imported = newName("imported");
  sqlite(join(folder, `${imported}.db`), "PRAGMA journal_mode=wal; CREATE TABLE t (v); INSERT INTO t VALUES (7);");
  const printed = await turso("db", "import", `${imported}.db`, "--group", "default");
  assert.match(printed, new RegExp(`Created database ${imported} at group default`));
  assert.deepEqual(await query(imported, "SELECT v FROM t;"), ["7"]);
});

test("a file is uploaded over TLS to a group on AWS", async () => {
  const group = newName("aws");
  await turso("group", "create", group, "--location", "aws-eu-west-1");
  const name = await create(newName("file"), "--group", group, "--from-file", "rows.db");
  assert.deepEqual(await query(name, "SELECT sum(v) FROM t;"), ["83"]);
  assert.match((await turso("db", "show", name, "--http-url")).trim(), /^https:/);
});

test("--size-limit holds", async () => {
  const name = await newDatabase("--size-limit", "64kb");
  assert.equal((await state(`/databases/${name}/configuration`)).size_limit, "64000");
  await turso("db", "shell", name, "CREATE TABLE t (v)");
  assert.match(await refused("db", "shell", name, "INSERT INTO t VALUES (zeroblob(100000))"), /full/);
});

test("--tursodb marks the new engine", async () => {
  const name = await newDatabase("--tursodb");
  assert.match(await turso("db", "list"), new RegExp(`^${name} +Turso `, "m"));
  assert.equal((await database(name)).DbId.replaceAll("-", "").slice(10, 12), "10", "the sixth byte says so");
});

test("the shell runs its argument, its input and .dump", async () => {
  const name = await filled();
  assert.match(await turso("db", "shell", name, "SELECT v FROM t"), /V\s+41\s+42/);
  assert.deepEqual(await query(name, "SELECT v FROM t;"), ["41", "42"]);
  assert.match(await turso("db", "shell", name, { input: "SELECT v FROM t;\n" }), /V\s+41\s+42/);
  const dumped = await turso("db", "shell", name, ".dump");
  sqlite(join(folder, `${name}.db`), dumped);
  assert.equal(sqlite(join(folder, `${name}.db`), "SELECT sum(v) FROM t"), "83");
  assert.match(await turso("db", "shell", name, ".tables"), /\bt\b/i);
});

test("a list of statements stops at the first that fails", async () => {
  const name = await newDatabase();
  const inserts = [1, 1, 2].map((value) => `INSERT INTO t VALUES (${value});`);
  const failed = await run(["db", "shell", name, `CREATE TABLE t (v UNIQUE); ${inserts.join(" ")}`]);
  assert.match(failed.text, /UNIQUE constraint failed: t\.v/);
  assert.equal(failed.code, 1);
  assert.deepEqual(await query(name, "SELECT count(*) FROM t;"), ["1"]);
});

test("inspect tells of rows, space and queries", async () => {
  const name = await filled();
  await turso("db", "shell", name, "SELECT * FROM t WHERE v > 40");
  const { usage } = (await state(`/databases/${name}/usage`)).database;
  const inspected = await turso("db", "inspect", name, "--verbose");
  assert.match(inspected, new RegExp(`Number of rows read: ${usage.rows_read}\n`));
  assert.match(inspected, new RegExp(`Number of rows written: ${usage.rows_written}\n`));
  assert.match(inspected, /local +primary/);
  assert.match(await turso("db", "inspect", name, "--queries"), /SELECT \* FROM t WHERE v > 40/);
});

test("tokens allow what they were minted for", async () => {
  const name = await filled();
  const url = (await turso("db", "show", name, "--http-url")).trim();
  const mint = async (...options) => {
    return `${url}?authToken=${lastLine(await turso("db", "tokens", "create", name, ...options))}`;
  };
  const [writer, reader] = [await mint("--expiration", "7d"), await mint("--read-only")];
  const inserter = await mint("-p", "t:data_add", "-p", "all:data_read");
  await turso("db", "shell", writer, "INSERT INTO t VALUES (43)");
  assert.match(await turso("db", "shell", reader, "SELECT max(v) FROM t"), /43/);
  assert.match(await refused("db", "shell", reader, "DELETE FROM t"), /BLOCKED/);
  await turso("db", "shell", inserter, "INSERT INTO t VALUES (44)");
  assert.match(await refused("db", "shell", inserter, "DELETE FROM t"), /BLOCKED|not authorized/i);
  assert.deepEqual(await query(name, "SELECT count(*) FROM t;"), ["4"]);
  assert.match(await refused("db", "tokens", "invalidate", name, "--yes"), /group tokens invalidate/);
});

test("the configuration is changed and shown", async () => {
  const name = await newDatabase();
  const configuration = () => state(`/databases/${name}/configuration`);
  await turso("db", "config", "delete-protection", "enable", name);
  assert.equal((await configuration()).delete_protection, true);
  assert.match(await turso("db", "config", "delete-protection", "show", name), /on/);
  assert.match(await refused("db", "destroy", name, "--yes"), /delete-protected/);
  await turso("db", "config", "delete-protection", "disable", name);
  assert.match(await turso("db", "config", "delete-protection", "show", name), /off/);
  await turso("db", "config", "attach", "allow", name);
  assert.equal((await configuration()).allow_attach, true);
  assert.match(await turso("db", "config", "attach", "show", name), /allow|on/i);
  await turso("db", "config", "attach", "disallow", name);
  assert.match(await turso("db", "config", "attach", "show", name), /not allowed/i);
  const rules = ["--ip", "10.0.0.0/8", "--aws-vpc", "vpce-0123456789abcdef0"];
  const set = await turso("db", "config", "allow-rules", "set", name, ...rules);
  assert.match(set, new RegExp(`Updated access allow rules for database ${name}\nAllowed IPs:\n +10\\.0\\.0\\.0/8`));
  const { allowed_ips, allowed_aws_vpc_ids, allow_attach, delete_protection } = await configuration();
  assert.deepEqual([allowed_ips, allowed_aws_vpc_ids], [["10.0.0.0/8"], ["vpce-0123456789abcdef0"]]);
  assert.deepEqual([allow_attach, delete_protection], [false, false]);
  assert.match(await turso("db", "config", "allow-rules", "show", name), /10\.0\.0\.0\/8/);
  assert.match(await refused("db", "shell", name, "SELECT 1"), /not in the list of allowed IP addresses/);
  assert.match(await turso("db", "config", "allow-rules", "clear", name, "--ips", "--aws-vpcs"), /Cleared allowed IPs/);
  const cleared = await configuration();
  assert.deepEqual([cleared.allowed_ips, cleared.allowed_aws_vpc_ids], [[], []]);
  assert.deepEqual(await query(name, "SELECT 1;"), ["1"]);
});

test("an attached database is read in the shell's database", async () => {
  const [name, other] = [await newDatabase(), await filled()];
  await turso("db", "config", "attach", "allow", other);
  const jwt = lastLine(await turso("db", "tokens", "create", name, "--attach", other));
  const url = (await turso("db", "show", name, "--http-url")).trim();
  const { DbId } = await database(other);
  const input = `ATTACH "${DbId}" AS o;\nSELECT sum(v) FROM o.t;\n`;
  const answer = await turso("db", "shell", `${url}?authToken=${jwt}`, { input });
  assert.match(answer, /83/);
});

test("an export is a sound database file", async () => {
  const name = await filled();
  assert.match(await turso("db", "export", name), new RegExp(`Exported database to ${name}\\.db`));
  const file = join(folder, `${name}.db`);
  assert.ok(existsSync(file));
  assert.equal(sqlite(file, "PRAGMA integrity_check"), "ok");
  assert.equal(sqlite(file, "SELECT sum(v) FROM t"), "83");
  assert.match(await refused("db", "export", name), /already exists/);
  await turso("db", "shell", name, "INSERT INTO t VALUES (43)");
  assert.match(await turso("db", "export", name, "--overwrite", "--with-metadata"), /Exported database/);
  assert.equal(sqlite(file, "SELECT sum(v) FROM t"), "126");
  assert.ok(existsSync(`${file}-info`));
});

test("a database is transferred to a team", async () => {
  const name = await newDatabase();
  const printed = await turso("org", "db-transfer", name, process.env.TURSO_ORG, { answers: ["y"] });
  assert.match(printed, new RegExp(`Database ${name} transferred successfully to organization ${process.env.TURSO_ORG}`));
  assert.ok(!(await exists(`/databases/${name}`)));
  const path = `/v1/organizations/${process.env.TURSO_ORG}/databases/${name}`;
  assert.equal((await api("DELETE", path)).status, 200);
});

test("locations are listed with those of this machine", async () => {
  const listed = await turso("db", "locations");
  assert.match(listed, /^local +/m);
  assert.match(listed, /aws-us-east-1/);
});

test("version 3 of the API does the same by ids", async () => {
  const name = newName("v3");
  assert.match(await turso("--v3-api", "db", "create", name, "--group", "default"), /Created database/);
  const { DbId } = await database(name);
  assert.match(await turso("--v3-api", "db", "list"), new RegExp(`^${name} `, "m"));
  assert.ok((await turso("--v3-api", "db", "show", name)).includes(DbId));
  const url = (await turso("db", "show", name, "--http-url")).trim();
  for (const command of [["db", "tokens", "create", name], ["group", "tokens", "create", "default"]]) {
    const jwt = lastLine(await turso("--v3-api", ...command));
    assert.match(await turso("db", "shell", `${url}?authToken=${jwt}`, "SELECT 6 * 7"), /42/);
  }
  const copy = newName("v3");
  await turso("--v3-api", "db", "create", copy, "--group", "default", "--from-db", name);
  assert.equal((await database(copy)).parent.id, DbId);
  assert.match(await turso("--v3-api", "group", "list"), /^default /m);
  assert.match(await turso("--v3-api", "db", "destroy", name, "--yes"), /Destroyed database/);
  assert.ok(!(await exists(`/databases/${name}`)));
  const { json } = await api("GET", "/_local/requests");
  const asked = new Set(json.map(({ operation }) => operation));
  const operations = ["CreateDatabase", "ListDatabases", "DeleteDatabase", "CreateDatabaseToken", "CreateGroupToken"];
  for (const operation of [...operations, "ListGroups"]) assert.ok(asked.has(`${operation}V3`), `${operation}V3`);
});

test("completion knows the names", async () => {
  const name = await newDatabase();
  assert.ok((await turso("__complete", "db", "show", "")).includes(name));
  assert.equal((await state("")).organization.slug, user);
});

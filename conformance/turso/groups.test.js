// Groups of the personal organization, which the official command line addresses without its slug.
import assert from "node:assert/strict";
import { test } from "node:test";
import { api, exists, lastLine, newDatabase, newName, org, query, refused, state, turso, user } from "./turso.js";

async function newGroup(location = "local") {
  const name = newName("group");
  await turso("group", "create", name, "--location", location);
  return name;
}

const group = async (name) => (await state(`/groups/${name}`)).group;

test("a group is created, shown, listed and destroyed", async () => {
  const name = newName("group");
  const created = await turso("group", "create", name, "--location", "aws-eu-west-1", "--wait");
  assert.match(created, new RegExp(`Created group ${name} at aws-eu-west-1`));
  assert.equal((await group(name)).primary, "aws-eu-west-1");
  assert.match(await turso("group", "list"), new RegExp(`^${name} +aws-eu-west-1.*Healthy`, "m"));
  const shown = await turso("group", "show", name);
  assert.match(shown, /aws-eu-west-1/);
  assert.match(shown, /Healthy/);
  assert.match(await turso("group", "destroy", name, "--yes"), /Destroyed group/);
  assert.ok(!(await exists(`/groups/${name}`)));
});

test("a group needs a free name and a location that is there", async () => {
  assert.match(await refused("group", "create", "default", "--location", "local"), /already exists/);
  assert.match(await refused("group", "create", newName("group"), "--location", "moon"), /location/);
  assert.match(await refused("group", "destroy", newName("none"), "--yes"), /not found/);
});

test("a group is renamed", async () => {
  const [name, renamed] = [await newGroup(), newName("renamed")];
  assert.match(await turso("group", "rename", name, renamed, { answers: ["y"] }), /was renamed/);
  assert.deepEqual([await exists(`/groups/${name}`), await exists(`/groups/${renamed}`)], [false, true]);
  await turso("group", "destroy", renamed, "--yes");
});

test("a group is transferred to a team", async () => {
  const name = await newGroup();
  const printed = await turso("group", "transfer", name, org, { answers: ["y"] });
  assert.match(printed, new RegExp(`Group ${name} was transfered successfully to organization ${org}`));
  assert.ok(!(await exists(`/groups/${name}`)));
  assert.equal((await api("GET", `/v1/organizations/${org}/groups/${name}`)).status, 200);
  assert.equal((await api("DELETE", `/v1/organizations/${org}/groups/${name}`)).status, 200);
});

test("locations are added, listed and removed", async () => {
  const name = await newGroup("aws-us-east-1");
  const added = await turso("group", "locations", "add", name, "aws-eu-west-1", "--wait");
  assert.match(added, new RegExp(`Group ${name} replicated to aws-eu-west-1`));
  assert.deepEqual((await group(name)).locations, ["aws-us-east-1", "aws-eu-west-1"]);
  assert.match(await turso("group", "locations", "list", name), /aws-eu-west-1/);
  const removed = await turso("group", "locations", "remove", name, "aws-eu-west-1");
  assert.match(removed, new RegExp(`Group ${name} removed from aws-eu-west-1`));
  assert.deepEqual((await group(name)).locations, ["aws-us-east-1"]);
  await turso("group", "destroy", name, "--yes");
});

test("delete protection keeps a group until it is off", async () => {
  const name = await newGroup();
  await turso("group", "config", "delete-protection", "enable", name);
  assert.equal((await state(`/groups/${name}/configuration`)).delete_protection, true);
  assert.match(await turso("group", "config", "delete-protection", "show", name), /on/);
  assert.match(await refused("group", "destroy", name, "--yes"), /delete-protected/);
  await turso("group", "config", "delete-protection", "disable", name);
  assert.equal((await state(`/groups/${name}/configuration`)).delete_protection, false);
  assert.match(await turso("group", "config", "delete-protection", "show", name), /off/);
  await turso("group", "destroy", name, "--yes");
  assert.ok(!(await exists(`/groups/${name}`)));
});

test("tokens of a group open its databases until they are invalidated", async () => {
  const name = await newGroup();
  const database = newName("db");
  await turso("db", "create", database, "--group", name);
  const jwt = lastLine(await turso("group", "tokens", "create", name, "--expiration", "1d"));
  const url = (await turso("db", "show", database, "--http-url")).trim();
  const shell = `${url}?authToken=${jwt}`;
  assert.match(await turso("db", "shell", shell, "SELECT 6 * 7"), /42/);
  const reader = lastLine(await turso("group", "tokens", "create", name, "--read-only"));
  assert.match(await refused("db", "shell", `${url}?authToken=${reader}`, "CREATE TABLE t (x)"), /BLOCKED/);
  await turso("db", "shell", shell, "CREATE TABLE t (x)");
  const inserter = lastLine(await turso("group", "tokens", "create", name, "-p", "t:data_add"));
  await turso("db", "shell", `${url}?authToken=${inserter}`, "INSERT INTO t VALUES (1)");
  assert.match(await refused("db", "shell", `${url}?authToken=${inserter}`, "DELETE FROM t"), /BLOCKED/);
  assert.match(await turso("group", "tokens", "invalidate", name, "--yes"), /Tokens invalidated successfully/);
  assert.match(await refused("db", "shell", shell, "SELECT 1"), /401/);
  await turso("group", "destroy", name, "--yes");
  assert.ok(!(await exists(`/databases/${database}`)));
});

test("unarchiving a group that is awake leaves it so", async () => {
  const database = await newDatabase();
  assert.match(await turso("group", "unarchive", "default"), /Unarchived group default/);
  assert.match(await turso("db", "unarchive", database), new RegExp(`Unarchived database ${database}`));
  assert.equal((await group("default")).archived, false);
  assert.deepEqual(await query(database, "SELECT 1;"), ["1"]);
});

test("no group is on its way off the old platform", async () => {
  assert.match(await turso("group", "aws-migration", "info", "default"), /not started/);
  assert.equal((await api("POST", `/v1/organizations/${user}/groups/default/aws/migration/start`)).status, 400);
});

// What only a cloud of their own lets tests see: a plan that includes little, days that pass, and a second user.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startCloud } from "./cloud.js";

await startCloud(`
  [[user]]
  name = "bob"

  [[organization]]
  slug = "dev"
  plan = "starter"

  [[organization]]
  slug = "acme"
  plan = "starter"
`);
const { api, exists, logIn, newDatabase, newName, opened, org, query, refused, settings, state, turso, user } =
  await import("./turso.js");

/** Lets days pass at once, after which nothing is remembered of what was good before. */
async function passDays(days) {
  assert.equal((await api("PATCH", "/_local/clock", { advance: `${days}d` })).status, 200);
  logIn();
}

const isArchived = async () => (await state("/groups/default")).group.archived;

test("a group that nobody used for ten days sleeps until it is unarchived", async () => {
  const name = await newDatabase();
  await turso("db", "shell", name, "CREATE TABLE t (v); INSERT INTO t VALUES (42);");
  await passDays(9);
  assert.deepEqual([await isArchived(), await query(name, "SELECT v FROM t;")], [false, ["42"]]);

  await passDays(10);
  assert.match(await turso("group", "list"), /^default .*Archived/m);
  assert.match(await turso("group", "show", "default"), /Status: +Archived/);
  assert.equal(await isArchived(), true);
  assert.match(await refused("db", "shell", name, "SELECT v FROM t;"), /archived/);

  assert.match(await turso("group", "unarchive", "default"), /Unarchived group default in \d+ seconds\./);
  assert.match(await turso("group", "list"), /^default .*Healthy/m);
  assert.deepEqual([await isArchived(), await query(name, "SELECT v FROM t;")], [false, ["42"]]);
});

test("a database of a group that sleeps is unarchived by itself", async () => {
  const [name, other] = [await newDatabase(), await newDatabase()];
  await passDays(11);
  for (const asleep of [name, other]) assert.match(await refused("db", "shell", asleep, "SELECT 1;"), /archived/);
  assert.match(await turso("db", "unarchive", name), new RegExp(`Unarchived database ${name} in \\d+ seconds\\.`));
  assert.deepEqual(await query(name, "SELECT 1;"), ["1"]);
  assert.match(await refused("db", "shell", other, "SELECT 1;"), /archived/);
  assert.equal(await isArchived(), true, "the group as such is still asleep");
  await turso("group", "unarchive", "default");
  assert.deepEqual([await isArchived(), await query(other, "SELECT 1;")], [false, ["1"]]);
});

test("a session of seven days is over after them", async () => {
  logIn({});
  await turso("auth", "login");
  const session = settings();
  await passDays(6);
  logIn(session);
  assert.equal(await turso("auth", "whoami"), `${user}\n`);
  await passDays(2);
  logIn({ token: session.token, username: user });
  assert.match(await turso("auth", "whoami"), /You are not logged in/);
  logIn();
});

test("what the plan does not include is refused", async () => {
  const group = newName("group");
  assert.match(await refused("group", "create", group, "--location", "local"), /all 1 groups that plan starter includes/);
  assert.ok(!(await exists(`/groups/${group}`)));
  assert.match(await refused("org", "audit-logs", "list"), /plan starter|upgrade/i);
  assert.match(await turso("plan", "show"), /Plan: starter\nOverages disabled/);
  await turso("org", "switch", org);
  assert.match(await refused("org", "invites", "create", "ada@example.com"), /can't invite users because plan starter/);
  assert.deepEqual((await api("GET", `/v2/organizations/${org}/invites`)).json.invites, []);
  logIn();
});

test("whoever pays nothing so far pays for an organization", async () => {
  const slug = newName("team");
  assert.equal((await api("POST", "/v1/organizations", { name: slug })).status, 402);
  assert.match(await turso("org", "create", slug, { answers: ["y", "y"] }), new RegExp(`Created organization ${slug}`));
  assert.ok(opened().pathname.startsWith("/_billing/"));
  assert.equal((await api("GET", `/v1/organizations/${slug}`)).json.organization.plan_id, "scaler");
  logIn();
});

test("members are added, listed and removed", async () => {
  const members = async () => {
    const { json } = await api("GET", `/v1/organizations/${org}/members`);
    return json.members.map(({ username, role }) => `${username} ${role}`).toSorted();
  };
  await turso("org", "switch", org);
  assert.match(await turso("org", "members", "add", "bob"), new RegExp(`User bob added to organization ${org}\\.`));
  assert.match(await turso("org", "members", "list"), /^bob +member/m);
  assert.deepEqual(await members(), ["bob member", "dev owner"]);
  assert.match(await refused("org", "members", "add", "bob"), /already a member/);
  assert.match(await turso("org", "members", "rm", "bob"), /bob/);
  assert.doesNotMatch(await turso("org", "members", "list"), /bob/);
  assert.deepEqual(await members(), ["dev owner"]);
  await turso("org", "members", "add", "bob", "--admin");
  assert.deepEqual(await members(), ["bob admin", "dev owner"]);
  await turso("org", "members", "rm", "bob");
  logIn();
});

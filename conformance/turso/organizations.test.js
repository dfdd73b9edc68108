// Organizations: members, invites, audit log, identity providers, plan and invoices.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  api, lastLine, logIn, newDatabase, newName, opened, org, refused, settings, state, turso, user,
} from "./turso.js";

const team = async (path) => (await api("GET", `/v1/organizations/${org}${path}`)).json;

/** Within the team. */
async function inTeam(work) {
  await turso("org", "switch", org);
  try {
    return await work();
  } finally {
    logIn();
  }
}

test("organizations are listed and switched", async () => {
  assert.match(await turso("org", "list"), new RegExp(`^personal +${user} \\(current\\)`, "m"));
  assert.match(await turso("org", "switch", org), new RegExp(`Current organization set to ${org}`));
  assert.equal(settings().organization, org);
  const group = newName("group");
  await turso("group", "create", group, "--location", "local");
  assert.equal((await team(`/groups/${group}`)).group.name, group);
  await turso("group", "destroy", group, "--yes");
  assert.match(await turso("org", "switch", user), new RegExp(`Current organization set to ${user}`));
  assert.equal(settings().organization, "");
  assert.match(await refused("org", "switch", "nobody"), /was not found/);
  logIn();
});

test("an organization is created with somebody who pays, and destroyed", async () => {
  const slug = newName("team");
  const printed = await turso("org", "create", slug, { answers: ["y", "y"] });
  assert.match(printed, new RegExp(`Created organization ${slug}`));
  assert.ok(opened().pathname.startsWith("/_billing/"));
  assert.equal(settings().organization, slug);
  assert.equal((await api("GET", `/v1/organizations/${slug}`)).json.organization.plan_id, "scaler");
  assert.match(await refused("org", "create", slug), /name already exists/);
  assert.match(await refused("org", "destroy", slug), /cannot destroy current organization/);
  await turso("org", "switch", user);
  assert.match(await turso("org", "destroy", slug), new RegExp(`Destroyed organization ${slug}`));
  assert.equal((await api("GET", `/v1/organizations/${slug}`)).status, 404);
  logIn();
});

test("members are listed, and strangers cannot be added or removed", () =>
  inTeam(async () => {
    assert.match(await turso("org", "members", "list"), new RegExp(`^${user} +owner`, "m"));
    assert.match(await refused("org", "members", "add", "nobody"), /could not find user nobody/);
    assert.match(await refused("org", "members", "rm", "nobody"), /is not a member/);
    assert.deepEqual((await team("/members")).members.map((member) => member.username), [user]);
  }));

test("the personal organization has its owner as a member", async () => {
  assert.match(await turso("org", "members", "list"), new RegExp(`^${user} +owner`, "m"));
});

test("invites are sent, listed and taken back", () =>
  inTeam(async () => {
    const invites = async () => (await api("GET", `/v2/organizations/${org}/invites`)).json.invites;
    const sent = await turso("org", "invites", "create", "ada@example.com", "--admin");
    assert.match(sent, /Email ada@example\.com invited\./);
    assert.deepEqual((await invites()).map(({ email, role }) => [email, role]), [["ada@example.com", "admin"]]);
    await turso("org", "members", "create", "bob@example.com");
    const listed = await turso("org", "invites", "list");
    assert.match(listed, /ada@example\.com +admin/);
    assert.match(listed, /bob@example\.com +member/);
    const taken = await turso("org", "invites", "remove", "ada@example.com");
    assert.match(taken, /Pending invite to email ada@example\.com removed\./);
    assert.deepEqual((await invites()).map(({ email }) => email), ["bob@example.com"]);
    await turso("org", "invites", "remove", "bob@example.com");
    assert.match(await refused("org", "invites", "remove", "bob@example.com"), /not found/);
  }));

test("the audit log tells what the command line did", async () => {
  const name = await newDatabase();
  assert.match(await turso("org", "audit-logs", "list", "--limit", "5"), new RegExp(` ${user} +db-create +cli`));
  const entry = (await state("/audit-logs?page_size=1")).audit_logs[0];
  assert.deepEqual([entry.code, entry.origin, entry.data.database], ["db-create", "cli", name]);
  assert.match(await turso("org", "audit-logs", "list", "--verbose", "--limit", "1"), new RegExp(`database: ${name}`));
});

test("identity providers are saved, listed, described and removed", async () => {
  const name = newName("clerk");
  const printed = await turso("org", "jwks", "save", name, "https://example.com/jwks.json");
  assert.match(printed, new RegExp(`JWKS ${name} saved for organization ${user}\\.`));
  const saved = async () => (await api("GET", `/v2/organizations/${user}/jwks`)).json.jwks;
  assert.deepEqual((await saved()).at(-1), { jwks_name: name, jwks_url: "https://example.com/jwks.json" });
  assert.match(await turso("org", "jwks", "list"), new RegExp(`${name} +https://example\\.com/jwks\\.json`));
  const database = await newDatabase();
  const { DbId } = (await state(`/databases/${database}`)).database;
  const options = ["--database", database, "--scope", "read-only", "-p", "all:data_read"];
  const template = await turso("org", "jwks", "template", ...options);
  assert.ok(template.includes(DbId) && template.includes("data_read"), template);
  const removed = await turso("org", "jwks", "remove", name);
  assert.match(removed, new RegExp(`JWKS ${name} removed from organization ${user}\\.`));
  assert.ok(!(await saved()).some((found) => found.jwks_name === name));
});

test("plan show tells what is used of the plan", async () => {
  const printed = await turso("plan", "show");
  const { usage } = (await state("/usage")).organization;
  assert.match(printed, /Organization: personal\nPlan: pro\nOverages disabled/);
  assert.match(printed, new RegExp(`groups +${usage.groups} +50 `));
  assert.match(printed, /rows read .* 250000M/);
});

test("invoices and who is billed are shown", async () => {
  for (const kind of ["issued", "upcoming", "all"]) {
    assert.equal(await turso("org", "invoice", "list", "--type", kind), "No invoices found.\n");
    assert.deepEqual((await state(`/invoices?type=${kind}`)).invoices, []);
  }
  assert.match(await turso("org", "invoice", "info"), new RegExp(`Name: personal\nEmail: ${user}@example\\.com`));
});

test("who is billed is filled in at a terminal", () =>
  inTeam(async () => {
    const fields = [
      ["Name", "Acme Ltd."],
      ["Email", "billing@example.com"],
      ["Billing Address Line 1", "1 Main Street"],
      ["Billing Address Line 2", "2nd floor"],
      ["Billing Address City", "Springfield"],
      ["Billing Address State", "IL"],
      ["Billing Address Postal Code", "62701"],
      ["Billing Address Country", "US"],
      ["Tax ID Country", "DE"],
      ["Tax ID Number", "DE123456789"],
    ];
    const printed = await turso("org", "invoice", "configure", { fields });
    assert.match(printed, /Billing Information:\r\nName: Acme Ltd\.\r\nEmail: billing@example\.com/);
    const [name, email, line1, line2, city, region, postal_code, country, taxed, value] = fields.map(([, text]) => text);
    assert.deepEqual(await team("/billing/customer"), {
      name,
      email,
      billing_address: { line1, line2, city, state: region, postal_code, country },
      tax_id: { country: taxed, value },
    });
    assert.match(await turso("org", "invoice", "info"), /Zip: 62701\nCountry: US\n\nTax Information:\nVAT: DE123456789/);
  }));

test("the page for paying is named", async () => {
  assert.match(lastLine(await turso("org", "billing")), /^https:\/\/app\.turso\.tech\//);
});

// @tursodatabase/api, the official client of the Platform API.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "@tursodatabase/api";
import { base, newDatabase, org, token, turso } from "./cloud.js";

test("groups are created, listed, read and deleted", async () => {
  const created = await turso.groups.create("europe", "aws-eu-west-1");
  assert.equal(created.name, "europe");
  assert.equal(created.primary, "aws-eu-west-1");
  assert.deepEqual(created.locations, ["aws-eu-west-1"]);
  const names = (await turso.groups.list()).map((group) => group.name);
  assert.ok(names.includes("default") && names.includes("europe"), names.join());
  assert.deepEqual(await turso.groups.get("europe"), created);
  assert.equal((await turso.groups.delete("europe")).name, "europe");
  await assert.rejects(turso.groups.get("europe"), { name: "TursoClientError", status: 404 });
});

test("a group that exists is a conflict", async () => {
  await assert.rejects(turso.groups.create("default", "local"), { status: 409, message: "group already exists" });
});

test("databases are created, listed, read and deleted", async () => {
  const { name } = await newDatabase();
  const database = await turso.databases.get(name);
  assert.equal(database.name, name);
  assert.equal(database.group, "default");
  assert.equal(database.primaryRegion, "local");
  assert.equal(database.delete_protection ?? false, false);
  assert.ok((await turso.databases.list()).some((found) => found.id === database.id));
  assert.deepEqual(await turso.databases.delete(name), { database: name });
  await assert.rejects(turso.databases.get(name), {
    status: 404,
    message: `could not find database with name ${name}: record not found`,
  });
});

test("a database that exists is not created again", async () => {
  const { name } = await newDatabase();
  await assert.rejects(turso.databases.create(name, { group: "default" }), {
    status: 400,
    message: "database with same name already exists",
  });
});

test("locations are listed", async () => {
  const locations = await turso.locations.list();
  assert.ok(locations.some(({ code, description }) => code === "aws-us-east-1" && description.includes("Virginia")));
});

// The official client expects an object where the service documents and sends an array, and reads nothing from it.
test("organizations are a bare array, as documented", async () => {
  const answer = await fetch(`${base}/v1/organizations`, { headers: { authorization: `Bearer ${token}` } });
  const organizations = await answer.json();
  assert.ok(Array.isArray(organizations) && organizations.some(({ slug }) => slug === org));
  assert.deepEqual(await turso.organizations.list(), []);
});

test("a wrong token is refused", async () => {
  const wrong = createClient({ org, token: "not-a-token", baseUrl: `${base}/v1/` });
  await assert.rejects(wrong.databases.list(), { status: 401, message: "token contains an invalid number of segments" });
});

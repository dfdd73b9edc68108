// Logging in, tokens of the Platform API, and that nothing leaves this machine.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  api, base, lastLine, logIn, newName, opened, org, outside, refused, settings, state, token, turso, user,
} from "./turso.js";

test("a request that would leave this machine is seen", async () => {
  logIn({ baseurl: "https://api.turso.tech", token, username: user });
  await turso("auth", "whoami");
  assert.ok(outside.length > 0 && outside.every((seen) => seen === "CONNECT api.turso.tech:443"), outside.join());
  outside.length = 0;
  logIn();
});

test("whoami names the user of the token", async () => {
  assert.equal(await turso("auth", "whoami"), `${user}\n`);
});

test("a token that is not good logs nobody in", async () => {
  logIn({ token: "a.b.c", username: "" });
  assert.match(await turso("auth", "whoami"), /You are not logged in/);
  logIn();
});

test("a login goes through the browser and ends with all sessions", async () => {
  logIn({});
  const printed = await turso("auth", "login");
  assert.match(printed, new RegExp(`Success! Logged in as ${user}`));
  assert.equal(opened().origin, base);
  const session = settings().token;
  assert.notEqual(session, token);
  assert.equal(await turso("auth", "whoami"), `${user}\n`);
  assert.match(await turso("auth", "login"), new RegExp(`Already signed in as ${user}`));
  assert.equal(lastLine(await turso("auth", "token")), session);
  const ended = await turso("auth", "logout", "--all");
  assert.match(ended, /Invalidated all sessions started before \d{4}-.*UTC\.\nLogged out\./);
  const answer = await fetch(`${base}/v1/user`, { headers: { authorization: `Bearer ${session}` } });
  assert.equal(answer.status, 401);
  assert.equal((await api("GET", "/v1/user")).status, 200, "the API token is still good");
  logIn();
});

test("a headless login shows a token to set", async () => {
  logIn({});
  const url = lastLine(await turso("auth", "login", "--headless"));
  const page = await (await fetch(url)).text();
  const [, shown] = /turso config set token "([^"]+)"/.exec(page);
  await turso("config", "set", "token", shown);
  assert.equal(settings().token, shown);
  assert.equal(await turso("auth", "whoami"), `${user}\n`);
  assert.match(await turso("auth", "logout"), /Logged out\./);
  assert.equal(settings().token, "");
  logIn();
});

test("a sign-up is a login", async () => {
  logIn({});
  assert.match(await turso("auth", "signup"), /Success! Logged in/);
  assert.equal(opened().pathname, "/signup");
  assert.notEqual(settings().token, token);
  assert.equal(await turso("auth", "whoami"), `${user}\n`);
  logIn();
});

test("its release is the latest one", async () => {
  assert.match(await turso("update"), /Current version: dev, latest version: dev/);
});

test("API tokens are minted, used, listed and revoked", async () => {
  const name = newName("token");
  const minted = (await turso("auth", "api-tokens", "mint", name)).trim();
  assert.equal(await turso("auth", "whoami", { env: { TURSO_API_TOKEN: minted } }), `${user}\n`);
  assert.match(await turso("auth", "api-tokens", "list"), new RegExp(`^${name} +all +—`, "m"));
  assert.match(await turso("auth", "api-tokens", "revoke", name, { answers: ["y"] }), /successfully revoked/);
  const { json } = await api("GET", "/v1/auth/api-tokens");
  assert.ok(!json.tokens.some((found) => found.name === name));
  const answer = await fetch(`${base}/v1/user`, { headers: { authorization: `Bearer ${minted}` } });
  assert.equal(answer.status, 401);
});

test("a token of one organization says so", async () => {
  const name = newName("token");
  const minted = (await turso("auth", "api-tokens", "mint", name, "--org", org)).trim();
  assert.match(await turso("auth", "api-tokens", "list"), new RegExp(`^${name} +${org} `, "m"));
  const { json } = await api("GET", "/v1/auth/api-tokens");
  assert.equal(json.tokens.find((found) => found.name === name).organization, org);
  const elsewhere = await refused("group", "list", { env: { TURSO_API_TOKEN: minted } });
  assert.match(elsewhere, new RegExp(`the token does not open organization ${user}`));
  await turso("auth", "api-tokens", "revoke", name, { answers: ["y"] });
});

const scopes = [
  "read", "db:create", "db:delete", "db:configure", "db:mint-token", "db:rotate-creds", "group:configure",
  "group:mint-token", "group:rotate-creds",
];

const single = scopes.map((scope) => [["--scope", scope], [scope]]);
const several = [scopes.flatMap((scope) => ["--scope", scope]), scopes];

for (const [given, expected] of [...single, several, [["--read-only"], ["read"]], [["--full-access"], scopes]]) {
  test(`a token of one group is minted with ${given.join(" ")}`, async () => {
    const name = newName("token");
    const mint = ["auth", "api-tokens", "mint", name, "--org", org, "--group", "default", ...given];
    assert.match(await turso(...mint), /^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    const { json } = await api("GET", `/v1/organizations/${org}/api-tokens`);
    const listed = json.tokens.find((found) => found.name === name);
    assert.deepEqual([listed.group, listed.scopes.toSorted()], ["default", expected.toSorted()]);
    assert.match(await turso("auth", "api-tokens", "list"), new RegExp(`^${name} +${org}/default `, "m"));
    await turso("auth", "api-tokens", "revoke", name, { answers: ["y"] });
  });
}

test("an unknown organization or group mints nothing", async () => {
  const name = newName("token");
  const mint = (...options) => refused("auth", "api-tokens", "mint", name, "--org", ...options);
  assert.match(await mint("nobody"), /organization nobody not found/);
  assert.match(await mint(org, "--group", "none", "--read-only"), /group none not found/);
  assert.ok(!(await api("GET", "/v1/auth/api-tokens")).json.tokens.some((found) => found.name === name));
});

test("the personal organization needs no name", async () => {
  assert.deepEqual((await api("GET", "/v1/groups")).json, await state("/groups"));
});

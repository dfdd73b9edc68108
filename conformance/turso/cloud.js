// A cloud that one file of tests has for itself.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after } from "node:test";
import { parseEnv } from "node:util";

/**
 * Starts a cloud with what a seed file declares, and lets the environment name it. It is for a file that loads
 * `turso.js` afterwards.
 */
export async function startCloud(seed) {
  const folder = mkdtempSync(join(tmpdir(), "cloud-"));
  const [seedFile, readyFile, data] = ["seed.toml", "env", "data"].map((name) => join(folder, name));
  writeFileSync(seedFile, seed);
  const files = ["--seed-file", seedFile, "--ready-file", readyFile, "--data-dir", data];
  const options = ["local", "start", "--name", `turso-${process.pid}`, "--addr", "127.0.0.1:0", ...files];
  const cloud = spawn(process.env.TURSOCTL, options, { stdio: ["ignore", "pipe", "inherit"] });
  after(async () => {
    cloud.kill();
    if (cloud.exitCode === null && cloud.signalCode === null) await once(cloud, "exit");
    rmSync(folder, { recursive: true });
  });
  // The ready line, or the end of what it says.
  const lines = createInterface(cloud.stdout);
  await Promise.race([once(lines, "line"), once(lines, "close")]);
  Object.assign(process.env, parseEnv(readFileSync(readyFile, "utf8")));
}

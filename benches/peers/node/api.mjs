// One turn of the official client: node api.mjs call|list URL COUNT WARM_UP CONCURRENCY
import { createClient } from "@tursodatabase/api";

const [task, url, ...numbers] = process.argv.slice(2);
const [count, warmUp, concurrency] = numbers.map(Number);
const turso = createClient({ org: "acme", token: "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCJ9.eyJqdGkiOiJ4In0.c2ln", baseUrl: `${url}/v1/` });

async function once() {
  if (task === "call") return turso.databases.get("tenant-00000");
  const databases = await turso.databases.list();
  if (databases.length !== 10_000) throw new Error(`${databases.length} databases`);
}

async function turn(times) {
  const lanes = Array.from({ length: concurrency }, async (_, first) => {
    for (let done = first; done < times; done += concurrency) await once();
  });
  await Promise.all(lanes);
}

await turn(warmUp);
const before = process.cpuUsage();
const started = performance.now();
await turn(count);
const wall_ms = performance.now() - started;
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ wall_ms, cpu_ms: (user + system) / 1000, peak_kib: process.resourceUsage().maxRSS }));

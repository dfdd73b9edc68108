// What every test needs: the official Platform API client, pointed at the local cloud.
import { createClient } from "@tursodatabase/api";

export const base = process.env.TURSO_API_BASEURL;
export const org = process.env.TURSO_ORG;
export const token = process.env.TURSO_API_TOKEN;

// The official client puts its paths behind a base URL that ends in /v1/.
export const turso = clientAt(base);

function clientAt(url) {
  return createClient({ org, token, baseUrl: `${url}/v1/` });
}

/** A request to what the local cloud at a URL has for tests. */
export async function local(method, url, path, body) {
  const answer = await fetch(`${url}/_local/${path}`, { method, body: body && JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${method} /_local/${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

/** A cloud of its own, which can be put back to an earlier state. */
export async function fork() {
  const { id, url } = await local("POST", base, "forks");
  return { url, turso: clientAt(url), end: () => local("DELETE", base, `forks/${id}`) };
}

/** Lets the clock of the cloud go forward at once, by a duration as in `2s`. */
export async function advance(duration) {
  await local("PATCH", base, "clock", { advance: duration });
}

let databases = 0;

/** A new database with the URL of its SQL endpoint and a token for it. */
export async function newDatabase(tokenOptions, cloud = turso) {
  const name = `conformance-${process.pid}-${++databases}`;
  const created = await cloud.databases.create(name, { group: "default" });
  const { jwt } = await cloud.databases.createToken(name, tokenOptions);
  return { name, url: `http://${created.hostname}`, authToken: jwt };
}

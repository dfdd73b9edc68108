// What every test needs: the official Platform API client, pointed at the local cloud.
import { createClient } from "@tursodatabase/api";

export const base = process.env.TURSO_API_BASEURL;
export const org = process.env.TURSO_ORG;
export const token = process.env.TURSO_API_TOKEN;

// The official client puts its paths behind a base URL that ends in /v1/.
export const turso = createClient({ org, token, baseUrl: `${base}/v1/` });

/** Lets the clock of the cloud go forward at once, by a duration as in `2s`. */
export async function advance(duration) {
  const body = JSON.stringify({ advance: duration });
  const answer = await fetch(`${base}/_local/clock`, { method: "PATCH", body });
  if (!answer.ok) throw new Error(`the clock cannot be moved: ${answer.status} ${await answer.text()}`);
}

let databases = 0;

/** A new database with the URL of its SQL endpoint and a token for it. */
export async function newDatabase(tokenOptions) {
  const name = `conformance-${process.pid}-${++databases}`;
  const created = await turso.databases.create(name, { group: "default" });
  const { jwt } = await turso.databases.createToken(name, tokenOptions);
  return { name, url: `http://${created.hostname}`, authToken: jwt };
}

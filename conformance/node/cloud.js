// What every test needs: the official Platform API client, pointed at the local cloud.
import { createClient } from "@tursodatabase/api";

export const base = process.env.TURSO_API_BASEURL;
export const org = process.env.TURSO_ORG;
export const token = process.env.TURSO_API_TOKEN;

// The official client puts its paths behind a base URL that ends in /v1/.
export const turso = createClient({ org, token, baseUrl: `${base}/v1/` });

let databases = 0;

/** A new database with the URL of its SQL endpoint and a token for it. */
export async function newDatabase(tokenOptions) {
  const name = `conformance-${process.pid}-${++databases}`;
  const created = await turso.databases.create(name, { group: "default" });
  const { jwt } = await turso.databases.createToken(name, tokenOptions);
  return { name, url: `http://${created.hostname}`, authToken: jwt };
}

// What the cases are written in: requests of the protocol, and how a list of them is sent to one database.
import { Agent, request } from "node:http";

const agent = new Agent({ keepAlive: true });

/** A value as the protocol writes it. */
export function value(plain) {
  if (plain === null) return { type: "null" };
  if (typeof plain === "bigint") return { type: "integer", value: plain.toString() };
  if (typeof plain === "number") return { type: "float", value: plain };
  if (typeof plain === "string") return { type: "text", value: plain };
  return { type: "blob", base64: Buffer.from(plain).toString("base64") };
}

/** A statement, with arguments by position (a list) or by name (an object). */
export function stmt(sql, args) {
  if (args === undefined) return { sql };
  if (Array.isArray(args)) return { sql, args: args.map(value) };
  return { sql, named_args: Object.entries(args).map(([name, plain]) => ({ name, value: value(plain) })) };
}

export const execute = (sql, args) => ({ type: "execute", stmt: stmt(sql, args) });
export const sequence = (sql) => ({ type: "sequence", sql });
export const describe = (sql) => ({ type: "describe", sql });
export const batch = (...steps) => ({ type: "batch", batch: { steps } });
export const step = (sql, condition) => ({ stmt: stmt(sql), condition });
export const autocommit = { type: "get_autocommit" };
export const close = { type: "close" };

/** One body for a pipeline; `goOn` continues the stream of the exchange before. */
export const pipeline = (...requests) => ({ path: "/v3/pipeline", body: { requests } });
export const goOn = (...requests) => ({ path: "/v3/pipeline", goesOn: true, body: { requests } });
export const cursor = (...steps) => ({ path: "/v3/cursor", body: { batch: { steps } } });
export const post = (path, body) => ({ path, body });
export const get = (path) => ({ path, method: "GET" });

/** Sends exchanges one after another and returns their answers. */
export async function send(database, exchanges) {
  const answers = [];
  let baton = null;
  for (const { path, method = "POST", body, goesOn } of exchanges) {
    const sent = body instanceof Uint8Array || typeof body === "string" || body === undefined
      ? body
      : JSON.stringify(goesOn ? { baton, ...body } : body);
    const answer = await ask(database, method, path, sent);
    baton = batonOf(answer.body) ?? baton;
    answers.push(answer);
  }
  return answers;
}

// Not `fetch`, which lets nobody choose the host, by which sqld tells its databases apart.
function ask({ url, headers }, method, path, body) {
  return new Promise((answered, failed) => {
    const asking = request(url + path, { method, headers, agent }, (response) => {
      const { statusCode: status, headers: { "content-type": type } } = response;
      const whole = (pieces) => read(status, type, Buffer.concat(pieces).toString());
      response.toArray().then(whole, () => ({ status, type, body: "(broken off)" })).then(answered);
    });
    asking.on("error", failed).end(body);
  });
}

function read(status, type, text) {
  try {
    return { status, type, body: JSON.parse(text) };
  } catch {
    // A cursor answers in lines.
    const lines = text.trim().split("\n");
    try {
      return { status, type, body: lines.map((line) => JSON.parse(line)) };
    } catch {
      return { status, type, body: text };
    }
  }
}

function batonOf(body) {
  return Array.isArray(body) ? body[0]?.baton : body?.baton;
}

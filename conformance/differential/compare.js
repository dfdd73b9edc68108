// Cuts the answers of both servers into units and says which of them are not the same.
import { isDeepStrictEqual } from "node:util";
import { differences } from "./differences.js";

/**
 * The units of one case that differ, each with the ids of the known differences it shows and whether they are all there
 * is to it.
 *
 * A unit is the answer to one request of a pipeline or the entries of one step of a cursor; or, where a request was not
 * carried out and for every other endpoint, the whole answer.
 */
export function compare(exchanges, ours, theirs) {
  return exchanges.flatMap((exchange, index) =>
    pairs(exchange, ours[index], theirs[index])
      .map(({ asked, ours, theirs }) => ({ asked, ours: plain(ours), theirs: plain(theirs) }))
      .filter((unit) => !isDeepStrictEqual(unit.ours, unit.theirs))
      .map(explain));
}

function explain(unit) {
  const known = [];
  for (const { id, level } of differences) {
    const levelled = level(unit);
    if (isDeepStrictEqual(levelled, unit)) continue;
    known.push(id);
    unit = levelled;
  }
  return { ...unit, known, isExplained: isDeepStrictEqual(unit.ours, unit.theirs) };
}

function pairs(exchange, ours, theirs) {
  const cut = exchange.path.endsWith("/pipeline") ? requests : exchange.path.endsWith("/cursor") ? steps : undefined;
  if (!cut || ours.status !== 200 || theirs.status !== 200) return [{ asked: asked(exchange), ours, theirs }];
  const heads = { asked: "(head)", ours: head(ours), theirs: head(theirs) };
  return [heads, ...cut(exchange.body, ours.body, theirs.body)];
}

function asked({ path, method = "POST", body }) {
  return `${method} ${path} ${typeof body === "string" ? body : JSON.stringify(body) ?? ""}`;
}

function head({ type, body }) {
  const { baton, base_url } = Array.isArray(body) ? body[0] : body;
  return { type, baton: typeof baton, base_url };
}

function requests(body, ours, theirs) {
  const sent = typeof body === "string" ? JSON.parse(body) : body;
  const count = Math.max(ours.results.length, theirs.results.length);
  return Array.from({ length: count }, (_, index) => {
    const request = sent.requests?.[index];
    const text = request?.stmt?.sql ?? request?.sql ?? "";
    const unwanted = request?.stmt?.want_rows === false ? "without its rows " : "";
    return { asked: `${request?.type} ${unwanted}${text}`, ours: ours.results[index], theirs: theirs.results[index] };
  });
}

function steps(body, ours, theirs) {
  const [mine, other] = [byStep(ours), byStep(theirs)];
  const numbers = [...new Set([...mine.keys(), ...other.keys()])];
  return numbers.map((step) => ({
    asked: `step ${body.batch.steps[step]?.stmt.sql ?? ""}`, ours: mine.get(step), theirs: other.get(step),
  }));
}

function byStep([, ...entries]) {
  const groups = new Map();
  let current;
  for (const entry of entries) {
    current = entry.step ?? (entry.type === "replication_index" || entry.type === "error" ? "the end" : current);
    groups.set(current, [...(groups.get(current) ?? []), entry]);
  }
  return groups;
}

/** Without what is another number each time. */
function plain(value) {
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, key === "query_duration_ms" ? typeof inner : plain(inner)]));
}

// Where the two servers are meant to differ. docs/sqld.md says why, by the same ids.
//
// A difference levels a unit: it takes from both sides what it accounts for and leaves the rest to be compared.

/** Replaces every object inside a value, from the inside outwards. */
function deep(value, change) {
  if (Array.isArray(value)) return value.map((inner) => deep(inner, change));
  if (value === null || typeof value !== "object") return value;
  return change(Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, deep(inner, change)])));
}

const without = (...keys) => (object) => Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));

/** On both sides. */
const both = (change) => (unit) => ({ ...unit, ours: deep(unit.ours, change), theirs: deep(unit.theirs, change) });

/** Side by side, object for object where both sides have one. */
const together = (change) => {
  const walk = (ours, theirs) => {
    if (Array.isArray(ours) && Array.isArray(theirs) && ours.length === theirs.length) return ours.map((inner, at) => walk(inner, theirs[at]));
    if (!isObject(ours) || !isObject(theirs)) return theirs;
    const inner = Object.entries(theirs).map(([key, value]) => [key, key in ours ? walk(ours[key], value) : value]);
    return change(ours, Object.fromEntries(inner));
  };
  return (unit) => ({ ...unit, theirs: walk(unit.ours, unit.theirs) });
};

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

/** Everything, where the request and both answers are of a known kind. */
const when = (holds) => (unit) => (holds(unit) ? { ...unit, theirs: unit.ours } : unit);

const says = (side, text) => (side === undefined ? "undefined" : JSON.stringify(side)).includes(text);
const asks = (pattern) => when(({ asked }) => pattern.test(asked));
const code = (error, ...codes) => codes.includes(error?.code);

export const differences = [
  { id: "replication", level: both((object) => (object.type === "replication_index" ? { ...object, replication_index: null } : without("replication_index")(object))) },
  { id: "extended-code", level: both(without("extended_code")) },
  {
    id: "no-insert-no-rowid",
    level: together((ours, theirs) => (ours.last_insert_rowid === null ? { ...theirs, last_insert_rowid: null } : theirs)),
  },
  {
    id: "no-begin-before-an-early-error",
    level: (unit) => (unit.ours?.[0]?.type === "step_error" && unit.theirs?.[0]?.type === "step_begin" ? { ...unit, theirs: unit.theirs.slice(1) } : unit),
  },
  {
    id: "rows-of-virtual-tables",
    level: (unit) => (/\b(f|r|fts5|rtree|bm25|highlight|vector_top_k)\b|INTO m |FROM m |ON m /.test(unit.asked) ? both(without("rows_read", "rows_written"))(unit) : unit),
  },
  {
    id: "wording-of-parse-errors",
    level: together((ours, theirs) => (code(ours, "SQL_PARSE_ERROR") && code(theirs, "SQL_PARSE_ERROR", "SQL_NO_STATEMENT", "SQL_INPUT_ERROR") ? ours : theirs)),
  },
  {
    id: "errors-of-the-engine-not-of-a-parser",
    level: together((ours, theirs) => (ours.code?.startsWith("SQL") && code(theirs, "SQL_PARSE_ERROR") ? ours : theirs)),
  },
  { id: "statements-unknown-to-sqld", level: when(({ theirs }) => says(theirs, "unsupported statement")) },
  { id: "refusals-in-json", level: when(({ ours, theirs }) => ours?.status === theirs?.status && ours?.status === 400 && theirs.type === "text/plain") },
  { id: "lenient-json", level: when(({ ours, theirs }) => ours?.status === 200 && theirs?.status === 400 && says(theirs, "Cannot deserialize")) },
  { id: "version-3-on-version-2", level: when(({ ours, theirs }) => ours?.status === 200 && says(theirs, "only supported in protocol version hrana3")) },
  { id: "stored-text-replaced", level: when(({ ours, theirs }) => ours?.status === 200 && says(theirs, "already exists")) },
  { id: "wording-of-limits", level: together((ours, theirs) => (code(ours, "SQL_STORE_TOO_MANY", "SQL_STORE_TOO_LARGE") && ours.code === theirs.code ? ours : theirs)) },
  { id: "unknown-baton", level: when(({ ours, theirs }) => ours?.status === 404 && ours.body.code === "STREAM_NOT_FOUND" && says(theirs, "invalid baton")) },
  { id: "text-that-is-no-unicode", level: when(({ theirs }) => theirs?.status === 500 && says(theirs, "invalid utf-8")) },
  { id: "a-cursor-is-not-refused-for-one-step", level: when(({ ours, theirs }) => ours?.status === 200 && theirs?.status === 500 && says(ours, "step_error")) },
  {
    id: "unwanted-rows",
    level: (unit) => (unit.asked.startsWith("execute without its rows ") ? { ...unit, theirs: deep(unit.theirs, (object) => ("rows" in object ? { ...object, rows: [] } : object)) } : unit),
  },
  { id: "named-parameters-by-position", level: asks(/^(execute|step) SELECT (:a, \?|\?1, :a)$/) },
  { id: "a-name-twice", level: when(({ asked, theirs }) => asked === "execute SELECT :a" && theirs?.type === "ok") },
  { id: "text-after-the-first-statement", level: asks(/^(execute|step|describe) SELECT 1; (nope|SELECT 2)$/) },
  { id: "a-sequence-does-not-skip", level: when(({ asked, ours }) => asked.startsWith("sequence") && asked.includes("; nope;") && ours.type === "error") },
  { id: "nothing-is-not-described", level: when(({ asked, ours }) => asked === "describe " && ours.type === "error") },
  { id: "double-quoted-texts", level: asks(/SELECT "nope"$/) },
  { id: "byte-order-mark", level: asks(/^(execute|step) \ufeffSELECT 1$/) },
  { id: "newer-engine", level: asks(/string_agg|json_pretty|^(execute|step) EXPLAIN |sqlite_version/) },
  { id: "functions", level: asks(/uuid4|sha256|libsql_server_database_name|readfile|CREATE FUNCTION/) },
  { id: "settings-of-the-server", level: asks(/PRAGMA (collation_list|database_list|wal_autocheckpoint|busy_timeout|max_page_count)$/) },
  { id: "size-of-a-value", level: asks(/zeroblob\(5000000\)/) },
  { id: "changes-of-a-connection", level: asks(/^execute SELECT changes\(\)$/) },
  { id: "random", level: asks(/INTO rr /) },
  { id: "error-beside-message", level: together((ours, theirs) => ("error" in ours && "message" in theirs && !("error" in theirs) ? { ...theirs, error: ours.error } : theirs)) },
  {
    id: "end-of-a-lost-transaction",
    level: together((ours, theirs) => (code(ours, "TRANSACTION_TIMEOUT") && says(theirs, "no transaction is active") ? ours : theirs)),
  },
  {
    id: "version-0",
    level: (unit) => {
      if (!unit.asked.startsWith("POST / ")) return unit;
      return unit.theirs?.status === 422 || [unit.ours, unit.theirs].every((side) => says(side, '"error"')) ? when(() => true)(unit) : unit;
    },
  },
  { id: "pages", level: asks(/^(GET|POST) \/(v2|v3|v3-protobuf|v1\/jobs|nope|v2\/pipeline|v3\/cursor|health) ?("")?("{}")?({})?$/) },
  { id: "type-of-a-dump", level: (unit) => (unit.asked.startsWith("GET /dump") ? { ...unit, theirs: { ...unit.theirs, type: unit.ours.type } } : unit) },
];

// Statements, each case of which is run in a pipeline and through a cursor.
import { autocommit, close, cursor, execute, pipeline, step, stmt } from "../exchange.js";

/** The cases of a list of statements, one stream each; a pair is a statement with its arguments. */
export function statements(name, list) {
  const all = list.map((entry) => (Array.isArray(entry) ? entry : [entry]));
  return [
    [name, [pipeline(...all.map((entry) => execute(...entry)), autocommit, close)]],
    [`${name}, through a cursor`, [cursor(...all.map((entry) => ({ ...step(""), stmt: stmt(...entry) })))]],
  ];
}

//! SQL functions that take the place of the engine's own, or that it would have if they were safe.

mod arguments;
mod digest;
mod letters;
mod strings;
mod text;

#[cfg(test)]
mod tests;

use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;

use arguments::{Answer, Arguments};

/// What each function here is: it gives the same answer for the same arguments, and may stand in a schema.
const FLAGS: FunctionFlags =
    FunctionFlags::SQLITE_UTF8.union(FunctionFlags::SQLITE_DETERMINISTIC).union(FunctionFlags::SQLITE_INNOCUOUS);

/// As many arguments as there are.
const ANY: i32 = -1;

/// One function under its names, and how many arguments it takes.
struct Function {
    names: &'static [&'static str],
    arity: i32,
    call: fn(&Arguments<'_>) -> Answer,
}

/// Whoever opens a file of a client's needs them: they stand in indexes and in rules of tables.
pub(super) fn install(handle: &Connection) -> rusqlite::Result<()> {
    for function in digest::FUNCTIONS.iter().chain(&text::FUNCTIONS) {
        let call = function.call;
        for name in function.names {
            handle
                .create_scalar_function(name, function.arity, FLAGS, move |context| arguments::answer(context, call))?;
        }
    }
    handle.create_collation("text_nocase", letters::compare)
}

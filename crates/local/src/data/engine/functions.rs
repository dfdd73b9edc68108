//! SQL functions that take the place of the engine's own, or that it would have if they were safe.

mod arguments;
mod bytes;
mod digest;
mod distances;
mod encodings;
mod letters;
mod room;
mod strings;
mod text;

#[cfg(test)]
mod tests;

use rusqlite::functions::FunctionFlags;
use rusqlite::types::Value;
use rusqlite::{Connection, ToSql};

use arguments::Call;

use super::ffi::{install_bounded, install_zeroblob};
use super::vectors::{self, MARK};

/// What each function here is: it gives the same answer for the same arguments, and may stand in a schema.
pub(super) const FLAGS: FunctionFlags =
    FunctionFlags::SQLITE_UTF8.union(FunctionFlags::SQLITE_DETERMINISTIC).union(FunctionFlags::SQLITE_INNOCUOUS);

/// As many arguments as there are.
const ANY: i32 = -1;

/// One function under its names, and how many arguments it takes.
struct Function<T = Value> {
    names: &'static [&'static str],
    arity: i32,
    call: Call<T>,
}

impl<T: ToSql + 'static> Function<T> {
    fn install(&self, handle: &Connection) -> rusqlite::Result<()> {
        let call = self.call;
        for name in self.names {
            handle.create_scalar_function(name, self.arity, FLAGS, move |context| arguments::answer(context, call))?;
        }
        Ok(())
    }
}

/// Lets a connection call the functions that databases here can. Whoever opens a file of a client's needs them: they stand
/// in indexes and in rules of tables.
///
/// # Errors
///
/// The engine has no memory for them.
pub fn install(handle: &Connection) -> rusqlite::Result<()> {
    let lists: [&[Function]; 5] =
        [&bytes::NUMBERS, &digest::FUNCTIONS, &distances::FUNCTIONS, &encodings::FUNCTIONS, &text::FUNCTIONS];
    lists.into_iter().flatten().try_for_each(|function| function.install(handle))?;
    bytes::TEXTS.iter().try_for_each(|function| function.install(handle))?;
    handle.create_collation("text_nocase", letters::compare)?;
    install_zeroblob(handle)?;
    install_bounded(handle)?;
    vectors::install(handle)?;
    refuse_index_of_nothing(handle)
}

/// The engine reads the first argument of this function whether there is one or not, where it is called and where an index
/// is made of it, in a file that is opened too. One for no arguments that is there and gone again hides that form of the
/// engine's own.
fn refuse_index_of_nothing(handle: &Connection) -> rusqlite::Result<()> {
    handle.create_scalar_function(MARK, 0, FLAGS, |_| Ok(false))?;
    handle.remove_function(MARK, 0)
}

//! SQL text taken apart into statements while it is read, as `sqlite3` does it.

mod parameters;
mod reader;
mod words;

pub(crate) use parameters::Asked;
pub(crate) use reader::{Item, ScriptReader, Source};
pub(crate) use words::{
    Altered, Change, Created, Entity, altered, changed, created, first_word, folded, indexed, is_transaction_control,
    makes_the_same, makes_virtual_table, only_reads, quote_identifier, quote_text, virtual_table,
};

/// The longest part of a statement that is shown to say which it is.
const SHOWN: usize = 120;

/// A statement in a few words for messages: one line of at most 120 characters.
fn shown(sql: &str) -> String {
    let mut line = String::new();
    for word in sql.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if line.len() > SHOWN * 4 {
            break;
        }
    }
    match line.char_indices().nth(SHOWN) {
        Some(_) => line.chars().take(SHOWN - 1).chain(['…']).collect(),
        None => line,
    }
}

#[cfg(test)]
mod tests;

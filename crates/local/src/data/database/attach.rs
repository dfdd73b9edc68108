//! `ATTACH "<database id>" AS name`: reads the statement, which the engine is never given as it was sent.

use crate::data::engine::words::{Word, words};
use crate::data::hrana::SqlError;

/// A database to attach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attach {
    /// Its id.
    pub(crate) id: String,
    /// What its tables are found under.
    pub(crate) schema: String,
}

/// What is to be attached, if the statement attaches anything.
pub(crate) fn parse(sql: &str) -> Option<Result<Attach, SqlError>> {
    let mut words = words(sql).peekable();
    words.next_if(|word| word.is("ATTACH"))?;
    words.next_if(|word| word.is("DATABASE"));
    let id = words.next().and_then(text);
    let has_name = words.next_if(|word| word.is("AS")).is_some();
    let schema = words.next().and_then(text);
    words.next_if_eq(&Word::Sign(';'));
    Some(match (id, schema, words.next()) {
        (Some(id), Some(schema), None) if has_name && is_id(&id) => Ok(Attach { id, schema }),
        _ => Err(refused("ATTACH takes the id of a database, as in ATTACH \"<id>\" AS name")),
    })
}

/// Why nothing is attached.
pub(crate) fn refused(reason: &str) -> SqlError {
    SqlError::new("SQLITE_AUTH", format!("SQLite error: not authorized: {reason}"))
}

fn text(word: Word<'_>) -> Option<String> {
    match word {
        Word::Plain(name) | Word::Quoted(name, '[') => Some(name.to_owned()),
        Word::Quoted(name, mark) => Some(name.replace(&format!("{mark}{mark}"), &mark.to_string())),
        Word::Sign(_) => None,
    }
}

/// Only what has the form of an id is looked up: a path never is.
fn is_id(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

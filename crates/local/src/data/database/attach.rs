//! `ATTACH "<database id>" AS name`: reads the statement, which the engine is never given as it was sent, and says which
//! database may be attached.

use std::sync::Arc;

use super::{Database, Policy};
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

impl Database {
    /// The database of this id, if it may be attached to this one. What the token does not name is not told apart from
    /// what is not there.
    pub(crate) fn attachable(&self, id: &str, policy: &Policy) -> Result<Arc<Database>, SqlError> {
        let target = self.neighbour(&id.to_ascii_lowercase()).ok_or_else(|| not_for_token(id))?;
        self.check_attachable(&target, id, policy)?;
        Ok(target)
    }

    /// Whether one that is there may be attached now; the refusal calls it what its client does.
    pub(super) fn check_attachable(&self, target: &Database, id: &str, policy: &Policy) -> Result<(), SqlError> {
        let record = target.record();
        if !policy.may_attach(&record) {
            return Err(not_for_token(id));
        }
        let objections = [
            // Its file is exchanged for the one that is uploaded.
            (record.draft, "has no file yet"),
            (record.group_id != self.record().group_id, "is in another group"),
            (!record.allow_attach, "does not allow to be attached (allow_attach)"),
            (record.archived, "is archived"),
            (record.block_reads, "has its reads blocked"),
            (record.encryption.is_some(), "is encrypted"),
            (!record.allowed_ips.admits(policy.peer()), "does not allow this address"),
        ];
        match objections.into_iter().find(|(applies, _)| *applies) {
            Some((_, objection)) => Err(refused(&format!("database {id} {objection}"))),
            None => Ok(()),
        }
    }
}

fn not_for_token(id: &str) -> SqlError {
    refused(&format!("the token may not attach database {id}"))
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

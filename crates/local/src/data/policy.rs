//! What the bearer of a token may do with a database, statement by statement.

use super::DatabaseRecord;
use super::engine::Effect;
use super::hrana::SqlError;
use super::refusal::Refusal;
use super::tokens::Access;

/// The rules one request runs under.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Policy {
    is_read_only: bool,
    block_reads: bool,
    block_writes: bool,
}

impl Policy {
    pub(crate) fn new(access: Access, record: &DatabaseRecord) -> Self {
        Self {
            is_read_only: access == Access::ReadOnly,
            block_reads: record.block_reads,
            block_writes: record.block_writes,
        }
    }

    /// Whether the bearer may give the database its file.
    pub(crate) fn check_upload(self) -> Result<(), Refusal> {
        if self.is_read_only { Err(Refusal::WriteForbidden) } else { Ok(()) }
    }

    /// Whether every statement has to be looked at before the first one runs.
    pub(crate) fn needs_screening(self) -> bool {
        self.is_read_only
    }

    /// Whether a statement of this effect makes the whole request forbidden.
    pub(crate) fn forbids(self, effect: Effect) -> bool {
        self.is_read_only && (effect.writes || effect.reconfigures)
    }

    /// Whether a statement of this effect may run now.
    pub(crate) fn check(self, effect: Effect) -> Result<(), SqlError> {
        // The screening has refused these already, unless the schema changed in between.
        if self.forbids(effect) {
            return Err(blocked("SQL write operations are forbidden (current session doesn't have write permission)"));
        }
        let reads = !effect.writes && !effect.reconfigures && effect.transaction.is_none();
        if self.block_writes && effect.writes {
            return Err(blocked(
                "SQL write operations are forbidden (writes are blocked, do you need to upgrade your plan?)",
            ));
        }
        if self.block_reads && reads {
            return Err(blocked(
                "SQL read operations are forbidden (reads are blocked, do you need to upgrade your plan?)",
            ));
        }
        Ok(())
    }
}

fn blocked(reason: &str) -> SqlError {
    SqlError::new("BLOCKED", format!("Operation was blocked: {reason}"))
}

//! What the bearer of a token may do with a database, statement by statement.

use std::sync::Arc;

use crate::data::access::{Access, Class, DatabaseRecord, Denial, Grant, Peer, Rules, blocked};
use crate::data::engine::Effect;
use crate::data::hrana::SqlError;
use crate::data::refusal::Refusal;
use crate::data::usage::UsedUp;

/// The rules one request runs under.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    grant: Grant,
    peer: Peer,
    block_reads: bool,
    block_writes: bool,
}

impl Policy {
    pub(crate) fn new(grant: Grant, record: &DatabaseRecord, used_up: UsedUp, peer: Peer) -> Self {
        Self {
            grant,
            peer,
            block_reads: record.block_reads || used_up.reads,
            block_writes: record.block_writes || used_up.writes,
        }
    }

    /// What is allowed table by table, if not everything is.
    pub(crate) fn rules(&self) -> Option<Arc<Rules>> {
        self.grant.rules()
    }

    /// Where the request comes from.
    pub(crate) fn peer(&self) -> Peer {
        self.peer
    }

    /// Whether another database may be attached.
    pub(crate) fn may_attach(&self, other: &DatabaseRecord) -> bool {
        self.grant.may_attach(other)
    }

    /// Whether the bearer may give the database its file.
    pub(crate) fn check_upload(&self) -> Result<(), Refusal> {
        if self.is_read_only() || self.grant.has_rules() {
            Err(Refusal::ActionForbidden(Denial::of_writing()))
        } else {
            Ok(())
        }
    }

    /// Whether every statement has to be looked at before the first one runs.
    pub(crate) fn needs_screening(&self) -> bool {
        self.is_read_only() || self.grant.has_rules()
    }

    /// Whether a statement of this effect makes the whole request forbidden.
    pub(crate) fn forbids(&self, effect: Effect) -> bool {
        let attaches = effect.attaches && !self.grant.attaches_something();
        self.is_read_only() && (effect.writes || effect.reconfigures || attaches)
    }

    /// Whether a statement of this effect may run now.
    pub(crate) fn check(&self, effect: Effect) -> Result<(), SqlError> {
        // The screening has refused these already, unless the schema changed in between.
        if self.forbids(effect) {
            return Err(Denial::of_writing().into());
        }
        let reads = !effect.writes && !effect.reconfigures && effect.transaction.is_none();
        if self.block_writes && effect.writes {
            return Err(Denial::new(Class::Write, "writes are blocked, do you need to upgrade your plan?").into());
        }
        if self.block_reads && reads {
            return Err(Denial::new(Class::Read, "reads are blocked, do you need to upgrade your plan?").into());
        }
        Ok(())
    }

    /// Whether the whole database may be read at once, past what looks at statements.
    pub(crate) fn check_reading_all(&self) -> Result<(), SqlError> {
        if self.grant.has_rules() {
            return Err(blocked("the whole database is forbidden to a token that is held to rules for its tables"));
        }
        self.check(Effect::default())
    }

    pub(crate) fn is_read_only(&self) -> bool {
        self.grant.access() != Access::Full
    }
}

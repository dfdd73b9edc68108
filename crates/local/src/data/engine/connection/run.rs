//! Runs the texts of clients, looks at them and describes them.

use rusqlite::{Batch, Statement};
use tokio::time::Instant;

use super::compile::{self, Compiled, Done};
use super::familiar::Facts;
use super::{EngineConnection, arguments};
use crate::data::access::Denial;
use crate::data::engine::observer::Purpose;
use crate::data::engine::seen::Seen;
use crate::data::engine::{Command, Effect, Gate, Known, Ran, RowSink, Stop, errors, statement, text};
use crate::data::hrana::{Description, SqlError};

impl EngineConnection {
    pub(super) fn run_one(
        &mut self,
        command: &Command,
        gate: &mut Gate<'_>,
        sink: &mut dyn RowSink,
    ) -> Result<Ran, Stop> {
        self.refresh_schema()?;
        let sql = command.sql.as_str();
        let started;
        let (facts, ran) = {
            let (mut kept, mut fresh);
            let mut done = Done::NOTHING;
            let (statement, facts): (&mut Statement<'_>, _) = if let Some(facts) = self.facts_of(sql) {
                kept = self.handle.prepare_cached(sql).map_err(errors::describe)?;
                (&mut kept, facts)
            } else {
                let seen;
                self.expect_text(sql)?;
                Compiled { statement: fresh, seen, done } = compile::only(&self.handle, &self.observer, sql, gate)?;
                let known = Known { effect: statement::effect(&fresh, seen), is_brief: false };
                (&mut fresh, Facts { seen, known, was_long: false })
            };
            gate(facts.known.effect)?;
            arguments::bind(statement, command)?;
            started = Instant::now();
            let output = Some((sink, command.want_rows));
            let ran = statement::run(&self.handle, &self.observer, statement, facts.seen, output);
            (facts, done.settle(statement, ran))
        };
        if self.is_as_usual() {
            self.familiar.remember(sql, facts, started.elapsed());
        }
        self.draw_consequences(facts.seen);
        Ok(ran?)
    }

    pub(super) fn run_all(&mut self, sql: &str, gate: &mut Gate<'_>) -> Result<Ran, Stop> {
        self.expect(sql)?;
        let (mut total, mut all_seen) = (Ran::default(), Seen::default());
        let sql = text::of_many(sql);
        let mut statements = Batch::new(&self.handle, &sql);
        let outcome = loop {
            if self.lookout.ends_statements() {
                break Err(SqlError::interrupted().into());
            }
            let next = compile::next(&self.handle, &self.observer, &mut statements, gate);
            let Compiled { mut statement, seen, done } = match next {
                Ok(Some(compiled)) => compiled,
                Ok(None) => break Ok(total),
                Err(stop) => break Err(stop),
            };
            if let Err(stop) = gate(statement::effect(&statement, seen)) {
                break Err(stop);
            }
            if let Err(error) = arguments::refuse_parameters(&statement) {
                break Err(error.into());
            }
            let ran = statement::run(&self.handle, &self.observer, &mut statement, seen, None);
            let ran = done.settle(&statement, ran);
            all_seen = all_seen.and(seen);
            // What running it made the engine compile says nothing of the next one.
            let expected = self.observer.expect_another(&self.handle).map_err(errors::describe);
            match ran.and_then(|ran| expected.map(|()| ran)) {
                Ok(ran) => total.add(ran),
                Err(error) => break Err(error.into()),
            }
        };
        self.draw_consequences(all_seen);
        outcome
    }

    pub(super) fn look_at(&mut self, sql: &str) -> Result<Effect, Denial> {
        if self.expect(sql).is_err() {
            return Ok(Effect::default());
        }
        let mut effect = Effect::default();
        let sql = text::of_many(sql);
        let mut statements = Batch::new(&self.handle, &sql);
        loop {
            // What is looked at no further is asked for its effect again where it runs.
            if self.lookout.ends_statements() {
                return Ok(effect);
            }
            let next = statements.next();
            let seen = self.observer.take();
            effect.reconfigures |= seen.changes_session();
            effect.attaches |= seen.attaches();
            effect.writes |= seen.owns_kept();
            match next {
                Ok(Some(statement)) => {
                    effect.writes |= statement::effect(&statement, seen).writes;
                }
                Ok(None) => return Ok(effect),
                Err(_) => return self.observer.take_denial().map_or(Ok(effect), Err),
            }
        }
    }

    pub(super) fn describe_one(&mut self, sql: &str) -> Result<Description, SqlError> {
        self.expect(sql)?;
        let (described, seen) = statement::only(&self.handle, &self.observer, sql, Purpose::Look);
        match described {
            Ok(statement) => Ok(statement::describe(&statement, seen)),
            // It is not compiled without being done, and has neither parameters nor columns.
            Err(_) if seen.owns_kept() => Ok(Description::default()),
            Err(error) => Err(self.observer.take_denial().map_or(error, SqlError::from)),
        }
    }

    /// Makes ready to compile a text that may be any.
    fn expect(&mut self, sql: &str) -> Result<(), SqlError> {
        self.refresh_schema()?;
        self.expect_text(sql)
    }
}

//! Random faults against the client, beside a model of what the cloud must have come to.

use std::{collections::BTreeMap, time::Duration};

use proptest::prelude::*;
use tokio::time::Instant;
use turso_cloud::{Client, Error, ErrorKind, NewDatabase};
use turso_cloud_contract::audit_logs::AuditLogPage;
use turso_cloud_local::{Cloud, FaultEffect, FaultSpec};

use crate::support::{client, databases};

const DEADLINE: Duration = Duration::from_secs(20);

/// Beyond its deadline a call may take as long as the runtime needs to notice, in paused time.
const NOTICE: Duration = Duration::from_secs(1);

#[derive(Clone, Debug)]
enum Step {
    Create(u8),
    Delete(u8),
    Get(u8),
    List,
}

/// What is known of a database.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Known {
    There,
    Gone,
    /// A call may have happened.
    Either,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..5_u8).prop_map(Step::Create),
        2 => (0..5_u8).prop_map(Step::Delete),
        1 => (0..5_u8).prop_map(Step::Get),
        1 => Just(Step::List),
    ]
}

fn effect() -> impl Strategy<Value = FaultEffect> {
    let status = prop::sample::select(vec![408, 429, 500, 502, 503]);
    prop_oneof![
        3 => (status, prop::option::of(0..40_u64)).prop_map(|(status, wait)| {
            let reply = FaultEffect::reply(status);
            wait.map(Duration::from_secs).into_iter().fold(reply, FaultEffect::retry_after)
        }),
        1 => Just(FaultEffect::Hang),
        2 => Just(FaultEffect::Reset),
        2 => (0..40_usize).prop_map(FaultEffect::cut_body),
        1 => Just(FaultEffect::WrongJson),
        1 => (1..64_usize, 0..5000_u64)
            .prop_map(|(piece, every_ms)| FaultEffect::slow_body(piece, Duration::from_millis(every_ms))),
    ]
}

fn fault() -> impl Strategy<Value = FaultSpec> {
    let operation = prop::option::of(prop::sample::select(vec![
        "CreateDatabase",
        "DeleteDatabase",
        "GetDatabase",
        "ListDatabases",
    ]));
    (operation, 1..6_u64, 1..6_u64, effect(), any::<bool>(), prop::option::of(0..30_000_u64)).prop_map(
        |(operation, nth, times, effect, carried_out, latency_ms)| {
            let mut spec = FaultSpec::default();
            spec.operation = operation.map(str::to_owned);
            (spec.nth, spec.times, spec.latency_ms) = (Some(nth), Some(times), latency_ms);
            // A service that asks for patience has not done what it was asked for.
            spec.carried_out = carried_out && !matches!(effect, FaultEffect::Reply { status: 429, .. });
            spec.effect = Some(effect);
            spec
        },
    )
}

fn name(index: u8) -> String {
    format!("db-{index}")
}

/// The kinds that faults may lead to, and those that the state of the cloud may.
fn is_right(error: &Error, step: &Step) -> bool {
    let of_faults = matches!(
        error.kind(),
        ErrorKind::Server | ErrorKind::RateLimited | ErrorKind::Timeout | ErrorKind::Interrupted | ErrorKind::Decode
    );
    of_faults
        || match step {
            Step::Create(_) => error.is_already_exists() || is_told_too_little(error),
            Step::Delete(_) | Step::Get(_) => error.is_not_found(),
            Step::List => false,
        }
}

/// That a name is taken stands in the sentence of a 400, and a fault may have spoilt it.
fn is_told_too_little(error: &Error) -> bool {
    error.kind() == ErrorKind::Rejected && !error.message().is_some_and(|message| message.contains("already exists"))
}

struct Run {
    cloud: Cloud,
    turso: Client,
    model: BTreeMap<u8, Known>,
    /// How often the creation of a database was asked for.
    creations: BTreeMap<u8, usize>,
}

impl Run {
    fn known(&self, index: u8) -> Known {
        self.model.get(&index).copied().unwrap_or(Known::Gone)
    }

    async fn take(&mut self, step: &Step) {
        let begun = Instant::now();
        let error = match step {
            Step::Create(index) => self.create(*index).await,
            Step::Delete(index) => self.delete(*index).await,
            Step::Get(index) => self.get(*index).await,
            Step::List => self.turso.databases().list().await.err(),
        };
        assert!(begun.elapsed() <= DEADLINE + NOTICE, "{step:?} took {:?}", begun.elapsed());
        if let Some(error) = error {
            assert!(is_right(&error, step), "{step:?}: {error:?}");
        }
    }

    async fn create(&mut self, index: u8) -> Option<Error> {
        *self.creations.entry(index).or_default() += 1;
        let outcome = self.turso.databases().create(NewDatabase::new(name(index), "default")).await;
        let known = match &outcome {
            Ok(_) => {
                assert_ne!(self.known(index), Known::There, "made twice");
                Known::There
            }
            Err(error) if error.is_already_exists() || is_told_too_little(error) => {
                assert_ne!(self.known(index), Known::Gone, "{error:?}");
                Known::There
            }
            Err(error) if error.may_have_happened() && self.known(index) != Known::There => Known::Either,
            Err(_) => self.known(index),
        };
        self.model.insert(index, known);
        outcome.err()
    }

    async fn delete(&mut self, index: u8) -> Option<Error> {
        let outcome = self.turso.databases().delete(name(index)).await;
        let known = match &outcome {
            Ok(()) => {
                assert_ne!(self.known(index), Known::Gone, "deleted what was not there");
                Known::Gone
            }
            // It may have been deleted by the first try of this very call.
            Err(error) if error.is_not_found() => Known::Gone,
            Err(error) if error.may_have_happened() && self.known(index) != Known::Gone => Known::Either,
            Err(_) => self.known(index),
        };
        self.model.insert(index, known);
        outcome.err()
    }

    async fn get(&mut self, index: u8) -> Option<Error> {
        let outcome = self.turso.databases().get(name(index)).await;
        match &outcome {
            Ok(_) => assert_ne!(self.known(index), Known::Gone),
            Err(error) if error.is_not_found() => assert_ne!(self.known(index), Known::There),
            Err(_) => {}
        }
        outcome.err()
    }

    /// Compares the cloud with the model, and what it was asked for with what it has done.
    async fn compare(&self) {
        self.cloud.faults().clear();
        let there = databases(&self.cloud).await;
        for index in 0..5 {
            match self.known(index) {
                Known::There => assert!(there.contains(&name(index)), "{} is lost", name(index)),
                Known::Gone => assert!(!there.contains(&name(index)), "{} is there", name(index)),
                Known::Either => {}
            }
        }
        let log = client(&self.cloud).audit_logs().page(AuditLogPage::new(1, 1000)).await.unwrap().audit_logs;
        let mut entries = BTreeMap::<&str, usize>::new();
        for entry in log.iter().filter(|entry| entry.code.as_str() == "db-create") {
            *entries.entry(entry.data.text("database").unwrap()).or_default() += 1;
        }
        for index in 0..5 {
            let made = entries.get(name(index).as_str()).copied().unwrap_or_default();
            assert!(made <= self.creations.get(&index).copied().unwrap_or_default(), "{} was made twice", name(index));
        }
    }
}

async fn run(seed: u64, faults: Vec<FaultSpec>, steps: Vec<Step>) {
    let cloud = Cloud::builder().seed(seed).build().unwrap();
    let turso = cloud.client().deadline(DEADLINE).timeout(DEADLINE / 4).jitter_seed(seed).build().unwrap();
    for fault in faults {
        cloud.faults().add(fault).unwrap();
    }
    let mut run = Run { cloud, turso, model: BTreeMap::new(), creations: BTreeMap::new() };
    for step in &steps {
        run.take(step).await;
    }
    run.compare().await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn no_creation_is_lost_and_none_is_doubled_whatever_fails(
        seed in any::<u64>(),
        faults in prop::collection::vec(fault(), 0..6),
        steps in prop::collection::vec(step(), 1..16),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(run(seed, faults, steps));
    }
}

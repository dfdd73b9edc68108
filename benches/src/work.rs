//! One turn of a contender that is written in Rust: the client of this project, and what one would write without it.

mod floor;
mod ours;

use std::time::Duration;

use anyhow::{Result, ensure};
use clap::{Args, ValueEnum};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

use crate::measured::{Stopwatch, named, peak_kib};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<std::alloc::System> = &INSTRUMENTED_SYSTEM;

#[derive(Args)]
pub(crate) struct Work {
    #[arg(value_enum)]
    task: Task,
    #[arg(long, value_enum)]
    who: Who,
    #[arg(long)]
    url: String,
    /// How often
    #[arg(long)]
    count: usize,
    /// How many at the same time
    #[arg(long, default_value_t = 1)]
    concurrency: usize,
    /// What of it is not measured
    #[arg(long, default_value_t = 0)]
    warm_up: usize,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Task {
    /// Get one database
    Call,
    /// List 10,000 databases
    List,
    /// Read the audit log to its end
    Audit,
    /// Create databases in the group `default` (this project's client only)
    Create,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Who {
    Ours,
    Floor,
    /// As a program has it that does not wait for ever
    FloorWithTimeout,
}

/// What stands in for a token where nobody checks it.
const TOKEN: &str = "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCJ9.eyJqdGkiOiJ4In0.c2lnbmF0dXJl";

impl Work {
    pub(crate) fn perform(&self) -> Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let figures = runtime.block_on(async {
            let contender = Contender::new(self)?;
            contender.turn(self.warm_up).await?;
            let peak_before = peak_kib()?;
            let (allocated, watch) = (Region::new(ALLOCATOR), Stopwatch::start()?);
            contender.turn(self.count).await?;
            let mut figures = watch.read()?;
            let change = allocated.change();
            let times = self.count.max(1) as f64;
            figures.extend(
                [
                    ("allocations", change.allocations as f64 / times),
                    ("peak_kib", peak_kib()?),
                    ("growth_kib", peak_kib()? - peak_before),
                ]
                .map(named),
            );
            anyhow::Ok(figures)
        })?;
        println!("{}", serde_json::to_string(&figures)?);
        Ok(())
    }
}

struct Contender<'a> {
    work: &'a Work,
    ours: turso_cloud::Client,
    floor: floor::Client,
}

impl<'a> Contender<'a> {
    fn new(work: &'a Work) -> Result<Self> {
        let timeout = matches!(work.who, Who::FloorWithTimeout).then_some(Duration::from_secs(30));
        Ok(Self { work, ours: ours::client(&work.url)?, floor: floor::Client::new(&work.url, timeout)? })
    }

    async fn turn(&self, count: usize) -> Result<()> {
        let Work { task, who, concurrency, .. } = *self.work;
        match (task, who) {
            (Task::Call, Who::Ours) => repeat(count, concurrency, async || ours::get(&self.ours).await).await,
            (Task::Call, _) => repeat(count, concurrency, async || self.floor.get().await).await,
            (Task::List, Who::Ours) => repeat(count, 1, async || ours::list(&self.ours).await).await,
            (Task::List, _) => repeat(count, 1, async || self.floor.list().await).await,
            (Task::Audit, Who::Ours) => repeat(count, 1, async || ours::audit(&self.ours).await).await,
            (Task::Audit, _) => repeat(count, 1, async || self.floor.audit().await).await,
            (Task::Create, Who::Ours) => ours::create(&self.ours, count, concurrency).await,
            (Task::Create, _) => anyhow::bail!("the floor of creations is the disk: `rows` measures it"),
        }
    }
}

async fn repeat(count: usize, concurrency: usize, one: impl AsyncFn() -> Result<()>) -> Result<()> {
    ensure!(concurrency > 0, "nothing is done with a concurrency of 0");
    let lane = async |first| {
        for _ in (first..count).step_by(concurrency) {
            one().await?;
        }
        anyhow::Ok(())
    };
    futures_util::future::try_join_all((0..concurrency).map(lane)).await?;
    Ok(())
}

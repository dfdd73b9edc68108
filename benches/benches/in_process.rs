//! Times, within one process, the work whose instructions CI counts.

use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use tokio::runtime::Runtime;
use turso_cloud_counts::{WORK, perform};

fn in_process(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime starts");
    let mut group = criterion.benchmark_group("in process");
    for work in WORK {
        group.bench_function(work, |bencher| bencher.iter_custom(|times| timed(&runtime, work, times)));
    }
}

/// What it takes to begin is not taken off: it is a small part of the many times that are asked for.
fn timed(runtime: &Runtime, work: &str, times: u64) -> Duration {
    let times = usize::try_from(times).expect("no more times than there are addresses");
    let started = Instant::now();
    runtime.block_on(perform(work, times)).expect("the work is done");
    started.elapsed()
}

criterion_group!(benches, in_process);
criterion_main!(benches);

//! A local cloud in a directory is killed in the middle of its work, again and again: whatever it has acknowledged is
//! there afterwards, and nothing is there by half.
//!
//! `DURABILITY_SEED` repeats what a run has chosen, as far as threads and the system let it, and `DURABILITY_KILLS` sets
//! how often the process is killed.
#![cfg(test)]

mod audit;
#[cfg(unix)]
mod full_disk;
mod shop;
mod tursoctl;
mod writer;

use std::{env, path::Path, time::Duration};

use tokio::{sync::mpsc, task::JoinSet};

use audit::audit;
use tursoctl::{Process, start_command};
use writer::Writer;

const WRITERS: usize = 4;

/// A process may acknowledge this many changes before it is killed.
const MOST_CHANGES: usize = 50;

/// Longer than any change takes: the kill is to come in the middle of one.
const LATEST_KILL: u64 = 5_000;

/// About as long as it takes to start.
const LATEST_KILL_OF_START: u64 = 80_000;

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok().map(|value| value.parse().unwrap_or_else(|_| panic!("{variable} is no number: {value:?}")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_the_death_of_the_process_and_nothing_is_there_by_half() {
    let seed = number("DURABILITY_SEED").unwrap_or_else(|| fastrand::u64(..));
    let kills = number("DURABILITY_KILLS").unwrap_or(60);
    eprintln!("DURABILITY_SEED={seed} DURABILITY_KILLS={kills}");
    let mut chosen = fastrand::Rng::with_seed(seed);
    let folder = tempfile::tempdir().unwrap();
    let upload = shop::make_file(folder.path());
    let data = folder.path().join("data");
    let mut writers: Vec<_> = (0..WRITERS).map(|index| Writer::new(index, chosen.fork(), &upload)).collect();
    let mut acknowledged = 0;

    for kill in 0..kills {
        if kill % 4 == 3 {
            kill_while_it_starts(&data, &mut chosen).await;
        }
        let process = Process::start(&data, start_command(&data)).await;
        for writer in &mut writers {
            writer.settle(&process.cloud).await;
        }
        audit(&process.cloud, &data, &mut writers, &mut chosen).await;
        acknowledged += work_until_killed(process, &mut writers, &mut chosen).await;
    }

    let process = Process::start(&data, start_command(&data)).await;
    for writer in &mut writers {
        writer.settle(&process.cloud).await;
        writer.check_integrity(&process.cloud).await;
    }
    audit(&process.cloud, &data, &mut writers, &mut chosen).await;
    let changes: Vec<_> = writers.iter().map(Writer::changes).collect();
    eprintln!("{acknowledged} changes acknowledged in {kills} lives: {changes:?}");
    assert!(acknowledged > usize::try_from(kills).unwrap(), "hardly anything was written");
}

/// Lets the writers work and kills the process in the middle of it. Says how many changes it has acknowledged.
async fn work_until_killed(process: Process, writers: &mut Vec<Writer>, chosen: &mut fastrand::Rng) -> usize {
    let (acknowledge, mut acknowledgements) = mpsc::unbounded_channel();
    let mut working = JoinSet::new();
    for mut writer in writers.drain(..) {
        let (cloud, acknowledge) = (process.cloud.clone(), acknowledge.clone());
        working.spawn(async move {
            writer.work(&cloud, &acknowledge).await;
            writer
        });
    }
    drop(acknowledge);
    let mut acknowledged = 0;
    for _ in 0..chosen.usize(0..MOST_CHANGES) {
        acknowledgements.recv().await.unwrap();
        acknowledged += 1;
    }
    // Nothing is waited for: it is the choice of the moment.
    tokio::time::sleep(Duration::from_micros(chosen.u64(0..LATEST_KILL))).await;
    process.kill().await;
    writers.extend(working.join_all().await);
    writers.sort_by_key(Writer::index);
    while acknowledgements.recv().await.is_some() {
        acknowledged += 1;
    }
    acknowledged
}

async fn kill_while_it_starts(data: &Path, chosen: &mut fastrand::Rng) {
    let starting = Process::spawn(start_command(data));
    tokio::time::sleep(Duration::from_micros(chosen.u64(0..LATEST_KILL_OF_START))).await;
    starting.kill().await;
}

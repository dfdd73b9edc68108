//! What is measured, and how it is kept.

use std::{collections::BTreeMap, fs, path::Path, time::Instant};

use anyhow::{Context as _, Result};
use nix::sys::resource::{UsageWho, getrusage};
use serde::{Deserialize, Serialize};

/// Figures by name: `wall_ms`, `cpu_ms`, `peak_kib`, `per_second` and so on, the unit in the name.
pub(crate) type Figures = BTreeMap<String, f64>;

/// The figures of one contender in one case of a row.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) row: String,
    pub(crate) case: String,
    pub(crate) who: String,
    pub(crate) figures: Figures,
}

/// All that was measured, row by row.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Results {
    pub(crate) machine: String,
    /// The share of the processors that others took while a row was measured, in percent, by the name of the row.
    pub(crate) taken_by_others: BTreeMap<String, f64>,
    pub(crate) records: Vec<Record>,
}

impl Results {
    pub(crate) fn read(file: &Path) -> Result<Self> {
        if !file.exists() {
            return Ok(Self::default());
        }
        serde_json::from_slice(&fs::read(file)?).with_context(|| format!("{} holds no results", file.display()))
    }

    /// Puts new records in the place of all older ones of their rows.
    pub(crate) fn replace(&mut self, records: Vec<Record>) {
        self.records.retain(|old| !records.iter().any(|new| new.row == old.row));
        self.records.extend(records);
    }

    pub(crate) fn write(&self, file: &Path) -> Result<()> {
        let mut json = serde_json::to_string_pretty(self)?;
        json.push('\n');
        fs::write(file, json).with_context(|| format!("cannot write {}", file.display()))
    }
}

/// Time of the wall and of the processor since a moment.
pub(crate) struct Stopwatch {
    whose: UsageWho,
    started: Instant,
    cpu_ms: f64,
}

impl Stopwatch {
    /// For this process.
    pub(crate) fn start() -> Result<Self> {
        Self::start_for(UsageWho::RUSAGE_SELF)
    }

    /// For the programs this one waits for.
    pub(crate) fn start_for_children() -> Result<Self> {
        Self::start_for(UsageWho::RUSAGE_CHILDREN)
    }

    fn start_for(whose: UsageWho) -> Result<Self> {
        Ok(Self { whose, started: Instant::now(), cpu_ms: cpu_ms(whose)? })
    }

    pub(crate) fn read(&self) -> Result<Figures> {
        let wall_ms = self.started.elapsed().as_secs_f64() * 1000.0;
        let cpu_ms = cpu_ms(self.whose)? - self.cpu_ms;
        Ok([("wall_ms", wall_ms), ("cpu_ms", cpu_ms)].map(named).into())
    }
}

/// The most memory this process had so far.
pub(crate) fn peak_kib() -> Result<f64> {
    Ok(getrusage(UsageWho::RUSAGE_SELF)?.max_rss() as f64)
}

pub(crate) fn named((name, value): (&str, f64)) -> (String, f64) {
    (name.to_owned(), value)
}

/// The time of the processor that this process, or those it has waited for, had so far.
pub(crate) fn cpu_ms(whose: UsageWho) -> Result<f64> {
    let usage = getrusage(whose)?;
    let times = [usage.user_time(), usage.system_time()];
    Ok(times.iter().map(|time| time.tv_sec() as f64 * 1000.0 + time.tv_usec() as f64 / 1000.0).sum())
}

/// The median of each figure over several turns.
pub(crate) fn medians(turns: &[Figures]) -> Figures {
    let names: std::collections::BTreeSet<_> = turns.iter().flat_map(BTreeMap::keys).collect();
    let median_of = |name: &String| {
        let mut values: Vec<f64> = turns.iter().filter_map(|turn| turn.get(name).copied()).collect();
        values.sort_by(f64::total_cmp);
        (name.clone(), values[values.len() / 2])
    };
    names.into_iter().map(median_of).collect()
}

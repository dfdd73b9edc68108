//! Who had the processors while something was measured: what others took, the contenders did not get.

use std::{fs, time::Instant};

use anyhow::{Context as _, Result};
use nix::sys::resource::UsageWho;

use crate::measured::cpu_ms;

/// The processors of this machine from a moment on.
pub(crate) struct Processors {
    started: Instant,
    busy_ms: f64,
    own_ms: f64,
}

impl Processors {
    pub(crate) fn watch() -> Result<Self> {
        Ok(Self { started: Instant::now(), busy_ms: busy_ms()?, own_ms: own_ms()? })
    }

    /// The share of all processors, in percent, that neither rested nor worked for this program and the programs it has
    /// started and waited for: other programs, threads of the kernel, and the host of a virtual machine.
    pub(crate) fn taken_by_others(&self) -> Result<f64> {
        let processors = std::thread::available_parallelism()?.get() as f64;
        let all_ms = self.started.elapsed().as_secs_f64() * 1000.0 * processors;
        let others_ms = (busy_ms()? - self.busy_ms) - (own_ms()? - self.own_ms);
        // The kernel rounds the two in different ways.
        Ok((others_ms / all_ms * 100.0).max(0.0))
    }
}

/// Time that the processors of the machine did not rest, since it started (`/proc/stat`).
fn busy_ms() -> Result<f64> {
    let stat = fs::read_to_string("/proc/stat")?;
    let line = stat.lines().next().and_then(|line| line.strip_prefix("cpu ")).context("no sum in /proc/stat")?;
    let ticks: Vec<f64> = line.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    // user, nice, system, idle, iowait, irq, softirq, steal, in hundredths of a second; then guests, which are in user.
    let [user, nice, system, _, _, irq, softirq, steal, ..] = ticks[..] else {
        anyhow::bail!("/proc/stat tells too little: {line}");
    };
    Ok((user + nice + system + irq + softirq + steal) * 10.0)
}

fn own_ms() -> Result<f64> {
    Ok(cpu_ms(UsageWho::RUSAGE_SELF)? + cpu_ms(UsageWho::RUSAGE_CHILDREN)?)
}

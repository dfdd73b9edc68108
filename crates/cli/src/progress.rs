//! How far something is: a bar on a terminal, a line for each phase elsewhere.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use indicatif::{ProgressBar, ProgressStyle};

use crate::context::Context;

/// The progress of one phase, in bytes. What is dropped is no longer shown.
#[derive(Clone, Debug)]
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    done: Arc<AtomicU64>,
}

impl Progress {
    /// Begins a phase, of so many bytes if that is known.
    pub(crate) fn begin(cx: &Context, phase: &str, bytes: Option<u64>) -> Self {
        if !cx.shows_progress() {
            cx.notice(phase);
            return Self { bar: None, done: Arc::default() };
        }
        let (bar, template) = match bytes {
            Some(bytes) => (ProgressBar::new(bytes), "{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}"),
            None => (ProgressBar::new_spinner(), "{msg} {spinner} {bytes} {bytes_per_sec}"),
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(phase.to_owned());
        Self { bar: Some(bar), done: Arc::default() }
    }

    /// So many bytes are done.
    pub(crate) fn set(&self, bytes: u64) {
        self.done.store(bytes, Ordering::Relaxed);
        if let Some(bar) = &self.bar {
            bar.set_position(bytes);
        }
    }

    /// How many bytes are done.
    pub(crate) fn position(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        // The last one that holds it.
        if let Some(bar) = self.bar.take_if(|_| Arc::strong_count(&self.done) == 1) {
            bar.finish_and_clear();
        }
    }
}

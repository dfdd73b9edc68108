//! How far something is, on standard error and only where somebody sees it.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::context::Context;

const BYTES: &str = "{prefix} {bar:24} {bytes}/{total_bytes} {bytes_per_sec} {eta} left";

/// A bar for bytes, with rate and time left; nothing is drawn in scripts, with `--quiet` or in a dry run. It goes away
/// when it is dropped.
pub(crate) fn bytes(cx: &Context, what: &str) -> ProgressBar {
    let target = if cx.shows_progress() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let style = ProgressStyle::with_template(BYTES).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(None, target).with_style(style).with_prefix(what.to_owned())
}

/// A sign of life while something of unknown length goes on.
pub(crate) fn waiting(cx: &Context, what: &str) -> ProgressBar {
    let target = if cx.shows_progress() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(None, target)
        .with_style(ProgressStyle::default_spinner())
        .with_message(what.to_owned());
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

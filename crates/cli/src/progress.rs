//! How far something is, on standard error and only where somebody sees it.

use std::{path::Path, time::Duration};

use console::Term;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, WeakProgressBar};
use parking_lot::Mutex;

use crate::{context::Context, terminal};

const BYTES: &str = "{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta} left";

/// What is drawn where there is no room for a bar.
const NARROW: &str = "{wide_msg} {bytes} {percent}% {bytes_per_sec} {eta} left";

/// What is drawn where nobody knows how many bytes there will be.
const UNKNOWN: &str = "{spinner} {wide_msg} {bytes} {bytes_per_sec}";

/// The columns that a bar worth drawing and the numbers behind it take.
const ROOM: usize = 60;

/// The bar that was made last, which may be gone.
static LAST: Mutex<Option<WeakProgressBar>> = Mutex::new(None);

/// Writes to standard error in lines of their own, with a bar that is drawn there below them.
pub(crate) fn beside<T>(write: impl FnOnce() -> T) -> T {
    let last = LAST.lock().as_ref().and_then(WeakProgressBar::upgrade);
    match last {
        Some(bar) => bar.suspend(write),
        None => write(),
    }
}

fn new(cx: &Context, what: &str, style: ProgressStyle) -> ProgressBar {
    let target = if cx.shows_progress() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(None, target).with_style(style).with_message(terminal::line(what));
    *LAST.lock() = Some(bar.downgrade());
    bar
}

/// A bar for bytes, with rate and time left; nothing is drawn in scripts, with `--quiet` or in a dry run. It goes away
/// when it is dropped.
pub(crate) fn bytes(cx: &Context, what: &str) -> ProgressBar {
    let (_, columns) = Term::stderr().size();
    let has_room = console::measure_text_width(what) + ROOM <= usize::from(columns);
    new(cx, what, style(if has_room { BYTES } else { NARROW }))
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// A sign of life while something of unknown length goes on.
pub(crate) fn waiting(cx: &Context, what: &str) -> ProgressBar {
    let bar = new(cx, what, ProgressStyle::default_spinner());
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// A phase of so many bytes, if that is known: a bar where it is seen, and a line elsewhere.
pub(crate) fn phase(cx: &Context, what: &str, total: Option<u64>) -> ProgressBar {
    let bar = bytes(cx, what);
    // A terminal may not be able to draw it.
    if bar.is_hidden() {
        cx.notice(what);
    }
    match total {
        Some(total) => bar.set_length(total),
        None => bar.set_style(style(UNKNOWN)),
    }
    bar
}

/// The phase of a file, by its name alone.
pub(crate) fn of_file(cx: &Context, verb: &str, file: &Path, total: u64) -> ProgressBar {
    let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy();
    phase(cx, &format!("{verb} {name}"), Some(total))
}

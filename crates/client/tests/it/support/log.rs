//! Everything that is logged on this thread, by any crate.
#![expect(clippy::unwrap_used, reason = "a log that cannot be kept fails its test")]

use std::{
    io,
    sync::{Arc, LazyLock, Mutex},
};

use tracing::{Dispatch, subscriber::DefaultGuard};
use tracing_subscriber::{
    filter::LevelFilter,
    fmt::{MakeWriter, format::FmtSpan},
    util::SubscriberInitExt as _,
};

/// While there is one subscriber alone, an event that is first met on a thread without it counts as wanted by nobody, for all
/// threads. So there is always another one, which hears nothing.
static ANOTHER: LazyLock<Dispatch> = LazyLock::new(|| {
    tracing_subscriber::fmt().with_max_level(LevelFilter::TRACE).with_writer(io::sink).finish().into()
});

/// Captures until it is dropped.
pub(crate) struct Capture {
    lines: Lines,
    _guard: DefaultGuard,
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Capture {
    /// Down to the lowest level.
    pub(crate) fn start() -> Self {
        Self::down_to(LevelFilter::TRACE)
    }

    pub(crate) fn down_to(level: LevelFilter) -> Self {
        LazyLock::force(&ANOTHER);
        let lines = Lines::default();
        // Records of the `log` crate, which reqwest writes to, are captured too.
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(level)
            .with_span_events(FmtSpan::FULL)
            .with_ansi(false)
            .with_writer(lines.clone())
            .finish();
        Self { lines, _guard: subscriber.set_default() }
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.lines.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

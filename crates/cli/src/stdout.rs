//! Standard output, whose reader may have had enough, as `head` does: that is no failure. Whoever writes through several
//! layers cannot tell by the error, so it is noted here.

use std::{
    io::{self, Write},
    sync::atomic::{AtomicBool, Ordering},
};

static IS_CLOSED: AtomicBool = AtomicBool::new(false);

/// Whether something could not be written because nobody reads any more.
pub(crate) fn is_closed() -> bool {
    IS_CLOSED.load(Ordering::SeqCst)
}

/// Standard output in the hands of one writer.
pub(crate) type Out = io::BufWriter<Stdout>;

pub(crate) fn lock() -> Out {
    io::BufWriter::new(Stdout(io::stdout().lock()))
}

/// How wide a table may be; nothing where no terminal shows it.
pub(crate) fn width() -> Option<u16> {
    let terminal = console::Term::stdout();
    let (_, columns) = terminal.is_term().then(|| terminal.size_checked()).flatten()?;
    Some(columns)
}

#[derive(Debug)]
pub(crate) struct Stdout(io::StdoutLock<'static>);

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes).map_err(explain)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush().map_err(explain)
    }
}

/// Notes that nobody reads any more, and says of everything else what it was that could not be written.
fn explain(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::BrokenPipe => IS_CLOSED.store(true, Ordering::SeqCst),
        // Whoever writes tries again.
        io::ErrorKind::Interrupted => return error,
        _ => {}
    }
    io::Error::new(error.kind(), format!("cannot write to standard output: {error}"))
}

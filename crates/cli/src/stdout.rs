//! Standard output, whose reader may stop reading, as `head` does. That is not a failure, and no reason to leave a change
//! half done: what is written after that is thrown away. A command that only goes on in order to write asks `is_closed`.

use std::{
    io::{self, IsTerminal as _, Write},
    sync::atomic::{AtomicBool, Ordering},
};

use crate::terminal::Filter;

static IS_CLOSED: AtomicBool = AtomicBool::new(false);

/// Whether something could not be written because nobody reads any more.
pub(crate) fn is_closed() -> bool {
    IS_CLOSED.load(Ordering::SeqCst)
}

/// Standard output, locked by one writer.
pub(crate) type Out = io::BufWriter<Stdout>;

/// For data as it is; a terminal is shown only what is harmless of it.
pub(crate) fn lock() -> Out {
    let stdout = io::stdout();
    let filter = stdout.is_terminal().then(Filter::default);
    io::BufWriter::new(Stdout { stdout: stdout.lock(), filter })
}

/// For text that is harmless already, and may be in colors.
pub(crate) fn lock_for_text() -> Out {
    io::BufWriter::new(Stdout { stdout: io::stdout().lock(), filter: None })
}

/// How wide a table may be; nothing where no terminal shows it.
pub(crate) fn width() -> Option<u16> {
    let terminal = console::Term::stdout();
    let (_, columns) = terminal.is_term().then(|| terminal.size_checked()).flatten()?;
    Some(columns)
}

#[derive(Debug)]
pub(crate) struct Stdout {
    stdout: io::StdoutLock<'static>,
    filter: Option<Filter>,
}

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if is_closed() {
            return Ok(bytes.len());
        }
        let written = match &mut self.filter {
            Some(filter) => self.stdout.write_all(&filter.pass(bytes)).map(|()| bytes.len()),
            None => self.stdout.write(bytes),
        };
        unless_closed(written, bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if is_closed() {
            return Ok(());
        }
        unless_closed(self.stdout.flush(), ())
    }
}

/// Takes it for `done` where nobody reads any more, and says of every other failure what it was that could not be written.
fn unless_closed<T>(outcome: io::Result<T>, done: T) -> io::Result<T> {
    outcome.or_else(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => {
            IS_CLOSED.store(true, Ordering::SeqCst);
            Ok(done)
        }
        // Whoever writes tries again.
        io::ErrorKind::Interrupted => Err(error),
        kind => Err(io::Error::new(kind, format!("cannot write to standard output: {error}"))),
    })
}

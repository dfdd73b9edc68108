//! Standard input, and pipes named in place of files. The thread that asks reads them itself, so that nothing can end it
//! while it waits: signal handlers are told of it.

#[cfg(unix)]
mod echo;

use std::{
    fs::File,
    io::{self, BufRead as _, IsTerminal as _, Read as _, Write as _},
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

use crate::{signals, terminal::harmless};

/// No token is longer.
const LONGEST_SECRET: u64 = 64 * 1024;

static IS_BEING_READ: AtomicBool = AtomicBool::new(false);

/// Whether a thread is blocked there.
pub(crate) fn is_being_read() -> bool {
    IS_BEING_READ.load(Ordering::SeqCst)
}

/// Leaves the terminal as the next program wants it: what is typed does not end the line of a question.
pub(crate) fn leave() {
    #[cfg(unix)]
    echo::bring_back();
    if io::stdin().is_terminal() {
        let _ = writeln!(io::stderr());
    }
}

/// Remembers how the terminal is, for [`leave`] to put it back: a line editor changes it while it waits.
#[cfg(unix)]
pub(crate) fn remember() {
    echo::remember();
}

/// One line that a terminal does not show while it is typed.
pub(crate) fn secret(question: &str) -> io::Result<String> {
    if !io::stdin().is_terminal() {
        return line(LONGEST_SECRET);
    }
    // Asked when nothing is shown any more: somebody may be fast.
    #[cfg(unix)]
    let line = echo::without(|| answer(question, LONGEST_SECRET));
    #[cfg(not(unix))]
    let line = reading(|| ask(question).and_then(|()| console::Term::stderr().read_secure_line()));
    writeln!(io::stderr())?;
    line
}

/// One line of at most `limit` bytes, with its end, which somebody at a terminal is asked for.
pub(crate) fn answer(question: &str, limit: u64) -> io::Result<String> {
    // Whoever sees the question may stop the program.
    reading(|| ask(question).and_then(|()| read_line(limit)))
}

/// One line of at most `limit` bytes, with its end.
pub(crate) fn line(limit: u64) -> io::Result<String> {
    reading(|| read_line(limit))
}

/// All of it.
pub(crate) fn whole() -> io::Result<String> {
    let mut text = String::new();
    reading(|| io::stdin().lock().read_to_string(&mut text))?;
    Ok(text)
}

/// It as a file is read, piece by piece.
#[derive(Debug)]
pub(crate) struct Stdin;

impl io::Read for Stdin {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        reading(|| io::stdin().read(buffer))
    }
}

/// A file, which may be a pipe whose writer takes its time.
pub(crate) fn open(file: &Path) -> io::Result<Box<dyn io::Read>> {
    if file.is_file() {
        return Ok(Box::new(File::open(file)?));
    }
    reading(|| File::open(file)).map(|pipe| Box::new(Pipe(pipe)) as Box<dyn io::Read>)
}

/// All of such a file.
pub(crate) fn whole_file(file: &Path) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    open(file)?.read_to_end(&mut content)?;
    Ok(content)
}

/// The same as text.
pub(crate) fn text_of_file(file: &Path) -> io::Result<String> {
    io::read_to_string(open(file)?)
}

#[derive(Debug)]
struct Pipe(File);

impl io::Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        reading(|| self.0.read(buffer))
    }
}

fn ask(question: &str) -> io::Result<()> {
    let mut terminal = io::stderr();
    terminal.write_all(harmless(question).as_bytes())?;
    terminal.flush()
}

fn read_line(limit: u64) -> io::Result<String> {
    let mut line = String::new();
    io::stdin().lock().take(limit).read_line(&mut line)?;
    Ok(line)
}

fn reading<T>(read: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    signals::watch_input()?;
    IS_BEING_READ.store(true, Ordering::SeqCst);
    let outcome = read();
    IS_BEING_READ.store(false, Ordering::SeqCst);
    outcome
}

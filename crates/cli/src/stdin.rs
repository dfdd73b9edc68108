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

use anyhow::{Context as _, Result};

use crate::{exit::Failure, signals, terminal::harmless};

/// No token and no key is longer; whoever gives more has named the wrong file.
pub(crate) const LONGEST_SECRET: u64 = 64 * 1024;
/// More than any service takes as the body of a request.
pub(crate) const LONGEST_BODY: u64 = 64 << 20;

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

/// All of it, as text of at most so many bytes.
pub(crate) fn whole(most: u64) -> Result<String> {
    let what = "the standard input";
    let content = reading(|| up_to(most, io::stdin().lock()));
    text(bounded(content, most, what)?).with_context(|| format!("cannot read {what}"))
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

/// All of such a file, which errors call `what`, of at most so many bytes: one that has no end must not take all memory.
pub(crate) fn whole_file(file: &Path, most: u64, what: &str) -> Result<Vec<u8>> {
    bounded(open(file).and_then(|opened| up_to(most, opened)), most, what)
}

/// The same as text.
pub(crate) fn text_of_file(file: &Path, most: u64, what: &str) -> Result<String> {
    text(whole_file(file, most, what)?).with_context(|| format!("cannot read {what}"))
}

/// One byte more tells that there are too many.
fn up_to(most: u64, input: impl io::Read) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    input.take(most + 1).read_to_end(&mut content)?;
    Ok(content)
}

fn bounded(content: io::Result<Vec<u8>>, most: u64, what: &str) -> Result<Vec<u8>> {
    let content = content.with_context(|| format!("cannot read {what}"))?;
    if content.len() as u64 > most {
        let (number, unit) = if most < 1 << 20 { (most >> 10, "KiB") } else { (most >> 20, "MiB") };
        return Err(Failure::usage(format!("{what}: it has more than {number} {unit}")).into());
    }
    Ok(content)
}

fn text(content: Vec<u8>) -> io::Result<String> {
    String::from_utf8(content).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.utf8_error()))
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

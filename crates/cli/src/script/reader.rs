//! The statements of a text, one after another, with where they stand.

use std::{
    collections::VecDeque,
    io::{self, BufRead, Read as _},
};

use turso_cloud_local::{Scanner, Step};

use super::shown;
use crate::exit::{Failure, Kind, ScriptPosition};

/// The longest statement that is read: services take less.
const LONGEST: usize = 64 << 20;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What stands in a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    Statement(Source),
    /// A line that begins with a dot, as the shells know them.
    Command(Source),
}

/// A piece of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    /// Which of the statements, from 1 on; of a command, the one before it.
    pub(crate) number: u64,
    /// The line it begins in.
    pub(crate) line: u64,
    pub(crate) text: String,
    /// The line it ends in.
    pub(crate) last_line: u64,
    /// How many bytes of the script end with it.
    pub(crate) end: u64,
}

/// Why a script cannot be read on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ScriptError {
    #[error("it cannot be read: {0}")]
    Read(#[from] io::Error),
    #[error("line {line} is not UTF-8")]
    NotUtf8 { line: u64 },
    #[error("the statement in line {line} lacks {missing}")]
    Unfinished { line: u64, missing: &'static str },
    #[error("the statement in line {line} has more than 64 MiB")]
    TooLong { line: u64 },
}

impl From<ScriptError> for Failure {
    fn from(error: ScriptError) -> Self {
        let kind = if matches!(error, ScriptError::Read(_)) { Kind::Failed } else { Kind::Usage };
        Self::new(kind, format!("the script: {error}")).caused_by(error)
    }
}

impl Source {
    /// A failure with the place of the statement that it is about.
    pub(crate) fn blame(&self, failure: impl Into<Failure>) -> Failure {
        let failure = failure.into();
        let said = format!("statement {} (line {}): {failure}: {}", self.number, self.line, shown(&self.text));
        failure.saying(said).at(ScriptPosition { statement: self.number, line: self.line })
    }
}

/// Reads a script as it is asked for statements.
#[derive(Debug)]
pub(crate) struct ScriptReader<R> {
    input: R,
    scanner: Scanner,
    ready: VecDeque<Item>,
    /// What was found by looking whether there is more.
    ahead: Option<Result<Option<Item>, ScriptError>>,
    text: Vec<u8>,
    /// What may begin the next statement.
    undecided: Option<u8>,
    begins: u64,
    line: u64,
    bytes: u64,
    number: u64,
}

impl<R: BufRead> ScriptReader<R> {
    pub(crate) fn new(input: R) -> Self {
        Self {
            input,
            scanner: Scanner::default(),
            ready: VecDeque::new(),
            ahead: None,
            text: Vec::new(),
            undecided: None,
            begins: 0,
            line: 0,
            bytes: 0,
            number: 0,
        }
    }

    /// Goes on with a script that was read up to here: so many statements, the line the last ends in, and the
    /// byte behind it.
    pub(crate) fn after(mut self, number: u64, line: u64, bytes: u64) -> Self {
        (self.number, self.line, self.bytes) = (number, line.saturating_sub(1), bytes);
        self
    }

    /// The next statement or command; nothing at the end. A last statement needs no semicolon.
    pub(crate) fn next(&mut self) -> Result<Option<Item>, ScriptError> {
        self.ahead.take().unwrap_or_else(|| self.read())
    }

    /// Whether the script ends here; waits for whoever still writes it. What cannot be read is the next one's failure.
    pub(crate) fn is_over(&mut self) -> bool {
        let ahead = self.next();
        let is_over = matches!(ahead, Ok(None));
        self.ahead = Some(ahead);
        is_over
    }

    fn read(&mut self) -> Result<Option<Item>, ScriptError> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Ok(Some(item));
            }
            let mut line = Vec::new();
            let read = (&mut self.input).take(LONGEST as u64 + 1).read_until(b'\n', &mut line)?;
            if read == 0 {
                return self.finish();
            }
            self.line += 1;
            self.take_line(&line)?;
        }
    }

    fn take_line(&mut self, line: &[u8]) -> Result<(), ScriptError> {
        let start = self.bytes;
        self.bytes += line.len() as u64;
        let line = if start == 0 { line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line) } else { line };
        let start = self.bytes - line.len() as u64;
        if self.scanner.is_between() && line.starts_with(b".") {
            self.text.clear();
            self.text.extend_from_slice(line.trim_ascii());
            self.begins = self.line;
            let command = Item::Command(self.source(self.bytes)?);
            self.ready.push_back(command);
            return Ok(());
        }
        for (at, byte) in line.iter().enumerate() {
            if self.take(*byte) == Step::End {
                let statement = self.statement(start + at as u64 + 1)?;
                self.ready.push_back(statement);
            }
        }
        if self.text.len() > LONGEST { Err(ScriptError::TooLong { line: self.begins }) } else { Ok(()) }
    }

    fn take(&mut self, byte: u8) -> Step {
        let step = self.scanner.take(byte);
        if matches!(step, Step::Within | Step::End) && self.text.is_empty() {
            self.begins = self.line;
        }
        match step {
            Step::Between => self.undecided = None,
            Step::Undecided => self.undecided = Some(byte),
            Step::Within | Step::End => self.text.extend(self.undecided.take()),
        }
        if step == Step::Within {
            self.text.push(byte);
        }
        step
    }

    fn finish(&mut self) -> Result<Option<Item>, ScriptError> {
        // A line may end the text without ending itself.
        self.take(b'\n');
        if let Some(missing) = self.scanner.missing() {
            return Err(ScriptError::Unfinished { line: self.begins.max(1), missing });
        }
        self.scanner = Scanner::default();
        self.undecided = None;
        if self.text.trim_ascii().is_empty() {
            return Ok(None);
        }
        self.statement(self.bytes).map(Some)
    }

    fn statement(&mut self, end: u64) -> Result<Item, ScriptError> {
        self.number += 1;
        self.source(end).map(Item::Statement)
    }

    fn source(&mut self, end: u64) -> Result<Source, ScriptError> {
        let line = self.begins;
        let text = String::from_utf8(std::mem::take(&mut self.text)).map_err(|error| {
            let valid = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
            ScriptError::NotUtf8 { line: line + valid.split(|byte| *byte == b'\n').count() as u64 - 1 }
        })?;
        Ok(Source { number: self.number, line, text: text.trim_end().to_owned(), last_line: self.line, end })
    }
}

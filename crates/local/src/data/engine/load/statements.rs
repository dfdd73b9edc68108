use std::io::{BufRead, Read as _};

use super::{LoadError, Watch};
use crate::data::engine::scanner::Scanner;

/// The statements of a dump with the line each begins in. Of a line with several, they are taken together.
pub(super) struct Statements<'d> {
    pub(super) dump: &'d mut dyn BufRead,
    pub(super) watch: Watch<'d>,
    /// How many lines were read to their end.
    pub(super) line: u64,
    pub(super) most_bytes: usize,
}

impl Statements<'_> {
    pub(super) fn next(&mut self) -> Result<Option<(u64, String)>, LoadError> {
        let (mut text, mut scanner) = (Vec::new(), Scanner::default());
        let mut first = self.line + 1;
        loop {
            self.watch.look(self.line)?;
            if text.trim_ascii().is_empty() {
                text.clear();
                first = self.line + 1;
            }
            let start = text.len();
            let room = self.most_bytes.saturating_sub(start) as u64;
            let length = (&mut *self.dump).take(room).read_until(b'\n', &mut text)?;
            // What is too long is not read to the end of its line.
            self.line += u64::from(text.ends_with(b"\n"));
            if length == 0 && self.dump.fill_buf()?.is_empty() {
                return if start == 0 { Ok(None) } else { statement(first, text).map(Some) };
            }
            if length == 0 {
                let problem = format!("it has more than {} bytes", self.most_bytes);
                return Err(LoadError::Statement { line: first, problem });
            }
            let line = text.get(start..).unwrap_or_default();
            for byte in line {
                scanner.take(*byte);
            }
            if scanner.is_between() && line.contains(&b';') {
                return statement(first, text).map(Some);
            }
        }
    }
}

fn statement(line: u64, text: Vec<u8>) -> Result<(u64, String), LoadError> {
    let failed = |error| LoadError::Statement { line, problem: format!("it is no UTF-8: {error}") };
    String::from_utf8(text).map(|sql| (line, sql)).map_err(failed)
}

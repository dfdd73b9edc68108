//! The rows of a statement while it runs.

use serde::de::DeserializeOwned;

use super::{
    HranaError,
    connection::Connection,
    value::Value,
    wire::{Entry, Opening},
};

/// A longer line holds more than the engine's own limit of a row.
const LONGEST_LINE: usize = 3 << 30;

/// The place of the statement among the steps that are sent; the one behind it tells of transactions.
const STATEMENT: usize = 0;

/// A statement that runs.
pub(crate) struct Cursor<'c> {
    connection: &'c mut Connection,
    lines: Lines,
    columns: Vec<String>,
    ahead: Option<Vec<Value>>,
    ended: Option<Ended>,
    failed: Option<HranaError>,
    is_autocommit: bool,
}

/// What is known of a statement once it has ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ended {
    /// The rows it changed.
    pub(crate) affected: u64,
}

impl<'c> Cursor<'c> {
    pub(super) async fn open(connection: &'c mut Connection, answer: reqwest::Response) -> Result<Self, HranaError> {
        let mut lines = Lines { answer, buffer: Vec::new(), read: 0 };
        let opening: Opening = lines.next().await?.ok_or_else(|| HranaError::answer("it is empty"))?;
        connection.left = Some(connection.stream_at(opening));
        let mut cursor = Self {
            connection,
            lines,
            columns: Vec::new(),
            ahead: None,
            ended: None,
            failed: None,
            is_autocommit: false,
        };
        cursor.ahead = cursor.next().await?;
        Ok(cursor)
    }

    /// The names of the columns; none for a statement without rows.
    pub(crate) fn columns(&self) -> &[String] {
        &self.columns
    }

    /// What is known once all rows were read.
    pub(crate) fn ended(&self) -> Ended {
        self.ended.unwrap_or_default()
    }

    /// The next row, or nothing behind the last. Fails as the statement does.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<Value>>, HranaError> {
        if let Some(row) = self.ahead.take() {
            return Ok(Some(row));
        }
        while let Some(entry) = self.lines.next().await? {
            match entry {
                Entry::StepBegin { step: STATEMENT, cols } => {
                    self.columns = cols.into_iter().map(|column| column.name.unwrap_or_default()).collect();
                }
                Entry::StepBegin { .. } => self.is_autocommit = true,
                Entry::Row { row } if !self.is_autocommit => {
                    // Many rows may have arrived, and whoever waits beside them for Ctrl-C has to have a turn.
                    tokio::task::consume_budget().await;
                    return Ok(Some(row));
                }
                Entry::StepEnd { affected_row_count } if !self.is_autocommit => {
                    self.ended = Some(Ended { affected: affected_row_count });
                }
                Entry::StepError { step: STATEMENT, error } => self.failed = Some(error.into()),
                Entry::Error { error } => return Err(error.into()),
                Entry::Row { .. } | Entry::StepEnd { .. } | Entry::StepError { .. } | Entry::Other => {}
            }
        }
        self.finish()
    }

    /// Everything was read: the stream can go on.
    fn finish(&mut self) -> Result<Option<Vec<Value>>, HranaError> {
        if let Some(mut stream) = self.connection.left.take() {
            stream.is_in_transaction = !self.is_autocommit;
            self.connection.stream = stream;
        }
        match self.failed.take() {
            Some(error) => Err(error),
            None if self.ended.is_none() => Err(HranaError::answer("it ends before the statement does")),
            None => Ok(None),
        }
    }
}

/// Lines of JSON, as they come.
struct Lines {
    answer: reqwest::Response,
    buffer: Vec<u8>,
    /// What of the buffer was taken already.
    read: usize,
}

impl Lines {
    async fn next<T: DeserializeOwned>(&mut self) -> Result<Option<T>, HranaError> {
        let mut searched = self.read;
        loop {
            if let Some(length) = self.buffer.get(searched..).and_then(|rest| rest.iter().position(|b| *b == b'\n')) {
                let end = searched + length;
                let line = self.buffer.get(self.read..end).unwrap_or_default();
                self.read = end + 1;
                if line.trim_ascii().is_empty() {
                    searched = self.read;
                    continue;
                }
                return parse(line).map(Some);
            }
            self.buffer.drain(..self.read);
            self.read = 0;
            searched = self.buffer.len();
            if searched > LONGEST_LINE {
                return Err(HranaError::answer("a line never ends"));
            }
            match self.answer.chunk().await.map_err(HranaError::transport)? {
                Some(piece) => self.buffer.extend_from_slice(&piece),
                None if self.buffer.trim_ascii().is_empty() => return Ok(None),
                None => return parse(&std::mem::take(&mut self.buffer)).map(Some),
            }
        }
    }
}

fn parse<T: DeserializeOwned>(line: &[u8]) -> Result<T, HranaError> {
    serde_json::from_slice(line).map_err(|error| HranaError::answer(error.to_string()))
}

//! A database as SQL.

use std::io::Write;

use anyhow::{Context as _, Result};

use crate::{
    context::Context,
    exit::{Failure, Kind},
    hrana::{Connection, HranaError},
    out::Target,
    progress,
};

/// The end of a dump that is whole.
const LAST_LINE: &[u8] = b"COMMIT;";
const FIRST_LINE: &[u8] = b"PRAGMA foreign_keys=OFF;";

pub(super) async fn write(cx: &Context, connection: &Connection, target: &mut Target, database: &str) -> Result<()> {
    let progress = progress::phase(cx, &format!("exporting {database}"), None);
    copy_dump(connection, target, |bytes| progress.set_position(bytes)).await?;
    target.flush().context("cannot write the dump")
}

/// Copies a dump as it arrives. Fails where it turns out not to be whole.
pub(in crate::commands) async fn copy_dump(
    connection: &Connection,
    out: &mut impl Write,
    report: impl Fn(u64),
) -> Result<()> {
    let mut answer = connection.get("/dump?preserve_row_ids=true").await.map_err(Failure::from)?;
    let mut edges = Edges::default();
    while let Some(piece) = answer.chunk().await.map_err(|error| broken_off(&error))? {
        edges.see(&piece);
        out.write_all(&piece).context("cannot write the dump")?;
        report(edges.bytes);
    }
    match edges.problem() {
        None => Ok(()),
        Some(problem) => Err(Failure::new(Kind::Failed, problem).into()),
    }
}

fn broken_off(error: &reqwest::Error) -> Failure {
    let kind = HranaError::Answer(error.to_string()).exit();
    Failure::new(kind, "the dump broke off: it is not whole")
}

/// The first and the last bytes of something that passes by.
#[derive(Debug, Default)]
struct Edges {
    first: Vec<u8>,
    last: Vec<u8>,
    bytes: u64,
}

impl Edges {
    fn see(&mut self, piece: &[u8]) {
        const KEPT: usize = 64;
        let missing = KEPT.saturating_sub(self.first.len());
        self.first.extend(piece.iter().take(missing));
        self.last.extend_from_slice(piece.get(piece.len().saturating_sub(KEPT)..).unwrap_or_default());
        self.last.drain(..self.last.len().saturating_sub(KEPT));
        self.bytes += piece.len() as u64;
    }

    fn problem(&self) -> Option<&'static str> {
        if !self.first.starts_with(FIRST_LINE) {
            return Some("the answer of the database is no dump");
        }
        (!self.last.trim_ascii_end().ends_with(LAST_LINE)).then_some("the dump ends before its COMMIT: it is not whole")
    }
}

#[cfg(test)]
mod tests {
    use super::Edges;

    fn problem(pieces: &[&str]) -> Option<&'static str> {
        let mut edges = Edges::default();
        for piece in pieces {
            edges.see(piece.as_bytes());
        }
        edges.problem()
    }

    #[test]
    fn a_dump_without_its_end_is_noticed() {
        let long = "INSERT INTO t VALUES(1);\n".repeat(10);
        assert_eq!(problem(&["PRAGMA foreign_keys", "=OFF;\nBEGIN TRANSACTION;\n", &long, "COM", "MIT;\n"]), None);
        assert!(problem(&["PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n", &long]).is_some());
        assert!(
            problem(&["PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n", &long, "ROLLBACK; -- due to errors\n"])
                .is_some()
        );
        assert!(problem(&["<html>COMMIT;"]).is_some());
        assert!(problem(&[]).is_some());
    }
}

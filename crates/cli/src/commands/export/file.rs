//! A database as its file: one that is kept for a generation, and the frames that were written since.

use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Read, Seek as _, SeekFrom, Write as _},
};

use anyhow::{Context as _, Result, bail};
use reqwest::StatusCode;
use serde::Deserialize;

use crate::{
    context::Context,
    exit::Failure,
    hrana::{Connection, HranaError, body, refused},
    out::Target,
    progress,
};

const HEADER: usize = 24;
const PAGE: usize = 4096;
const FRAME: usize = HEADER + PAGE;

/// So many frames are asked for at once, as the official command line does.
const WINDOW: u64 = 128;

/// It says a number, and hardly more.
const LONGEST_INFO: usize = 64 * 1024;

/// A generation may end between two requests, but not again and again.
const ATTEMPTS: usize = 3;

#[derive(Deserialize)]
struct Info {
    current_generation: u64,
}

pub(super) async fn write(cx: &Context, connection: &Connection, target: &mut Target, database: &str) -> Result<()> {
    let mut attempts = ATTEMPTS;
    loop {
        let generation = generation(connection).await?;
        match export(cx, connection, target, database, generation).await? {
            Fetched::Whole => return Ok(()),
            Fetched::Gone if attempts > 1 => attempts -= 1,
            Fetched::Gone => bail!("the file of the database changes faster than it can be fetched"),
        }
        let file = target.file()?;
        file.set_len(0).and_then(|()| file.seek(SeekFrom::Start(0))).context("cannot write the file")?;
    }
}

enum Fetched {
    Whole,
    Gone,
}

async fn generation(connection: &Connection) -> Result<u64> {
    let answer = connection.get("/info").await.map_err(|error| match error {
        HranaError::Refused { status: 404, .. } => {
            Failure::from(error).hint("an endpoint without export still has --format dump")
        }
        error => error.into(),
    })?;
    let bytes = body(answer, LONGEST_INFO).await.map_err(Failure::from)?;
    let info: Info = serde_json::from_slice(&bytes).context("the database does not tell its generation")?;
    Ok(info.current_generation)
}

async fn export(
    cx: &Context,
    connection: &Connection,
    target: &mut Target,
    database: &str,
    generation: u64,
) -> Result<Fetched> {
    let path = format!("/export/{generation}");
    let mut answer = match connection.get(&path).await {
        Err(HranaError::Refused { status: 400 | 404, .. }) => return Ok(Fetched::Gone),
        answer => answer.map_err(Failure::from)?,
    };
    let length = answer.content_length();
    let progress = progress::phase(cx, &format!("exporting {database}"), length);
    let mut bytes = 0;
    while let Some(piece) = answer.chunk().await.context("the file broke off")? {
        target.write_all(&piece).context("cannot write the file")?;
        bytes += piece.len() as u64;
        progress.set_position(bytes);
    }
    if length.is_some_and(|length| length != bytes) {
        bail!("the file broke off after {bytes} bytes");
    }
    let Some(frames) = frames(connection, generation).await? else { return Ok(Fetched::Gone) };
    apply(frames, target.file()?).context("cannot write the file")?;
    Ok(Fetched::Whole)
}

/// Everything that was written in a generation, in a file without a name; nothing where the generation is gone.
async fn frames(connection: &Connection, generation: u64) -> Result<Option<File>> {
    let mut file = BufWriter::new(tempfile::tempfile().context("cannot write a temporary file")?);
    let mut next = 1;
    loop {
        let path = format!("/sync/{generation}/{next}/{}", next + WINDOW);
        let mut answer = connection.get_any(&path).await.map_err(Failure::from)?;
        match answer.status() {
            StatusCode::NOT_FOUND => return Ok(None),
            status if !status.is_success() => {
                let (error, body) = refused(answer).await;
                if is_end(status, &body) {
                    break;
                }
                return Err(Failure::from(error)).context("cannot fetch what was written since");
            }
            _ => {}
        }
        let mut bytes = 0;
        while let Some(piece) = answer.chunk().await.context("what was written since broke off")? {
            file.write_all(&piece).context("cannot write a temporary file")?;
            bytes += piece.len();
        }
        if bytes % FRAME != 0 {
            bail!("what was written since ends within a page");
        }
        let count = (bytes / FRAME) as u64;
        next += count;
        if count < WINDOW {
            break;
        }
    }
    let mut file =
        file.into_inner().map_err(io::IntoInnerError::into_error).context("cannot write a temporary file")?;
    file.seek(SeekFrom::Start(0))?;
    Ok(Some(file))
}

/// Whether a refusal means that there are no more frames. Both statuses have been seen for that, as the official driver says
/// (`src/sync.rs` of `libsql`), and the generation in use with either. Without it, something has failed.
fn is_end(status: StatusCode, body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct End {
        #[serde(rename = "generation")]
        _current: u64,
    }

    matches!(status, StatusCode::BAD_REQUEST | StatusCode::INTERNAL_SERVER_ERROR)
        && serde_json::from_slice::<End>(body).is_ok()
}

/// Writes pages where they belong, up to the last one that ends a transaction.
fn apply(frames: File, database: &mut File) -> io::Result<()> {
    let total = frames.metadata()?.len() / FRAME as u64;
    let mut frames = BufReader::with_capacity(FRAME * 16, frames);
    let mut header = [0; HEADER];
    let (mut committed, mut pages) = (0, 0);
    for number in 1..=total {
        frames.read_exact(&mut header)?;
        io::copy(&mut (&mut frames).take(PAGE as u64), &mut io::sink())?;
        let size = big_endian(&header, 4);
        if size > 0 {
            (committed, pages) = (number, size);
        }
    }
    frames.seek(SeekFrom::Start(0))?;
    let mut page = vec![0; PAGE];
    for _ in 0..committed {
        frames.read_exact(&mut header)?;
        frames.read_exact(&mut page)?;
        let before = big_endian(&header, 0).checked_sub(1).ok_or_else(no_page)?;
        // What is behind the end was cut off again, and need not be written first.
        if before < pages {
            database.seek(SeekFrom::Start(u64::from(before) * PAGE as u64))?;
            database.write_all(&page)?;
        }
    }
    if committed > 0 {
        database.set_len(u64::from(pages) * PAGE as u64)?;
    }
    Ok(())
}

fn no_page() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "there cannot be a page 0")
}

fn big_endian(bytes: &[u8; HEADER], at: usize) -> u32 {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).copied().map_or(0, u32::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_the_frames_names_a_generation() {
        let end = br#"{"error": "there are no more frames", "generation": 3}"#;
        assert!(is_end(StatusCode::BAD_REQUEST, end) && is_end(StatusCode::INTERNAL_SERVER_ERROR, end));
        assert!(!is_end(StatusCode::BAD_GATEWAY, end));
        for body in ["", "{}", r#"{"error": "generation"}"#, r#"{"generation": null}"#, "generation 3"] {
            assert!(!is_end(StatusCode::INTERNAL_SERVER_ERROR, body.as_bytes()), "{body}");
        }
    }
}

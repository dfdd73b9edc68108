//! The form a dump is sent as: `multipart/form-data` with one file.

use axum::body::Body;
use http::{header, request::Parts};
use multer::{Constraints, Multipart, SizeLimit};
use tokio::io::AsyncWriteExt as _;
use turso_cloud_contract::uploads::DUMP_PART;

use crate::{control::Refusal, data::TemporaryFile};

/// The bound of the official command line is 8 GiB for the dump alone.
const LONGEST_FORM: u64 = (8 << 30) + (1 << 20);

/// What the parts of the form are separated by.
pub(super) fn boundary(head: &Parts) -> Result<String, Refusal> {
    let value = head.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match multer::parse_boundary(value) {
        Ok(boundary) => Ok(boundary),
        Err(_) => Err(Refusal::bad_request(format!(
            "invalid Content-Type {value:?}: a dump is sent as multipart/form-data with a boundary"
        ))),
    }
}

/// Writes the one file of the form to a file that is still empty.
pub(super) async fn receive(boundary: &str, body: Body, file: &TemporaryFile) -> Result<(), Refusal> {
    let constraints = Constraints::new().size_limit(SizeLimit::new().whole_stream(LONGEST_FORM));
    let mut form = Multipart::with_constraints(body.into_data_stream(), boundary, constraints);
    let target = file.file().try_clone().map_err(Refusal::disk)?;
    let mut target = tokio::fs::File::from_std(target);
    let mut is_there = false;
    while let Some(mut part) = form.next_field().await.map_err(|error| unreadable(&error))? {
        if part.name() != Some(DUMP_PART) {
            continue;
        }
        if is_there {
            return Err(Refusal::bad_request(format!("the form has more than one part {DUMP_PART}")));
        }
        is_there = true;
        while let Some(piece) = part.chunk().await.map_err(|error| unreadable(&error))? {
            target.write_all(&piece).await.map_err(Refusal::disk)?;
        }
    }
    target.flush().await.map_err(Refusal::disk)?;
    if is_there { Ok(()) } else { Err(Refusal::bad_request(format!("the form has no part {DUMP_PART}"))) }
}

fn unreadable(error: &multer::Error) -> Refusal {
    Refusal::bad_request(format!("the form could not be read: {error}"))
}

//! Pages of a listing: what a request asks for, and where the page ends.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use turso_cloud_contract::{InvalidInput, databases::Pagination};

use super::Refusal;
use crate::store::{Page, Position};

/// How much a page holds unless the request says so.
const USUAL_LIMIT: u64 = 100;

/// The page a request asks for.
pub(super) fn page(limit: Option<u64>, cursor: Option<&str>) -> Result<Page, Refusal> {
    let limit = usize::try_from(limit.unwrap_or(USUAL_LIMIT)).unwrap_or(usize::MAX);
    Ok(Page { after: after(cursor)?, limit })
}

/// Where a page begins. An empty cursor is as good as none: it is how the last page may be told of.
fn after(cursor: Option<&str>) -> Result<Position, Refusal> {
    match cursor {
        None | Some("") => Ok(Position::START),
        Some(cursor) => {
            let place = read(cursor);
            place.ok_or_else(|| InvalidInput::new("cursor", cursor, "is not one of this listing").into())
        }
    }
}

/// Cuts off what is behind the page, and says where it ended if there was something.
pub(super) fn cut<T>(mut rows: Vec<T>, page: Page, place: impl Fn(&T) -> Position) -> (Vec<T>, Pagination) {
    let is_last = rows.len() <= page.limit;
    rows.truncate(page.limit);
    let end = rows.last().filter(|_| !is_last).map(place);
    (rows, Pagination::new(end.map(write)))
}

/// A place rather than a number of rows to skip: what is added or deleted meanwhile shifts nothing.
fn write(place: Position) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(format!("{}.{}", place.time, place.row))
}

fn read(cursor: &str) -> Option<Position> {
    let text = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let (time, row) = text.split_once('.')?;
    Some(Position { time: time.parse().ok()?, row: row.parse().ok()? })
}

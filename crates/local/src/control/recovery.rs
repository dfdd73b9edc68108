//! How long what was deleted can be brought back.

use jiff::{SignedDuration, Timestamp};

/// From the documents of the service.
const WINDOW: SignedDuration = SignedDuration::from_hours(5 * 24);

/// What was deleted at this time or before is gone for good.
pub(crate) fn deadline(now: Timestamp) -> Timestamp {
    now.checked_sub(WINDOW).unwrap_or(Timestamp::MIN)
}

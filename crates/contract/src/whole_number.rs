//! The whole numbers of queries, none of which may be 0.

use crate::{InvalidInput, RequestPart};

/// What is said of a value that is no number, and of a number that the query does not take.
pub(crate) fn rule<Q: RequestPart>() -> String {
    format!("must be a whole number from 1 to {}", Q::LARGEST_NUMBER)
}

/// Refuses a number that the query does not take.
pub(crate) fn check<Q: RequestPart>(field: &'static str, number: Option<u64>) -> Result<(), InvalidInput> {
    match number {
        Some(number) if !(1..=Q::LARGEST_NUMBER).contains(&number) => {
            Err(InvalidInput::new(field, &number.to_string(), rule::<Q>()))
        }
        _ => Ok(()),
    }
}

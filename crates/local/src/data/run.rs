//! What requests run: a plan of their statements, on a stream of the database, in the order of a pipeline or of a cursor.

mod batch;
pub(super) mod cursor;
pub(super) mod dump;
mod executor;
mod pipeline;
pub(super) mod plan;
mod stream;

pub(super) use batch::Steps;
pub(super) use pipeline::Pipeline;
pub(super) use stream::{Stream, Verdict};

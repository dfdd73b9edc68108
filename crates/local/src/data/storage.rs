//! What databases are on the disk: their files, and what they were.

mod files;
mod generations;
pub(super) mod history;
pub(super) mod temporary;

pub(crate) use files::{COMPANIONS, Files};
pub(super) use files::{DatabaseFile, Root};
pub(crate) use generations::{Generations, generation_of_this_second};

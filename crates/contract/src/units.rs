//! Sizes and lifetimes in the notation of the service.

mod byte_size;
mod expiration;
pub(crate) mod size_limit;

pub use byte_size::ByteSize;
pub use expiration::Expiration;

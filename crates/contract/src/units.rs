//! Sizes and lifetimes in the notation of the service.

mod byte_size;
mod expiration;

pub use byte_size::ByteSize;
pub use expiration::Expiration;

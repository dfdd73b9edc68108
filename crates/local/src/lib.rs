//! A local Turso Cloud: the Platform API with real state, and a real SQL endpoint for each database it creates.
//!
//! It is for tests, laptops and CI: no account, no network, and a program that works on it works on Turso Cloud
//! when its URL and its token are changed.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use axum::body::Body;
//! use turso_cloud_local::Cloud;
//!
//! let cloud = Cloud::new()?;
//! let request = http::Request::get("/v1/organizations/acme/groups/default")
//!     .header("Authorization", format!("Bearer {}", cloud.token().expose()))
//!     .body(Body::empty())?;
//! assert_eq!(cloud.handle(request).await.status(), 200);
//! # Ok(())
//! # }
//! ```
//!
//! What it does and where it knows that from is written down, rule by rule, in `docs/fidelity.md` of the repository.

mod builder;
mod clock;
mod cloud;
mod control;
mod data;
mod directory;
mod error;
mod faults;
mod founder;
mod ids;
mod server;
mod store;
mod transport;

pub use builder::CloudBuilder;
pub use clock::Clock;
pub use cloud::Cloud;
pub use control::{Context, Handles, Refusal, Routes, answers_everything};
pub use error::CloudError;
pub use faults::{Fault, FaultRule, Faults};
pub use server::Server;

//! The Platform API of the local cloud, over raw requests and raw answers.
#![cfg(test)]

mod addressing;
mod api_tokens;
mod audit_logs;
mod billing;
mod client;
mod concurrency;
mod database_tokens;
mod databases;
mod determinism;
mod directory;
mod faults;
mod groups;
mod http;
mod invites;
mod jwks;
mod locations;
mod members;
mod minted_api_tokens;
mod organizations;
mod permissions;
mod served;
mod support;
mod user;

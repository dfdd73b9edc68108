//! The Platform API of the local cloud, over raw requests and raw answers.
#![cfg(test)]

mod addressing;
mod api_tokens;
mod audit_logs;
mod client;
mod concurrency;
mod database_tokens;
mod databases;
mod databases_v3;
mod determinism;
mod directory;
mod faults;
mod groups;
mod http;
mod locations;
mod organizations;
mod recovery;
mod seeds;
mod served;
mod support;

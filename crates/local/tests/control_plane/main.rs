//! The Platform API of the local cloud, over raw requests and raw answers.
#![cfg(test)]

mod addressing;
mod api_tokens;
mod archive;
mod audit_logs;
mod billing;
mod client;
mod concurrency;
mod database_configuration;
mod database_instances;
mod database_pages;
mod database_tokens;
mod database_usage;
mod databases;
mod databases_v3;
mod determinism;
mod directory;
mod faults;
mod group_configuration;
mod group_locations;
mod group_tokens;
mod groups;
mod http;
mod invites;
mod jwks;
mod locations;
mod members;
mod minted_api_tokens;
mod organizations;
mod permissions;
mod recovery;
mod seeds;
mod served;
mod support;
mod transfers;
mod user;

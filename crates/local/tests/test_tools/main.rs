//! What the local cloud has for tests: faults, clock, request log, snapshots, seed files, and all of it over HTTP.
#![cfg(test)]

mod clock;
mod faults;
mod faults_served;
mod local_api;
mod rate_limit;
mod readme;
mod replicas;
mod request_log;
mod resets;
mod scripts;
mod seed_file;
mod snapshot_failures;
mod snapshots;
mod snapshots_while;
mod sql;
mod support;
mod tokens;

//! `tursoctl local`, by the built program alone.
#![cfg(test)]

mod commands;
#[cfg(unix)]
mod exec;
mod instances;
#[cfg(unix)]
mod logs;
mod ready_file;
mod support;
mod users;

//! `tursoctl local`, by the built program alone.
#![cfg(test)]

mod commands;
mod exec;
mod instances;
mod support;

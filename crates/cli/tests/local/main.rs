//! `tursoctl local`, by the built program alone.

mod commands;
mod exec;
mod instances;
mod support;

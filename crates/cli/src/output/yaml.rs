use std::io::Write;

use anyhow::Result;
use serde::Serialize;

use super::{Shape, fields::Picked};

pub(super) fn one<T: Serialize>(out: &mut impl Write, fields: &[String], shape: &Shape, value: &T) -> Result<()> {
    if fields.is_empty() {
        return Ok(yaml_serde::to_writer(out, value)?);
    }
    Ok(yaml_serde::to_writer(out, &Picked::of(shape, fields, value)?)?)
}

pub(super) fn many<T: Serialize>(out: &mut impl Write, fields: &[String], shape: &Shape, values: &[T]) -> Result<()> {
    if fields.is_empty() {
        return Ok(yaml_serde::to_writer(out, values)?);
    }
    Ok(yaml_serde::to_writer(out, &Picked::of_each(shape, fields, values)?)?)
}

pub(super) fn document<T: Serialize>(out: &mut impl Write, fields: &[String], shape: &Shape, value: &T) -> Result<()> {
    writeln!(out, "---")?;
    one(out, fields, shape, value)
}

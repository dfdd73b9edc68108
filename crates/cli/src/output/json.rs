use std::io::Write;

use anyhow::Result;
use serde::Serialize;

use super::{Shape, fields::Picked};

pub(super) fn pretty<T: Serialize>(out: &mut impl Write, fields: &[String], shape: &Shape, value: &T) -> Result<()> {
    serde_json::to_writer_pretty(&mut *out, &Picked::of(shape, fields, value)?)?;
    Ok(writeln!(out)?)
}

pub(super) fn pretty_list<T: Serialize>(
    out: &mut impl Write,
    fields: &[String],
    shape: &Shape,
    values: &[T],
) -> Result<()> {
    serde_json::to_writer_pretty(&mut *out, &Picked::of_each(shape, fields, values)?)?;
    Ok(writeln!(out)?)
}

pub(super) fn line<T: Serialize>(out: &mut impl Write, fields: &[String], shape: &Shape, value: &T) -> Result<()> {
    serde_json::to_writer(&mut *out, &Picked::of(shape, fields, value)?)?;
    Ok(writeln!(out)?)
}

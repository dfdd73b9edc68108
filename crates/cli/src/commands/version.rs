use anyhow::Result;
use serde::Serialize;

use crate::{
    args::{Format, GlobalArgs},
    output::{Output, Shape},
};

const VERSION: Shape = Shape { noun: "version", name: "version", columns: &[("version", "version")], wide: &[] };

#[derive(Serialize)]
struct Version {
    #[serde(rename = "version")]
    number: &'static str,
    /// Whether the makers of Turso Cloud made it.
    official: bool,
    system: &'static str,
    architecture: &'static str,
}

pub(super) fn run(flags: &GlobalArgs) -> Result<()> {
    let version = Version {
        number: env!("CARGO_PKG_VERSION"),
        official: false,
        system: std::env::consts::OS,
        architecture: std::env::consts::ARCH,
    };
    let out = Output::new(flags, flags.format());
    match flags.format() {
        None | Some(Format::Table) => out.text(&format!("tursoctl {} (unofficial)", version.number)),
        Some(_) => out.value(&VERSION, &version),
    }
}

//! What databases and organizations have used.

use anyhow::Result;
use turso_cloud::{DatabaseUsage, OrganizationUsage};

use crate::{context::Context, output::Shape};

const ROWS_READ: (&str, &str) = ("rows read", "usage.rows_read");
const ROWS_WRITTEN: (&str, &str) = ("rows written", "usage.rows_written");
const STORAGE: (&str, &str) = ("storage bytes", "usage.storage_bytes");
const SYNCED: (&str, &str) = ("synced bytes", "usage.bytes_synced");

const DATABASE: Shape =
    Shape { noun: "db", name: "uuid", columns: &[ROWS_READ, ROWS_WRITTEN, STORAGE, SYNCED], wide: &[("id", "uuid")] };

const ORGANIZATION: Shape = Shape {
    noun: "org",
    name: "uuid",
    columns: &[
        ROWS_READ,
        ROWS_WRITTEN,
        STORAGE,
        SYNCED,
        ("databases", "usage.databases"),
        ("groups", "usage.groups"),
        ("locations", "usage.locations"),
    ],
    wide: &[("id", "uuid")],
};

const OF_INSTANCES: Shape = Shape {
    noun: "instance",
    name: "uuid",
    columns: &[("instance", "uuid"), ROWS_READ, ROWS_WRITTEN, STORAGE, SYNCED],
    wide: &[],
};

const OF_DATABASES: Shape = Shape {
    noun: "db",
    name: "uuid",
    columns: &[("database", "uuid"), ROWS_READ, ROWS_WRITTEN, STORAGE, SYNCED],
    wide: &[],
};

pub(super) fn of_database(cx: &Context, usage: &DatabaseUsage) -> Result<()> {
    // The total is what is used by the database.
    cx.out().value_with_parts(&DATABASE, usage, &["instances", "total"], &OF_INSTANCES, &usage.instances)
}

pub(super) fn of_organization(cx: &Context, usage: &OrganizationUsage) -> Result<()> {
    cx.out().value_with_parts(&ORGANIZATION, usage, &["databases"], &OF_DATABASES, &usage.databases)
}

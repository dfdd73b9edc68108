//! What a program does that has no client: requests by hand, answers into structs of its own.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde::{Deserialize, de::DeserializeOwned};
use turso_cloud::contract::databases::DatabaseAnswer;

use super::TOKEN;
use crate::fixture::{DATABASES, ENTRIES};

pub(super) struct Client {
    http: reqwest::Client,
    url: String,
}

/// Every field that the client of this project has, as plain text.
#[derive(Deserialize)]
#[expect(dead_code, reason = "reading them is what is measured")]
struct Database {
    #[serde(rename = "Name")]
    name: String,
    #[serde(rename = "DbId")]
    id: String,
    #[serde(rename = "Hostname")]
    hostname: String,
    block_reads: bool,
    block_writes: bool,
    regions: Vec<String>,
    #[serde(rename = "primaryRegion")]
    primary_region: String,
    group: String,
    delete_protection: bool,
    parent: Option<Parent>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "reading them is what is measured")]
struct Parent {
    id: String,
    name: String,
    branched_at: String,
}

#[derive(Deserialize)]
struct Databases {
    databases: Vec<Database>,
}

#[derive(Deserialize)]
struct AuditPage {
    audit_logs: Vec<AuditLog>,
    pagination: Pagination,
}

#[derive(Deserialize)]
struct Pagination {
    total_pages: u64,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "reading them is what is measured")]
struct AuditLog {
    code: String,
    message: String,
    origin: String,
    author: String,
    created_at: String,
    data: serde_json::Value,
}

impl Client {
    pub(super) fn new(url: &str, timeout: Option<Duration>) -> Result<Self> {
        let http = timeout.into_iter().fold(reqwest::Client::builder(), reqwest::ClientBuilder::timeout).build()?;
        Ok(Self { http, url: url.to_owned() })
    }

    pub(super) async fn get(&self) -> Result<()> {
        self.fetch::<DatabaseAnswer>("/v1/organizations/acme/databases/tenant-00000").await?;
        Ok(())
    }

    pub(super) async fn list(&self) -> Result<()> {
        let answer: Databases = self.fetch("/v1/organizations/acme/databases").await?;
        ensure!(answer.databases.len() == DATABASES);
        Ok(())
    }

    pub(super) async fn audit(&self) -> Result<()> {
        let mut count = 0;
        for number in 1.. {
            let path = format!("/v1/organizations/acme/audit-logs?page={number}&page_size=1000");
            let page: AuditPage = self.fetch(&path).await?;
            count += page.audit_logs.len();
            if number >= page.pagination.total_pages {
                break;
            }
        }
        ensure!(count == ENTRIES, "{count} entries");
        Ok(())
    }

    async fn fetch<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        let request = self.http.get(format!("{}{path}", self.url)).bearer_auth(TOKEN);
        let body = request.send().await?.error_for_status()?.bytes().await?;
        Ok(serde_json::from_slice(&body)?)
    }
}

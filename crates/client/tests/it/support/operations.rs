//! One operation of each repeatability, and canned answers to them.

use turso_cloud::{Client, Error, NewDatabase};

pub(crate) const TOKEN: &str = "eyJhbGciOiJFZERTQSJ9.eyJqdGkiOiJwbGF0Zm9ybSJ9.c2lnbmVk";

/// What is known of the operation decides how it is retried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// Gets a database.
    Safe,
    /// Deletes a database.
    Idempotent,
    /// Creates a database.
    Once,
}

impl Operation {
    pub(crate) const ALL: [Self; 3] = [Self::Safe, Self::Idempotent, Self::Once];

    pub(crate) async fn run(self, client: &Client) -> Result<(), Error> {
        let databases = client.databases();
        match self {
            Self::Safe => databases.get("orders").await.map(drop),
            Self::Idempotent => databases.delete("orders").await,
            Self::Once => databases.create(NewDatabase::new("orders", "default")).await.map(drop),
        }
    }

    pub(crate) const fn answer(self) -> &'static str {
        match self {
            Self::Safe => DATABASE,
            Self::Idempotent => r#"{"database":"orders"}"#,
            Self::Once => {
                r#"{"database":{"Name":"orders","DbId":"0eb771dd-6906-11ee-8553-eaa7715aeaf2","Hostname":"orders-acme.turso.io"}}"#
            }
        }
    }
}

pub(crate) const DATABASE: &str = r#"{"database":{"Name":"orders","DbId":"0eb771dd-6906-11ee-8553-eaa7715aeaf2",
    "Hostname":"orders-acme.turso.io","primaryRegion":"aws-us-east-1","regions":["aws-us-east-1"],"group":"default"}}"#;

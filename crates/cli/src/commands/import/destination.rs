//! The database an import goes to.

use anyhow::Result;
use turso_cloud::NewDatabase;

use crate::{
    args::Destination,
    connect::{Rights, connect},
    context::Context,
    exit::{Failure, Kind},
    hrana::Connection,
};

impl Destination {
    /// Sees whether the import can go there, before anything is done.
    pub(super) async fn check(&self, cx: &Context) -> Result<()> {
        if self.is_url() && self.create {
            return Err(Failure::usage("--create needs the name of a database, and --to is a URL").into());
        }
        if self.is_url() {
            return Ok(());
        }
        let found = cx.client()?.databases().find(self.to.as_str()).await?;
        match (self.create, found) {
            (true, Some(_)) => Err(Failure::new(Kind::Refused, format!("database {:?} exists already", self.to))
                .hint("leave out --create to import into it")
                .into()),
            (false, None) => Err(Failure::new(Kind::NotFound, format!("there is no database {:?}", self.to))
                .hint("--create creates it")
                .into()),
            (true, None) => {
                cx.client()?.groups().get(self.group.as_str()).await?;
                Ok(())
            }
            (false, Some(_)) => Ok(()),
        }
    }

    /// What is to be created.
    pub(super) fn new_database(&self) -> NewDatabase {
        NewDatabase::new(self.to.as_str(), self.group.as_str())
    }

    /// Connects, with the database created first if it is to be.
    pub(super) async fn open(&self, cx: &Context) -> Result<Connection> {
        if self.create {
            cx.client()?.databases().create(self.new_database()).wait_ready().await?;
        }
        let connected = connect(cx, &self.to, Rights::Write).await;
        match connected {
            Err(error) if self.create => Err(match self.remove(cx).await {
                Ok(()) => error,
                Err(left) => error.context(left),
            }),
            connected => connected,
        }
    }

    /// In a dry run: has the requests shown that would be sent.
    pub(super) async fn rehearse(&self, cx: &Context) -> Result<()> {
        if self.create {
            cx.client()?.databases().create(self.new_database()).await?;
        }
        Ok(())
    }

    /// Removes the database that was created. Fails with what is left.
    pub(super) async fn remove(&self, cx: &Context) -> Result<(), String> {
        let left = |error: String| {
            format!(
                "database {:?} was created and could not be removed: {error}; tursoctl db delete {}",
                self.to, self.to
            )
        };
        let client = cx.client().map_err(|error| left(error.to_string()))?;
        client.databases().delete_if_exists(self.to.as_str()).await.map(drop).map_err(|error| left(error.to_string()))
    }

    fn is_url(&self) -> bool {
        self.to.contains("://")
    }
}

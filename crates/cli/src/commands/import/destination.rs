//! The database an import goes to.

use anyhow::Result;
use turso_cloud::{Encryption, GroupName, NewDatabase};

use super::{journal::ImportTarget, outcome::Imported, stop::Stop};
use crate::{
    args::Destination,
    commands::group,
    config::Key,
    connect::{self, Access, Rights, connect, is_url},
    context::Context,
    exit::{Failure, Kind},
    hrana::Connection,
};

impl Destination {
    /// Refuses what no database can be, or be created as, before a file is read that may be large.
    pub(super) fn check_name(&self) -> Result<()> {
        connect::check(&self.to)?;
        if self.create && is_url(&self.to) {
            return Err(Failure::usage("--create needs the name of a database, and --to is a URL").into());
        }
        Ok(())
    }

    /// Sees whether the import can go there, before anything is done. Yields the group of a database that is to be created.
    pub(super) async fn check(&self, cx: &Context) -> Result<Option<GroupName>> {
        if is_url(&self.to) {
            return Ok(None);
        }
        let found = cx.client()?.databases().find(self.to.as_str()).await?;
        match (self.create, found) {
            (true, Some(_)) => Err(Failure::new(Kind::Refused, format!("database {:?} exists already", self.to))
                .hint("leave out --create to import into it")
                .into()),
            (false, None) => Err(Failure::new(Kind::NotFound, format!("there is no database {:?}", self.to))
                .hint("--create creates it")
                .into()),
            (true, None) => match &self.group {
                Some(group) => group::check_for_new(cx, group).await.map(|()| Some(group.clone())),
                None => group::of_new(cx, None).await.map(Some),
            },
            (false, Some(_)) => Ok(None),
        }
    }

    /// Where it is, for the note of how far the import came.
    pub(super) fn target(&self, cx: &Context) -> ImportTarget {
        let database = self.to.clone();
        if is_url(&self.to) {
            return ImportTarget { database, ..ImportTarget::default() };
        }
        let setting = |key| cx.settings().text(key).unwrap_or_default().trim_end_matches('/').to_owned();
        ImportTarget { api_url: setting(Key::API_URL), organization: setting(Key::ORGANIZATION), database }
    }

    /// What is to be created.
    pub(super) fn new_database(&self, cx: &Context, group: &GroupName) -> Result<NewDatabase> {
        let new = NewDatabase::new(self.to.as_str(), group.to_string());
        Ok(self.encryption(cx)?.into_iter().fold(new, NewDatabase::encryption))
    }

    /// How a database that is created is encrypted, if it is.
    pub(super) fn encryption(&self, cx: &Context) -> Result<Option<Encryption>> {
        let key = cx.encryption_key(&self.key)?;
        match (&self.encryption_cipher, key) {
            (Some(cipher), Some(key)) => Ok(Some(Encryption::new(cipher.clone(), key.clone()))),
            (Some(_), None) => Err(Failure::usage("--encryption-cipher needs a key")
                .hint("--encryption-key-file FILE, or the variable TURSOCTL_ENCRYPTION_KEY")
                .into()),
            // A key in the environment may be meant for other databases.
            (None, _) if self.create && self.key.encryption_key_file.is_some() => {
                Err(Failure::usage("--create with --encryption-key-file needs --encryption-cipher, too").into())
            }
            (None, _) => Ok(None),
        }
    }

    /// Connects, with the database created in a group first if it is to be.
    pub(super) async fn open(&self, cx: &Context, group: Option<&GroupName>, stop: &Stop) -> Result<Connection> {
        if let Some(group) = group {
            self.create(cx, group, stop).await?;
        }
        match stop.or(connect(cx, &self.to, Access { rights: Rights::Write, key: &self.key })).await {
            Err(error) => Err(self.abandon(cx, error).await),
            connected => connected,
        }
    }

    async fn create(&self, cx: &Context, group: &GroupName, stop: &Stop) -> Result<()> {
        let creating = cx.client()?.databases().create(self.new_database(cx, group)?).wait_ready();
        let interrupted = tokio::select! {
            created = creating => match created {
                Ok(_) => stop.asked(),
                // It was created, and cannot be used.
                Err(error) if error.may_have_happened() => return Err(self.abandon(cx, error.into()).await),
                Err(error) => return Err(error.into()),
            },
            kind = stop.wait_patiently() => Some(kind),
        };
        let Some(kind) = interrupted else { return Ok(()) };
        let said = "interrupted while the database was being created";
        Err(self.abandon(cx, Failure::new(kind, said).into()).await)
    }

    /// In a dry run: has the requests shown that would be sent before any data.
    pub(super) async fn rehearse(&self, cx: &Context, group: Option<&GroupName>) -> Result<()> {
        cx.encryption_key(&self.key)?;
        let databases = cx.client()?.databases();
        if let Some(group) = group {
            databases.create(self.new_database(cx, group)?).await?;
        }
        if !is_url(&self.to) {
            databases.create_token(self.to.as_str(), Rights::Write.token()).await?;
        }
        Ok(())
    }

    /// What is said at the end.
    pub(super) fn imported(&self) -> Imported {
        Imported { database: self.to.clone(), created: self.create, ..Imported::default() }
    }

    /// Gives up for a reason: removes the database if it was created, and says in the error what became of it.
    pub(super) async fn abandon(&self, cx: &Context, reason: anyhow::Error) -> anyhow::Error {
        if !self.create {
            return reason;
        }
        let failure = Failure::of_any(reason);
        match self.remove_again(cx).await {
            // Whether it was created is known now.
            Ok(removed) => failure.without_hint().adding(&removed).into(),
            Err(left) => failure.after_changes().adding(&left).into(),
        }
    }

    /// Removes the database that was created. Yields what to say of it, which is an error where it may be left.
    pub(super) async fn remove_again(&self, cx: &Context) -> Result<String, String> {
        let again = format!("tursoctl db delete {}", self.to);
        let left =
            |error: String| format!("database {:?} was created and could not be removed: {error}; {again}", self.to);
        let client = cx.client().map_err(|error| left(error.to_string()))?;
        match client.databases().delete_if_exists(self.to.as_str()).await {
            Ok(true) => Ok("the database was removed again".to_owned()),
            // The request that creates it may still be on its way.
            Ok(false) => Err(format!("database {:?} is not there; should it appear: {again}", self.to)),
            Err(error) => Err(left(error.to_string())),
        }
    }
}

//! Somebody who changes databases of their own, one change after the other, and remembers what was acknowledged.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use tokio::sync::mpsc::UnboundedSender;
use turso_cloud::{DatabaseName, Error, NewApiToken, NewDatabase, Seed};

use crate::{
    shop::{Shop, batch, batches_of},
    tursoctl::{Cloud, Gone},
};

/// More databases than this are not made before others are deleted.
const MOST_SHOPS: usize = 5;

/// What a writer does next.
#[derive(Clone, Debug)]
enum Change {
    Write(String),
    Create(String),
    Draft(String),
    Upload(String),
    Branch { from: String, to: String },
    Restore { from: String, to: String, at: Timestamp, batches: u64 },
    Delete(String),
    Undelete { name: String, shop: Shop },
    CreateToken(String),
    RevokeToken(String),
}

pub(crate) struct Writer {
    index: usize,
    chosen: fastrand::Rng,
    upload: PathBuf,
    pub(crate) shops: BTreeMap<String, Shop>,
    pub(crate) deleted: Vec<(String, Shop)>,
    pub(crate) tokens: BTreeSet<String>,
    /// Begun and not acknowledged.
    pending: Option<Change>,
    names: u64,
    changes: BTreeMap<&'static str, u64>,
}

impl Writer {
    pub(crate) fn new(index: usize, chosen: fastrand::Rng, upload: &Path) -> Self {
        Self {
            index,
            chosen,
            upload: upload.to_owned(),
            shops: BTreeMap::new(),
            deleted: Vec::new(),
            tokens: BTreeSet::new(),
            pending: None,
            names: 0,
            changes: BTreeMap::new(),
        }
    }

    pub(crate) fn index(&self) -> usize {
        self.index
    }

    /// How many changes of each kind were acknowledged.
    pub(crate) fn changes(&self) -> &BTreeMap<&'static str, u64> {
        &self.changes
    }

    /// Makes changes until the process is gone.
    pub(crate) async fn work(&mut self, cloud: &Cloud, acknowledge: &UnboundedSender<()>) {
        loop {
            let change = self.choose();
            self.pending = Some(change.clone());
            if self.make(cloud, change).await.is_err() {
                return;
            }
            self.pending = None;
            // Once the process is to be killed nobody counts any more.
            let _ = acknowledge.send(());
        }
    }

    fn choose(&mut self) -> Change {
        let Some(name) = self.chosen.choice(self.shops.keys().cloned().collect::<Vec<_>>()) else {
            return Change::Create(self.name());
        };
        if self.shops[&name].is_draft {
            return Change::Upload(name);
        }
        let is_full = self.shops.len() >= MOST_SHOPS;
        match self.chosen.u32(0..100) {
            0..6 if !is_full => Change::Create(self.name()),
            6..12 if !is_full => Change::Branch { from: name, to: self.name() },
            12..18 if !is_full => match self.chosen.choice(self.shops[&name].moments.clone()) {
                Some((at, batches)) => Change::Restore { from: name, to: self.name(), at, batches },
                None => Change::Write(name),
            },
            18..22 if !is_full => Change::Draft(self.name()),
            22..26 if !is_full => match self.chosen.choice(0..self.deleted.len()) {
                Some(index) if !self.shops.contains_key(&self.deleted[index].0) => {
                    let (name, shop) = self.deleted[index].clone();
                    Change::Undelete { name, shop }
                }
                _ => Change::Write(name),
            },
            26..30 => Change::CreateToken(self.name()),
            30..34 if !self.tokens.is_empty() => {
                let token = self.chosen.choice(self.tokens.iter().cloned().collect::<Vec<_>>());
                Change::RevokeToken(token.unwrap_or_default())
            }
            34..42 if is_full => Change::Delete(name),
            _ => Change::Write(name),
        }
    }

    /// A name that was never used.
    fn name(&mut self) -> String {
        self.names += 1;
        format!("w{}-{}", self.index, self.names)
    }

    async fn make(&mut self, cloud: &Cloud, change: Change) -> Result<(), Gone> {
        let databases = cloud.turso.databases();
        let kind = change.kind();
        match change {
            Change::Write(name) => {
                let shop = self.shops.get_mut(&name).unwrap();
                let written = cloud.run(&name, &batch(shop.batches + 1)).await?;
                assert!(written.is_ok(), "{name}: {written:?}");
                shop.receive_batch();
            }
            Change::Create(name) => {
                let created = acknowledged(databases.create(NewDatabase::new(&name, "default")).await)?;
                self.shops.insert(name, Shop::new(created.id, 0));
            }
            Change::Draft(name) => {
                let draft = NewDatabase::new(&name, "default").seed(Seed::DatabaseUpload);
                let created = acknowledged(databases.create(draft).await)?;
                self.shops.insert(name, Shop::draft(created.id));
            }
            Change::Upload(name) => {
                cloud.upload(&name, &self.upload).await?;
                self.shops.get_mut(&name).unwrap().receive_file();
            }
            Change::Branch { from, to } => {
                let created = acknowledged(databases.branch(from.as_str(), &to).call().await)?;
                let batches = self.shops[&from].batches;
                self.shops.insert(to, Shop::new(created.id, batches));
            }
            Change::Restore { from, to, at, batches } => {
                let created = acknowledged(databases.branch(from.as_str(), &to).at(at).call().await)?;
                self.shops.insert(to, Shop::new(created.id, batches));
            }
            Change::Delete(name) => {
                acknowledged(databases.delete(name.as_str()).await)?;
                self.delete(name);
            }
            Change::Undelete { name, shop } => {
                acknowledged(cloud.turso.recovery().restore_database(shop.id.clone()).await)?;
                self.undelete(name, shop);
            }
            Change::CreateToken(name) => {
                acknowledged(cloud.turso.api_tokens().create(name.as_str(), NewApiToken::unrestricted()).await)?;
                self.tokens.insert(name);
            }
            Change::RevokeToken(name) => {
                acknowledged(cloud.turso.api_tokens().revoke(name.as_str()).await)?;
                self.tokens.remove(&name);
            }
        }
        *self.changes.entry(kind).or_default() += 1;
        Ok(())
    }

    fn delete(&mut self, name: String) {
        let shop = self.shops.remove(&name).unwrap();
        self.deleted.push((name, shop));
    }

    fn undelete(&mut self, name: String, shop: Shop) {
        self.deleted.retain(|(_, deleted)| deleted.id != shop.id);
        self.shops.insert(name, shop);
    }

    /// Finds out whether the change that was under way has happened, which it must have as a whole or not at all.
    pub(crate) async fn settle(&mut self, cloud: &Cloud) {
        let Some(change) = self.pending.take() else { return };
        match change {
            Change::Write(name) => {
                let found = batches_of(cloud, &name).await.unwrap();
                let shop = self.shops.get_mut(&name).unwrap();
                assert!((shop.batches..=shop.batches + 1).contains(&found), "{name}: {found}, {shop:?}");
                if found > shop.batches {
                    shop.receive_batch();
                }
            }
            Change::Create(name) => self.adopt(cloud, name, |id| Shop::new(id, 0)).await,
            Change::Draft(name) => self.adopt(cloud, name, Shop::draft).await,
            Change::Upload(name) => {
                let look = cloud.run(&name, &["SELECT 1".to_owned()]).await.unwrap();
                // A draft refuses SQL.
                assert!(matches!(look.status, 200 | 403), "{name}: {look:?}");
                if look.status == 200 {
                    self.shops.get_mut(&name).unwrap().receive_file();
                }
            }
            Change::Branch { from, to } => {
                let batches = self.shops[&from].batches;
                self.adopt(cloud, to, |id| Shop::new(id, batches)).await;
            }
            Change::Restore { to, batches, .. } => self.adopt(cloud, to, |id| Shop::new(id, batches)).await,
            Change::Delete(name) => {
                if !exists(cloud, &name).await {
                    self.delete(name);
                }
            }
            Change::Undelete { name, shop } => {
                if exists(cloud, &name).await {
                    self.undelete(name, shop);
                }
            }
            Change::CreateToken(name) => {
                if has_token(cloud, &name).await {
                    self.tokens.insert(name);
                }
            }
            Change::RevokeToken(name) => {
                if !has_token(cloud, &name).await {
                    self.tokens.remove(&name);
                }
            }
        }
    }

    /// Takes in a database if it was made; what is in it is looked at with the others.
    async fn adopt(&mut self, cloud: &Cloud, name: String, shop: impl FnOnce(turso_cloud::DatabaseId) -> Shop) {
        if let Some(database) = cloud.turso.databases().find(name.as_str()).await.unwrap() {
            self.shops.insert(name, shop(database.id));
        }
    }

    /// Whether every database has what was acknowledged, and no more.
    pub(crate) async fn check_batches(&self, cloud: &Cloud) {
        for (name, shop) in self.shops.iter().filter(|(_, shop)| !shop.is_draft) {
            assert_eq!(batches_of(cloud, name).await.unwrap(), shop.batches, "{name}");
        }
    }

    /// Goes back to a time before this process, if there is one to go back to.
    pub(crate) async fn check_past(&mut self, cloud: &Cloud) {
        let with_past: Vec<_> = self.shops.iter().filter(|(_, shop)| !shop.moments.is_empty()).collect();
        let Some((from, shop)) = self.chosen.choice(with_past) else { return };
        let (from, (at, batches)) = (from.clone(), self.chosen.choice(shop.moments.clone()).unwrap());
        let to = self.name();
        let created = cloud.turso.databases().branch(from.as_str(), &to).at(at).call().await.unwrap();
        assert_eq!(batches_of(cloud, &to).await.unwrap(), batches, "{from} at {at}");
        cloud.turso.databases().delete(to.as_str()).await.unwrap();
        self.deleted.push((to, Shop::new(created.id, batches)));
    }

    /// Whether the engine finds every database sound.
    pub(crate) async fn check_integrity(&self, cloud: &Cloud) {
        for (name, _) in self.shops.iter().filter(|(_, shop)| !shop.is_draft) {
            let checked = cloud.run(name, &["PRAGMA integrity_check".to_owned()]).await.unwrap();
            assert_eq!(checked.row(), ["ok"], "{name}");
        }
    }
}

impl Change {
    fn kind(&self) -> &'static str {
        match self {
            Self::Write(_) => "write",
            Self::Create(_) => "create",
            Self::Draft(_) => "draft",
            Self::Upload(_) => "upload",
            Self::Branch { .. } => "branch",
            Self::Restore { .. } => "restore",
            Self::Delete(_) => "delete",
            Self::Undelete { .. } => "undelete",
            Self::CreateToken(_) => "create token",
            Self::RevokeToken(_) => "revoke token",
        }
    }
}

/// The answer, unless the process went away. Nothing that is asked for here may be refused.
fn acknowledged<T>(answer: Result<T, Error>) -> Result<T, Gone> {
    answer.map_err(|error| {
        assert!(error.status().is_none_or(|status| status.is_success()), "refused: {error}");
        Gone
    })
}

async fn exists(cloud: &Cloud, name: &str) -> bool {
    let name = DatabaseName::try_from(name).unwrap();
    cloud.turso.databases().find(name).await.unwrap().is_some()
}

async fn has_token(cloud: &Cloud, name: &str) -> bool {
    cloud.turso.api_tokens().find(name).await.unwrap().is_some()
}

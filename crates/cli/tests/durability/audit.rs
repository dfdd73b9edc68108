//! Compares all that the writers know with all that the cloud has.

use std::{collections::BTreeSet, fs, path::Path};

use futures_util::TryStreamExt as _;
use turso_cloud::AuditCode;

use crate::{tursoctl::Cloud, writer::Writer};

/// Looks at the control plane, at the files, and at what is in the databases and was in one of them.
pub(crate) async fn audit(cloud: &Cloud, data: &Path, writers: &mut [Writer], chosen: &mut fastrand::Rng) {
    check_listings(cloud, writers).await;
    for writer in &mut *writers {
        writer.check_batches(cloud).await;
    }
    check_files(data, writers);
    let index = chosen.usize(0..writers.len());
    writers[index].check_past(cloud).await;
}

async fn check_listings(cloud: &Cloud, writers: &[Writer]) {
    let live = cloud.turso.databases().list().await.unwrap();
    let live: BTreeSet<_> = live.into_iter().map(|database| (database.name.to_string(), database.id)).collect();
    let known = writers.iter().flat_map(|writer| &writer.shops);
    assert_eq!(live, known.map(|(name, shop)| (name.clone(), shop.id.clone())).collect());

    let deleted: Vec<_> = cloud.turso.recovery().databases().try_collect().await.unwrap();
    let deleted: BTreeSet<_> = deleted.into_iter().map(|database| database.id).collect();
    let known = writers.iter().flat_map(|writer| &writer.deleted);
    assert_eq!(deleted, known.map(|(_, shop)| shop.id.clone()).collect());

    let tokens = cloud.turso.api_tokens().list().await.unwrap();
    let tokens: BTreeSet<_> = tokens.into_iter().map(|token| token.name.to_string()).collect();
    let known: BTreeSet<_> = writers.iter().flat_map(|writer| writer.tokens.iter().cloned()).collect();
    assert!(tokens.is_superset(&known), "tokens are lost: {known:?}, {tokens:?}");
    let strangers: Vec<_> = tokens.difference(&known).filter(|name| name.starts_with('w')).collect();
    assert!(strangers.is_empty(), "tokens are back: {strangers:?}");

    // What was changed and the entry that tells of it are one.
    let log = cloud.turso.audit_logs().stream().only([AuditCode::DbCreate]);
    let created: Vec<_> = log.try_collect().await.unwrap();
    assert_eq!(created.len(), live.len() + deleted.len());
}

/// No database without a file, once something was written to it, and no file without a database.
fn check_files(data: &Path, writers: &[Writer]) {
    let databases = data.join("databases");
    let Ok(entries) = fs::read_dir(&databases) else { return };
    let files: BTreeSet<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let live = writers.iter().flat_map(|writer| writer.shops.values());
    let deleted = writers.iter().flat_map(|writer| writer.deleted.iter().map(|(_, shop)| shop));
    let mut known = BTreeSet::new();
    for shop in live.chain(deleted) {
        known.insert(shop.id.as_str());
        assert!(shop.batches == 0 || files.contains(&format!("{}.db", shop.id)), "a file is missing: {shop:?}");
    }
    for file in &files {
        let of_database = file.split_once(".db").is_some_and(|(id, _)| known.contains(id));
        assert!(of_database || matches!(file.as_str(), "uploads" | "dumps" | "lost"), "nobody knows {file}");
        assert!(!file.ends_with("-journal"), "a copy was left behind by half: {file}");
    }
    // Put aside are only files of databases that nobody was told of.
    for batch in fs::read_dir(databases.join("lost")).into_iter().flatten() {
        for file in fs::read_dir(batch.unwrap().path()).unwrap() {
            let file = file.unwrap().file_name().into_string().unwrap();
            assert!(!file.split_once(".db").is_some_and(|(id, _)| known.contains(id)), "{file} is put aside");
        }
    }
    let uploads = fs::read_dir(databases.join("uploads")).into_iter().flatten();
    assert_eq!(uploads.count(), 0, "files of uploads are left");
}

use std::path::Path;

use anyhow::{Context as _, Result};
use futures_util::{StreamExt as _, stream};
use turso_cloud::{
    CreatedDatabase, DatabaseName, Encryption, EncryptionKey, Error, GroupName, NewDatabase, Seed, UploadProgress,
    http::StatusCode,
};

use super::CREATED;
use crate::{
    args::{DbBranch, DbCreate},
    commands::{group, input, sqlite_file},
    context::Context,
    exit::Failure,
    many::{Failures, each_once},
    progress, stdin, suggest,
};

pub(super) async fn run(cx: &Context, args: &DbCreate) -> Result<()> {
    let names = each_once(&args.names);
    if names.len() > 1 && (args.from_file.is_some() || args.from_dump.is_some()) {
        return Err(Failure::usage("a file makes one database: give one name").into());
    }
    args.from_file.iter().chain(&args.from_dump).try_for_each(|file| input::refuse_folder(file))?;
    let encryption = encryption(args)?;
    if let Some(file) = &args.from_file {
        sqlite_file::check_upload(file, args.encryption_cipher.as_ref())?;
    }
    let group = group(cx, args).await?;
    let created = stream::iter(&names)
        .map(|name| {
            let new = new_database(args, name, &group, encryption.clone());
            async move { (name, create(cx, args, new).await) }
        })
        .buffered(args.concurrency.max(1));

    let mut failures = Failures::of(cx, names.len());
    let mut done = Vec::new();
    let mut created = std::pin::pin!(created);
    while let Some((name, outcome)) = created.next().await {
        match outcome.with_context(|| format!("cannot create the database {name}")) {
            Ok(database) => done.push(database),
            Err(error) => failures.add(name.as_str(), explained(cx, args, error).await),
        }
    }
    match &*done {
        [only] if names.len() == 1 => cx.out().value(&CREATED, only)?,
        [] if names.len() == 1 => {}
        all => cx.out().list(&CREATED, all)?,
    }
    failures.done()
}

pub(super) async fn branch(cx: &Context, args: &DbBranch) -> Result<()> {
    let mut branch = cx.client()?.databases().branch(args.from.clone(), args.name.to_string());
    if let Some(time) = args.at {
        branch = branch.at(time);
    }
    if let Some(group) = &args.group {
        branch = branch.group(group.to_string());
    }
    if let Some(key) = cx.encryption_key(&args.key)? {
        branch = branch.encryption_key(key.clone());
    }
    let call = branch.call();
    let call = if cx.waits(args.wait) { call.wait_ready() } else { call };
    let copied = call.await;
    cx.out().value(&CREATED, &suggest::database(cx, "copy", &args.from, copied).await?)
}

/// The group asked for, or that of the original, or the only one there is.
async fn group(cx: &Context, args: &DbCreate) -> Result<GroupName> {
    match (&args.group, &args.from_db) {
        (None, Some(original)) => {
            let found = cx.client()?.databases().get(original.clone()).await;
            Ok(suggest::database(cx, "copy", original, found).await?.group)
        }
        (asked, _) => group::of_new(cx, asked.as_ref()).await,
    }
}

/// What went wrong, or that there is no such group, which the service tells in as many words as anything else.
async fn explained(cx: &Context, args: &DbCreate, error: anyhow::Error) -> anyhow::Error {
    let is_rejected =
        error.downcast_ref::<Error>().is_some_and(|error| error.status() == Some(StatusCode::BAD_REQUEST));
    match &args.group {
        Some(group) if is_rejected => group::check_for_new(cx, group).await.err().unwrap_or(error),
        _ => error,
    }
}

fn encryption(args: &DbCreate) -> Result<Option<Encryption>> {
    let (Some(cipher), Some(file)) = (&args.encryption_cipher, &args.encryption_key_file) else { return Ok(None) };
    let key = EncryptionKey::from_base64(input::read(file, stdin::LONGEST_SECRET)?.trim())
        .with_context(|| file.display().to_string())?;
    Ok(Some(Encryption::new(cipher.clone(), key)))
}

fn new_database(
    args: &DbCreate,
    name: &DatabaseName,
    group: &GroupName,
    encryption: Option<Encryption>,
) -> NewDatabase {
    let mut new = NewDatabase::new(name.to_string(), group.to_string());
    new.seed = match (&args.from_db, args.at, &args.from_dump_url) {
        (Some(original), Some(time), _) => Some(Seed::database_at(original.to_string(), time)),
        (Some(original), None, _) => Some(Seed::database(original.to_string())),
        (None, _, Some(url)) => Some(Seed::dump(url)),
        (None, _, None) => None,
    };
    new.size_limit = args.size_limit;
    new.remote_encryption = encryption;
    if args.tursodb { new.tursodb() } else { new }
}

async fn create(cx: &Context, args: &DbCreate, mut new: NewDatabase) -> Result<CreatedDatabase> {
    let databases = cx.client()?.databases();
    if let Some(file) = &args.from_file {
        // It is done when the database answers.
        return upload(cx, new, file).await;
    }
    if let Some(file) = &args.from_dump {
        let bar = progress::bytes(cx, &file.display().to_string());
        let url = databases.upload_dump(file).on_progress(move |progress| draw(&bar, progress)).await?;
        new = new.seed(Seed::dump(url));
    }
    let _waiting = args.wait.then(|| progress::waiting(cx, "waiting for the database to answer"));
    if args.if_not_exists && databases.find(&*new.name).await?.is_some() {
        return existing(cx, args, new).await;
    }
    let call = databases.create(new.clone());
    let call = if cx.waits(args.wait) { call.wait_ready() } else { call };
    match call.await {
        Err(error) if args.if_not_exists && error.is_already_exists() => existing(cx, args, new).await,
        created => Ok(created?),
    }
}

/// What is there already, held to what is wanted.
async fn existing(cx: &Context, args: &DbCreate, new: NewDatabase) -> Result<CreatedDatabase> {
    let call = cx.client()?.databases().ensure(new);
    let call = if cx.waits(args.wait) { call.wait_ready() } else { call };
    let database = call.await?.into_inner();
    cx.done(format_args!("the database {} is there already", database.name));
    Ok(CreatedDatabase::new(database.id, database.hostname, database.name))
}

async fn upload(cx: &Context, new: NewDatabase, file: &Path) -> Result<CreatedDatabase> {
    let databases = cx.client()?.databases();
    if cx.is_dry_run() {
        // The upload asks the new database for its host, and there is none.
        cx.notice(format_args!("the content of {} would be sent to the new database", file.display()));
        return Ok(databases.create(new.seed(Seed::DatabaseUpload)).await?);
    }
    let bar = progress::bytes(cx, &file.display().to_string());
    Ok(databases.create_from_file(new, file).on_progress(move |progress| draw(&bar, progress)).await?)
}

fn draw(bar: &indicatif::ProgressBar, progress: &UploadProgress) {
    bar.set_length(progress.bytes_total);
    bar.set_position(progress.bytes_sent);
}

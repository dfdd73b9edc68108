use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context as _, Result};
use serde_json::json;
use turso_cloud::{ApiToken, Client, Credentials, NewToken};
use turso_cloud_local::local_api::UserToken;

use super::{
    instance::{Instance, Instances},
    remote::Remote,
    variables::{self, NODE_CERTIFICATES, Variables},
};
use crate::{
    args::{EnvironmentFormat, LocalEnv},
    context::Context,
    exit::{Failure, Kind},
    files::write_whole,
    output::Shape,
};

/// OpenSSL and Go take the file instead of those of the system.
const CERTIFICATES: &str = "SSL_CERT_FILE";

/// Where a local cloud keeps the certificate of its authority in its directory.
const CERTIFICATE: &str = "ca.pem";

/// Where the official command line looks for its settings.
const TURSO_FOLDER: &str = "TURSO_CONFIG_FOLDER";

const SETTINGS: &str = "settings.json";

/// Whichever of the variables there are, for a program.
const ENVIRONMENT: Shape = Shape {
    noun: "env",
    name: "TURSO_API_BASEURL",
    columns: &[
        ("TURSO_API_BASEURL", "TURSO_API_BASEURL"),
        ("TURSO_API_TOKEN", "TURSO_API_TOKEN"),
        ("TURSO_ORG", "TURSO_ORG"),
        ("TURSO_DATABASE_NAME", "TURSO_DATABASE_NAME"),
        ("TURSO_DATABASE_URL", "TURSO_DATABASE_URL"),
        ("TURSO_DATABASE_AUTH_TOKEN", "TURSO_DATABASE_AUTH_TOKEN"),
        ("TURSO_AUTH_TOKEN", "TURSO_AUTH_TOKEN"),
        (TURSO_FOLDER, TURSO_FOLDER),
        (NODE_CERTIFICATES, NODE_CERTIFICATES),
    ],
    wide: &[],
};

/// Whom a token is of that is not asked for by a name.
const USUAL_USER: &str = "dev";

/// 2100-01-01: the location that is near does not change by itself.
const FAR_FUTURE: u64 = 4_102_444_800;

pub(super) async fn env(cx: &Context, args: &LocalEnv) -> Result<()> {
    if args.data_dir.is_some() || args.ready_file.is_some() {
        if cx.out().is_structured() {
            let problem = "--data-dir and --ready-file print the lines of a dotenv file only";
            return Err(Failure::usage(problem).hint("give --output table").into());
        }
        return cx.out().bytes(of_files(args)?.as_bytes());
    }
    let mut remote = Remote::find(cx, &args.instance).await?;
    if let Some(user) = &args.user {
        remote.instance.token = token_of(&remote, user).await?;
    }
    let instance = &remote.instance;
    if cx.is_dry_run() && (args.format == EnvironmentFormat::Turso || args.database.is_some()) {
        return rehearse(cx, args, instance);
    }
    let variables = match args.format {
        EnvironmentFormat::Sdk => variables::of_sdk(&instance.url, instance.token.expose(), &instance.organization),
        EnvironmentFormat::Dotenv => {
            let mut variables = of_platform(instance);
            if let Some(database) = &args.database {
                variables.extend(of_database(instance, database).await?);
            }
            variables.extend(instance.certificate.to_str().map(|file| (NODE_CERTIFICATES, file.to_owned())));
            variables
        }
        EnvironmentFormat::Drizzle => of_database(instance, args.database.as_deref().unwrap_or_default()).await?,
        EnvironmentFormat::Turso => of_official(instance, args.user.as_deref())?,
    };
    if cx.out().is_structured() {
        return cx.out().value(&ENVIRONMENT, &variables.into_iter().collect::<BTreeMap<_, _>>());
    }
    cx.out().bytes(variables::written(args.form, &variables).as_bytes())
}

/// Says what it takes to know the variables.
fn rehearse(cx: &Context, args: &LocalEnv, instance: &Instance) -> Result<()> {
    if args.format == EnvironmentFormat::Turso {
        let folder = Instances::find()?.file(&instance.name, &turso_purpose(args.user.as_deref()))?;
        cx.notice(format_args!("this would write {}", folder.join(SETTINGS).display()));
    } else if let Some(database) = &args.database {
        cx.notice(format_args!("this would make a token of database {database}"));
    }
    Ok(())
}

/// The token that the cloud hands out to somebody.
async fn token_of(remote: &Remote, user: &str) -> Result<ApiToken> {
    let mut tokens = remote.get::<Vec<UserToken>>("/_local/tokens").await?;
    tokens.retain(|token| token.name == UserToken::HANDED_OUT);
    if let Some(found) = tokens.iter().find(|token| token.user == user) {
        return Ok(found.token.clone());
    }
    let users: Vec<_> = tokens.iter().map(|token| &*token.user).collect();
    Err(Failure::new(Kind::NotFound, format!("the local cloud hands out no token to a user {user}"))
        .hint(format!("--user, one of {}", users.join(", ")))
        .into())
}

fn of_platform(instance: &Instance) -> Variables {
    variables::of_platform(&instance.url, instance.token.expose(), &instance.organization)
}

async fn of_database(instance: &Instance, name: &str) -> Result<Variables> {
    let turso = Client::builder(Credentials::from(instance.token.clone())).base_url(&instance.url);
    let turso = turso.organization(instance.organization.as_str()).build()?;
    let database = turso.databases().get(name).await?;
    let token = turso.databases().create_token(name, NewToken::full_access()).await?;
    Ok(variables::of_database(name, &database.url(), token.expose()))
}

/// What the folder for the official command line is for. Whoever works as somebody else does so beside others who do not.
fn turso_purpose(user: Option<&str>) -> String {
    user.map_or_else(|| "turso".to_owned(), |user| format!("turso-{user}"))
}

/// Settings of the official command line in a folder of our own. The user's are not touched, nor looked at.
fn of_official(instance: &Instance, user: Option<&str>) -> Result<Variables> {
    let folder = Instances::find()?.folder(&instance.name, &turso_purpose(user))?;
    let settings = json!({
        "baseurl": instance.url,
        "token": instance.token.expose(),
        "username": user.unwrap_or(USUAL_USER),
        "organization": instance.organization,
        "config": { "autoupdate": "off" },
        "cache": { "closestlocation": { "expiration": FAR_FUTURE, "data": "local" } },
    });
    let file = folder.join(SETTINGS);
    write_whole(&file, &settings.to_string()).with_context(|| format!("cannot write {}", file.display()))?;
    let folder = folder.to_str().context("the folder has a name that cannot be written")?.to_owned();
    Ok(vec![(TURSO_FOLDER, folder), ("TURSO_API_BASEURL", instance.url.clone())])
}

/// What a running cloud has left for others to read: its directory is locked.
fn of_files(args: &LocalEnv) -> Result<String> {
    let mut text = String::new();
    if let Some(file) = &args.ready_file {
        text += &fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    }
    if let Some(folder) = &args.data_dir {
        text += &certificates(folder, args.ready_file.is_none())?;
    }
    Ok(text)
}

fn certificates(folder: &Path, is_node_wanted: bool) -> Result<String> {
    let file = folder.join(CERTIFICATE);
    let file = fs::canonicalize(&file)
        .with_context(|| format!("cannot find {}: has `local start --data-dir` run there?", file.display()))?;
    let file = file.to_str().filter(|file| !file.contains(['\n', '"']));
    let file = file.with_context(|| format!("the path {} cannot be written into a dotenv file", folder.display()))?;
    let node = if is_node_wanted { format!("{NODE_CERTIFICATES}=\"{file}\"\n") } else { String::new() };
    Ok(format!(
        "{node}# Taken instead of the certificates of the system, not beside them.\n{CERTIFICATES}=\"{file}\"\n"
    ))
}

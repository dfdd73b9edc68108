//! Ways to a database's own endpoint.

use std::{env, time::Duration};

use anyhow::{Context as _, Result};
use turso_cloud::{Client, DatabaseName, DatabaseToken, Error, Expiration, InvalidInput, NewToken, refuse_in_clear};
use url::{Host, Url};

use crate::{
    args::KeyArgs,
    config::{Key, parse_duration},
    context::Context,
    exit::Failure,
    hrana::{self, Connection, Http, HttpSettings},
    suggest,
};

/// Where the token for a database given by its URL is looked for.
const TOKEN_VARIABLES: [&str; 3] = ["TURSOCTL_DATABASE_TOKEN", "TURSO_DATABASE_TOKEN", "TURSO_AUTH_TOKEN"];

/// What an error says could not be done with a database.
const OPEN: &str = "open";

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How often a request that certainly changed nothing is repeated where nobody said so: others may be writing for a while.
const RETRIES: u32 = 4;
/// How long nothing may arrive: a statement may work that long before its first row.
const READ_TIMEOUT: Duration = Duration::from_secs(300);

/// What is going to be done with a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rights {
    Read,
    Write,
}

/// What is going to be done with a database, and what opens it if it is encrypted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Access<'a> {
    pub(crate) rights: Rights,
    pub(crate) key: &'a KeyArgs,
}

/// Connects to a database, given by its name or by its URL.
///
/// For a name, a token is minted that ends after an hour. For a URL, one is taken from the environment: a database need
/// not be of this organization, nor ask for a token.
pub(crate) async fn connect(cx: &Context, database: &str, access: Access<'_>) -> Result<Connection> {
    let settings = settings(cx)?;
    let key = cx.encryption_key(access.key)?;
    let connection = |url: &str, token| Ok(connection(cx, settings, url, token)?.opened_by(key.cloned()));
    if is_url(database) {
        check(database)?;
        return connection(database, token_of_environment()?);
    }
    let (client, name) = (cx.client()?, DatabaseName::try_from(database)?);
    let opened = match access.rights {
        Rights::Write => {
            let access = client.databases().access(name.clone(), lifetime()).await;
            access.map(|access| (access.url, access.token))
        }
        Rights::Read => url_and_token(client, &name, access.rights).await,
    };
    let (url, token) = suggest::database(cx, OPEN, &name, opened).await?;
    check(&url)?;
    connection(&url, Some(token))
}

/// In a dry run: has the requests shown by which it would connect. Yields the URL that SQL would go to.
pub(crate) async fn rehearse(cx: &Context, database: &str, access: Access<'_>) -> Result<String> {
    cx.encryption_key(access.key)?;
    if is_url(database) {
        check(database)?;
        token_of_environment()?;
        return Ok(hrana::base(database));
    }
    let (client, name) = (cx.client()?, DatabaseName::try_from(database)?);
    let opened = url_and_token(client, &name, access.rights).await;
    let (url, _made_up) = suggest::database(cx, OPEN, &name, opened).await?;
    check(&url)?;
    Ok(hrana::base(&url))
}

/// Where a database is, and a new token for it.
async fn url_and_token(client: &Client, name: &DatabaseName, rights: Rights) -> Result<(String, DatabaseToken), Error> {
    let url = client.databases().get(name.clone()).await?.url();
    Ok((url, client.databases().create_token(name.clone(), rights.token()).await?))
}

/// Whether a database is given by its URL rather than by its name.
pub(crate) fn is_url(database: &str) -> bool {
    database.contains("://")
}

impl Rights {
    pub(crate) fn token(self) -> NewToken {
        match self {
            Self::Read => NewToken::read_only(),
            Self::Write => NewToken::full_access(),
        }
        .expires(lifetime())
    }
}

fn lifetime() -> Expiration {
    Expiration::hours(1)
}

/// Refuses what is no name of a database and no URL of one, a URL that holds a token, which would be shown wherever the
/// database is named, and one by which a token would go to Turso Cloud in clear.
pub(crate) fn check(database: &str) -> Result<()> {
    const SCHEMES: [&str; 6] = ["libsql", "turso", "https", "http", "wss", "ws"];
    const FIELD: &str = "URL of the database";
    if !is_url(database) {
        DatabaseName::try_from(database)?;
        return Ok(());
    }
    let url = Url::parse(database).map_err(|error| InvalidInput::without_value(FIELD, format!("is none: {error}")))?;
    if !SCHEMES.contains(&url.scheme()) {
        let rule = format!("must be one of {}", SCHEMES.join(", "));
        return Err(InvalidInput::new("scheme of the URL of the database", url.scheme(), rule).into());
    }
    if let Err(error) = Url::parse(&hrana::base(database)) {
        return Err(InvalidInput::without_value(FIELD, format!("leads nowhere: {error}")).into());
    }
    let has_user = !url.username().is_empty() || url.password().is_some();
    if has_user || url.query().is_some() || url.fragment().is_some() {
        let rule = "must not hold a user name, a password, a query or a fragment";
        let hint = format!("its token goes into the environment variable {}", TOKEN_VARIABLES[0]);
        let refused = InvalidInput::without_value(FIELD, rule);
        return Err(Failure::usage(refused.to_string()).hint(hint).into());
    }
    Ok(refuse_in_clear(FIELD, database)?)
}

fn connection(cx: &Context, settings: HttpSettings, url: &str, token: Option<DatabaseToken>) -> Result<Connection> {
    let base = hrana::base(url);
    let http = Http::new(HttpSettings { here: local_host(&base), ..settings });
    http.set_up(&base).context("the HTTP client cannot be set up")?;
    let retries = cx.retries()?.unwrap_or(RETRIES);
    Ok(Connection::new(http, url, token).traced(cx.flags().trace_http).with_retries(retries))
}

fn token_of_environment() -> Result<Option<DatabaseToken>> {
    for variable in TOKEN_VARIABLES {
        if let Some(token) = env::var(variable).ok().filter(|token| !token.trim().is_empty()) {
            return DatabaseToken::new(token).map(Some).with_context(|| format!("environment variable {variable}"));
        }
    }
    Ok(None)
}

fn settings(cx: &Context) -> Result<HttpSettings> {
    let timeout = cx.settings().text(Key::TIMEOUT).map(parse_duration).transpose().map_err(Failure::usage)?;
    let certificates = cx.certificates()?.map(|certificates| certificates.all.clone());
    Ok(HttpSettings {
        connect_timeout: timeout.unwrap_or(CONNECT_TIMEOUT),
        read_timeout: timeout.unwrap_or(READ_TIMEOUT),
        certificates: certificates.unwrap_or_default(),
        here: None,
    })
}

/// A name below `localhost`, which is this machine whether its resolver knows that or not (RFC 6761, section 6.3).
fn local_host(base: &str) -> Option<String> {
    match Url::parse(base).ok()?.host()? {
        Host::Domain(name) if name.ends_with(".localhost") => Some(name.to_owned()),
        _ => None,
    }
}

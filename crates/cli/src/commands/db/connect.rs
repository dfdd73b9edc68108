use anyhow::Result;
use serde::Serialize;
use turso_cloud::DatabaseName;

use crate::{
    args::{DbEnv, EnvForm, Scheme},
    context::Context,
    output::{Shape, URL},
    quote, suggest,
};

const ENVIRONMENT: Shape = Shape {
    noun: "env",
    name: "TURSO_DATABASE_URL",
    columns: &[("TURSO_DATABASE_URL", "TURSO_DATABASE_URL"), ("TURSO_AUTH_TOKEN", "TURSO_AUTH_TOKEN")],
    wide: &[],
};

/// The variables by which the official examples name a database.
#[derive(Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
struct Environment<'a> {
    turso_database_url: &'a str,
    turso_auth_token: &'a str,
}

pub(super) async fn url(cx: &Context, name: &DatabaseName, scheme: Option<Scheme>) -> Result<()> {
    let database = cx.client()?.databases().get(name.clone()).await;
    let url = suggest::database(cx, "tell the URL of", name, database).await?.url();
    match (scheme, url.split_once("://")) {
        (Some(scheme), Some((_, rest))) => cx.out().bare(&URL, &format!("{}://{rest}", word(scheme))),
        _ => cx.out().bare(&URL, &url),
    }
}

pub(super) async fn env(cx: &Context, args: &DbEnv) -> Result<()> {
    let databases = cx.client()?.databases();
    let database = databases.get(args.name.clone()).await;
    let url = suggest::database(cx, "tell the variables of", &args.name, database).await?.url();
    let token = databases.create_token(args.name.clone(), args.token.token()).await?;
    if cx.out().is_structured() {
        let environment = Environment { turso_database_url: &url, turso_auth_token: token.expose() };
        return cx.out().value(&ENVIRONMENT, &environment);
    }
    let line = |name, value| match args.form {
        EnvForm::Dotenv => format!("{name}={}", quote::dotenv(value)),
        EnvForm::Shell => quote::export(name, value),
    };
    let (url, token) = (line("TURSO_DATABASE_URL", &url), line("TURSO_AUTH_TOKEN", token.expose()));
    cx.out().text(&format!("{url}\n{token}"))
}

fn word(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::Libsql => "libsql",
        Scheme::Https => "https",
        Scheme::Http => "http",
        Scheme::Wss => "wss",
        Scheme::Ws => "ws",
    }
}

mod import;
mod login;
mod logout;
mod tokens;

use anyhow::Result;
use jiff::Timestamp;
use serde::Serialize;
use turso_cloud::Username;

use crate::{
    args::{AuthCommand, AuthStatus},
    config::Key,
    context::Context,
    output::Shape,
};

const TOKEN: Shape = Shape { noun: "token", name: "token", columns: &[("token", "token")], wide: &[] };

const STATUS: Shape = Shape {
    noun: "profile",
    name: "profile",
    columns: &[
        ("profile", "profile"),
        ("organization", "organization"),
        ("organization from", "organization_from"),
        ("api url", "api_url"),
        ("token from", "token_from"),
    ],
    wide: &[("username", "username"), ("expires", "expires_at")],
};

/// Whom the service would take this program for.
#[derive(Serialize)]
struct Status {
    profile: String,
    organization: Option<String>,
    organization_from: Option<String>,
    api_url: Option<String>,
    token_from: String,
    /// Told only after asking.
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<Username>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
}

pub(super) async fn run(cx: &Context, command: &AuthCommand) -> Result<()> {
    match command {
        AuthCommand::Login(args) => login::run(cx, args).await,
        AuthCommand::Logout(args) => logout::run(cx, args).await,
        AuthCommand::Status(args) => status(cx, args).await,
        AuthCommand::Token => cx.out().bare(&TOKEN, cx.token()?.value.expose()),
        AuthCommand::Tokens(command) => tokens::run(cx, command).await,
        AuthCommand::Import(args) => import::run(cx, args.from).await,
    }
}

async fn status(cx: &Context, args: &AuthStatus) -> Result<()> {
    let settings = cx.settings();
    let organization = settings.get(Key::ORGANIZATION);
    let mut status = Status {
        profile: settings.profile.clone(),
        organization: organization.map(|setting| setting.value.clone()),
        organization_from: organization.map(|setting| setting.source.to_string()),
        api_url: settings.text(Key::API_URL).map(str::to_owned),
        token_from: cx.token()?.source.to_string(),
        username: None,
        expires_at: None,
    };
    if args.check {
        let client = cx.client()?;
        status.expires_at = client.api_tokens().validate().await?.expires_at;
        status.username = Some(client.user().get().await?.username);
    }
    cx.out().value(&STATUS, &status)
}

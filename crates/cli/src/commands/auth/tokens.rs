use anyhow::{Context as _, Result};
use turso_cloud::NewApiToken;

use crate::{
    args::{ApiTokensCommand, ApiTokensCreate, ApiTokensRevoke},
    context::{Context, Weight},
    exit::Failure,
    many::{Failures, each_once},
    output::Shape,
};

const TOKEN: Shape = Shape {
    noun: "token",
    name: "name",
    columns: &[
        ("name", "name"),
        ("id", "id"),
        ("organization", "organization"),
        ("group", "group"),
        ("created", "created_at"),
    ],
    wide: &[("scopes", "scopes"), ("owner", "owner.username")],
};

pub(super) async fn run(cx: &Context, command: &ApiTokensCommand) -> Result<()> {
    match command {
        ApiTokensCommand::List(args) => {
            let tokens = cx.client()?.api_tokens();
            let tokens = match &args.of_org {
                None => tokens.list().await?,
                Some(organization) => tokens.organization(organization.clone()).list().await?,
            };
            cx.out().list(&TOKEN, &tokens)
        }
        ApiTokensCommand::Create(args) => create(cx, args).await,
        ApiTokensCommand::Revoke(args) => revoke(cx, args).await,
    }
}

async fn create(cx: &Context, args: &ApiTokensCreate) -> Result<()> {
    let new = match (&args.only_org, &args.group) {
        (None, None) => {
            refuse_organization(cx)?;
            NewApiToken::unrestricted()
        }
        (Some(organization), None) => NewApiToken::organization(organization.to_string()),
        (organization, Some(group)) => {
            let organization = organization.clone().map_or_else(|| cx.organization(), Ok)?;
            NewApiToken::group(organization.to_string(), group.to_string(), args.scopes.clone())
        }
    };
    let created = cx.client()?.api_tokens().create(args.name.clone(), new).await?;
    if cx.out().is_structured() {
        return cx.out().value(&TOKEN, &created);
    }
    cx.done(format_args!("created the token {}; it is not shown again", created.name));
    cx.out().text(created.token.expose())
}

/// Whoever names an organization may mean what the official command line does: a token that is good for that one only.
fn refuse_organization(cx: &Context) -> Result<()> {
    let Some(organization) = &cx.flags().org else { return Ok(()) };
    Err(Failure::usage("--org does not limit a token: it would be good for all of your organizations")
        .hint(format!("--only-org {organization}, or leave out --org"))
        .into())
}

async fn revoke(cx: &Context, args: &ApiTokensRevoke) -> Result<()> {
    let names = each_once(&args.names);
    cx.confirm(&format!("revoke {}: whoever uses it is locked out", names.join(", ")), Weight::Moderate)?;
    let tokens = cx.client()?.api_tokens();
    let mut failures = Failures::of(cx, names.len());
    for name in &names {
        let revoked = match &args.of_org {
            None => tokens.revoke(name.as_str()).await,
            Some(organization) => tokens.organization(organization.clone()).revoke(name.as_str()).await,
        };
        match revoked.with_context(|| format!("cannot revoke {name}")) {
            Ok(()) => cx.done(format_args!("revoked {name}")),
            Err(error) => failures.add(name, error),
        }
    }
    failures.done()
}

//! Tokens of databases and of groups: the same except for what they open.

use anyhow::Result;
use turso_cloud::{DatabaseToken, contract::database_tokens::TokenAnswer};

use crate::{
    args::{DbTokensCommand, GroupTokensCommand},
    context::{Context, Weight},
    output::Shape,
    suggest,
};

const TOKEN: Shape = Shape { noun: "token", name: "jwt", columns: &[("token", "jwt")], wide: &[] };

pub(super) async fn of_database(cx: &Context, command: &DbTokensCommand) -> Result<()> {
    let databases = cx.client_of_organization()?.databases();
    match command {
        DbTokensCommand::Create { name, token } => {
            let minted = databases.create_token(name.clone(), token.token()).await;
            print(cx, suggest::database(cx, "create a token for", name, minted).await?)
        }
        DbTokensCommand::Invalidate { name } => {
            cx.confirm(&format!("make every token of the database {name} worthless"), Weight::Moderate)?;
            let rotated = databases.rotate_tokens(name.clone()).await;
            suggest::database(cx, "invalidate the tokens of", name, rotated).await?;
            cx.done(format_args!("the tokens of the database {name} open it no more"));
            Ok(())
        }
    }
}

pub(super) async fn of_group(cx: &Context, command: &GroupTokensCommand) -> Result<()> {
    let groups = cx.client_of_organization()?.groups();
    match command {
        GroupTokensCommand::Create { group, token } => {
            let minted = groups.create_token(group.clone(), token.token()).await;
            print(cx, suggest::group(cx, "create a token for", group, minted).await?)
        }
        GroupTokensCommand::Invalidate { group } => {
            cx.confirm(&format!("make every token of the group {group} worthless"), Weight::Moderate)?;
            let rotated = groups.rotate_tokens(group.clone()).await;
            suggest::group(cx, "invalidate the tokens of", group, rotated).await?;
            cx.done(format_args!("the tokens of the group {group} open its databases no more"));
            Ok(())
        }
    }
}

fn print(cx: &Context, token: DatabaseToken) -> Result<()> {
    if cx.out().is_structured() {
        return cx.out().value(&TOKEN, &TokenAnswer::new(token));
    }
    cx.out().text(token.expose())
}

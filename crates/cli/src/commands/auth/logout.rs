use anyhow::Result;
use jiff::Timestamp;
use serde_json::Value;
use turso_cloud::contract::{Endpoint, official::InvalidateSessions};

use crate::{
    args::AuthLogout,
    context::{Context, Weight},
    output::Shape,
};

const SESSIONS: Shape =
    Shape { noun: "sessions", name: "validFrom", columns: &[("valid from", "validFrom")], wide: &[] };

pub(super) async fn run(cx: &Context, args: &AuthLogout) -> Result<()> {
    if args.all {
        end_sessions(cx).await?;
    }
    forget(cx, args).await
}

/// Nobody but a command line has a use for it: the client has no operation of its own for it.
async fn end_sessions(cx: &Context) -> Result<()> {
    let client = cx.client()?;
    cx.confirm("end every session of this account that a login began, here and elsewhere", Weight::Moderate)?;
    let answer = client.request(InvalidateSessions::METHOD, InvalidateSessions::PATH).await;
    if cx.out().truth().is_lost() {
        return Ok(());
    }
    let answer: Value = answer?.json()?;
    if cx.out().is_structured() {
        return cx.out().value(&SESSIONS, &answer);
    }
    let begun = answer["validFrom"].as_i64().and_then(|seconds| Timestamp::from_second(seconds).ok());
    let which = begun.map_or_else(String::new, |time| format!(" that began before {time}"));
    cx.done(format_args!("ended every session{which}"));
    Ok(())
}

async fn forget(cx: &Context, args: &AuthLogout) -> Result<()> {
    let profile = &cx.settings().profile;
    if cx.is_dry_run() {
        cx.notice(format_args!("would forget the token of the profile {profile}"));
        return Ok(());
    }
    let was_there = cx.settings().folder.forget_token(profile).await?;
    match (was_there, args.all) {
        (true, true) => cx.done(format_args!("forgot the token of the profile {profile}")),
        (true, false) => cx.done(format_args!(
            "forgot the token of the profile {profile}; it stays good until `tursoctl auth tokens revoke` ends it"
        )),
        (false, _) => cx.done(format_args!("the profile {profile} has no token")),
    }
    Ok(())
}

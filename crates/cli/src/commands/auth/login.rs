use anyhow::Result;

use crate::{
    config::Source,
    context::Context,
    exit::{Failure, Kind},
};

/// Keeps a token that the service takes, with the organization and the origin it was checked with.
pub(super) async fn run(cx: &Context) -> Result<()> {
    let flags = cx.flags();
    if flags.token_file.is_none() && !flags.token_stdin {
        return Err(Failure::usage("no token is given: it is read from the standard input or a file, never from an argument")
            .hint("create one with `turso auth api-tokens mint NAME` or in the dashboard, then: tursoctl auth login --token-stdin")
            .into());
    }
    let token = cx.token()?.value.clone();
    let client = cx.client()?;
    client.api_tokens().validate().await?;
    let organization = organization(cx).await?;

    let settings = cx.settings();
    let profile = &settings.profile;
    if cx.is_dry_run() {
        cx.notice(format_args!("would keep the token in the profile {profile}"));
        return Ok(());
    }
    // What came from a flag was meant for this profile; what the environment says is said again next time.
    let mut kept: Vec<(&'static str, String)> = ["api_url", "cacert"]
        .into_iter()
        .filter_map(|name| {
            Some((name, settings.get(name).filter(|setting| setting.source == Source::Flag)?.value.clone()))
        })
        .collect();
    kept.extend(organization.clone().map(|slug| ("organization", slug)));
    settings.folder.keep_login(profile, token, kept)?;
    match organization {
        Some(slug) => cx.done(format_args!("logged in; the profile {profile} works on {slug}")),
        None => {
            cx.done(format_args!("logged in; choose an organization: tursoctl profile set organization=SLUG"));
        }
    }
    Ok(())
}

/// The organization that was chosen, or the only one there is.
async fn organization(cx: &Context) -> Result<Option<String>> {
    let organizations = cx.client()?.organizations().list().await?;
    let Some(chosen) = cx.settings().text("organization") else {
        let [only] = &*organizations else { return Ok(None) };
        return Ok(Some(only.slug.to_string()));
    };
    if organizations.iter().any(|organization| organization.slug.as_str() == chosen) {
        return Ok(Some(chosen.to_owned()));
    }
    let known: Vec<_> = organizations.iter().map(|organization| organization.slug.as_str()).collect();
    Err(Failure::new(Kind::NotFound, format!("this token opens no organization {chosen:?}, only {}", known.join(", ")))
        .hint("give another --org")
        .into())
}

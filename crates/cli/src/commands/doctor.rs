use anyhow::Result;
use serde::Serialize;

use crate::{
    config::Key,
    context::Context,
    exit::{Failure, Report, introduce, is_about_authority},
    output::Shape,
};

const CHECK: Shape = Shape {
    noun: "check",
    name: "check",
    columns: &[("check", "check"), ("ok", "ok"), ("detail", "detail")],
    wide: &[("hint", "hint")],
};

#[derive(Serialize)]
struct Check {
    #[serde(rename = "check")]
    name: &'static str,
    ok: bool,
    detail: String,
    hint: Option<String>,
}

/// Goes from what is near to what is far, and ends with the first thing that is wrong: the rest stands on it.
pub(super) async fn run(cx: &Context) -> Result<()> {
    let mut checks = Vec::new();
    let outcome = look(cx, &mut checks).await;
    let outcome = outcome.map_err(|(check, error)| (check, introduce(cx.settings(), error)));
    if let Err((check, error)) = &outcome {
        let report = Report::of(error);
        let hint = report.hint().map(str::to_owned);
        checks.push(Check { name: check, ok: false, detail: report.message().to_owned(), hint });
    }
    cx.out().list(&CHECK, &checks)?;
    outcome.map_err(|(_, error)| error)
}

async fn look(cx: &Context, checks: &mut Vec<Check>) -> Result<(), (&'static str, anyhow::Error)> {
    let mut good = |check, detail: String| checks.push(Check { name: check, ok: true, detail, hint: None });
    let settings = cx.settings();
    good("configuration", format!("profile {} in {}", settings.profile, settings.folder.path().display()));

    let token = cx.token().map_err(|error| ("token", error))?;
    good("token", format!("from {}", token.source));

    let client = cx.client().map_err(|error| ("client", error))?;
    let url = settings.text(Key::API_URL).unwrap_or("the default URL");
    let validity = client.api_tokens().validate().await.map_err(|error| ("service", unreachable(error)))?;
    let until = validity.expires_at.map_or_else(|| "for ever".to_owned(), |time| format!("until {time}"));
    good("service", format!("{url} takes the token, which is good {until}"));

    let slug = cx.organization().map_err(|error| ("organization", error))?;
    let organization =
        client.organizations().get(slug).await.map_err(|error| ("organization", anyhow::Error::from(error)))?;
    good("organization", format!("{} on the plan {}", organization.slug, organization.plan_id));

    let groups = client.groups().list().await.map_err(|error| ("groups", anyhow::Error::from(error)))?;
    good("groups", format!("{} can be seen", groups.len()));

    // Only what asks for the closest location needs it.
    let region = client.locations().closest_region().await.map_err(|error| ("region", no_region(error)))?;
    good("region", format!("{} is near, says the region service", region.client));
    Ok(())
}

fn no_region(error: turso_cloud::Error) -> anyhow::Error {
    Failure::of(error, "the region service does not tell what is near")
        .hint("TURSOCTL_REGION_URL=URL says where it is; only `location closest` needs it")
        .into()
}

/// The usual hint would lead here.
fn unreachable(error: turso_cloud::Error) -> anyhow::Error {
    if (!error.is_connect() && !error.is_timeout()) || is_about_authority(&error) {
        return error.into();
    }
    Failure::of(error, "the service cannot be reached")
        .hint("look at --api-url, at HTTPS_PROXY and at the network")
        .into()
}

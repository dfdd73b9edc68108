use anyhow::{Context as _, Result};
use serde::Serialize;
use turso_cloud::{
    LocationCode,
    contract::locations::{GetLocation, ListLocations, ListOrganizationLocations},
};

use crate::{args::LocationCommand, context::Context, output::Shape};

const LOCATION: Shape = Shape {
    noun: "location",
    name: "code",
    columns: &[("code", "code"), ("description", "description")],
    wide: &[("provider", "provider")],
};

#[derive(Serialize)]
struct Row {
    code: LocationCode,
    description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<String>,
}

pub(super) async fn run(cx: &Context, command: &LocationCommand) -> Result<()> {
    match command {
        LocationCommand::List { of_org: false } => {
            let answer = cx.client()?.call(ListLocations {}).await?;
            let row = |(code, description)| Row { code, description, provider: None };
            cx.out().list(&LOCATION, &answer.locations.into_iter().map(row).collect::<Vec<_>>())
        }
        LocationCommand::List { of_org: true } => {
            let organization = cx.organization()?;
            let answer = cx.client()?.call(ListOrganizationLocations { organization }).await?;
            let rows = answer.locations.into_iter().flat_map(|(provider, locations)| {
                let row = move |(code, description)| Row { code, description, provider: Some(provider.clone()) };
                locations.into_iter().map(row)
            });
            cx.out().list(&LOCATION, &rows.collect::<Vec<_>>())
        }
        LocationCommand::Closest => {
            let closest = cx.client()?.locations().closest().await?;
            let row = Row { code: closest.code, description: closest.description, provider: None };
            cx.out().value(&LOCATION, &row)
        }
        LocationCommand::Get { code } => {
            let answer = cx.client()?.call(GetLocation { location: code.clone() }).await;
            cx.out().value(&LOCATION, &answer.with_context(|| format!("cannot get the location {code}"))?.location)
        }
    }
}

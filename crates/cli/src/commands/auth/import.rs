use std::{env, fs, path::PathBuf};

use anyhow::{Context as _, Result};
use etcetera::{AppStrategy as _, AppStrategyArgs};
use serde::Deserialize;
use turso_cloud::ApiToken;

use crate::{
    args::ImportSource,
    config::Key,
    context::{Context, Weight},
    exit::{Failure, Kind},
};

/// What the official command line keeps in its `settings.json` and is of use here.
#[derive(Deserialize)]
struct OfficialSettings {
    #[serde(default)]
    token: String,
    #[serde(default)]
    organization: String,
    #[serde(default)]
    username: String,
    #[serde(default, alias = "baseURL")]
    baseurl: String,
}

/// Copies token and organization. The other program's files are only read.
pub(super) async fn run(cx: &Context, source: ImportSource) -> Result<()> {
    let ImportSource::Turso = source;
    let file = settings_file()?;
    let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    // The parser's own sentence may show a part of the token.
    let official: OfficialSettings = serde_json::from_str(&text)
        .map_err(|error| Failure::usage(format!("{} line {}: is not valid", file.display(), error.line())))?;
    if official.token.is_empty() {
        return Err(Failure::new(Kind::Unauthenticated, format!("{} holds no token", file.display()))
            .hint("turso auth login")
            .into());
    }
    let token = ApiToken::new(official.token)?;

    let settings = cx.settings();
    let profile = &settings.profile;
    cx.confirm(
        &format!("copy the token of {} into the profile {profile} and replace what is there", file.display()),
        Weight::Moderate,
    )?;
    if cx.is_dry_run() {
        cx.notice(format_args!("would copy the token of {} into the profile {profile}", file.display()));
        return Ok(());
    }
    // There, no organization stands for the personal one, which is called like its user.
    let organization = [official.organization, official.username].into_iter().find(|slug| !slug.is_empty());
    let api_url = Some(official.baseurl).filter(|url| !url.is_empty());
    let organization = organization.map(|slug| (Key::ORGANIZATION, slug));
    let api_url = api_url.map(|url| (Key::API_URL, url));
    settings.folder.keep_login(profile, token, organization.into_iter().chain(api_url)).await?;
    cx.done(format_args!("copied the token into the profile {profile}"));
    Ok(())
}

fn settings_file() -> Result<PathBuf> {
    if let Some(folder) = env::var_os("TURSO_CONFIG_FOLDER").filter(|folder| !folder.is_empty()) {
        return Ok(PathBuf::from(folder).join("settings.json"));
    }
    let names =
        AppStrategyArgs { top_level_domain: String::new(), author: String::new(), app_name: "turso".to_owned() };
    let strategy = etcetera::app_strategy::choose_native_strategy(names).context("no home folder is known")?;
    Ok(strategy.config_dir().join("settings.json"))
}

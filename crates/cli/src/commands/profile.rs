use std::collections::BTreeMap;

use anyhow::Result;
use serde::Serialize;

use crate::{
    args::ProfileCommand,
    config::{Config, KEYS, Key, key, no_such_profile},
    context::{Context, Weight},
    output::Shape,
};

const PROFILE: Shape = Shape {
    noun: "profile",
    name: "name",
    columns: &[
        ("name", "name"),
        ("in use", "in_use"),
        ("organization", "settings.organization"),
        ("token", "has_token"),
    ],
    wide: &[("api url", "settings.api_url"), ("output", "settings.output"), ("problem", "problem")],
};

const EXPLANATION: Shape = Shape {
    noun: "setting",
    name: "key",
    columns: &[("key", "key"), ("value", "value"), ("from", "from")],
    wide: &[("variables", "variables"), ("about", "about")],
};

#[derive(Serialize)]
struct Profile {
    name: String,
    in_use: bool,
    has_token: bool,
    /// Those that can be used.
    settings: BTreeMap<String, String>,
    /// Why the profile cannot be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

#[derive(Serialize)]
struct Explanation {
    key: &'static str,
    value: Option<String>,
    from: String,
    variables: &'static [&'static str],
    about: &'static str,
}

pub(super) async fn run(cx: &Context, command: &ProfileCommand) -> Result<()> {
    match command {
        ProfileCommand::List => cx.out().list(&PROFILE, &profiles(cx)?),
        ProfileCommand::Show { name } => {
            let name = name.as_ref().unwrap_or(&cx.settings().profile);
            match profiles(cx)?.into_iter().find(|profile| profile.name == *name) {
                Some(profile) => cx.out().value(&PROFILE, &profile),
                None => Err(no_such_profile(name, &cx.settings().folder.config()?).into()),
            }
        }
        ProfileCommand::Set { settings } => set(cx, settings).await,
        ProfileCommand::Use { name } => use_profile(cx, name).await,
        ProfileCommand::Delete { name } => delete(cx, name).await,
        ProfileCommand::Explain { key } => explain(cx, key.as_deref()),
    }
}

fn profiles(cx: &Context) -> Result<Vec<Profile>> {
    let settings = cx.settings();
    let config = settings.folder.config()?;
    let credentials = settings.folder.credentials()?;
    let profiles = config.profiles().map(|name| {
        let (values, problem) = config.settings(name);
        Profile {
            name: name.to_owned(),
            in_use: name == settings.profile,
            has_token: credentials.tokens.contains_key(name),
            settings: values,
            problem: problem.map(|problem| problem.to_string()),
        }
    });
    Ok(profiles.collect())
}

async fn set(cx: &Context, assignments: &[(String, String)]) -> Result<()> {
    for (name, value) in assignments {
        if !value.is_empty() {
            key(name)?.check(value, "argument")?;
        }
    }
    let profile = &cx.settings().profile;
    change(cx, &format!("change the profile {profile}"), |config| {
        for (name, value) in assignments {
            config.set(profile, name, value)?;
        }
        Ok(())
    })
    .await?;
    cx.done(format_args!("changed the profile {profile}"));
    Ok(())
}

async fn use_profile(cx: &Context, name: &str) -> Result<()> {
    change(cx, &format!("use the profile {name}"), |config| {
        must_exist(name, config)?;
        config.profile = Some(name.to_owned());
        Ok(())
    })
    .await?;
    cx.done(format_args!("the profile {name} is in use now"));
    Ok(())
}

async fn delete(cx: &Context, name: &str) -> Result<()> {
    must_exist(name, &cx.settings().folder.config()?)?;
    cx.confirm(&format!("delete the profile {name} and its token"), Weight::Moderate)?;
    change(cx, &format!("delete the profile {name}"), |config| {
        must_exist(name, config)?;
        config.remove(name);
        Ok(())
    })
    .await?;
    if cx.is_dry_run() {
        return Ok(());
    }
    cx.settings().folder.forget_token(name).await?;
    cx.done(format_args!("deleted the profile {name}"));
    Ok(())
}

fn explain(cx: &Context, name: Option<&str>) -> Result<()> {
    let explanation = |key: &'static Key| {
        let setting = cx.settings().get(key);
        Explanation {
            key: key.name,
            value: setting.map(|setting| setting.value.clone()),
            from: setting.map_or_else(|| "default".to_owned(), |setting| setting.source.to_string()),
            variables: key.variables,
            about: key.about,
        }
    };
    match name {
        Some(name) => cx.out().value(&EXPLANATION, &explanation(key(name)?)),
        None => cx.out().list(&EXPLANATION, &KEYS.map(explanation)),
    }
}

/// Changes the configuration, or in a dry run says what would be done to it.
async fn change(cx: &Context, what: &str, change: impl FnOnce(&mut Config) -> Result<()>) -> Result<()> {
    if cx.is_dry_run() {
        cx.notice(format_args!("would {what}"));
        return Ok(());
    }
    cx.settings().folder.change_config(change).await
}

fn must_exist(name: &str, config: &Config) -> Result<()> {
    if config.has_profile(name) { Ok(()) } else { Err(no_such_profile(name, config).into()) }
}

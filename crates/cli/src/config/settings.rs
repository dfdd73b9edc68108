use std::{
    collections::BTreeMap,
    env::{self, VarError},
    fmt,
    path::Path,
};

use anyhow::{Context as _, Result};
use clap::ValueEnum as _;
use turso_cloud::ApiToken;

use super::{Config, ConfigFolder, Key};
use crate::{
    args::{Command, Format, GlobalArgs},
    exit::{Failure, Kind},
    quote::word,
    stdin,
};

pub(super) const DEFAULT_PROFILE: &str = "default";
const PROFILE_VARIABLE: &str = "TURSOCTL_PROFILE";
const TOKEN_VARIABLES: [&str; 3] = ["TURSOCTL_TOKEN", TOKEN_FILE_VARIABLE, "TURSO_API_TOKEN"];
const TOKEN_FILE_VARIABLE: &str = "TURSOCTL_TOKEN_FILE";

/// Where a setting was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Flag,
    Environment(&'static str),
    Profile(String),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("flag"),
            Self::Environment(variable) => write!(f, "environment variable {variable}"),
            Self::Profile(name) => write!(f, "profile {name}"),
        }
    }
}

/// A value and where it was found.
#[derive(Clone, Debug)]
pub(crate) struct Setting<T = String> {
    pub(crate) value: T,
    pub(crate) source: Source,
}

/// What flags, environment and profile come to.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) folder: ConfigFolder,
    /// The profile in use, which need not be there yet.
    pub(crate) profile: String,
    /// A profile named on the command line is asked for more clearly than a variable that happens to be set.
    is_profile_given: bool,
    values: BTreeMap<&'static str, Setting>,
}

impl Settings {
    /// What they come to for a command.
    pub(crate) fn resolve(flags: &GlobalArgs, command: &Command) -> Result<Self> {
        let folder = ConfigFolder::find()?;
        let config = folder.config()?;
        let of_environment = variable(&[PROFILE_VARIABLE])?.map(|(_, value)| value);
        let profile = flags.profile.clone().or(of_environment);
        let must_exist = profile.is_some() && !command.makes_profiles();
        let profile = profile.or_else(|| config.profile.clone()).unwrap_or_else(|| DEFAULT_PROFILE.to_owned());
        if must_exist && !config.has_profile(&profile) {
            return Err(no_such_profile(&profile, &config).into());
        }
        let (of_profile, problem) = config.settings(&profile);
        if let Some(problem) = problem.filter(|_| !command.tends_profiles()) {
            return Err(problem.into());
        }
        let mut settings = Self { folder, profile, is_profile_given: flags.profile.is_some(), values: BTreeMap::new() };
        for key in super::KEYS {
            if let Some(setting) = settings.find(key, flags, &of_profile)? {
                settings.values.insert(key.name, setting);
            }
        }
        Ok(settings)
    }

    pub(crate) fn get(&self, key: &Key) -> Option<&Setting> {
        self.values.get(key.name)
    }

    pub(crate) fn text(&self, key: &Key) -> Option<&str> {
        self.get(key).map(|setting| &*setting.value)
    }

    /// A command to run next, on the same profile as this one.
    pub(crate) fn on_profile(&self, command: &str) -> String {
        // One that a variable names, or the configuration, need not be named again.
        if self.is_profile_given { format!("{command} --profile {}", word(&self.profile)) } else { command.to_owned() }
    }

    /// The format of data, which was checked before.
    pub(crate) fn format(&self) -> Option<Format> {
        self.text(Key::OUTPUT).and_then(|name| Format::from_str(name, false).ok())
    }

    /// The API token, from a file, the standard input, the environment or the profile; never from an argument.
    pub(crate) fn token(&self, flags: &GlobalArgs) -> Result<Setting<ApiToken>> {
        if let Some(token) = given_token(flags.token_file.as_deref(), flags.token_stdin)? {
            return Ok(Setting { value: token, source: Source::Flag });
        }
        let of_profile = || -> Result<Option<Setting<ApiToken>>> {
            let token = self.folder.token(&self.profile)?;
            Ok(token.map(|value| Setting { value, source: Source::Profile(self.profile.clone()) }))
        };
        if self.is_profile_given
            && let Some(token) = of_profile()?
        {
            return Ok(token);
        }
        if let Some((name, value)) = variable(&TOKEN_VARIABLES)? {
            let value = match name {
                TOKEN_FILE_VARIABLE => ApiToken::new(token_of_file(Path::new(&value))?)?,
                name => ApiToken::from_env(name)?,
            };
            return Ok(Setting { value, source: Source::Environment(name) });
        }
        of_profile()?.ok_or_else(|| {
            Failure::new(Kind::Unauthenticated, format!("there is no API token for the profile {}", self.profile))
                .hint(format!(
                    "{}, or set TURSO_API_TOKEN; for a local cloud that runs: eval \"$(tursoctl local env --form shell)\"",
                    self.on_profile("tursoctl auth login")
                ))
                .into()
        })
    }

    /// The variable whose token is taken rather than that of the profile, if there is one.
    pub(crate) fn token_variable(&self) -> Option<&'static str> {
        let found = variable(&TOKEN_VARIABLES).ok().flatten();
        found.map(|(name, _)| name).filter(|_| !self.is_profile_given)
    }

    fn find(&self, key: &Key, flags: &GlobalArgs, profile: &BTreeMap<String, String>) -> Result<Option<Setting>> {
        let flag = (key.flag)(flags).map(|value| Setting { value, source: Source::Flag });
        let environment =
            variable(key.variables)?.map(|(name, value)| Setting { value, source: Source::Environment(name) });
        let profile = profile
            .get(key.name)
            .map(|value| Setting { value: value.clone(), source: Source::Profile(self.profile.clone()) });
        let found =
            if self.is_profile_given { flag.or(profile).or(environment) } else { flag.or(environment).or(profile) };
        if let Some(Setting { value, source }) = &found {
            key.check(value, &source.to_string())?;
        }
        Ok(found)
    }
}

/// A token from a file or from the first line of the standard input.
fn given_token(file: Option<&Path>, is_on_stdin: bool) -> Result<Option<ApiToken>> {
    let text = if let Some(file) = file {
        token_of_file(file)?
    } else if is_on_stdin {
        stdin::line(stdin::LONGEST_SECRET).context("cannot read the token from the standard input")?
    } else {
        return Ok(None);
    };
    Ok(Some(ApiToken::new(text)?))
}

fn token_of_file(file: &Path) -> Result<String> {
    stdin::text_of_file(file, stdin::LONGEST_SECRET, &format!("the token file {}", file.display()))
}

pub(crate) fn no_such_profile(name: &str, config: &Config) -> Failure {
    let known: Vec<_> = config.profiles().collect();
    let known = if known.is_empty() { "there are none yet".to_owned() } else { format!("known: {}", known.join(", ")) };
    Failure::new(Kind::NotFound, format!("there is no profile {name:?} ({known})")).hint("tursoctl profile list")
}

/// The first of these variables that is set and not empty.
fn variable(names: &[&'static str]) -> Result<Option<(&'static str, String)>, Failure> {
    for name in names {
        match env::var(name) {
            Ok(value) if !value.is_empty() => return Ok(Some((name, value))),
            Err(VarError::NotUnicode(_)) => {
                return Err(Failure::usage(format!("environment variable {name}: it is not UTF-8")));
            }
            Ok(_) | Err(VarError::NotPresent) => {}
        }
    }
    Ok(None)
}

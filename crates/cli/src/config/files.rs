use std::{
    collections::BTreeMap,
    env,
    fs::{self, TryLockError},
    io,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use etcetera::{AppStrategy, AppStrategyArgs};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio::task;
use turso_cloud::ApiToken;

use super::{
    credentials::{Credentials, Kept},
    keys::Key,
    profile::{Profile, ProfileFile},
    settings::DEFAULT_PROFILE,
};
use crate::{
    exit::Failure,
    files::{create_private, write_whole},
};

const FOLDER_VARIABLE: &str = "TURSOCTL_CONFIG_DIR";

/// `config.toml`: what is no secret.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// The profile in use unless another one is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) profile: Option<String>,
    #[serde(default)]
    profiles: BTreeMap<String, Profile>,
    /// Where it is kept.
    #[serde(skip)]
    file: PathBuf,
}

impl Config {
    /// Whether a profile can be used; the default one can without having been made.
    pub(crate) fn has_profile(&self, name: &str) -> bool {
        name == DEFAULT_PROFILE || self.profiles.contains_key(name)
    }

    /// The names of the profiles that have been made.
    pub(crate) fn profiles(&self) -> impl Iterator<Item = &str> {
        self.profiles.keys().map(String::as_str)
    }

    /// The settings of a profile that keep to their rules, by the names of their keys, and what is wrong with the first one
    /// that does not.
    pub(crate) fn settings(&self, profile: &str) -> (BTreeMap<String, String>, Option<Failure>) {
        let place = ProfileFile { profile, file: &self.file };
        self.profiles.get(profile).map(|kept| kept.read(place)).unwrap_or_default()
    }

    /// Keeps a setting that was held to its rule in a profile, which is made if it is not there. Without a value it is removed.
    pub(crate) fn set(&mut self, profile: &str, name: &str, value: &str) -> Result<(), Failure> {
        let place = ProfileFile { profile, file: &self.file };
        self.profiles.entry(profile.to_owned()).or_default().set(name, value, place)
    }

    /// Has a profile be there, with no settings if it is new.
    fn make(&mut self, profile: &str) {
        self.profiles.entry(profile.to_owned()).or_default();
    }

    pub(crate) fn remove(&mut self, profile: &str) {
        self.profiles.remove(profile);
        self.profile = self.profile.take().filter(|in_use| in_use != profile);
    }
}

/// Where what this program remembers by itself is kept: below `TURSOCTL_CONFIG_DIR` too, or in the folder that this system has
/// for such things. Creates nothing.
pub(crate) fn state_folder() -> Result<PathBuf> {
    if let Some(folder) = chosen_folder() {
        return Ok(folder.join("state"));
    }
    let folders = usual_folders()?;
    Ok(folders.state_dir().unwrap_or_else(|| folders.data_dir()))
}

/// What to set for what this program remembers to be kept elsewhere, and where it can be, nothing else with it.
pub(crate) fn state_variable() -> &'static str {
    if cfg!(windows) || chosen_folder().is_some() { FOLDER_VARIABLE } else { "XDG_STATE_HOME" }
}

fn chosen_folder() -> Option<PathBuf> {
    env::var_os(FOLDER_VARIABLE).filter(|folder| !folder.is_empty()).map(PathBuf::from)
}

fn usual_folders() -> Result<impl AppStrategy> {
    let names =
        AppStrategyArgs { top_level_domain: String::new(), author: String::new(), app_name: "tursoctl".to_owned() };
    etcetera::choose_app_strategy(names).with_context(|| format!("no home folder is known: set {FOLDER_VARIABLE}"))
}

/// Where both are kept.
#[derive(Clone, Debug)]
pub(crate) struct ConfigFolder(PathBuf);

impl ConfigFolder {
    /// `TURSOCTL_CONFIG_DIR`, or what is usual on this system. Creates nothing.
    pub(crate) fn find() -> Result<Self> {
        match chosen_folder() {
            Some(folder) => Ok(Self(folder)),
            None => Ok(Self(usual_folders()?.config_dir())),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn config(&self) -> Result<Config> {
        let file = self.config_file();
        let config: Config = read(&file, |error| error.message().to_owned())?;
        Ok(Config { file, ..config })
    }

    pub(crate) fn credentials(&self) -> Result<Credentials> {
        let file = self.credentials_file();
        #[cfg(unix)]
        refuse_readable_by_others(&file)?;
        // The parser's own sentence may hold what stands where it should not.
        read(&file, |_| "is not a token of a profile".to_owned())
    }

    /// The token of a profile, if it has one.
    pub(crate) fn token(&self, profile: &str) -> Result<Option<ApiToken>> {
        let Some(kept) = self.credentials()?.tokens.remove(profile) else { return Ok(None) };
        let token = kept.token().map_err(|refused| {
            let place = ProfileFile { profile, file: &self.credentials_file() };
            Failure::usage(format!("{place}: {refused}"))
                .hint(format!("tursoctl auth login --profile {profile}, or remove it with `auth logout`"))
        })?;
        Ok(Some(token))
    }

    /// Changes the configuration, with every other process that wants to do so kept waiting.
    pub(crate) async fn change_config<T>(&self, change: impl FnOnce(&mut Config) -> Result<T>) -> Result<T> {
        let _turn = self.lock().await?;
        let mut config = self.config()?;
        let result = change(&mut config)?;
        self.write(&self.config_file(), &config)?;
        Ok(result)
    }

    /// Forgets the token of a profile; says whether there was one.
    pub(crate) async fn forget_token(&self, profile: &str) -> Result<bool> {
        let _turn = self.lock().await?;
        let mut credentials = self.credentials()?;
        let was_there = credentials.tokens.remove(profile).is_some();
        self.write(&self.credentials_file(), &credentials)?;
        Ok(was_there)
    }

    /// Sees whether something can be kept here, before somebody takes the trouble to get it.
    pub(crate) async fn check(&self) -> Result<()> {
        self.lock().await.map(drop)
    }

    /// Keeps a token in a profile, with the settings it was checked with. The profile is made even if there are none: nobody
    /// could use, list or remove the token of one that is not there.
    pub(crate) async fn keep_login(
        &self,
        profile: &str,
        token: ApiToken,
        settings: impl IntoIterator<Item = (&'static Key, String)>,
    ) -> Result<()> {
        let settings: Vec<_> = settings.into_iter().collect();
        for (key, value) in &settings {
            key.check(value, "login")?;
        }
        let _turn = self.lock().await?;
        let (mut config, mut credentials) = (self.config()?, self.credentials()?);
        config.make(profile);
        for (key, value) in settings {
            config.set(profile, key.name, &value)?;
        }
        credentials.tokens.insert(profile.to_owned(), Kept::Token(token));
        self.write(&self.config_file(), &config)?;
        self.write(&self.credentials_file(), &credentials)
    }

    fn config_file(&self) -> PathBuf {
        self.0.join("config.toml")
    }

    fn credentials_file(&self) -> PathBuf {
        self.0.join("credentials.toml")
    }

    /// Held until the file is dropped. The file itself stays: removing it would let two processes hold two locks.
    async fn lock(&self) -> Result<fs::File> {
        self.locked().await.map_err(|error| self.unwritable(error).into())
    }

    async fn locked(&self) -> io::Result<fs::File> {
        create_private(&self.0)?;
        let file = fs::OpenOptions::new().create(true).truncate(false).write(true).open(self.0.join("lock"))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::Error(error)) => Err(error),
            // On a thread of its own: signals are heard meanwhile. Nothing else can end its wait, nor has to.
            Err(TryLockError::WouldBlock) => {
                let waiting = task::spawn_blocking(move || file.lock().map(|()| file));
                waiting.await.map_err(io::Error::other)?
            }
        }
    }

    fn write(&self, file: &Path, value: &impl Serialize) -> Result<()> {
        let text = toml::to_string(value).context("the configuration cannot be written as TOML")?;
        write_whole(file, &text).map_err(|error| self.unwritable(error).into())
    }

    fn unwritable(&self, error: io::Error) -> Failure {
        Failure::new(crate::exit::Kind::Failed, format!("cannot write to the folder {}", self.0.display()))
            .caused_by(error)
            .hint(format!("{FOLDER_VARIABLE}=FOLDER chooses another one"))
    }
}

/// What a file holds, or its default where there is none. `explain` says what is wrong with the line that is named.
fn read<T: Default + DeserializeOwned>(file: &Path, explain: impl Fn(&toml::de::Error) -> String) -> Result<T> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        // What is to become a folder may be a file: that is told by whoever wants to write.
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(T::default());
        }
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", file.display())),
    };
    // As a whole, the parser's error shows the line, which may hold a token.
    toml::from_str(&text).map_err(|error| {
        let before = error.span().map_or(0, |span| span.start);
        let line = 1 + text.bytes().take(before).filter(|byte| *byte == b'\n').count();
        Failure::usage(format!("{} line {line}: {}", file.display(), explain(&error))).into()
    })
}

#[cfg(unix)]
fn refuse_readable_by_others(file: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    match fs::metadata(file) {
        Ok(metadata) if metadata.permissions().mode() & 0o077 != 0 => {
            Err(Failure::usage(format!("{} holds tokens and can be read by others", file.display()))
                .hint(format!("chmod 600 {}", file.display()))
                .into())
        }
        _ => Ok(()),
    }
}

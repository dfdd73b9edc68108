//! What a running local cloud leaves for others to find it: a file with its address and its tokens, which only its owner
//! can read. A file whose address nobody listens at, or another process than it says, is stale.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use turso_cloud::ApiToken;

use crate::{
    args::DEFAULT_NAME,
    config::state_folder,
    exit::{Failure, Kind},
    files::{create_private, write_whole},
};

/// Longer names are refused.
const LONGEST_NAME: usize = 64;

/// Where a local cloud is, and what opens it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Instance {
    pub(super) name: String,
    pub(super) pid: u32,
    pub(super) url: String,
    pub(super) https_url: String,
    pub(super) organization: String,
    pub(super) token: ApiToken,
    pub(super) local_token: ApiToken,
    /// The certificate for TLS clients.
    pub(super) certificate: PathBuf,
    /// As it is shown.
    pub(super) data_dir: Option<String>,
}

/// Where those files are.
#[derive(Clone, Debug)]
pub(super) struct Instances(PathBuf);

/// Removes the file of a local cloud when that ends.
#[derive(Debug)]
pub(super) struct Registration {
    instances: Instances,
    name: String,
    pid: u32,
}

impl Instances {
    /// `local` in the folder for what is no configuration. Creates nothing.
    pub(super) fn find() -> Result<Self> {
        Ok(Self(state_folder()?.join("local")))
    }

    /// The file of a name, which is no path.
    pub(super) fn file(&self, name: &str, extension: &str) -> Result<PathBuf> {
        if !is_name(name) {
            let rule = "it must be 1 to 64 of a-z, A-Z, 0-9, '-', '_'";
            return Err(Failure::usage(format!("{name:?} is no name of a local cloud: {rule}")).into());
        }
        Ok(self.0.join(format!("{name}.{extension}")))
    }

    /// The names of those that are running, or were when they were killed.
    pub(super) fn names(&self) -> Result<Vec<String>> {
        let entries = match fs::read_dir(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.with_context(|| format!("cannot read {}", self.0.display()))?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let file = entry.with_context(|| format!("cannot read {}", self.0.display()))?.file_name();
            // Whatever else is there is none of ours.
            let name = file.to_str().and_then(|file| file.strip_suffix(".json")).filter(|name| is_name(name));
            names.extend(name.map(str::to_owned));
        }
        names.sort_unstable();
        Ok(names)
    }

    pub(super) fn load(&self, name: &str) -> Result<Option<Instance>> {
        let file = self.file(name, "json")?;
        let text = match fs::read(&file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            text => text.with_context(|| format!("cannot read {}", file.display()))?,
        };
        let instance = serde_json::from_slice(&text);
        Ok(Some(instance.with_context(|| format!("cannot read {}: delete it if its cloud is gone", file.display()))?))
    }

    /// The instance of a name, whether or not it answers.
    pub(super) fn get(&self, name: &str) -> Result<Instance> {
        self.load(name)?.ok_or_else(|| not_running(name))
    }

    /// Writes the file of an instance and the certificate it names.
    pub(super) fn register(&self, instance: &Instance, certificate: &str) -> Result<Registration> {
        self.create()?;
        let file = self.file(&instance.name, "json")?;
        write_whole(&instance.certificate, certificate)
            .with_context(|| format!("cannot write {}", instance.certificate.display()))?;
        let json = serde_json::to_string_pretty(instance)?;
        write_whole(&file, &json).with_context(|| format!("cannot write {}", file.display()))?;
        Ok(Registration { instances: self.clone(), name: instance.name.clone(), pid: instance.pid })
    }

    /// Forgets one that is gone.
    pub(super) fn forget(&self, name: &str) -> Result<()> {
        for extension in ["json", "pem"] {
            // One that stays is stale, and found to be so again.
            let _ = fs::remove_file(self.file(name, extension)?);
        }
        Ok(())
    }

    /// Forgets one that ends, unless another cloud has taken the name since.
    pub(super) fn forget_own(&self, name: &str, pid: u32) {
        if self.load(name).ok().flatten().is_some_and(|instance| instance.pid == pid) {
            // A file that stays is stale, and found to be so.
            let _ = self.forget(name);
        }
    }

    /// A folder of a name, for its owner's eyes only.
    pub(super) fn folder(&self, name: &str, purpose: &str) -> Result<PathBuf> {
        let folder = self.file(name, purpose)?;
        make_private(&folder)?;
        Ok(folder)
    }

    pub(super) fn create(&self) -> Result<()> {
        make_private(&self.0)
    }
}

fn is_name(name: &str) -> bool {
    let is_good = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(is_good)
}

pub(super) fn not_running(name: &str) -> anyhow::Error {
    let start = if name == DEFAULT_NAME {
        "tursoctl local start".to_owned()
    } else {
        format!("tursoctl local start --name {name}")
    };
    // Without a list of the others, it is still true that this one does not run.
    let names = Instances::find().and_then(|instances| instances.names()).unwrap_or_default();
    let others: Vec<_> = names.into_iter().filter(|other| other != name).collect();
    let hint = match &*others {
        [] => start,
        [other] => format!("--name {other} for the one that runs; {start} for another"),
        others => format!("--name for one of those that run ({}); {start} for another", others.join(", ")),
    };
    Failure::new(Kind::NotFound, format!("no local cloud named {name} is running")).hint(hint).into()
}

fn make_private(folder: &Path) -> Result<()> {
    create_private(folder).with_context(|| format!("cannot create {}", folder.display()))
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.instances.forget_own(&self.name, self.pid);
    }
}

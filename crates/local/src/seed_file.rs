//! A file that says what is in a cloud from the beginning. Its keys are told by the README of the crate, and a test holds
//! it to them.

use std::{
    collections::HashSet,
    fs, io,
    path::{Component, Path, PathBuf},
};

use serde::Deserialize;
use turso_cloud_contract::{ByteSize, InvalidInput, members::Role};

use crate::{
    CloudError,
    founder::{NewDatabase, NewToken, Plan, Population, Team},
};

/// The text of a seed file, with the SQL of the files it names.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeedFile {
    #[serde(default, rename = "user")]
    users: Vec<User>,
    #[serde(default, rename = "organization")]
    organizations: Vec<Organization>,
    #[serde(default, rename = "token")]
    tokens: Vec<Token>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct User {
    name: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Organization {
    slug: String,
    plan: Option<String>,
    #[serde(default, rename = "group")]
    groups: Vec<Group>,
    #[serde(default, rename = "member")]
    members: Vec<Member>,
    #[serde(default, rename = "database")]
    databases: Vec<Database>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    name: String,
    location: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Member {
    user: String,
    role: Role,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Database {
    name: String,
    #[serde(default = "default_group")]
    group: String,
    size_limit: Option<ByteSize>,
    #[serde(default)]
    sql: String,
    /// Run before `sql`.
    sql_file: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Token {
    name: String,
    #[serde(default = "default_user")]
    user: String,
    id: Option<String>,
    organization: Option<String>,
}

fn default_group() -> String {
    "default".to_owned()
}

fn default_user() -> String {
    crate::founder::USER.to_owned()
}

/// Reads a seed file; files with SQL are looked for in `folder`, and only there and below.
pub(crate) fn read(text: &str, folder: Option<&Path>) -> Result<SeedFile, CloudError> {
    let mut file: SeedFile = toml::from_str(text).map_err(|error| CloudError::toml("seed file", &error))?;
    told_once(&file.organizations)?;
    for database in file.organizations.iter_mut().flat_map(|organization| &mut organization.databases) {
        if let Some(name) = database.sql_file.take() {
            database.sql = format!("{}\n{}", sql_in(folder, &name)?, database.sql);
        }
    }
    Ok(file)
}

/// Whoever writes an organization down twice has copied one and not given it a name of its own.
fn told_once(organizations: &[Organization]) -> Result<(), CloudError> {
    let mut seen = HashSet::new();
    match organizations.iter().find(|organization| !seen.insert(&organization.slug)) {
        Some(again) => Err(InvalidInput::new("organization", &again.slug, "is in the seed file twice").into()),
        None => Ok(()),
    }
}

fn sql_in(folder: Option<&Path>, name: &str) -> Result<String, CloudError> {
    let refuse = |rule: &'static str| CloudError::from(InvalidInput::new("sql_file", name, rule));
    let outside = || refuse("must be a file in the folder of the seed file or below");
    let folder = folder.ok_or_else(|| refuse("only a seed file on the disk can name other files"))?;
    let is_below = Path::new(name).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if !is_below {
        return Err(outside());
    }
    let path = folder.join(name);
    // A link may lead out of the folder.
    let found = resolve(folder).and_then(|folder| Ok((folder, resolve(&path)?)));
    match found {
        Ok((folder, file)) if !file.starts_with(&folder) => Err(outside()),
        Ok((_, file)) => fs::read_to_string(file).map_err(|source| CloudError::File { action: "read", path, source }),
        Err(source) => Err(CloudError::File { action: "read", path, source }),
    }
}

/// Where a path leads to, following links. The folder of a bare file name is the empty path.
fn resolve(path: &Path) -> io::Result<PathBuf> {
    fs::canonicalize(if path.as_os_str().is_empty() { Path::new(".") } else { path })
}

impl SeedFile {
    /// Adds what it declares to what is to be there.
    pub(crate) fn add_to(self, population: &mut Population) {
        population.users.extend(self.users.into_iter().map(|user| user.name));
        for organization in self.organizations {
            let groups = organization.groups.into_iter().map(|group| (group.name, group.location));
            let members = organization.members.into_iter().map(|member| (member.user, member.role));
            let databases = organization.databases.into_iter().map(|database| NewDatabase {
                name: database.name,
                group: database.group,
                size_limit: database.size_limit,
                sql: database.sql,
            });
            let mut team = Team::new(organization.slug);
            team.plan = organization.plan.map(Plan::AtFirst);
            team.groups.extend(groups);
            team.members.extend(members);
            team.databases.extend(databases);
            population.teams.push(team);
        }
        population.tokens.extend(self.tokens.into_iter().map(|token| NewToken {
            user: token.user,
            name: token.name,
            id: token.id,
            organization: token.organization,
        }));
    }
}

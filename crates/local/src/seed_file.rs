//! A file that says what is in a cloud from the beginning. Its keys are told by the README of the crate, and a test holds
//! it to them.

use std::{
    collections::HashMap,
    fmt, fs, io,
    marker::PhantomData,
    path::{Component, Path, PathBuf},
};

use serde::{
    Deserialize, Deserializer,
    de::{SeqAccess, Visitor},
};
use toml::Spanned;
use turso_cloud_contract::{ByteSize, members::Role};

use crate::{
    CloudError,
    founder::USER,
    population::{NewDatabase, NewToken, Plan, Population, Sql, Team, Word},
    regular_file,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedFile {
    #[serde(default, rename = "user", deserialize_with = "tables")]
    users: Vec<User>,
    #[serde(default, rename = "organization", deserialize_with = "tables")]
    organizations: Vec<Organization>,
    #[serde(default, rename = "token", deserialize_with = "tables")]
    tokens: Vec<Token>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct User {
    name: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Organization {
    slug: Spanned<String>,
    plan: Option<Spanned<String>>,
    #[serde(default, rename = "group", deserialize_with = "tables")]
    groups: Vec<Group>,
    #[serde(default, rename = "member", deserialize_with = "tables")]
    members: Vec<Member>,
    #[serde(default, rename = "database", deserialize_with = "tables")]
    databases: Vec<Database>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    name: Spanned<String>,
    location: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Member {
    user: Spanned<String>,
    role: Spanned<Role>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Database {
    name: Spanned<String>,
    group: Option<Spanned<String>>,
    size_limit: Option<ByteSize>,
    sql: Option<String>,
    /// Run before `sql`.
    sql_file: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Token {
    name: Spanned<String>,
    user: Option<Spanned<String>>,
    id: Option<Spanned<String>>,
    organization: Option<Spanned<String>>,
}

/// A list of tables. What is written with one pair of brackets is no list, and the word of the format for it helps nobody.
fn tables<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    struct Tables<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for Tables<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list, as [[two brackets]] make one")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
            let mut tables = Vec::new();
            while let Some(table) = items.next_element()? {
                tables.push(table);
            }
            Ok(tables)
        }
    }

    deserializer.deserialize_seq(Tables(PhantomData))
}

/// Reads a seed file; files with SQL are looked for in `folder`, and only there and below.
pub(crate) fn read(text: &str, folder: Option<&Path>) -> Result<Population, CloudError> {
    let file: SeedFile = toml::from_str(text).map_err(|error| CloudError::toml("seed file", &error))?;
    let reader = Reader { ends: text.match_indices('\n').map(|(end, _)| end).collect(), folder };
    let population = reader.population(file)?;
    told_once(&population)?;
    Ok(population)
}

struct Reader<'f> {
    /// Where each line ends.
    ends: Vec<usize>,
    folder: Option<&'f Path>,
}

impl Reader<'_> {
    fn population(&self, file: SeedFile) -> Result<Population, CloudError> {
        Ok(Population {
            users: file.users.into_iter().map(|user| self.word(user.name)).collect(),
            teams: file.organizations.into_iter().map(|team| self.team(team)).collect::<Result<_, _>>()?,
            tokens: file.tokens.into_iter().map(|token| self.token(token)).collect(),
        })
    }

    fn team(&self, organization: Organization) -> Result<Team, CloudError> {
        let mut team = Team::new(self.word(organization.slug));
        team.plan = organization.plan.map(|plan| Plan::AtFirst(self.word(plan)));
        let groups = organization.groups.into_iter();
        team.groups.extend(groups.map(|group| (self.word(group.name), self.word(group.location))));
        for member in organization.members {
            let role = self.line(&member.role);
            let checked = member.role.get_ref().check_assignable();
            checked.map_err(|refused| Word::in_line(String::new(), role).place(&refused))?;
            team.members.push((self.word(member.user), member.role.into_inner()));
        }
        for database in organization.databases {
            team.databases.push(self.database(database)?);
        }
        Ok(team)
    }

    fn database(&self, database: Database) -> Result<NewDatabase, CloudError> {
        let mut sql = Vec::new();
        if let Some(name) = database.sql_file {
            let name = self.word(name);
            sql.push(Sql { text: sql_in(self.folder, &name)?, name: name.to_string() });
        }
        sql.extend(database.sql.map(|text| Sql { name: "`sql`".to_owned(), text }));
        Ok(NewDatabase {
            name: self.word(database.name),
            group: self.word_or(database.group, "default"),
            size_limit: database.size_limit,
            sql,
        })
    }

    fn token(&self, token: Token) -> NewToken {
        NewToken {
            user: self.word_or(token.user, USER),
            name: self.word(token.name),
            id: token.id.map(|id| self.word(id)),
            organization: token.organization.map(|slug| self.word(slug)),
        }
    }

    fn word_or(&self, text: Option<Spanned<String>>, usual: &str) -> Word {
        text.map_or_else(|| usual.into(), |text| self.word(text))
    }

    fn word(&self, text: Spanned<String>) -> Word {
        let line = self.line(&text);
        Word::in_line(text.into_inner(), line)
    }

    fn line<T>(&self, text: &Spanned<T>) -> usize {
        self.ends.partition_point(|end| *end < text.span().start) + 1
    }
}

/// Whoever writes something down twice has copied it and not given it a name of its own, or means one of two things.
fn told_once(population: &Population) -> Result<(), CloudError> {
    let mut seen = HashMap::new();
    let mut once = |kind: &'static str, of: Option<&Word>, word: &Word| match seen
        .insert((kind, of.map(|of| (**of).to_owned()), (**word).to_owned()), word.line())
    {
        None => Ok(()),
        Some(first) => {
            let rule = format!("is in the seed file twice (lines {first} and {})", word.line());
            Err(word.refuse_as_it_is(kind, rule))
        }
    };
    population.users.iter().try_for_each(|user| once("user", None, user))?;
    for team in &population.teams {
        let of = Some(&team.slug);
        once("organization", None, &team.slug)?;
        team.groups.iter().try_for_each(|(name, _)| once("group", of, name))?;
        team.members.iter().try_for_each(|(user, _)| once("member", of, user))?;
        team.databases.iter().try_for_each(|database| once("database", of, &database.name))?;
    }
    Ok(population.tokens.iter().try_for_each(|token| once("token", Some(&token.user), &token.name))?)
}

fn sql_in(folder: Option<&Path>, name: &Word) -> Result<String, CloudError> {
    let refuse = |rule| CloudError::from(name.refuse("sql_file", rule));
    let outside = || refuse("must be a file in the folder of the seed file or below");
    let folder = folder.ok_or_else(|| refuse("only a seed file on the disk can name other files"))?;
    let is_below = Path::new(&**name).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if name.is_empty() || !is_below {
        return Err(outside());
    }
    let path = folder.join(&**name);
    // A link may lead out of the folder.
    let found = resolve(folder).and_then(|folder| Ok((folder, resolve(&path)?)));
    let failed = CloudError::file("read the `sql_file`", &path);
    match found {
        Ok((folder, file)) if !file.starts_with(&folder) => Err(outside()),
        Ok((_, file)) => regular_file::read_to_string(&file).map_err(failed),
        Err(source) => Err(failed(source)),
    }
}

/// Where a path leads to, following links. The folder of a bare file name is the empty path.
fn resolve(path: &Path) -> io::Result<PathBuf> {
    fs::canonicalize(if path.as_os_str().is_empty() { Path::new(".") } else { path })
}

//! Who and what is to be there before the first request, as the builder and seed files say it.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    ops::Deref,
};

use turso_cloud_contract::{ByteSize, InvalidInput, members};

use crate::founder::{TEAM, USER};

/// A text that a cloud was told, and the line of the seed file where it stands; none where the builder was told.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Word {
    text: String,
    line: Option<usize>,
}

impl Word {
    pub(crate) fn in_line(text: String, line: usize) -> Self {
        Self { text, line: Some(line) }
    }

    /// The line, for what was found in a seed file.
    pub(crate) fn line(&self) -> usize {
        self.line.unwrap_or_default()
    }

    pub(crate) fn is_in_a_file(&self) -> bool {
        self.line.is_some()
    }

    /// What stands in the place of this one, in the same line.
    pub(crate) fn with_text(&self, text: impl Into<String>) -> Self {
        Self { text: text.into(), line: self.line }
    }

    /// Refuses it for what it was to be.
    pub(crate) fn refuse(&self, field: &'static str, rule: impl fmt::Display) -> InvalidInput {
        self.place(&InvalidInput::new(field, self, rule.to_string()))
    }

    /// Refuses it for a rule that says where it is.
    pub(crate) fn refuse_as_it_is(&self, field: &'static str, rule: String) -> InvalidInput {
        InvalidInput::new(field, self, rule)
    }

    /// A checked text of the same kind as `T`.
    pub(crate) fn as_name<'w, T: TryFrom<&'w str, Error = InvalidInput>>(&'w self) -> Result<T, InvalidInput> {
        T::try_from(&self.text).map_err(|refused| self.place(&refused))
    }

    /// Says where it is, in what refuses it.
    pub(crate) fn place(&self, refused: &InvalidInput) -> InvalidInput {
        let Some(line) = self.line else { return refused.clone() };
        let (field, rule) = (refused.field().to_owned(), format!("{} (line {line} of the seed file)", refused.rule()));
        match refused.value() {
            Some(value) => InvalidInput::new(field, value, rule),
            None => InvalidInput::without_value(field, rule),
        }
    }
}

impl Deref for Word {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl<T: Into<String>> From<T> for Word {
    fn from(text: T) -> Self {
        Self { text: text.into(), line: None }
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

/// An organization that is to be there.
#[derive(Clone, Debug)]
pub(crate) struct Team {
    pub(crate) slug: Word,
    /// Names and locations of its groups.
    pub(crate) groups: Vec<(Word, Word)>,
    /// Names and roles of those who are in it beside its owner.
    pub(crate) members: Vec<(Word, members::Role)>,
    /// Another plan than the usual one.
    pub(crate) plan: Option<Plan>,
    pub(crate) databases: Vec<NewDatabase>,
}

impl Team {
    pub(crate) fn new(slug: impl Into<Word>) -> Self {
        Self { slug: slug.into(), groups: Vec::new(), members: Vec::new(), plan: None, databases: Vec::new() }
    }
}

/// The plan an organization is to be on.
#[derive(Clone, Debug)]
pub(crate) enum Plan {
    /// Only if it is new, as with all that a seed file declares.
    AtFirst(Word),
    /// Whatever it was on before.
    FromNowOn(Word),
}

/// A database that is to be there, with the SQL that fills it.
#[derive(Clone, Debug)]
pub(crate) struct NewDatabase {
    pub(crate) name: Word,
    pub(crate) group: Word,
    pub(crate) size_limit: Option<ByteSize>,
    /// One after the other, as one text.
    pub(crate) sql: Vec<Sql>,
}

/// A text of SQL, and what its user knows it by.
#[derive(Clone, Debug)]
pub(crate) struct Sql {
    pub(crate) name: String,
    pub(crate) text: String,
}

/// A token of the Platform API that is to be there.
#[derive(Clone, Debug)]
pub(crate) struct NewToken {
    pub(crate) user: Word,
    pub(crate) name: Word,
    pub(crate) id: Option<Word>,
    /// The only organization it opens.
    pub(crate) organization: Option<Word>,
}

/// Everybody and everything that is to be there.
#[derive(Clone, Debug, Default)]
pub(crate) struct Population {
    pub(crate) users: Vec<Word>,
    pub(crate) teams: Vec<Team>,
    pub(crate) tokens: Vec<NewToken>,
}

impl Population {
    /// The team added last, or `acme` when there is none.
    pub(crate) fn last_team(&mut self) -> &mut Team {
        if self.teams.is_empty() {
            self.teams.push(Team::new(TEAM));
        }
        let last = self.teams.len() - 1;
        &mut self.teams[last]
    }

    /// Adds what another one has.
    pub(crate) fn join(&mut self, other: Self) {
        self.users.extend(other.users);
        self.teams.extend(other.teams);
        self.tokens.extend(other.tokens);
    }

    /// Refuses what cannot be as it was said, because it was said in another way as well.
    pub(crate) fn check_agreement(&self) -> Result<(), InvalidInput> {
        let (mut locations, mut roles) = (HashMap::new(), HashMap::new());
        for team in &self.teams {
            for (name, location) in &team.groups {
                let first = locations.entry((&*team.slug, &**name)).or_insert(&**location);
                if *first != &**location {
                    let rule = format!("cannot be in {first:?} and in {location:?}");
                    return Err(name.refuse("group", rule));
                }
            }
            for (user, role) in &team.members {
                let first = roles.entry((&*team.slug, &**user)).or_insert(role);
                if *first != role {
                    let rule = format!("cannot have the roles {:?} and {:?}", first.as_str(), role.as_str());
                    return Err(user.refuse("member", rule));
                }
            }
        }
        Ok(())
    }

    /// Everybody who is named, and `dev`: the slugs of their personal organizations are the same.
    pub(crate) fn people(&self) -> HashSet<&str> {
        let members = self.teams.iter().flat_map(|team| &team.members).map(|(username, _)| &**username);
        self.users.iter().map(|username| &**username).chain(members).chain([USER]).collect()
    }
}

//! Who and what is there before the first request.

use std::{
    cell::RefCell,
    collections::{HashMap, HashSet},
    error::Error,
};

use jiff::Timestamp;
use turso_cloud_contract::{
    ApiToken, ApiTokenId, ApiTokenName, ByteSize, DatabaseName, GroupName, InvalidInput, LocationCode,
    OrganizationSlug, Username, organizations::OrganizationKind,
};

use crate::{
    CloudError,
    control::{is_known_location, is_known_plan, provision, put_on_plan, sign},
    data::{DataPlane, Interrupter, LoadError, Prepared, SigningSeed},
    ids::{Ids, Root},
    local_api::UserToken,
    population::{NewDatabase, NewToken, Plan, Population, Sql, Team, Word},
    store::{ApiTokenRow, DatabaseRow, OrganizationRow, Role, Store, TokenOrganization, Transaction, UserRow},
};

/// The user whose token the cloud hands out; the slug of a personal organization is the name of its user.
pub(crate) const USER: &str = "dev";

/// The team organization when none is named.
pub(crate) const TEAM: &str = "acme";

/// The group every organization begins with, and where it is.
const GROUP: (&str, &str) = ("default", "local");

/// The name of the tokens the cloud hands out.
pub(crate) const TOKEN: &str = UserToken::HANDED_OUT;

/// What a cloud hands down to one that is founded in its place: what programs have been told already.
#[derive(Debug, Default)]
pub(crate) struct Heirlooms {
    key: Option<SigningSeed>,
    /// The ids of the tokens the cloud hands out, by the name of their user.
    tokens: HashMap<String, ApiTokenId>,
}

impl Heirlooms {
    pub(crate) fn of(store: &Store) -> Result<Self, CloudError> {
        store.transact(|transaction| {
            let tokens = transaction.api_tokens_named(TOKEN)?.into_iter().map(|row| (row.user.username, row.jti));
            Ok(Self { key: transaction.platform_key()?, tokens: tokens.collect() })
        })
    }
}

/// Sets a cloud up, or finds it set up already.
#[derive(Debug)]
pub(crate) struct Founder<'a> {
    pub(crate) transaction: &'a Transaction<'a>,
    pub(crate) ids: Ids,
    pub(crate) now: Timestamp,
    pub(crate) heirlooms: &'a Heirlooms,
    pub(crate) data: &'a DataPlane,
    /// What ids follow from instead; nothing at first.
    pub(crate) root: Option<SigningSeed>,
    /// The files of databases whose rows are not committed yet.
    pub(crate) prepared: &'a RefCell<Vec<Prepared>>,
}

/// What a cloud tells of itself.
#[derive(Clone, Debug)]
pub(crate) struct Foundation {
    pub(crate) token: ApiToken,
    pub(crate) organization: OrganizationSlug,
}

impl Founder<'_> {
    /// Makes what is missing. A cloud that was set up before gets only what is named now, and `acme` only when it is
    /// new: what was deleted since then stays deleted.
    pub(crate) fn found(mut self, population: &Population) -> Result<Foundation, CloudError> {
        let Population { users, teams, tokens } = population;
        let people = population.people();
        // What the builder was told to make is a team, whatever else it is called.
        let is_personal = |team: &Team| &*team.slug == USER || team.slug.is_in_a_file() && people.contains(&*team.slug);
        let is_new = self.transaction.find_user(USER)?.is_none();
        self.root_if(is_new)?;
        let kept = self.kept(teams)?;
        let user = self.user(&USER.into(), teams)?;
        if is_new && teams.iter().all(is_personal) {
            self.team(&user, &Team::new(TEAM))?;
        }
        // Those of other people are made with them.
        let is_theirs = |team: &&Team| is_personal(team) && &*team.slug != USER && !kept.contains(&*team.slug);
        for team in teams.iter().filter(|team| !is_theirs(team)) {
            self.team(&user, team)?;
            self.plan(team, kept.contains(&*team.slug))?;
        }
        let key = self.key()?;
        let token = self.token(&user, &key)?;
        let members = teams.iter().flat_map(|team| &team.members).map(|(username, _)| username);
        for username in users.iter().chain(members) {
            self.token(&self.user(username, teams)?, &key)?;
        }
        teams.iter().filter(is_theirs).try_for_each(|team| self.plan(team, false))?;
        for team in teams {
            self.members(team)?;
            self.databases(team)?;
        }
        tokens.iter().try_for_each(|token| self.declared_token(token))?;
        Ok(Foundation { token, organization: self.chosen(&user, teams)? })
    }

    /// A user with their personal organization, who is made when needed.
    fn user(&self, username: &Word, teams: &[Team]) -> Result<UserRow, CloudError> {
        if let Some(user) = self.transaction.find_user(username)? {
            return Ok(user);
        }
        Username::check(username).map_err(|refused| username.place(&refused))?;
        let slug = username.as_name::<OrganizationSlug>()?;
        if self.transaction.find_organization(&slug)?.is_some() {
            return Err(username.refuse("username", "an organization has this slug").into());
        }
        let user = self.transaction.insert_user(username)?;
        let groups = teams.iter().find(|team| *team.slug == **username).map_or(&[][..], |team| &team.groups);
        self.organization(&user, slug, OrganizationKind::Personal, groups)?;
        Ok(user)
    }

    fn team(&self, user: &UserRow, team: &Team) -> Result<(), CloudError> {
        let slug = team.slug.as_name::<OrganizationSlug>()?;
        match self.transaction.find_organization(&slug)? {
            Some(organization) => self.groups(&organization, &team.groups),
            None => self.organization(user, slug, OrganizationKind::Team, &team.groups),
        }
    }

    /// The slugs of the teams that were there before.
    fn kept<'t>(&self, teams: &'t [Team]) -> Result<HashSet<&'t str>, CloudError> {
        let mut kept = HashSet::new();
        for team in teams {
            if self.transaction.find_organization(&team.slug.as_name()?)?.is_some() {
                kept.insert(&*team.slug);
            }
        }
        Ok(kept)
    }

    fn plan(&self, team: &Team, is_kept: bool) -> Result<(), CloudError> {
        let Some(Plan::AtFirst(plan) | Plan::FromNowOn(plan)) = &team.plan else { return Ok(()) };
        if !is_known_plan(plan) {
            return Err(plan.refuse("plan", "it is not in the list of plans").into());
        }
        if is_kept && matches!(team.plan, Some(Plan::AtFirst(_))) {
            return Ok(());
        }
        let mut organization = self.organization_named(&team.slug)?;
        put_on_plan(&mut organization, plan.to_string());
        Ok(self.transaction.update_organization(&organization)?)
    }

    /// Whoever is in the team already keeps their role.
    fn members(&self, team: &Team) -> Result<(), CloudError> {
        for (username, role) in &team.members {
            role.check_assignable().map_err(|refused| username.place(&refused))?;
            let (user, organization) = (self.user(username, &[])?, self.organization_named(&team.slug)?);
            let refuse = |rule: &str| Err(username.refuse("member", rule).into());
            match self.transaction.find_role(organization.id, user.id)? {
                Some(Role::Owner) => return refuse("owns the organization"),
                _ if organization.kind == OrganizationKind::Personal => {
                    let slug = &organization.slug;
                    return refuse(&format!("organization {slug} is a personal organization and can't have members"));
                }
                Some(_) => {}
                None => {
                    let Ok(role) = role.as_str().parse() else { continue };
                    self.transaction.insert_member(organization.id, user.id, role)?;
                }
            }
        }
        Ok(())
    }

    fn organization(
        &self,
        user: &UserRow,
        slug: OrganizationSlug,
        kind: OrganizationKind,
        groups: &[(Word, Word)],
    ) -> Result<(), CloudError> {
        let name = if kind == OrganizationKind::Personal { "personal".to_owned() } else { capitalized(slug.as_str()) };
        let ids = self.ids_of(&["organization", slug.as_str()]);
        let organization = provision::organization(self.transaction, ids, user, name, slug, kind)?;
        self.groups(&organization, groups)?;
        self.group(&organization, &GROUP.0.into(), &GROUP.1.into())
    }

    fn groups(&self, organization: &OrganizationRow, groups: &[(Word, Word)]) -> Result<(), CloudError> {
        groups.iter().try_for_each(|(name, location)| self.group(organization, name, location))
    }

    fn group(&self, organization: &OrganizationRow, name: &Word, location: &Word) -> Result<(), CloudError> {
        let (name, code) = (name.as_name::<GroupName>()?, location.as_name::<LocationCode>()?);
        if !is_known_location(&code) {
            return Err(location.refuse("location", "it is not in the list of locations").into());
        }
        if self.transaction.find_group(organization.id, &name)?.is_none() {
            let ids = self.ids_of(&["group", organization.slug.as_str(), name.as_str()]);
            provision::group(self.transaction, ids, organization, name, code)?;
        }
        Ok(())
    }

    /// The token of the user, which is made once and stays the same.
    fn token(&self, user: &UserRow, key: &SigningSeed) -> Result<ApiToken, CloudError> {
        if let Some(token) = self.transaction.find_api_token_named(user.id, TOKEN)? {
            return Ok(sign(&token, key)?);
        }
        let inherited = self.heirlooms.tokens.get(&user.username).cloned();
        let ids = self.ids_of(&["token", &user.username, TOKEN]);
        let token = self.transaction.insert_api_token(ApiTokenRow {
            jti: inherited.map_or_else(|| ids.token_id(self.transaction), Ok)?,
            name: TOKEN.try_into()?,
            user: user.clone(),
            organization: None,
            group: None,
            created_at: self.now,
        })?;
        Ok(sign(&token, key)?)
    }

    /// A token that a seed file names. One of the same name stays as it is.
    fn declared_token(&self, token: &NewToken) -> Result<(), CloudError> {
        let user = self.transaction.find_user(&token.user)?;
        let user = user.ok_or_else(|| token.user.refuse("user", "there is none of this name"))?;
        let name = token.name.as_name::<ApiTokenName>()?;
        if name.as_str() == TOKEN {
            return Err(token.name.refuse("token name", "the token that the cloud hands out has it").into());
        }
        if self.transaction.find_api_token_named(user.id, &token.name)?.is_some() {
            return Ok(());
        }
        let id = match &token.id {
            Some(id) => checked_token_id(id)?,
            None => self.ids_of(&["token", &token.user, &token.name]).token_id(self.transaction)?,
        };
        if self.transaction.find_api_token(id.as_str())?.is_some() {
            let place = token.id.as_ref().map_or_else(|| token.name.with_text(id.as_str()), Word::clone);
            return Err(place.refuse("token.id", "another token has it").into());
        }
        let organization = token.organization.as_ref().map(|slug| self.opened_by(&user, slug)).transpose()?;
        self.transaction.insert_api_token(ApiTokenRow {
            jti: id,
            name,
            user,
            organization: organization.map(|row| TokenOrganization { id: row.id, slug: row.slug }),
            group: None,
            created_at: self.now,
        })?;
        Ok(())
    }

    /// An organization that a token of this user can open.
    fn opened_by(&self, user: &UserRow, slug: &Word) -> Result<OrganizationRow, CloudError> {
        let organization = self.organization_named(slug)?;
        match self.transaction.find_role(organization.id, user.id)? {
            Some(_) => Ok(organization),
            None => Err(slug.refuse("organization", format!("{} is not a member of it", user.username)).into()),
        }
    }

    /// Databases that are there already stay as they are.
    fn databases(&self, team: &Team) -> Result<(), CloudError> {
        for database in &team.databases {
            let (organization, name) = (self.organization_named(&team.slug)?, database.name.as_name()?);
            if self.transaction.find_database(organization.id, &name)?.is_none() {
                self.database(&organization, name, database)?;
            }
        }
        Ok(())
    }

    fn database(
        &self,
        organization: &OrganizationRow,
        name: DatabaseName,
        database: &NewDatabase,
    ) -> Result<(), CloudError> {
        let group = self.transaction.find_group(organization.id, &database.group.as_name()?)?;
        let group = group.ok_or_else(|| database.group.refuse("group", "there is none of this name"))?;
        let label = provision::fitting_label(organization, &name).map_err(|refused| database.name.place(&refused))?;
        provision::check_is_free(self.transaction, &label)
            .map_err(|refusal| database.name.refuse("database name", refusal.error()))?;
        let ids = self.ids_of(&["database", organization.slug.as_str(), name.as_str()]);
        let (uuid, role) = (ids.uuid(self.transaction)?, ids.role_id(self.transaction)?);
        let row = DatabaseRow::new(uuid, name, group, label, role, self.now);
        let row = self.transaction.insert_database(DatabaseRow { size_limit: database.size_limit, ..row })?;
        let text: Vec<_> = database.sql.iter().map(|sql| &*sql.text).collect();
        let text = text.join("\n");
        if text.trim().is_empty() {
            return Ok(());
        }
        let size_limit = database.size_limit.map(ByteSize::bytes);
        let loaded = self.data.load(size_limit, &mut text.as_bytes(), Interrupter::default());
        let mut loaded = loaded.map_err(|error| CloudError::Seed {
            database: database.name.to_string(),
            source: in_its_text(error, &database.sql),
        })?;
        loaded.give_to(row.uuid.as_str()).map_err(CloudError::file("write", self.data.directory()))?;
        self.prepared.borrow_mut().push(loaded);
        Ok(())
    }

    fn organization_named(&self, slug: &Word) -> Result<OrganizationRow, CloudError> {
        let found = self.transaction.find_organization(&slug.as_name()?)?;
        Ok(found.ok_or_else(|| slug.refuse("organization", "there is none of this name"))?)
    }

    /// Where ids are random, those of a new cloud follow from its key, so that a reset, which hands it down, has the same ones
    /// again: tokens of databases and groups go on working. What a cloud that is there already gets is random: what it has
    /// lost may come back, and its ids with it.
    fn root_if(&mut self, is_new: bool) -> Result<(), CloudError> {
        if is_new && self.ids.is_random() {
            self.root = Some(self.key()?);
        }
        Ok(())
    }

    /// The ids of what has this path.
    fn ids_of(&self, path: &[&str]) -> Ids {
        self.root.as_ref().map_or(self.ids, |key| Ids::Rooted(Root::of(key, &path.join("/"))))
    }

    /// The key of platform tokens, which is made when needed.
    fn key(&self) -> Result<SigningSeed, CloudError> {
        if let Some(key) = self.transaction.platform_key()? {
            return Ok(key);
        }
        let key = self.heirlooms.key.clone().map_or_else(|| self.ids.signing_seed(self.transaction), Ok)?;
        self.transaction.insert_platform_key(&key)?;
        Ok(key)
    }

    /// The organization that is named first, or else the oldest team of the user.
    fn chosen(&self, user: &UserRow, teams: &[Team]) -> Result<OrganizationSlug, CloudError> {
        for team in teams {
            let organization = self.organization_named(&team.slug)?;
            if organization.kind == OrganizationKind::Team {
                return Ok(organization.slug);
            }
        }
        let organizations = self.transaction.organizations_of(user.id)?;
        let team = organizations.into_iter().find(|organization| organization.kind == OrganizationKind::Team);
        team.map_or_else(|| Ok(TEAM.try_into()?), |organization| Ok(organization.slug))
    }
}

/// As the cloud itself makes them.
fn checked_token_id(id: &Word) -> Result<ApiTokenId, InvalidInput> {
    let is_good = id.len() == 22 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if is_good { id.as_name() } else { Err(id.refuse("token.id", "must be 22 of a-z, A-Z, 0-9, '-', '_'")) }
}

/// Counts the line where it stands: all texts of a database are run as one.
fn in_its_text(error: LoadError, texts: &[Sql]) -> Box<dyn Error + Send + Sync> {
    let LoadError::Statement { mut line, problem } = error else { return error.into() };
    for Sql { name, text } in texts {
        let lines = text.matches('\n').count() as u64 + 1;
        if line <= lines {
            return format!("the statement in line {line} of {name} failed: {problem}").into();
        }
        line -= lines;
    }
    LoadError::Statement { line, problem }.into()
}

fn capitalized(slug: &str) -> String {
    let mut characters = slug.chars();
    characters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + characters.as_str())
}

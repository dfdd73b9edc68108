//! Who and what is there before the first request.

use jiff::Timestamp;
use turso_cloud_contract::{
    ApiToken, GroupName, InvalidInput, LocationCode, OrganizationSlug, Username, members,
    organizations::OrganizationKind,
};

use crate::{
    CloudError,
    control::{Verifier, is_known_location, is_known_plan, provision, sign},
    data::SigningSeed,
    ids::Ids,
    store::{OrganizationRow, Transaction, UserRow},
};

/// The user whose token the cloud hands out; the slug of a personal organization is the name of its user.
pub(crate) const USER: &str = "dev";

/// The team organization when none is named.
pub(crate) const TEAM: &str = "acme";

/// The group every organization begins with, and where it is.
const GROUP: (&str, &str) = ("default", "local");

/// The name of the tokens the cloud hands out.
pub(crate) const TOKEN: &str = "local";

/// A team organization that is to be there.
#[derive(Clone, Debug)]
pub(crate) struct Team {
    slug: String,
    /// Names and locations of its groups.
    pub(crate) groups: Vec<(String, String)>,
    /// Names and roles of those who are in it beside its owner.
    pub(crate) members: Vec<(String, members::Role)>,
    /// Another plan than the usual one.
    pub(crate) plan: Option<String>,
}

impl Team {
    pub(crate) fn new(slug: impl Into<String>) -> Self {
        Self { slug: slug.into(), groups: Vec::new(), members: Vec::new(), plan: None }
    }
}

/// Sets a cloud up, or finds it set up already.
#[derive(Debug)]
pub(crate) struct Founder<'a> {
    pub(crate) transaction: &'a Transaction<'a>,
    pub(crate) ids: Ids,
    pub(crate) now: Timestamp,
}

/// What a cloud tells of itself.
#[derive(Debug)]
pub(crate) struct Foundation {
    pub(crate) token: ApiToken,
    pub(crate) organization: OrganizationSlug,
    pub(crate) verifier: Verifier,
}

impl Founder<'_> {
    /// Makes what is missing. A cloud that was set up before gets only what is named now, and `acme` only when it is
    /// new: what was deleted since then stays deleted.
    pub(crate) fn found(&self, users: &[String], teams: &[Team]) -> Result<Foundation, CloudError> {
        let is_new = self.transaction.find_user(USER)?.is_none();
        let user = self.user(USER)?;
        if is_new && teams.is_empty() {
            self.team(&user, &Team::new(TEAM))?;
        }
        for team in teams {
            self.team(&user, team)?;
        }
        let key = self.transaction.platform_key()?.map_or_else(|| self.key(), Ok)?;
        let token = self.token(&user, &key)?;
        let members = teams.iter().flat_map(|team| &team.members).map(|(username, _)| username);
        for username in users.iter().chain(members) {
            self.token(&self.user(username)?, &key)?;
        }
        for team in teams {
            self.members(team)?;
        }
        Ok(Foundation { token, organization: self.chosen(&user, teams)?, verifier: Verifier::new(&key) })
    }

    /// A user with their personal organization, who is made when needed.
    fn user(&self, username: &str) -> Result<UserRow, CloudError> {
        if let Some(user) = self.transaction.find_user(username)? {
            return Ok(user);
        }
        Username::check(username)?;
        let slug = OrganizationSlug::try_from(username)?;
        if self.transaction.find_organization(&slug)?.is_some() {
            return Err(InvalidInput::new("username", username, "an organization has this slug").into());
        }
        let user = self.transaction.insert_user(username)?;
        self.organization(&user, slug, OrganizationKind::Personal, &[])?;
        Ok(user)
    }

    fn team(&self, user: &UserRow, team: &Team) -> Result<(), CloudError> {
        let slug = OrganizationSlug::try_from(&team.slug)?;
        match self.transaction.find_organization(&slug)? {
            Some(organization) => self.groups(&organization, &team.groups)?,
            None => self.organization(user, slug.clone(), OrganizationKind::Team, &team.groups)?,
        }
        if let (Some(plan), Some(mut organization)) = (&team.plan, self.transaction.find_organization(&slug)?) {
            if !is_known_plan(plan) {
                return Err(InvalidInput::new("plan", plan, "it is not in the list of plans").into());
            }
            organization.plan.clone_from(plan);
            self.transaction.update_organization(&organization)?;
        }
        Ok(())
    }

    /// Whoever is in the team already keeps their role.
    fn members(&self, team: &Team) -> Result<(), CloudError> {
        for (username, role) in &team.members {
            role.check_assignable()?;
            let slug = OrganizationSlug::try_from(&team.slug)?;
            let (user, organization) = (self.user(username)?, self.transaction.find_organization(&slug)?);
            let (Some(organization), Ok(role)) = (organization, role.as_str().parse()) else { continue };
            if self.transaction.find_role(organization.id, user.id)?.is_none() {
                self.transaction.insert_member(organization.id, user.id, role)?;
            }
        }
        Ok(())
    }

    fn organization(
        &self,
        user: &UserRow,
        slug: OrganizationSlug,
        kind: OrganizationKind,
        groups: &[(String, String)],
    ) -> Result<(), CloudError> {
        let name = if kind == OrganizationKind::Personal { "personal".to_owned() } else { capitalized(slug.as_str()) };
        let organization = provision::organization(self.transaction, self.ids, user, name, slug, kind)?;
        self.groups(&organization, groups)?;
        self.group(&organization, GROUP.0, GROUP.1)
    }

    fn groups(&self, organization: &OrganizationRow, groups: &[(String, String)]) -> Result<(), CloudError> {
        groups.iter().try_for_each(|(name, location)| self.group(organization, name, location))
    }

    fn group(&self, organization: &OrganizationRow, name: &str, location: &str) -> Result<(), CloudError> {
        let (name, code) = (GroupName::try_from(name)?, LocationCode::try_from(location)?);
        if !is_known_location(&code) {
            return Err(InvalidInput::new("location", location, "it is not in the list of locations").into());
        }
        if self.transaction.find_group(organization.id, &name)?.is_none() {
            provision::group(self.transaction, self.ids, organization, name, code)?;
        }
        Ok(())
    }

    /// The token of the user, which is made once and stays the same.
    fn token(&self, user: &UserRow, key: &SigningSeed) -> Result<ApiToken, CloudError> {
        if let Some(token) = self.transaction.find_api_token_named(user.id, TOKEN)? {
            return Ok(sign(&token, key)?);
        }
        let name = TOKEN.try_into()?;
        let token = provision::api_token(self.transaction, self.ids, user, name, (None, None), self.now)?;
        Ok(sign(&token, key)?)
    }

    fn key(&self) -> Result<SigningSeed, CloudError> {
        let key = self.ids.signing_seed(self.transaction)?;
        self.transaction.insert_platform_key(&key)?;
        Ok(key)
    }

    /// The organization that is named first, or else the oldest team of the user.
    fn chosen(&self, user: &UserRow, teams: &[Team]) -> Result<OrganizationSlug, CloudError> {
        if let Some(team) = teams.first() {
            return Ok(OrganizationSlug::try_from(&team.slug)?);
        }
        let organizations = self.transaction.organizations_of(user.id)?;
        let team = organizations.into_iter().find(|organization| organization.kind == OrganizationKind::Team);
        team.map_or_else(|| Ok(TEAM.try_into()?), |organization| Ok(organization.slug))
    }
}

fn capitalized(slug: &str) -> String {
    let mut characters = slug.chars();
    characters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + characters.as_str())
}

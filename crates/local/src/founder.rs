//! Who and what is there before the first request.

use jiff::Timestamp;
use turso_cloud_contract::{
    ApiToken, GroupName, InvalidInput, LocationCode, OrganizationSlug, organizations::OrganizationKind,
};

use crate::{
    CloudError,
    control::{Verifier, is_known_location, provision, sign},
    data::SigningSeed,
    ids::Ids,
    store::{ApiTokenRow, OrganizationRow, Transaction, UserRow},
};

/// The user whose token the cloud hands out; the slug of a personal organization is the name of its user.
const USER: &str = "dev";

/// The team organization when none is named.
pub(crate) const TEAM: &str = "acme";

/// The group every organization begins with, and where it is.
const GROUP: (&str, &str) = ("default", "local");

/// The name of the token the cloud hands out.
const TOKEN: &str = "local";

/// A team organization that is to be there.
#[derive(Clone, Debug)]
pub(crate) struct Team {
    slug: String,
    /// Names and locations of its groups.
    pub(crate) groups: Vec<(String, String)>,
}

impl Team {
    pub(crate) fn new(slug: impl Into<String>) -> Self {
        Self { slug: slug.into(), groups: Vec::new() }
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
    pub(crate) fn found(&self, teams: &[Team]) -> Result<Foundation, CloudError> {
        let found = self.transaction.find_user(USER)?;
        let is_new = found.is_none();
        let user = found.map_or_else(|| self.user(), Ok)?;
        if is_new && teams.is_empty() {
            self.team(&user, &Team::new(TEAM))?;
        }
        for team in teams {
            self.team(&user, team)?;
        }
        let key = self.transaction.platform_key()?.map_or_else(|| self.key(), Ok)?;
        Ok(Foundation {
            token: self.token(&user, &key)?,
            organization: self.chosen(&user, teams)?,
            verifier: Verifier::new(&key),
        })
    }

    fn user(&self) -> Result<UserRow, CloudError> {
        let user = self.transaction.insert_user(USER)?;
        self.organization(&user, USER.try_into()?, OrganizationKind::Personal, &[])?;
        Ok(user)
    }

    fn team(&self, user: &UserRow, team: &Team) -> Result<(), CloudError> {
        let slug = OrganizationSlug::try_from(&team.slug)?;
        match self.transaction.find_organization(&slug)? {
            Some(organization) => self.groups(&organization, &team.groups),
            None => self.organization(user, slug, OrganizationKind::Team, &team.groups),
        }
    }

    fn organization(
        &self,
        user: &UserRow,
        slug: OrganizationSlug,
        kind: OrganizationKind,
        groups: &[(String, String)],
    ) -> Result<(), CloudError> {
        let organization = provision::organization(self.transaction, self.ids, user, slug, kind)?;
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
        let jti = self.ids.token_id(self.transaction)?;
        let token = ApiTokenRow { jti, user: user.clone(), organization_id: None };
        self.transaction.insert_api_token(&token, TOKEN, self.now)?;
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

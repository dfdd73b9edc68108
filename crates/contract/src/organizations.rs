//! Organizations: the owners of groups and databases.

use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    InvalidInput, Nothing, OrganizationId, OrganizationSlug, Presence, RequestPart,
    answer::answer,
    endpoint::endpoint,
    lenient::{name_unless_empty, null_as_default},
    open_enum::open_enum,
    path::check_printable,
};

endpoint!(
    /// Lists the organizations the caller belongs to, the personal one included.
    ListOrganizations: GET "/v1/organizations", Safe => OrganizationsAnswer
);

endpoint!(
    /// Gets one organization.
    GetOrganization: GET "/v1/organizations/" {organization: OrganizationSlug}, Safe => OrganizationAnswer
);

endpoint!(
    /// Changes an organization.
    UpdateOrganization: PATCH "/v1/organizations/" {organization: OrganizationSlug},
        Idempotent, body OrganizationPatch => OrganizationAnswer
);

endpoint!(
    /// Lists the organizations the caller belongs to with their ids. The service does not document it.
    ListOrganizationsV2: GET "/v2/organizations", Safe => OrganizationsV2Answer
);

endpoint!(
    /// Creates a team organization. The service does not document it.
    CreateOrganization: POST "/v1/organizations", Once, query DryRun, body NewOrganization => CreatedOrganizationAnswer
);

endpoint!(
    /// Deletes an organization. The service does not document it.
    DeleteOrganization: DELETE "/v1/organizations/" {organization: OrganizationSlug}, Idempotent => Nothing
);

open_enum!(
    /// Who an organization belongs to.
    OrganizationKind {
        /// One person; nobody can be added.
        Personal = "personal",
        /// A team with members.
        Team = "team",
    }
);

/// An organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[expect(clippy::struct_excessive_bools, reason = "the fields of the service")]
pub struct Organization {
    /// Its name; `personal` for a personal one.
    pub name: String,
    /// Its identifier in paths.
    pub slug: OrganizationSlug,
    /// Whether it belongs to a person or a team.
    #[serde(rename = "type")]
    pub kind: OrganizationKind,
    /// Whether usage beyond the plan is billed rather than blocked.
    #[serde(default, deserialize_with = "null_as_default")]
    pub overages: bool,
    /// Whether reads are blocked because a quota is used up.
    #[serde(default, deserialize_with = "null_as_default")]
    pub blocked_reads: bool,
    /// Whether writes are blocked because a quota is used up.
    #[serde(default, deserialize_with = "null_as_default")]
    pub blocked_writes: bool,
    /// Whether members need a second factor.
    #[serde(default, deserialize_with = "null_as_default")]
    pub require_mfa: bool,
    /// The plan, for instance `starter`.
    #[serde(default, deserialize_with = "null_as_default")]
    pub plan_id: String,
    /// How often the plan is billed: `monthly`, `yearly` or empty.
    #[serde(default, deserialize_with = "null_as_default")]
    pub plan_timeline: String,
    /// Who manages it: empty for Turso itself, else for instance `vercel`.
    #[serde(default, deserialize_with = "null_as_default")]
    pub platform: String,
    /// Whether what is deleted can be brought back; told only by the answer for a single organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restore_enabled: Option<bool>,
    /// Its identifier in paths of version 3; told only by the answer for a single organization.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "name_unless_empty")]
    pub id: Option<OrganizationId>,
}

impl Organization {
    /// An organization on the `starter` plan, for tests and local clouds.
    #[must_use]
    pub fn new(name: impl Into<String>, slug: OrganizationSlug, kind: OrganizationKind) -> Self {
        Self {
            name: name.into(),
            slug,
            kind,
            overages: false,
            blocked_reads: false,
            blocked_writes: false,
            require_mfa: false,
            plan_id: "starter".to_owned(),
            plan_timeline: String::new(),
            platform: String::new(),
            restore_enabled: None,
            id: None,
        }
    }
}

/// What to change about an organization. What is not set stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct OrganizationPatch {
    /// Whether usage beyond the plan is billed rather than blocked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overages: Option<bool>,
    /// Whether members need a second factor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_mfa: Option<bool>,
    /// Whether deleted databases can be brought back. The service takes it only alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restore_enabled: Option<bool>,
}

impl OrganizationPatch {
    /// Bills usage beyond the plan, or blocks it.
    #[must_use]
    pub fn overages(mut self, bill: bool) -> Self {
        self.overages = Some(bill);
        self
    }

    /// Asks members for a second factor, or no longer.
    #[must_use]
    pub fn require_mfa(mut self, require: bool) -> Self {
        self.require_mfa = Some(require);
        self
    }

    /// Lets deleted databases be brought back, or no longer. It goes with no other change.
    #[must_use]
    pub fn restore_enabled(mut self, enable: bool) -> Self {
        self.restore_enabled = Some(enable);
        self
    }
}

impl RequestPart for OrganizationPatch {
    fn check(&self) -> Result<(), InvalidInput> {
        if self.restore_enabled.is_some() && (self.overages.is_some() || self.require_mfa.is_some()) {
            return Err(InvalidInput::without_value("restore_enabled", "must be changed alone"));
        }
        Ok(())
    }
}

/// A team organization to create.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NewOrganization {
    /// Its name; the service makes its slug from it.
    pub name: String,
    /// Who pays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stripe_id: Option<String>,
}

impl NewOrganization {
    /// An organization called `name`.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), stripe_id: None }
    }
}

impl RequestPart for NewOrganization {
    fn check(&self) -> Result<(), InvalidInput> {
        // The space around it is no part of it.
        match self.name.trim() {
            "" => Err(InvalidInput::new("organization name", &self.name, "must not be empty")),
            name => check_printable("organization name", name),
        }
    }
}

/// Whether to check only whether something could be done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct DryRun {
    /// Whether to change nothing.
    pub dry_run: bool,
}

impl DryRun {
    /// Changes nothing, or does what is asked.
    #[must_use]
    pub fn new(dry_run: bool) -> Self {
        Self { dry_run }
    }
}

impl RequestPart for DryRun {
    const PRESENCE: Presence = Presence::Optional;
}

/// An organization with its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OrganizationV2 {
    /// Its id; not told by a dry run.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "name_unless_empty")]
    pub id: Option<OrganizationId>,
    /// Its name; `personal` for a personal one.
    pub name: String,
    /// Its identifier in paths.
    pub slug: OrganizationSlug,
    /// Whether it belongs to a person or a team.
    #[serde(rename = "type")]
    pub kind: OrganizationKind,
    /// Whether usage beyond the plan is billed rather than blocked.
    #[serde(default, deserialize_with = "null_as_default")]
    pub overages: bool,
}

impl OrganizationV2 {
    /// An organization, for tests and local clouds.
    #[must_use]
    pub fn new(
        id: Option<OrganizationId>,
        name: impl Into<String>,
        slug: OrganizationSlug,
        kind: OrganizationKind,
    ) -> Self {
        Self { id, name: name.into(), slug, kind, overages: false }
    }
}

answer!(
    /// The answer of [`ListOrganizationsV2`].
    #[derive(Default)]
    OrganizationsV2Answer {
        /// The organizations.
        #[serde(deserialize_with = "null_as_default")]
        organizations: Vec<OrganizationV2>,
    }
);

answer!(
    /// The answer of [`CreateOrganization`].
    CreatedOrganizationAnswer {
        /// The organization.
        org: OrganizationV2,
    }
);

answer!(
    /// The answer of [`GetOrganization`] and [`UpdateOrganization`].
    OrganizationAnswer {
        /// The organization.
        organization: Organization,
    }
);

/// The answer of [`ListOrganizations`]: a bare array, as documented and observed. The wrapped form
/// `{"organizations": […]}` of 2023, which the official TypeScript client still expects, is read too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
#[non_exhaustive]
pub struct OrganizationsAnswer {
    /// The organizations.
    pub organizations: Vec<Organization>,
}

impl OrganizationsAnswer {
    /// The answer with these organizations, for tests and local clouds.
    #[must_use]
    pub fn new(organizations: Vec<Organization>) -> Self {
        Self { organizations }
    }
}

impl<'de> Deserialize<'de> for OrganizationsAnswer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OrganizationsVisitor).map(|organizations| Self { organizations })
    }
}

struct OrganizationsVisitor;

/// By hand rather than `untagged`, which would forget which field of which organization was wrong.
impl<'de> serde::de::Visitor<'de> for OrganizationsVisitor {
    type Value = Vec<Organization>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an array of organizations, or an object with one under `organizations`")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        Vec::deserialize(serde::de::value::SeqAccessDeserializer::new(seq))
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        #[derive(Deserialize)]
        struct Wrapped {
            #[serde(deserialize_with = "null_as_default")]
            organizations: Vec<Organization>,
        }
        Wrapped::deserialize(serde::de::value::MapAccessDeserializer::new(map)).map(|wrapped| wrapped.organizations)
    }
}

//! Organizations: the owners of groups and databases.

use serde::{Deserialize, Deserializer, Serialize};

use crate::{OrganizationSlug, endpoint::endpoint, lenient::null_as_default, open_enum::open_enum};

endpoint!(
    /// Lists the organizations the caller belongs to, the personal one included.
    ListOrganizations: GET "/v1/organizations", Safe => OrganizationsAnswer
);

endpoint!(
    /// Gets one organization.
    GetOrganization: GET "/v1/organizations/" {organization: OrganizationSlug}, Safe => OrganizationAnswer
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
        }
    }
}

/// The answer of [`GetOrganization`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationAnswer {
    /// The organization.
    pub organization: Organization,
}

/// The answer of [`ListOrganizations`]: a bare array, as documented and observed. The wrapped form
/// `{"organizations": […]}` of 2023, which the official TypeScript client still expects, is read too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct OrganizationsAnswer {
    /// The organizations.
    pub organizations: Vec<Organization>,
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

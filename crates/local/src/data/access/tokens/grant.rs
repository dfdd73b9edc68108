//! What a verified token allows.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Access, WireClaims};
use crate::data::access::permissions::Rules;
use crate::data::access::record::DatabaseRecord;

/// Rights on databases by their ids (`ns`) and by their groups (`tags`): the claim `p`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Scopes {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ro: Option<Scope>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) roa: Option<Scope>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rw: Option<Scope>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rwa: Option<Scope>,
}

/// Some databases.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Scope {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ns: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tags: Option<Vec<String>>,
}

impl Scope {
    fn covers(&self, record: &DatabaseRecord) -> bool {
        let has = |list: &Option<Vec<String>>, id: &str| list.iter().flatten().any(|other| other == id);
        has(&self.ns, &record.id) || has(&self.tags, &record.group_id)
    }

    fn is_empty(&self) -> bool {
        self.ns.iter().chain(&self.tags).all(Vec::is_empty)
    }
}

/// What the bearer of a token may do with one database.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    access: Access,
    claims: Arc<WireClaims>,
}

impl Grant {
    /// What the claims allow for a database; nothing if they are for others. The claim `p` wins over `a`, `id` and `gid`.
    pub(super) fn of(claims: Arc<WireClaims>, record: &DatabaseRecord) -> Option<Self> {
        let access = match &claims.p {
            Some(scopes) => {
                let covers = |scope: &Option<Scope>| scope.as_ref().is_some_and(|scope| scope.covers(record));
                if covers(&scopes.rw) || covers(&scopes.rwa) {
                    Access::Full
                } else if covers(&scopes.ro) || covers(&scopes.roa) {
                    Access::ReadOnly
                } else {
                    return None;
                }
            }
            None if names(&claims, record) => claims.a,
            None => return None,
        };
        Some(Self { access, claims })
    }

    /// Everything, without a token.
    pub(crate) fn of_owner() -> Self {
        let claims =
            WireClaims { a: Access::Full, exp: None, gid: None, iat: 0, id: None, p: None, perm: None, rid: None };
        Self { access: Access::Full, claims: Arc::new(claims) }
    }

    pub(crate) fn access(&self) -> Access {
        self.access
    }

    pub(crate) fn has_rules(&self) -> bool {
        self.claims.perm.as_ref().is_some_and(|rules| !rules.is_empty())
    }

    pub(crate) fn rules(&self) -> Option<Arc<Rules>> {
        self.claims.perm.clone().filter(|rules| !rules.is_empty())
    }

    /// Whether any database may be attached at all.
    pub(crate) fn attaches_something(&self) -> bool {
        match &self.claims.p {
            Some(scopes) => [&scopes.roa, &scopes.rwa].into_iter().flatten().any(|scope| !scope.is_empty()),
            None => self.claims.a == Access::ReadAttach,
        }
    }

    pub(crate) fn may_attach(&self, other: &DatabaseRecord) -> bool {
        match &self.claims.p {
            Some(scopes) => [&scopes.roa, &scopes.rwa].into_iter().flatten().any(|scope| scope.covers(other)),
            None => self.claims.a == Access::ReadAttach && names(&self.claims, other),
        }
    }
}

/// Whether the claims `id` and `gid` name a database.
pub(super) fn names(claims: &WireClaims, record: &DatabaseRecord) -> bool {
    match (&claims.id, &claims.gid) {
        (Some(id), _) => *id == record.id,
        (None, Some(group)) => *group == record.group_id,
        (None, None) => false,
    }
}

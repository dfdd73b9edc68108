use jiff::Timestamp;
use turso_cloud_contract::{
    ApiToken, DatabaseId, GroupId, OrganizationSlug,
    audit_logs::{AuditCode, AuditLog, AuditOrigin},
};

use super::{Control, Refusal, permissions::Needs, record, sign};
use crate::{
    data::{DataPlane, DatabaseRecord, Usage},
    ids::Ids,
    store::{ApiTokenRow, DatabaseRow, OrganizationRow, Role, Transaction, UserRow},
};

/// What surrounds one request: the transaction it runs in, who sends it, and the time it happens at.
#[derive(Debug)]
pub struct Context<'a> {
    transaction: &'a Transaction<'a>,
    control: &'a Control,
    needs: &'a Needs,
    caller: Option<ApiTokenRow>,
    origin: AuditOrigin,
    now: Timestamp,
    effects: Vec<Effect>,
}

/// What the data plane hears of once an operation is committed.
#[derive(Debug)]
pub(crate) enum Effect {
    /// A database is there, or is no longer as it was.
    Put(DatabaseRecord),
    /// The database with this id is gone.
    Remove(String),
}

impl Effect {
    pub(crate) fn apply(&self, data: &DataPlane) {
        match self {
            Self::Put(record) => data.put(record.clone()),
            Self::Remove(id) => data.remove(id),
        }
    }
}

impl<'a> Context<'a> {
    pub(super) fn new(
        transaction: &'a Transaction<'a>,
        control: &'a Control,
        needs: &'a Needs,
        caller: Option<ApiTokenRow>,
        origin: AuditOrigin,
        now: Timestamp,
    ) -> Self {
        Self { transaction, control, needs, caller, origin, now, effects: Vec::new() }
    }

    pub(super) fn into_effects(self) -> Vec<Effect> {
        self.effects
    }

    pub(crate) fn store(&self) -> &'a Transaction<'a> {
        self.transaction
    }

    pub(crate) fn ids(&self) -> Ids {
        self.control.ids
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// Where the SQL endpoint of a database is, as `Hostname` has it.
    pub(crate) fn hostname(&self, label: &str) -> String {
        self.control.addresses.hostname(label)
    }

    /// Where a page of the cloud itself is.
    pub(crate) fn url(&self, path: &str) -> String {
        self.control.addresses.url(path)
    }

    /// What a database has used, by its id.
    pub(crate) fn usage(&self, id: &DatabaseId) -> Usage {
        self.control.data.usage(id.as_str())
    }

    /// A token's text, which only who created it is ever told.
    pub(crate) fn sign(&self, token: &ApiTokenRow) -> Result<ApiToken, Refusal> {
        let key = self.transaction.platform_key()?.ok_or_else(|| Refusal::internal(KeyIsMissing))?;
        Ok(sign(token, &key)?)
    }

    pub(crate) fn user(&self) -> Result<&UserRow, Refusal> {
        self.caller().map(|caller| &caller.user)
    }

    /// Every organization the caller's token opens.
    pub(crate) fn organizations(&self) -> Result<Vec<OrganizationRow>, Refusal> {
        let caller = self.caller()?;
        let mut organizations = self.transaction.organizations_of(caller.user.id)?;
        organizations.retain(|organization| opens(caller, organization));
        Ok(organizations)
    }

    /// The organization of the path, in which the caller has the role that the operation asks for.
    pub(crate) fn organization(&self, slug: &OrganizationSlug) -> Result<OrganizationRow, Refusal> {
        self.membership(slug).map(|(organization, _)| organization)
    }

    /// As [`Context::organization`], under the name that says what for: `permissions` knows who may change what.
    pub(crate) fn organization_to_change(&self, slug: &OrganizationSlug) -> Result<OrganizationRow, Refusal> {
        self.organization(slug)
    }

    /// As [`Context::organization`], with the role of the caller for rules that depend on what is asked for.
    pub(crate) fn membership(&self, slug: &OrganizationSlug) -> Result<(OrganizationRow, Role), Refusal> {
        let caller = self.caller()?;
        let organization = self.transaction.find_organization(slug)?;
        let organization = organization.ok_or_else(|| Refusal::organization_not_found(slug))?;
        match self.transaction.find_role(organization.id, caller.user.id)? {
            Some(role) if opens(caller, &organization) => {
                self.needs.check_role(&organization, role)?;
                Ok((organization, role))
            }
            Some(_) => Err(Refusal::forbidden(format!("the token does not open organization {slug}"))),
            None => Err(Refusal::forbidden(format!("you are not a member of organization {slug}"))),
        }
    }

    /// Whether the caller's token is good for a group. What is in any other group is not there for it.
    pub(crate) fn opens_group(&self, group: &GroupId) -> bool {
        let only = self.caller.as_ref().and_then(|caller| caller.group.as_ref());
        only.is_none_or(|only| only.uuid == *group)
    }

    /// The token the request was sent with.
    pub(crate) fn caller(&self) -> Result<&ApiTokenRow, Refusal> {
        self.caller.as_ref().ok_or_else(|| Refusal::unauthorized("no token in the Authorization header"))
    }

    /// Writes an audit entry that is committed with the operation it tells of.
    pub(crate) fn audit<const N: usize>(
        &self,
        organization: &OrganizationRow,
        code: AuditCode,
        data: [(&str, &str); N],
    ) -> Result<(), Refusal> {
        let mut entry = AuditLog::new(code, self.origin.clone(), &self.user()?.username, self.now);
        entry.data = data.into_iter().collect();
        Ok(self.transaction.insert_audit_log(organization.id, &entry)?)
    }

    /// Lets the data plane know of a database that is new or has changed.
    pub(crate) fn publish(&mut self, database: &DatabaseRow) {
        self.effects.push(Effect::Put(record(database)));
    }

    /// Lets the data plane know that a database is gone.
    pub(crate) fn withdraw(&mut self, database: &DatabaseRow) {
        self.effects.push(Effect::Remove(database.uuid.to_string()));
    }
}

fn opens(caller: &ApiTokenRow, organization: &OrganizationRow) -> bool {
    caller.organization.as_ref().is_none_or(|only| only.id == organization.id)
}

/// A cloud that was set up has a key.
#[derive(Debug, thiserror::Error)]
#[error("the key of platform tokens is missing")]
struct KeyIsMissing;

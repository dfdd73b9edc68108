use std::path::PathBuf;

use http::request::Parts;
use jiff::Timestamp;
use turso_cloud_contract::{
    ApiToken, DatabaseId, GroupId, LocationCode,
    audit_logs::{AuditCode, AuditLog, AuditOrigin},
};

use super::{
    Beginning, Control, OrganizationKey, Refusal, dumps, included_rows,
    permissions::{Needs, only_for_admins},
    record, recovery,
    request::origin,
    sign,
};
use crate::{
    data::{DatabaseRecord, HistoryError, Hours, Peer, Prepared, Rows, Usage, UsedUp},
    ids::Ids,
    quirk::Quirks,
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
    peer: Peer,
    now: Timestamp,
    effects: Vec<Effect>,
    prepared: Option<&'a mut Prepared>,
    lacking: Option<Beginning>,
}

/// What the data plane hears of once an operation is committed.
#[derive(Debug)]
pub(crate) enum Effect {
    /// A database is there, or is no longer as it was.
    Put(Box<DatabaseRecord>),
    /// The database with this id takes no more requests, but may come back.
    Forget(String),
    /// The database with this id is gone for good.
    Remove(String),
    /// The dump with this id has become a database.
    UseUpDump(String),
    /// The plan of the organization with this row includes these rows, or bills whatever is used.
    Include(i64, Option<Rows>),
    /// The organization with this row is gone.
    ForgetOrganization(i64),
}

impl Effect {
    pub(super) fn apply(&self, control: &Control) {
        let data = &control.data;
        match self {
            Self::Put(record) => data.put((**record).clone()),
            Self::Forget(id) => data.forget(id),
            Self::Remove(id) => data.remove(id),
            Self::UseUpDump(id) => control.dumps.remove(id),
            Self::Include(organization, rows) => data.include(*organization, *rows),
            Self::ForgetOrganization(organization) => data.forget_organization(*organization),
        }
    }
}

impl<'a> Context<'a> {
    pub(super) fn new(
        transaction: &'a Transaction<'a>,
        control: &'a Control,
        needs: &'a Needs,
        caller: Option<ApiTokenRow>,
        head: &Parts,
        now: Timestamp,
    ) -> Self {
        let (origin, peer) = (origin(head), head.extensions.get().copied().unwrap_or_default());
        Self {
            transaction,
            control,
            needs,
            caller,
            origin,
            peer,
            now,
            effects: Vec::new(),
            prepared: None,
            lacking: None,
        }
    }

    /// With what is ready for a new database.
    pub(super) fn with(self, prepared: &'a mut Option<Prepared>) -> Self {
        Self { prepared: prepared.as_mut(), ..self }
    }

    /// What was not ready, so that the operation has to be repeated.
    pub(super) fn take_lacking(&mut self) -> Option<Beginning> {
        self.lacking.take()
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

    pub(crate) fn quirks(&self) -> &'a Quirks {
        &self.control.quirks
    }

    /// Whether the request was sent on the machine the cloud runs on.
    pub(crate) fn is_from_here(&self) -> bool {
        self.peer.is_here()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// Where the SQL endpoint of the database with this row and label is, as `Hostname` has it.
    pub(crate) fn hostname(&self, row: i64, label: &str) -> String {
        self.control.addresses.hostname(row, label)
    }

    /// Where the instance of a database in one of its locations is.
    pub(crate) fn instance_hostname(&self, database: &DatabaseRow, location: &LocationCode) -> String {
        if *location == database.group.location {
            return self.hostname(database.id, &database.label);
        }
        self.control.addresses.replica_hostname(database, location)
    }

    /// Where a page of the cloud itself is.
    pub(crate) fn url(&self, path: &str) -> String {
        self.control.addresses.url(path)
    }

    /// A token's text, which only its creator is ever told.
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
    pub(crate) fn organization<'k>(&self, key: impl Into<OrganizationKey<'k>>) -> Result<OrganizationRow, Refusal> {
        self.membership(key).map(|(organization, _)| organization)
    }

    /// An organization the caller runs, as its owner or as an admin, whatever the operation asks for.
    pub(crate) fn organization_to_run<'k>(
        &self,
        key: impl Into<OrganizationKey<'k>>,
    ) -> Result<OrganizationRow, Refusal> {
        match self.membership(key)? {
            (organization, Role::Owner | Role::Admin) => Ok(organization),
            (OrganizationRow { slug, .. }, Role::Member | Role::Viewer) => Err(only_for_admins(&slug)),
        }
    }

    /// As [`Context::organization`], with the role of the caller for rules that depend on what is asked for.
    pub(crate) fn membership<'k>(
        &self,
        key: impl Into<OrganizationKey<'k>>,
    ) -> Result<(OrganizationRow, Role), Refusal> {
        let (key, caller) = (key.into(), self.caller()?);
        let organization = match key {
            OrganizationKey::Slug(slug) => self.transaction.find_organization(slug)?,
            OrganizationKey::Id(id) => self.transaction.find_organization_by_id(id)?,
        };
        let organization = organization.ok_or_else(|| Refusal::organization_not_found(key))?;
        let slug = &organization.slug;
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
        self.only_group().is_none_or(|only| only == group)
    }

    /// The group that a listing has to be held to, if the caller's token is good for one only.
    pub(crate) fn only_group(&self) -> Option<&GroupId> {
        let caller = self.caller.as_ref()?;
        caller.group.as_ref().map(|only| &only.uuid)
    }

    /// The token the request was sent with.
    pub(crate) fn caller(&self) -> Result<&ApiTokenRow, Refusal> {
        self.caller.as_ref().ok_or_else(|| Refusal::unauthorized("no token in the Authorization header"))
    }

    /// What a database has used in these hours.
    pub(crate) fn usage(&self, database: &DatabaseRow, hours: Hours) -> Result<Usage, Refusal> {
        let mut usage = self.control.data.usage(database.uuid.as_str(), hours);
        usage.rows += self.transaction.usage_of(database, hours)?;
        Ok(usage)
    }

    /// The queries of these hours that read and wrote most, the dearest first.
    pub(crate) fn top_queries(&self, database: &DatabaseRow, hours: Hours) -> Vec<(String, Rows)> {
        self.control.data.top_queries(database.uuid.as_str(), hours)
    }

    /// The rows that an organization has used this month.
    pub(crate) fn used(&self, organization: &OrganizationRow) -> Rows {
        self.control.data.used(organization.id)
    }

    /// What an organization has used up for this month.
    pub(crate) fn used_up(&self, organization: &OrganizationRow) -> UsedUp {
        self.control.data.used_up(organization.id)
    }

    /// Lets the data plane know what an organization may use.
    pub(crate) fn include(&mut self, organization: &OrganizationRow) {
        self.effects.push(Effect::Include(organization.id, included_rows(organization)));
    }

    /// Lets the data plane forget an organization that is gone, with databases that could have been brought back until now.
    pub(crate) fn forget(&mut self, organization: &OrganizationRow, databases: Vec<String>) {
        self.effects.extend(databases.into_iter().map(Effect::Remove));
        self.effects.push(Effect::ForgetOrganization(organization.id));
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

    /// Gives the content of a database to a new one. Whoever refuses afterwards leaves a file behind, which the next start puts
    /// aside.
    pub(crate) fn copy(&self, from: &DatabaseId, to: &DatabaseId) -> Result<(), Refusal> {
        self.control
            .data
            .copy(from.as_str(), to.as_str())
            .map_err(|error| Refusal::internal_or_of_disk(error.is_of_disk(), error))
    }

    /// The id and the file of the dump with this path in its URL, if it belongs to the organization.
    pub(crate) fn find_dump(&self, organization: &OrganizationRow, path: &str) -> Option<(String, PathBuf)> {
        let id = dumps::id_in(path)?;
        self.control.dumps.find(id, organization).map(|file| (id.to_owned(), file))
    }

    /// Gives a new database what it begins with. If that is not ready, nothing of the operation happens until it is.
    pub(crate) fn begin(&mut self, database: &DatabaseRow, beginning: Beginning) -> Result<(), Refusal> {
        if let Some(prepared) = &mut self.prepared {
            let given = prepared.give_to(database.uuid.as_str());
            return given.map_err(|error| Refusal::internal_or_of_disk(true, error));
        }
        self.lacking = Some(beginning);
        Ok(())
    }

    /// Removes an uploaded dump once the operation is committed.
    pub(crate) fn use_up_dump(&mut self, id: String) {
        self.effects.push(Effect::UseUpDump(id));
    }

    /// Gives what a database was at a time to a new one. As with [`Context::copy`], a later refusal leaves a file behind.
    pub(crate) fn copy_at(&self, from: &DatabaseRow, to: &DatabaseId, at: Timestamp) -> Result<(), Refusal> {
        let restored = self.control.data.copy_at(from.uuid.as_str(), to.as_str(), at);
        restored.map_err(|error| match error {
            HistoryError::TooEarly(earliest) => Refusal::before_history(&from.name, at, earliest),
            error @ HistoryError::Damaged(_) => Refusal::damaged_history(&from.name, at, error),
            error => Refusal::internal_or_of_disk(error.is_of_disk(), error),
        })
    }

    /// Lets the data plane know of a database that is new or has changed.
    pub(crate) fn publish(&mut self, database: &DatabaseRow) {
        self.effects.push(Effect::Put(Box::new(record(database))));
    }

    /// Lets the data plane know that a database takes no more requests.
    pub(crate) fn withdraw(&mut self, database: &DatabaseRow) {
        self.effects.push(Effect::Forget(database.uuid.to_string()));
    }

    /// Removes what was deleted so long ago that it cannot be brought back.
    pub(super) fn purge(&mut self) -> Result<(), Refusal> {
        let purged = self.transaction.purge(recovery::deadline(self.now))?;
        self.effects.extend(purged.into_iter().map(Effect::Remove));
        self.control.dumps.expire(self.now);
        Ok(())
    }
}

fn opens(caller: &ApiTokenRow, organization: &OrganizationRow) -> bool {
    caller.organization.as_ref().is_none_or(|only| only.id == organization.id)
}

/// A cloud that was set up has a key.
#[derive(Debug, thiserror::Error)]
#[error("the key of platform tokens is missing")]
struct KeyIsMissing;

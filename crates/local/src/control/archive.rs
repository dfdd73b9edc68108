//! What Turso Cloud does by itself to groups that nobody uses.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use jiff::Timestamp;
use turso_cloud_contract::{GroupName, InvalidInput, OrganizationSlug};

use super::{Control, answers::STARTER, record};
use crate::{CloudError, store::StoreError};

/// How long a group on the plan `starter` may be idle, from the documents of the service.
const SECONDS_UNTIL_ARCHIVED: i64 = 10 * 24 * 60 * 60;

/// When there may be something to archive: in seconds since 1970, by the clock of the cloud.
#[derive(Debug, Default)]
pub(super) struct Archive {
    look_at: AtomicI64,
}

impl Archive {
    /// Something has changed, perhaps a plan.
    pub(super) fn look_again(&self) {
        self.look_at.store(0, Ordering::Release);
    }
}

impl Control {
    /// Archives the groups whose time has come, before a request finds them awake. It costs a look at the clock as long as
    /// no time can have come.
    pub(crate) async fn archive_what_is_idle(self: &Arc<Self>) {
        if self.clock.now().as_second() < self.archive.look_at.load(Ordering::Acquire) {
            return;
        }
        let control = Arc::clone(self);
        // Whoever waits for it may go.
        let looked = tokio::task::spawn_blocking(move || {
            if let Err(error) = control.archive_idle_groups(control.clock.now()) {
                tracing::error!(error = &error as &dyn std::error::Error, "idle groups could not be archived");
                control.archive.look_again();
            }
        });
        let _ = looked.await;
    }

    fn archive_idle_groups(&self, now: Timestamp) -> Result<(), CloudError> {
        // Before looking, so that whatever changes meanwhile is looked at again.
        self.archive.look_at.store(i64::MAX, Ordering::Release);
        let groups = self.store.transact(|transaction| {
            let organizations = transaction.all_organizations()?.into_iter().filter(|row| row.plan == STARTER);
            let mut groups = Vec::new();
            for organization in organizations {
                let awake = transaction.groups_of(organization.id)?.into_iter().filter(|group| !group.archived);
                groups.extend(awake.map(|group| (organization.slug.clone(), group)));
            }
            Ok::<_, StoreError>(groups)
        })?;
        for (slug, group) in groups {
            let Some(last_used) = self.data.last_used(group.uuid.as_str()) else { continue };
            let end = last_used.saturating_add(SECONDS_UNTIL_ARCHIVED);
            if end <= now.as_second() {
                self.archive_group(slug.as_str(), group.name.as_str())?;
            } else {
                self.archive.look_at.fetch_min(end, Ordering::AcqRel);
            }
        }
        Ok(())
    }

    /// Archives a group with its databases.
    pub(crate) fn archive_group(&self, organization: &str, group: &str) -> Result<(), CloudError> {
        let (slug, name) = (OrganizationSlug::try_from(organization)?, GroupName::try_from(group)?);
        self.store
            .transact_then(
                |transaction| {
                    let organization = transaction.find_organization(&slug)?;
                    let organization = organization.ok_or_else(|| unknown("organization", slug.as_str()))?;
                    let group = transaction.find_group(organization.id, &name)?;
                    let mut group = group.ok_or_else(|| unknown("group", name.as_str()))?;
                    group.archived = true;
                    transaction.update_group(&group)?;
                    let mut databases = transaction.databases_in(&group)?;
                    for database in &mut databases {
                        database.archived = true;
                        transaction.update_database(database)?;
                    }
                    Ok::<_, CloudError>(databases)
                },
                |databases| databases.iter().for_each(|database| self.data.put(record(database))),
            )
            .map(drop)
    }
}

pub(crate) fn unknown(field: &'static str, name: &str) -> InvalidInput {
    InvalidInput::new(field, name, "there is none of this name")
}

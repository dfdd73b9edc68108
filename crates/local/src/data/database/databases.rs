//! Which databases there are, and under which names they take requests.

use std::collections::HashMap;
use std::sync::Arc;

use super::Database;
use crate::data::usage::{Activity, Meter};

#[derive(Default)]
pub(crate) struct Databases {
    pub(crate) by_id: HashMap<String, Arc<Database>>,
    pub(crate) by_label: HashMap<String, Arc<Database>>,
    pub(crate) meters: HashMap<i64, Arc<Meter>>,
    /// By the id of a group.
    pub(crate) activities: HashMap<String, Arc<Activity>>,
}

impl Databases {
    pub(crate) fn meter(&mut self, organization: i64) -> Arc<Meter> {
        Arc::clone(self.meters.entry(organization).or_default())
    }

    pub(crate) fn activity(&mut self, group: &str) -> Arc<Activity> {
        if let Some(activity) = self.activities.get(group) {
            return Arc::clone(activity);
        }
        Arc::clone(self.activities.entry(group.to_owned()).or_default())
    }

    /// When a group was used is forgotten with the last of its databases.
    pub(crate) fn forget_group_of(&mut self, database: &Database) {
        let record = database.record();
        // One of them is the one that goes, the other is kept here.
        if self.activities.get(&record.group_id).is_some_and(|activity| Arc::strong_count(activity) <= 2) {
            self.activities.remove(&record.group_id);
        }
    }

    /// A database that takes requests.
    pub(crate) fn in_service(&self, id: &str) -> Option<Arc<Database>> {
        let database = self.by_id.get(id)?;
        let owner = self.by_label.get(&database.record().label)?;
        Arc::ptr_eq(owner, database).then(|| Arc::clone(database))
    }

    /// A label that has since been given to another database stays with that one.
    pub(crate) fn forget_label_of(&mut self, database: &Arc<Database>) {
        let label = &database.record().label;
        if self.by_label.get(label).is_some_and(|owner| Arc::ptr_eq(owner, database)) {
            self.by_label.remove(label);
        }
    }
}

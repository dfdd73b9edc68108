//! What becomes of groups and databases, without a cloud. Each step says whether it is one that can be done.

use std::time::Duration;

use super::Place;

/// How long what was deleted can be brought back.
const RECOVERY: Duration = Duration::from_secs(5 * 24 * 60 * 60);

#[derive(Clone, Debug, Default)]
pub(super) struct Model {
    now: Duration,
    /// The oldest first.
    groups: Vec<Group>,
    databases: Vec<Database>,
}

#[derive(Clone, Debug)]
struct Group {
    id: String,
    place: Place,
    is_protected: bool,
    deleted_at: Option<Duration>,
}

#[derive(Clone, Debug)]
pub(super) struct Database {
    pub(super) id: String,
    pub(super) token: String,
    pub(super) rows: u64,
    name: usize,
    group: String,
    is_protected: bool,
    deleted: Option<Deleted>,
}

#[derive(Clone, Copy, Debug)]
struct Deleted {
    at: Duration,
    with_its_group: bool,
}

impl Model {
    pub(super) fn create_group(&mut self, place: Place, id: impl FnOnce() -> String) -> bool {
        let is_free = self.group(place).is_none();
        if is_free {
            self.groups.push(Group { id: id(), place, is_protected: false, deleted_at: None });
        }
        is_free
    }

    pub(super) fn protect_group(&mut self, place: Place, on: bool) -> bool {
        self.group(place).map(|group| group.is_protected = on).is_some()
    }

    pub(super) fn transfer_group(&mut self, place: Place) -> bool {
        let to = Place { organization: 1 - place.organization, ..place };
        let Some(id) = self.group(place).map(|group| group.id.clone()) else { return false };
        let names = self.names_in(&id);
        if self.group(to).is_some() || names.into_iter().any(|name| self.is_taken(to.organization, name)) {
            return false;
        }
        self.by_id(&id).place = to;
        true
    }

    pub(super) fn delete_group(&mut self, place: Place) -> bool {
        let now = self.now;
        let Some(group) = self.group(place).cloned() else { return false };
        let mut live = self.databases.iter_mut().filter(|database| database.group == group.id && database.is_live());
        if group.is_protected || live.any(|database| database.is_protected) {
            return false;
        }
        for database in self.databases.iter_mut().filter(|database| database.group == group.id && database.is_live()) {
            database.deleted = Some(Deleted { at: now, with_its_group: true });
        }
        self.by_id(&group.id).deleted_at = Some(now);
        true
    }

    pub(super) fn restore_group(&mut self, id: &str) -> bool {
        if !self.revive(id) {
            return false;
        }
        let organization = self.by_id(id).place.organization;
        for index in 0..self.databases.len() {
            let database = &self.databases[index];
            if database.group == id && database.deleted.is_some_and(|deleted| deleted.with_its_group) {
                let is_taken = self.is_taken(organization, database.name);
                let deleted = &mut self.databases[index].deleted;
                *deleted = deleted.filter(|_| is_taken).map(|deleted| Deleted { with_its_group: false, ..deleted });
            }
        }
        true
    }

    pub(super) fn create_database(&mut self, place: Place, group: Place) -> bool {
        let Some(group) = self.group(group).map(|group| group.id.clone()) else { return false };
        if self.is_taken(place.organization, place.name) {
            return false;
        }
        let (id, token) = (String::new(), String::new());
        let (rows, is_protected, deleted) = (0, false, None);
        self.databases.push(Database { id, token, rows, name: place.name, group, is_protected, deleted });
        true
    }

    pub(super) fn copy_database(&mut self, place: Place, copy: usize) -> bool {
        let Some((rows, group)) = self.live(place).map(|original| (original.rows, original.group.clone())) else {
            return false;
        };
        let (group, place) = (self.by_id(&group).place, Place { name: copy, ..place });
        let is_done = self.create_database(place, group);
        if is_done {
            self.live(place).unwrap().rows = rows;
        }
        is_done
    }

    pub(super) fn write(&mut self, place: Place) -> bool {
        self.live(place).map(|database| database.rows += 1).is_some()
    }

    pub(super) fn protect_database(&mut self, place: Place, on: bool) -> bool {
        self.live(place).map(|database| database.is_protected = on).is_some()
    }

    /// Into the group of the same name, or else the oldest.
    pub(super) fn transfer_database(&mut self, place: Place) -> bool {
        let organization = 1 - place.organization;
        let Some(name) = self.group_of(place) else { return false };
        let same = self.group(Place { organization, name }).map(|group| group.id.clone());
        let mut live = self.groups.iter().filter(|group| group.is_live() && group.place.organization == organization);
        let Some(group) = same.or_else(|| live.next().map(|group| group.id.clone())) else { return false };
        if self.is_taken(organization, place.name) {
            return false;
        }
        self.live(place).unwrap().group = group;
        true
    }

    pub(super) fn delete_database(&mut self, place: Place) -> bool {
        let now = self.now;
        let Some(group) = self.live(place).map(|database| database.group.clone()) else { return false };
        let group_is_protected = self.by_id(&group).is_protected;
        let database = self.live(place).unwrap();
        if group_is_protected || database.is_protected {
            return false;
        }
        database.deleted = Some(Deleted { at: now, with_its_group: false });
        true
    }

    /// With the group that took it along, whose other databases stay deleted.
    pub(super) fn restore_database(&mut self, id: &str, name: Option<usize>) -> bool {
        let index = self.databases.iter().position(|database| database.id == id).unwrap();
        let Database { group, name: old_name, deleted, .. } = self.databases[index].clone();
        let with_its_group = deleted.unwrap().with_its_group;
        let (name, organization) = (name.unwrap_or(old_name), self.by_id(&group).place.organization);
        if self.is_taken(organization, name) || (!self.by_id(&group).is_live() && !with_its_group) {
            return false;
        }
        if with_its_group {
            if !self.revive(&group) {
                return false;
            }
            for other in self.databases.iter_mut().filter(|database| database.group == group) {
                other.deleted = other.deleted.map(|deleted| Deleted { with_its_group: false, ..deleted });
            }
        }
        let database = &mut self.databases[index];
        (database.name, database.deleted) = (name, None);
        true
    }

    pub(super) fn wait(&mut self, time: Duration) {
        self.now += time;
        let is_kept = |at: Duration| self.now < at + RECOVERY;
        self.databases.retain(|database| database.deleted.is_none_or(|deleted| is_kept(deleted.at)));
        self.groups.retain(|group| group.deleted_at.is_none_or(is_kept));
    }

    /// The ids of the groups of an organization: of those that are deleted, or of the others.
    pub(super) fn groups(&self, organization: usize, are_deleted: bool) -> Vec<String> {
        let groups = self.groups.iter().filter(|group| group.place.organization == organization);
        let mut ids: Vec<_> =
            groups.filter(|group| group.is_live() != are_deleted).map(|group| group.id.clone()).collect();
        ids.sort_unstable();
        ids
    }

    /// As [`Model::groups`], for databases.
    pub(super) fn databases(&self, organization: usize, are_deleted: bool) -> Vec<String> {
        let databases = self.databases.iter().filter(|database| self.place(database).organization == organization);
        let mut ids: Vec<_> = databases
            .filter(|database| database.is_live() != are_deleted)
            .map(|database| database.id.clone())
            .collect();
        ids.sort_unstable();
        ids
    }

    pub(super) fn deleted_group(&self, organization: usize, nth: usize) -> Option<String> {
        self.groups(organization, true).into_iter().cycle().nth(nth)
    }

    pub(super) fn deleted_database(&self, organization: usize, nth: usize) -> Option<String> {
        self.databases(organization, true).into_iter().cycle().nth(nth)
    }

    /// The name of the group a database is in.
    pub(super) fn group_of(&mut self, place: Place) -> Option<usize> {
        let group = self.live(place)?.group.clone();
        Some(self.by_id(&group).place.name)
    }

    pub(super) fn live(&mut self, place: Place) -> Option<&mut Database> {
        let is_meant = |database: &Database| database.is_live() && self.place(database) == place;
        let index = self.databases.iter().position(is_meant)?;
        Some(&mut self.databases[index])
    }

    /// This group if it is there, or else any.
    pub(super) fn group_near(&self, place: Place) -> Place {
        let live = || self.groups.iter().filter(|group| group.is_live()).map(|group| group.place);
        live().find(|found| *found == place).or_else(|| live().next()).unwrap_or(place)
    }

    /// As [`Model::group_near`], for a database.
    pub(super) fn database_near(&self, place: Place) -> Place {
        let live = || self.databases.iter().filter(|database| database.is_live()).map(|database| self.place(database));
        live().find(|found| *found == place).or_else(|| live().next()).unwrap_or(place)
    }

    fn group(&mut self, place: Place) -> Option<&mut Group> {
        self.groups.iter_mut().find(|group| group.is_live() && group.place == place)
    }

    fn by_id(&mut self, id: &str) -> &mut Group {
        self.groups.iter_mut().find(|group| group.id == id).unwrap()
    }

    fn place(&self, database: &Database) -> Place {
        let group = self.groups.iter().find(|group| group.id == database.group).unwrap();
        Place { name: database.name, ..group.place }
    }

    fn names_in(&self, group: &str) -> Vec<usize> {
        let databases = self.databases.iter().filter(|database| database.group == group && database.is_live());
        databases.map(|database| database.name).collect()
    }

    fn is_taken(&mut self, organization: usize, name: usize) -> bool {
        self.live(Place { organization, name }).is_some()
    }

    fn revive(&mut self, id: &str) -> bool {
        let place = self.by_id(id).place;
        let is_free = self.group(place).is_none();
        if is_free {
            self.by_id(id).deleted_at = None;
        }
        is_free
    }
}

impl Group {
    fn is_live(&self) -> bool {
        self.deleted_at.is_none()
    }
}

impl Database {
    fn is_live(&self) -> bool {
        self.deleted.is_none()
    }
}

//! Whatever is done with groups and databases, one after another, the cloud is what a few rules make of it.

mod model;

use std::{path::Path, time::Duration};

use proptest::prelude::*;
use serde_json::{Value, json};
use turso_cloud_local::{Clock, Cloud};

use crate::support::{ACME, Answer, DEV, SEED, delete, get, mint, patch, post, query};
use model::Model;

const ORGANIZATIONS: [&str; 2] = ["acme", "dev"];
const IDS: [&str; 2] = [ACME, DEV];
const GROUPS: [&str; 2] = ["default", "eu"];
const DATABASES: [&str; 3] = ["orders", "events", "users"];

/// Never a number of whole days, so that no five days end to the second.
const NIGHT: Duration = Duration::from_secs(25 * 60 * 60);

/// Where a group or a database is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    organization: usize,
    name: usize,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    CreateGroup(Place),
    ProtectGroup(Place, bool),
    TransferGroup(Place),
    DeleteGroup(Place),
    /// The one of the groups that are deleted, of one organization.
    RestoreGroup(usize, usize),
    CreateDatabase(Place, usize),
    CopyDatabase(Place, usize),
    Write(Place),
    ProtectDatabase(Place, bool),
    TransferDatabase(Place),
    DeleteDatabase(Place),
    /// The one of the databases that are deleted, of one organization, under another name or its own.
    RestoreDatabase(usize, usize, Option<usize>),
    Wait(u32),
    Reopen,
    Snapshot,
    Restore,
}

fn step() -> impl Strategy<Value = Step> {
    // Most of it in one of them, and seldom protected, so that steps meet what others have left.
    let organization = || prop_oneof![4 => Just(0), 1 => Just(1)];
    let on = || prop::bool::weighted(0.3);
    let place = |names: usize| (organization(), 0..names).prop_map(|(organization, name)| Place { organization, name });
    let (group, database) = (|| place(GROUPS.len()), || place(DATABASES.len()));
    prop_oneof![
        2 => group().prop_map(Step::CreateGroup),
        1 => (group(), on()).prop_map(|(group, on)| Step::ProtectGroup(group, on)),
        2 => group().prop_map(Step::TransferGroup),
        3 => group().prop_map(Step::DeleteGroup),
        3 => (organization(), 0..4_usize).prop_map(|(organization, nth)| Step::RestoreGroup(organization, nth)),
        6 => (database(), 0..GROUPS.len()).prop_map(|(database, group)| Step::CreateDatabase(database, group)),
        2 => (database(), 0..DATABASES.len()).prop_map(|(database, copy)| Step::CopyDatabase(database, copy)),
        3 => database().prop_map(Step::Write),
        1 => (database(), on()).prop_map(|(database, on)| Step::ProtectDatabase(database, on)),
        2 => database().prop_map(Step::TransferDatabase),
        3 => database().prop_map(Step::DeleteDatabase),
        3 => (organization(), 0..4_usize, prop::option::of(0..DATABASES.len()))
            .prop_map(|(organization, nth, name)| Step::RestoreDatabase(organization, nth, name)),
        1 => (1..4_u32).prop_map(Step::Wait),
        1 => Just(Step::Reopen),
        1 => Just(Step::Snapshot),
        1 => Just(Step::Restore),
    ]
}

/// The path of something in an organization, in the first version.
fn path(organization: usize, rest: &str) -> String {
    format!("/v1/organizations/{}/{rest}", ORGANIZATIONS[organization])
}

fn path_of_group(group: Place) -> String {
    path(group.organization, &format!("groups/{}", GROUPS[group.name]))
}

fn path_of_database(database: Place) -> String {
    path(database.organization, &format!("databases/{}", DATABASES[database.name]))
}

fn label(database: Place) -> String {
    format!("{}-{}", DATABASES[database.name], ORGANIZATIONS[database.organization])
}

fn open(directory: &Path, clock: &Clock) -> Cloud {
    Cloud::builder().seed(SEED).clock(clock.clone()).directory(directory).build().unwrap()
}

struct Run<'a> {
    directory: &'a Path,
    cloud: Option<Cloud>,
    model: Model,
    snapshot: Option<Model>,
}

impl Run<'_> {
    fn cloud(&self) -> &Cloud {
        self.cloud.as_ref().unwrap()
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        post(self.cloud(), path, &body.to_string()).await
    }

    async fn protect(&self, path: &str, on: bool) -> Answer {
        patch(self.cloud(), &format!("{path}/configuration"), &json!({"delete_protection": on}).to_string()).await
    }

    /// Does a step in the cloud and in the model, and holds the one to the other.
    async fn take(&mut self, step: Step) {
        let step = self.aimed(step);
        let (answer, is_done) = match step {
            Step::CreateGroup(group) => {
                let body = json!({"name": GROUPS[group.name], "location": "local"});
                let answer = self.post(&path(group.organization, "groups"), &body).await;
                let id = || answer.json()["group"]["uuid"].as_str().unwrap().to_owned();
                let is_done = self.model.create_group(group, id);
                (answer, is_done)
            }
            Step::ProtectGroup(group, on) => {
                (self.protect(&path_of_group(group), on).await, self.model.protect_group(group, on))
            }
            Step::TransferGroup(group) => {
                let to = json!({"organization": ORGANIZATIONS[1 - group.organization]});
                let answer = self.post(&format!("{}/transfer", path_of_group(group)), &to).await;
                (answer, self.model.transfer_group(group))
            }
            Step::DeleteGroup(group) => {
                (delete(self.cloud(), &path_of_group(group)).await, self.model.delete_group(group))
            }
            Step::RestoreGroup(organization, nth) => {
                let Some(id) = self.model.deleted_group(organization, nth) else { return };
                let answer = self.post(&format!("{}/groups/{id}/restore", IDS[organization]), &json!({})).await;
                (answer, self.model.restore_group(&id))
            }
            Step::CreateDatabase(database, group) => {
                let body = json!({"name": DATABASES[database.name], "group": GROUPS[group]});
                let answer = self.post(&path(database.organization, "databases"), &body).await;
                let group = Place { organization: database.organization, name: group };
                (answer, self.model.create_database(database, group))
            }
            Step::CopyDatabase(database, copy) => {
                let seed = json!({"type": "database", "name": DATABASES[database.name]});
                let group = self.model.group_of(database).unwrap_or_default();
                let body = json!({"name": DATABASES[copy], "group": GROUPS[group], "seed": seed});
                let answer = self.post(&path(database.organization, "databases"), &body).await;
                (answer, self.model.copy_database(database, copy))
            }
            Step::Write(database) => {
                if self.model.write(database) {
                    self.run_sql(database, "INSERT INTO t VALUES (1)").await;
                }
                return;
            }
            Step::ProtectDatabase(database, on) => {
                (self.protect(&path_of_database(database), on).await, self.model.protect_database(database, on))
            }
            Step::TransferDatabase(database) => {
                let to = json!({"org": ORGANIZATIONS[1 - database.organization]});
                let answer = self.post(&format!("{}/transfer", path_of_database(database)), &to).await;
                (answer, self.model.transfer_database(database))
            }
            Step::DeleteDatabase(database) => {
                (delete(self.cloud(), &path_of_database(database)).await, self.model.delete_database(database))
            }
            Step::RestoreDatabase(organization, nth, name) => {
                let Some(id) = self.model.deleted_database(organization, nth) else { return };
                let body = name.map_or(json!({}), |name| json!({"name": DATABASES[name]}));
                let answer = self.post(&format!("{}/databases/{id}/restore", IDS[organization]), &body).await;
                (answer, self.model.restore_database(&id, name))
            }
            Step::Wait(nights) => {
                self.cloud().clock().advance(NIGHT * nights);
                return self.model.wait(NIGHT * nights);
            }
            Step::Reopen => {
                let clock = self.cloud().clock().clone();
                self.cloud = None;
                self.cloud = Some(open(self.directory, &clock));
                return;
            }
            Step::Snapshot => {
                self.cloud().delete_snapshot("then").await.unwrap();
                self.cloud().snapshot("then").await.unwrap();
                self.snapshot = Some(self.model.clone());
                return;
            }
            Step::Restore => {
                let Some(model) = self.snapshot.clone() else { return };
                self.cloud().restore("then").await.unwrap();
                self.model = model;
                return;
            }
        };
        let expected = if is_done { 200..=200 } else { 400..=499 };
        assert!(expected.contains(&answer.status), "{step:?}: {} {}", answer.status, answer.text);
        self.learn(step, &answer).await;
    }

    /// The step with something that is there, where there is anything: most names are of nothing.
    fn aimed(&self, step: Step) -> Step {
        let group = |place| self.model.group_near(place);
        let database = |place| self.model.database_near(place);
        match step {
            Step::ProtectGroup(place, on) => Step::ProtectGroup(group(place), on),
            Step::TransferGroup(place) => Step::TransferGroup(group(place)),
            Step::DeleteGroup(place) => Step::DeleteGroup(group(place)),
            Step::CopyDatabase(place, copy) => Step::CopyDatabase(database(place), copy),
            Step::Write(place) => Step::Write(database(place)),
            Step::ProtectDatabase(place, on) => Step::ProtectDatabase(database(place), on),
            Step::TransferDatabase(place) => Step::TransferDatabase(database(place)),
            Step::DeleteDatabase(place) => Step::DeleteDatabase(database(place)),
            other => other,
        }
    }

    /// What only the cloud can say of what it has made: the id of a database, and a token that opens it.
    async fn learn(&mut self, step: Step, answer: &Answer) {
        let (database, is_new) = match step {
            Step::CreateDatabase(database, _) => (database, true),
            Step::CopyDatabase(database, copy) => (Place { name: copy, ..database }, true),
            // It has lost its tokens.
            Step::TransferDatabase(database) => (Place { organization: 1 - database.organization, ..database }, false),
            _ => return,
        };
        if answer.status != 200 {
            return;
        }
        let token = mint(self.cloud(), &format!("{}/auth/tokens", path_of_database(database))).await;
        let record = self.model.live(database).unwrap();
        record.token = token;
        if is_new {
            record.id = answer.json()["database"]["DbId"].as_str().unwrap().to_owned();
        }
        if matches!(step, Step::CreateDatabase(..)) {
            self.run_sql(database, "CREATE TABLE t (x)").await;
        }
    }

    /// The first value of a statement, with the token that was minted when the database was made.
    async fn run_sql(&mut self, database: Place, sql: &str) -> Value {
        let token = self.model.live(database).unwrap().token.clone();
        let answer = query(self.cloud(), &label(database), &token, sql).await;
        assert_eq!(answer.status, 200, "{database:?}: {}", answer.text);
        let result = &answer.json()["results"][0];
        assert_eq!(result["type"], "ok", "{database:?}: {result}");
        result["response"]["result"]["rows"][0][0]["value"].clone()
    }

    /// The values of one member of all that is listed at a path.
    async fn listed(&self, path: &str, list: &str, member: &str) -> Vec<String> {
        let answer = get(self.cloud(), path).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let list = answer.json()[list].as_array().unwrap().clone();
        let mut values: Vec<_> = list.iter().map(|item| item[member].as_str().unwrap().to_owned()).collect();
        values.sort_unstable();
        values
    }

    async fn compare(&mut self) {
        for (organization, id) in IDS.into_iter().enumerate() {
            let groups = self.listed(&path(organization, "groups"), "groups", "uuid").await;
            assert_eq!(groups, self.model.groups(organization, false));
            let databases = self.listed(&path(organization, "databases"), "databases", "DbId").await;
            assert_eq!(databases, self.model.databases(organization, false));
            let deleted = self.listed(&format!("{id}/deleted-groups"), "groups", "uuid").await;
            assert_eq!(deleted, self.model.groups(organization, true));
            let deleted = self.listed(&format!("{id}/databases?deleted=true"), "databases", "DbId").await;
            assert_eq!(deleted, self.model.databases(organization, true));
            for name in 0..DATABASES.len() {
                let database = Place { organization, name };
                let Some(rows) = self.model.live(database).map(|record| record.rows) else { continue };
                assert_eq!(self.run_sql(database, "SELECT count(*) FROM t").await, rows.to_string());
            }
        }
    }
}

async fn run(steps: Vec<Step>) {
    let directory = tempfile::tempdir().unwrap();
    let cloud = open(directory.path(), &Clock::frozen_at("2026-01-01T00:00:00Z".parse().unwrap()));
    let mut model = Model::default();
    for organization in 0..ORGANIZATIONS.len() {
        let group = Place { organization, name: 0 };
        let found = get(&cloud, &path_of_group(group)).await.json();
        model.create_group(group, || found["group"]["uuid"].as_str().unwrap().to_owned());
    }
    let mut run = Run { directory: directory.path(), cloud: Some(cloud), model, snapshot: None };
    for some in steps.chunks(4) {
        for step in some {
            run.take(*step).await;
        }
        run.compare().await;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_done_what_is_there_is_what_was_made_and_not_deleted(steps in prop::collection::vec(step(), 1..=160)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(run(steps));
    }
}

use std::path::PathBuf;

use jiff::Timestamp;
use turso_cloud_contract::members::Role;

use crate::{
    Clock, Cloud, CloudError, Quirk,
    authority::Authority,
    cloud::{Inner, Served},
    control::{Control, Hostnames, Rules, included_rows, record, recovery},
    data::{DataPlane, Files, Hours, Rows},
    directory::Directory,
    founder::{Founder, TEAM, Team},
    ids::Ids,
    quirk::Quirks,
    store::{OrganizationRow, Store, StoreError, Transaction},
};

/// 2026-01-01T00:00:00Z, the beginning of the time of a seeded cloud.
const BEGINNING: Timestamp = Timestamp::constant(1_767_225_600, 0);

/// More than tests and tools of one machine open, and half of the files that most systems let a process have open: the
/// others are for the databases.
const MAX_CONNECTIONS: usize = 512;

/// A local cloud to be made. Made with [`Cloud::builder`].
///
/// ```
/// use turso_cloud_local::Cloud;
///
/// let cloud = Cloud::builder().seed(7).with_organization("umbrella").with_group("eu", "aws-eu-west-1").build()?;
/// assert_eq!(cloud.organization().as_str(), "umbrella");
/// assert_eq!(cloud.clock().now().to_string(), "2026-01-01T00:00:00Z");
/// # Ok::<(), turso_cloud_local::CloudError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder makes nothing until `build` is called"]
pub struct CloudBuilder {
    seed: Option<u64>,
    clock: Option<Clock>,
    directory: Option<PathBuf>,
    users: Vec<String>,
    teams: Vec<Team>,
    quirks: Quirks,
    served: Served,
}

impl Default for CloudBuilder {
    fn default() -> Self {
        let served = Served { hostnames: None, hosts: Vec::new(), connections: MAX_CONNECTIONS };
        let quirks = Quirks::default();
        Self { seed: None, clock: None, directory: None, users: Vec::new(), teams: Vec::new(), quirks, served }
    }
}

impl CloudBuilder {
    /// Makes ids and keys follow from a seed, so that the same requests get byte for byte the same answers.
    ///
    /// Without a clock of its own, a seeded cloud stands at 2026-01-01T00:00:00Z until it is told to move on. Its keys
    /// are known to everybody who knows the seed: it is for tests.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Lets the cloud live in the time of this clock.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Keeps the cloud in a directory, which is made when needed. What is there already stays as it is.
    pub fn directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = Some(directory.into());
        self
    }

    /// Adds a team organization with a group `default` in the location `local`. The first one takes the place of
    /// `acme`.
    pub fn with_organization(mut self, slug: impl Into<String>) -> Self {
        self.teams.push(Team::new(slug));
        self
    }

    /// Adds a group to the organization added last, or to `acme` when there is none.
    pub fn with_group(mut self, name: impl Into<String>, location: impl Into<String>) -> Self {
        self.last_team().groups.push((name.into(), location.into()));
        self
    }

    /// Adds a user beside `dev`, with a personal organization that bears their name. [`Cloud::token_of`] has their
    /// token.
    pub fn with_user(mut self, username: impl Into<String>) -> Self {
        self.users.push(username.into());
        self
    }

    /// Adds a member to the organization added last, or to `acme` when there is none. The user is made when needed.
    ///
    /// ```
    /// use turso_cloud_contract::members::Role;
    /// use turso_cloud_local::Cloud;
    ///
    /// let cloud = Cloud::builder().with_member("vera", Role::Viewer).build()?;
    /// assert!(cloud.token_of("vera").is_some());
    /// # Ok::<(), turso_cloud_local::CloudError>(())
    /// ```
    pub fn with_member(mut self, username: impl Into<String>, role: Role) -> Self {
        self.last_team().members.push((username.into(), role));
        self
    }

    /// Puts the organization added last, or `acme` when there is none, on another plan than `pro`, which includes
    /// everything: `starter`, `developer` or `scaler`. What the plan does not include is refused.
    pub fn with_plan(mut self, plan: impl Into<String>) -> Self {
        self.last_team().plan = Some(plan.into());
        self
    }

    /// Lets the cloud answer in a way in which Turso Cloud has been seen to answer. Of two that exclude each other, the
    /// one given last holds.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use turso_cloud::NewDatabase;
    /// use turso_cloud_local::{Cloud, Quirk};
    ///
    /// let cloud = Cloud::builder().quirk(Quirk::DuplicateCreate400).build()?;
    /// let turso = cloud.client().build()?;
    /// turso.databases().create(NewDatabase::new("orders", "default")).await?;
    /// let again = turso.databases().create(NewDatabase::new("orders", "default")).await.unwrap_err();
    /// assert!(again.is_already_exists());
    /// # Ok(())
    /// # }
    /// ```
    pub fn quirk(mut self, quirk: Quirk) -> Self {
        self.quirks.add(quirk);
        self
    }

    /// Sets what the Platform API of a served cloud calls the SQL endpoints of databases. Without it they have addresses
    /// of their own where that is possible, and paths where it is not.
    pub fn hostnames(mut self, form: Hostnames) -> Self {
        self.served.hostnames = Some(form);
        self
    }

    /// Lets requests to a server on a loopback address name this host, with whatever port, beside those of this machine.
    pub fn allow_host(mut self, host: impl Into<String>) -> Self {
        self.served.hosts.push(host.into());
        self
    }

    /// Sets how many connections each server takes at once; 512 by default. Further ones are answered with 503.
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.served.connections = connections;
        self
    }

    fn last_team(&mut self) -> &mut Team {
        if self.teams.is_empty() {
            self.teams.push(Team::new(TEAM));
        }
        let last = self.teams.len() - 1;
        &mut self.teams[last]
    }

    /// Makes the cloud, or opens it where it is kept.
    pub fn build(self) -> Result<Cloud, CloudError> {
        let ids = self.seed.map_or(Ids::Random, Ids::Seeded);
        let clock = self.clock.clone().unwrap_or_else(|| self.usual_clock());
        let directory = self.directory.as_ref().map(Directory::open).transpose()?;
        let store = match &directory {
            Some(directory) => Store::open(&directory.state())?,
            None => Store::in_memory()?,
        };
        let now = clock.now();
        let (foundation, databases, deleted, used) = store.transact(|transaction| {
            let foundation = Founder { transaction, ids, now }.found(&self.users, &self.teams)?;
            transaction.purge(recovery::deadline(now))?;
            let (databases, deleted) = (transaction.all_databases()?, transaction.all_deleted_databases()?);
            Ok::<_, CloudError>((foundation, databases, deleted, used_this_month(transaction, now)?))
        })?;
        let files = match &directory {
            Some(directory) => {
                let restorable = deleted.iter().map(|deleted| &deleted.database);
                directory.remove_strays(databases.iter().chain(restorable))?;
                Files::Directory(directory.databases())
            }
            None => Files::Memory,
        };
        let authority = Authority::new(directory.as_ref().map(|directory| directory.path().to_owned()));
        let data = DataPlane::new(files, clock.clone());
        // Known without being reachable, so that their files go when they can no longer be brought back.
        for deleted in &deleted {
            data.put(record(&deleted.database));
            data.forget(deleted.database.uuid.as_str());
        }
        for database in &databases {
            data.put(record(database));
        }
        for (organization, used) in &used {
            data.include(organization.id, included_rows(organization));
            data.add_used(organization.id, *used);
        }
        Ok(Cloud::from_inner(Inner {
            control: Control::new(
                store,
                ids,
                clock,
                data,
                Rules { verifier: foundation.verifier, quirks: self.quirks },
                directory.map(Directory::into_lock),
            ),
            token: foundation.token,
            organization: foundation.organization,
            authority,
            served: self.served,
        }))
    }

    fn usual_clock(&self) -> Clock {
        match self.seed {
            Some(_) => Clock::frozen_at(BEGINNING),
            None => Clock::system(),
        }
    }
}

/// Every organization with the rows its databases have used since the month began.
fn used_this_month(transaction: &Transaction<'_>, now: Timestamp) -> Result<Vec<(OrganizationRow, Rows)>, StoreError> {
    let hours = Hours::of_month_until(now);
    let organizations = transaction.all_organizations()?.into_iter();
    organizations.map(|row| transaction.usage_in(row.id, hours).map(|used| (row, used))).collect()
}

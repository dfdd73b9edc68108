use std::{
    fs,
    num::NonZeroU32,
    path::{Path, PathBuf},
    sync::Arc,
};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::Timestamp;
use turso_cloud_contract::{ApiToken, members::Role};

use crate::{
    Clock, Cloud, CloudError, Faults, Quirk, Requests,
    blueprint::Blueprint,
    cloud::{Inner, Served, Settings, Stop},
    control::Hostnames,
    forks::Forks,
    home::Home,
    ids::Ids,
    population::{Plan, Population, Team, Word},
    quirk::Quirks,
    rate_limit::RateLimit,
    request_log, seed_file,
    server::check_hosts,
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
    population: Population,
    quirks: Quirks,
    request_log: usize,
    rate_limit: Option<NonZeroU32>,
    served: Served,
}

impl Default for CloudBuilder {
    fn default() -> Self {
        let served = Served { hostnames: None, hosts: Vec::new(), connections: MAX_CONNECTIONS };
        Self {
            seed: None,
            clock: None,
            directory: None,
            population: Population::default(),
            quirks: Quirks::default(),
            request_log: request_log::CAPACITY,
            rate_limit: None,
            served,
        }
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

    /// Keeps the cloud in a directory, which is made when needed. What is there already stays as it is, and what is not of a
    /// cloud is never touched.
    pub fn directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = Some(directory.into());
        self
    }

    /// Adds a team organization with a group `default` in the location `local`. The first one takes the place of
    /// `acme`.
    pub fn with_organization(mut self, slug: impl Into<String>) -> Self {
        self.population.teams.push(Team::new(slug));
        self
    }

    /// Adds a group to the organization added last, or to `acme` when there is none.
    pub fn with_group(mut self, name: impl Into<String>, location: impl Into<String>) -> Self {
        self.population.last_team().groups.push((Word::from(name), Word::from(location)));
        self
    }

    /// Adds a user beside `dev`, with a personal organization that bears their name. [`Cloud::token_of`] has their
    /// token.
    pub fn with_user(mut self, username: impl Into<String>) -> Self {
        self.population.users.push(Word::from(username));
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
        self.population.last_team().members.push((Word::from(username), role));
        self
    }

    /// Puts the organization added last, or `acme` when there is none, on another plan than `pro`, which includes
    /// everything: `starter`, `developer` or `scaler`. What the plan does not include is refused. One that is kept is put
    /// on it again by whoever opens it so, while the plan in a seed file is for an organization that is new.
    pub fn with_plan(mut self, plan: impl Into<String>) -> Self {
        self.population.last_team().plan = Some(Plan::FromNowOn(Word::from(plan)));
        self
    }

    /// Lets the cloud answer in a way in which Turso Cloud has been seen to answer, instead of the one seen last. Of two that
    /// exclude each other, the one given last holds.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use turso_cloud::NewDatabase;
    /// use turso_cloud_local::{Cloud, Quirk};
    ///
    /// let cloud = Cloud::builder().quirk(Quirk::DuplicateCreate409).build()?;
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

    /// Sets how many connections each server takes at once, sockets among them; 512 by default. Further ones are answered with
    /// 503, or only closed where 64 are being told so.
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.served.connections = connections;
        self
    }

    /// Adds what a seed file declares: users, organizations, groups, members, databases with the SQL that fills them, and
    /// tokens. It is TOML, with the keys that [the page of the crate](crate#seed-files) tells; files with SQL are looked
    /// for beside it, and nowhere above.
    ///
    /// What is there already in a cloud that is kept stays as it is.
    ///
    /// # Errors
    ///
    /// [`CloudError::File`] if the file cannot be read, or one that it names, which may be no device or pipe;
    /// [`CloudError::Toml`] if it does not say what a seed file should, and [`CloudError::Input`] if it says something twice or
    /// names a file outside its folder.
    pub fn seed_file(self, path: impl AsRef<Path>) -> Result<Self, CloudError> {
        let path = path.as_ref();
        let text = fs::read_to_string(path);
        let text = text.map_err(CloudError::file("read", path))?;
        self.declare(&text, path.parent())
    }

    /// Adds what the text of a [seed file](crate#seed-files) declares, which can name no further files.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use turso_cloud_local::Cloud;
    ///
    /// let cloud = Cloud::builder()
    ///     .seed_toml(
    ///         r#"
    ///         [[organization]]
    ///         slug = "acme"
    ///         plan = "starter"
    ///
    ///         [[organization.database]]
    ///         name = "orders"
    ///         sql = "CREATE TABLE orders (id INTEGER PRIMARY KEY); INSERT INTO orders DEFAULT VALUES;"
    ///         "#,
    ///     )?
    ///     .build()?;
    /// assert_eq!(cloud.client().build()?.databases().get("orders").await?.group.as_str(), "default");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`CloudError::Toml`] if the text does not say what a seed file should, and [`CloudError::Input`] if it says
    /// something twice or names a file.
    pub fn seed_toml(self, text: &str) -> Result<Self, CloudError> {
        self.declare(text, None)
    }

    fn declare(mut self, text: &str, folder: Option<&Path>) -> Result<Self, CloudError> {
        self.population.join(seed_file::read(text, folder)?);
        Ok(self)
    }

    /// Sets how many requests are remembered, 1000 by default; with 0 none are.
    pub fn request_log(mut self, requests: usize) -> Self {
        self.request_log = requests;
        self
    }

    /// Limits the requests of the Platform API that a token may send in a second; 0 stands for no limit, as there is without
    /// it. See [`Cloud::set_rate_limit`].
    pub fn rate_limit(mut self, requests_per_second: u32) -> Self {
        self.rate_limit = NonZeroU32::new(requests_per_second);
        self
    }

    /// Makes the cloud, or opens it where it is kept.
    ///
    /// # Errors
    ///
    /// [`CloudError::InUse`] if another cloud lives in the directory: try again when it has ended.
    /// [`CloudError::NoCloud`] if the directory is that of somebody else, or of a cloud that has lost a part of itself, and
    /// [`CloudError::NoState`] if the file of its state cannot be used: nothing is removed then.
    /// [`CloudError::Input`] if something named to the builder or in a seed file breaks its rule, or was named in two ways
    /// that exclude each other, and [`CloudError::Seed`] if SQL of a seed file does not run. [`CloudError::File`] and
    /// [`CloudError::State`] if the directory, or what is kept in it, cannot be used.
    pub fn build(self) -> Result<Cloud, CloudError> {
        check_hosts(&self.served.hosts)?;
        self.population.check_agreement()?;
        let home = Home::open(self.directory.as_ref())?;
        let clock = self.clock.clone().unwrap_or_else(|| self.usual_clock());
        let settings = Settings {
            began: clock.state(),
            faults: Faults::default(),
            requests: Requests::new(self.request_log),
            rate_limit: Arc::new(RateLimit::new(self.rate_limit)),
            forks: Forks::default(),
            served: self.served,
            stop: Stop::default(),
            local_token: secret()?,
        };
        let ids = self.seed.map_or(Ids::Random, Ids::Seeded);
        let blueprint = Blueprint {
            ids,
            clock,
            population: Arc::new(self.population),
            quirks: self.quirks,
            addresses: Arc::default(),
            generations: Arc::new(home.generations(ids)?),
            is_kept: home.is_kept(),
        };
        let now = blueprint.clock.now();
        let (foundation, asleep) = blueprint.begin(&home, now).map_err(|error| home.with_file(error))?;
        let control = blueprint.awake(asleep);
        // When all of the state in use has been read: what is not in use might be all there is.
        home.tidy();
        Ok(Cloud::from_inner(Inner::new(control, blueprint, home, foundation, settings)))
    }

    fn usual_clock(&self) -> Clock {
        match self.seed {
            Some(_) => Clock::frozen_at(BEGINNING),
            None => Clock::system(),
        }
    }
}

/// A token that is in no state and signed by nobody.
pub(crate) fn secret() -> Result<ApiToken, CloudError> {
    let mut bytes = [0; 24];
    getrandom::fill(&mut bytes).map_err(|error| CloudError::State(Box::new(error)))?;
    Ok(ApiToken::new(BASE64_URL_SAFE_NO_PAD.encode(bytes))?)
}

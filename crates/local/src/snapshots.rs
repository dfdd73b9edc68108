//! The state of a whole cloud, kept under a name, brought back, copied and begun anew.

mod image;

use std::{fs, io, path::PathBuf, sync::Arc};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use turso_cloud_contract::InvalidInput;

use crate::{
    Cloud, CloudError,
    blocking::blocking,
    blueprint::Blueprint,
    builder::secret,
    clock::ClockState,
    cloud::Inner,
    data::DataPlane,
    directory::remove_all,
    founder::Heirlooms,
    home::{Home, Scratch},
    store::Store,
};
use image::Image;
pub(crate) use image::copy_databases;

/// Longer names are refused.
const LONGEST_NAME: usize = 64;

/// What is known of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Snapshot {
    /// Its name.
    pub name: String,
    /// When it was made, by the clock of the cloud.
    pub created_at: Timestamp,
    /// How many databases are in it.
    pub databases: u64,
    /// The bytes it takes.
    pub bytes: u64,
}

impl Cloud {
    /// Keeps the whole cloud as it is at this moment under a name: organizations, tokens, audit log, every database and
    /// its history, and what the clock does: the time at which it stands, or how far it is ahead of the system's or behind.
    /// Nothing is written anywhere while it is made: requests that write wait, and a transaction that is open is waited for,
    /// which is up to five seconds. Such a transaction is in the snapshot as a whole.
    ///
    /// Snapshots of a cloud in a directory stay there; those of a cloud in memory end with it. A name has 1 to 64 of
    /// `a-z`, `A-Z`, `0-9`, `-`, `_`, `.`, and does not begin with a dot. One that is taken is refused.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let cloud = turso_cloud_local::Cloud::new()?;
    /// let turso = cloud.client().build()?;
    /// cloud.snapshot("clean").await?;
    ///
    /// turso.groups().delete("default").await?;
    /// cloud.restore("clean").await?;
    /// assert_eq!(turso.groups().list().await?.len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`CloudError::Busy`] if a statement that writes has not ended after seven seconds: try again when it has.
    /// [`CloudError::Input`] if the name breaks its rule, and [`CloudError::SnapshotExists`] if it is taken.
    /// [`CloudError::File`] and [`CloudError::State`] if the copy cannot be written; nothing of it is left then.
    pub async fn snapshot(&self, name: &str) -> Result<Snapshot, CloudError> {
        check(name)?;
        let turn = self.change_of_state().await;
        let (draft, target) = (self.hidden_place(), self.place_of(name));
        if target.exists() {
            return Err(CloudError::SnapshotExists { name: name.to_owned() });
        }
        let name = name.to_owned();
        let clock = self.clock().clone();
        self.control()
            .while_nobody_writes(move |control, store| {
                let _turn = turn;
                Image::write(control, store, &clock, &draft)?.move_to(target)?.snapshot(name)
            })
            .await
    }

    /// The snapshots there are, by name; one that is half gone is none. Looks at all files of each of them, and blocks
    /// meanwhile.
    ///
    /// # Errors
    ///
    /// [`CloudError::File`] if the snapshots cannot be read.
    pub fn snapshots(&self) -> Result<Vec<Snapshot>, CloudError> {
        let folder = self.home().snapshots();
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(CloudError::file("read", &folder))?,
        };
        let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
        let mut names: Vec<_> = names.filter(|name| check(name).is_ok()).collect();
        names.sort_unstable();
        let opened = names.into_iter().map(|name| Image::open(self.place_of(&name))?.snapshot(name));
        opened.filter(|snapshot| !snapshot.as_ref().is_err_and(is_missing)).collect()
    }

    /// Puts the whole cloud back to a snapshot, while it is served. Requests that come later see nothing of what was
    /// since; requests at work end in the state that is left behind, with their streams, transactions and sockets.
    /// Snapshots, faults, the request log and the rate limit stay as they are. What has begun is carried out, whether or not
    /// the future is dropped.
    ///
    /// The clock is put back to what it did. One that stood shows the same time again. One that ran loses what it has been
    /// moved since, and goes on with the system's: for the programs beside it, too, the time has passed that lies between.
    /// Whoever wants the time of the snapshot back stops the clock before ([`Clock::freeze`](crate::Clock::freeze)).
    ///
    /// # Errors
    ///
    /// [`CloudError::NoSnapshot`] if there is none of this name, [`CloudError::Input`] if no snapshot can have it.
    /// [`CloudError::File`] and [`CloudError::State`] if the snapshot cannot be read or copied; the cloud stays as it
    /// is then.
    pub async fn restore(&self, name: &str) -> Result<(), CloudError> {
        check(name)?;
        let name = name.to_owned();
        self.in_turn(move |cloud| {
            let image = Image::open(cloud.place_of(&name)).map_err(|error| match error {
                error if is_missing(&error) => CloudError::NoSnapshot { name },
                error => error,
            })?;
            let base = image.base();
            let (store, files) = cloud.home().next(Some(&base))?;
            cloud.end_generations()?;
            let data = cloud.blueprint().bring(&base.databases(), files)?;
            cloud.proceed(store, data, image.clock())
        })
        .await
    }

    /// Deletes a snapshot; says whether there was one of this name, be it whole or half gone. Whoever restores it at the moment
    /// is waited for.
    ///
    /// # Errors
    ///
    /// [`CloudError::Input`] if no snapshot can have this name, [`CloudError::File`] if it cannot be taken away; it is
    /// still there then.
    pub async fn delete_snapshot(&self, name: &str) -> Result<bool, CloudError> {
        check(name)?;
        let (place, hidden) = (self.place_of(name), self.hidden_place());
        // What cannot be removed is at least no snapshot any more.
        self.in_turn(move |_| {
            if !Image::may_be_at(&place) {
                return Ok(false);
            }
            match fs::rename(&place, &hidden) {
                Ok(()) => {
                    remove_all(&hidden);
                    Ok(true)
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
                Err(error) => Err(CloudError::file("remove", &place)(error)),
            }
        })
        .await
    }

    /// Another cloud, in memory, that is as this one at this moment and goes its own way from then on: with the same
    /// organizations, tokens and databases, and a clock of its own that shows the same time. It is served, limited and answers
    /// as this one does; it has no snapshots, faults and requests yet.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let cloud = turso_cloud_local::Cloud::new()?;
    /// let other = cloud.fork().await?;
    /// other.client().build()?.groups().delete("default").await?;
    /// assert_eq!(cloud.client().build()?.groups().list().await?.len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`CloudError::Busy`] if a statement that writes has not ended after seven seconds: try again when it has.
    /// [`CloudError::File`] and [`CloudError::State`] if the copy cannot be written.
    pub async fn fork(&self) -> Result<Self, CloudError> {
        let turn = self.change_of_state().await;
        let scratch = Scratch::new("fork");
        let (draft, clock) = (scratch.created()?.join("image"), self.clock().clone());
        let (image, scratch) = self
            .control()
            .while_nobody_writes(move |control, store| {
                let _turn = turn;
                Ok((Image::write(control, store, &clock, &draft)?, scratch))
            })
            .await?;
        let parent = self.clone();
        blocking(move || {
            let (home, base) = (Home::open(None)?, image.base());
            let blueprint = Blueprint {
                clock: parent.clock().forked(),
                addresses: Arc::default(),
                generations: Arc::default(),
                is_kept: false,
                ..parent.blueprint().clone()
            };
            let (store, files) = home.next(Some(&base))?;
            let data = blueprint.bring(&base.databases(), files)?;
            let control = blueprint.awake(blueprint.prepare(store, data, blueprint.clock.now())?);
            let settings = parent.settings().for_another(&blueprint.clock, secret()?);
            drop(scratch);
            Ok(Self::from_inner(Inner::new(control, blueprint, home, parent.foundation().clone(), settings)))
        })
        .await
    }

    /// Makes the cloud what it was when it was new: with what the builder and the seed file say, and nothing else. All of
    /// that has the ids and keys it began with, whatever has become of it since, so that the tokens it handed out, and
    /// those that were minted for its databases and groups, are good again. Faults end, the request log is forgotten and
    /// keeps nothing of SQL endpoints, the rate limit is that of the builder, and the clock is put back to what it did at the
    /// beginning, as [`Cloud::restore`] puts it back. Snapshots stay.
    ///
    /// What has begun is carried out, whether or not the future is dropped.
    ///
    /// # Errors
    ///
    /// [`CloudError::File`] and [`CloudError::State`] if the new state cannot be written; [`CloudError::Seed`] if SQL
    /// of the seed file does not run any more. The cloud stays as it is then.
    pub async fn reset(&self) -> Result<(), CloudError> {
        self.in_turn(|cloud| {
            let heirlooms = cloud.blueprint().ids.is_random().then(|| Heirlooms::of(&cloud.control().store));
            let (store, files) = cloud.home().next(None)?;
            cloud.end_generations()?;
            let (heirlooms, began) = (heirlooms.transpose()?.unwrap_or_default(), cloud.settings().began);
            let (data, _) = cloud.blueprint().found(&store, files, &heirlooms, began.now())?;
            cloud.proceed(store, data, began)?;
            cloud.faults().clear();
            cloud.requests().clear();
            cloud.requests().keep_sql(false);
            cloud.rate_limit().reset();
            Ok(())
        })
        .await
    }

    /// Does something with the states of the cloud, one after another. What has begun is carried out, even when nobody
    /// waits for it any more.
    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, CloudError> + Send + 'static,
    ) -> Result<T, CloudError> {
        let (turn, cloud) = (self.change_of_state().await, self.clone());
        blocking(move || {
            let _turn = turn;
            work(&cloud)
        })
        .await
    }

    /// Before the next state has databases at the same hosts.
    fn end_generations(&self) -> Result<(), CloudError> {
        let data = &self.control().data;
        data.end_generations().map_err(CloudError::file("write down the generations of", data.directory()))
    }

    /// Lets another state, whose files are all there, take the place of this one at the time of its clock.
    fn proceed(&self, store: Store, data: DataPlane, clock: ClockState) -> Result<(), CloudError> {
        let next = self.blueprint().prepare(store, data, clock.now())?;
        self.home().proceed()?;
        // When nothing can fail any more: by the time of the next state, this one gives up what is still to be brought back.
        self.clock().return_to(clock);
        let old = self.replace(self.blueprint().awake(next));
        old.data.close();
        Ok(())
    }

    /// A place for what is not finished, or not wanted any more: no snapshot has such a name, and it is tidied up.
    fn hidden_place(&self) -> PathBuf {
        self.home().snapshots().join(format!(".{:016x}", fastrand::u64(..)))
    }

    fn place_of(&self, name: &str) -> PathBuf {
        self.home().snapshots().join(name)
    }
}

/// Whether something among the snapshots has such a place.
pub(crate) fn is_hidden(file_name: &str) -> bool {
    let number = file_name.strip_prefix('.').unwrap_or_default().as_bytes();
    number.len() == 16 && number.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// A name that is a file's and no path's.
fn check(name: &str) -> Result<(), InvalidInput> {
    let is_good = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(is_good) && !name.starts_with('.') {
        return Ok(());
    }
    let rule = "must be 1 to 64 of a-z, A-Z, 0-9, '-', '_', '.', and must not begin with a dot";
    Err(InvalidInput::new("snapshot", name, rule))
}

/// Whether the files of a snapshot are not there.
fn is_missing(error: &CloudError) -> bool {
    matches!(error, CloudError::File { source, .. } if source.kind() == io::ErrorKind::NotFound)
}

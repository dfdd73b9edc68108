use std::future::IntoFuture;

use jiff::Timestamp;
use turso_cloud_contract::{
    DatabaseName, EncryptionKey, GroupName, InvalidInput,
    databases::{CreateDatabase, CreatedDatabase, Encryption, GetDatabase, NewDatabase, Seed},
};

#[cfg(feature = "blocking")]
use crate::Error;
use crate::{
    Call,
    call::{CallOptions, option_setters, unsent},
    handles::{Scope, scope::named},
};

/// A copy of a database that is about to be made: [`Databases::branch`](super::Databases::branch).
#[derive(Clone, Debug)]
#[must_use = "a call does nothing until it is awaited or sent"]
pub struct Branch {
    pub(super) scope: Scope,
    pub(super) original: Result<DatabaseName, InvalidInput>,
    pub(super) name: String,
    pub(super) at: Option<Timestamp>,
    pub(super) group: Option<String>,
    pub(super) key: Option<EncryptionKey>,
    pub(super) options: CallOptions,
}

impl Branch {
    /// Copies the database as it was at a time, instead of as it is now. How far back that can be depends on the plan:
    /// from 24 hours to 90 days. Some seconds of the newest data before the time may be missing.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use turso_cloud::mock::Mock;
    /// # let mock = Mock::new();
    /// # let turso = mock.client().build()?;
    /// let before = "2026-11-23T09:00:00Z".parse()?;
    /// turso.databases().branch("orders", "orders-monday").at(before).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn at(mut self, time: Timestamp) -> Self {
        self.at = Some(time);
        self
    }

    /// Puts the copy into another group than that of the original.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// # turso.databases().create(turso_cloud::NewDatabase::new("orders", "default")).await?;
    /// turso.groups().create(turso_cloud::NewGroup::new("preview", "local")).await?;
    /// turso.databases().branch("orders", "orders-preview").group("preview").await?;
    /// assert_eq!(turso.databases().get("orders-preview").await?.group, "preview");
    /// # Ok(())
    /// # }
    /// ```
    pub fn group(mut self, name: impl Into<String>) -> Self {
        self.group = Some(name.into());
        self
    }

    /// Opens an original that is encrypted: the copy has the same key and cipher. Of no use with another original. Whether
    /// the key fits the cipher is seen once the service has told it.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// use turso_cloud::{Cipher, Encryption, EncryptionKey, NewDatabase};
    ///
    /// let key = EncryptionKey::from_base64("c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0ISE=")?;
    /// let encryption = Encryption::new(Cipher::Aes256Gcm, key.clone());
    /// turso.databases().create(NewDatabase::new("vault", "default").encryption(encryption)).await?;
    /// turso.databases().branch("vault", "copy").encryption_key(key).await?;
    /// assert_eq!(turso.databases().get("copy").await?.encryption_cipher, Some(Cipher::Aes256Gcm));
    /// # Ok(())
    /// # }
    /// ```
    pub fn encryption_key(mut self, key: EncryptionKey) -> Self {
        self.key = Some(key);
        self
    }

    option_setters!();

    /// The call that waits until the SQL endpoint of the copy answers; see [`Call::wait_ready`].
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// # turso.databases().create(turso_cloud::NewDatabase::new("orders", "default")).await?;
    /// let preview = turso.databases().branch("orders", "orders-preview").wait_ready().await?;
    /// assert_eq!(preview.name, "orders-preview");
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_ready(self) -> Call<CreatedDatabase> {
        self.call().wait_ready()
    }

    /// The call itself.
    pub fn call(self) -> Call<CreatedDatabase> {
        let (scope, options) = (self.scope.clone(), self.options);
        let call = Call::new(scope.client(), move |cx| async move {
            let organization = self.scope.organization()?;
            let database = self.original?;
            let name: DatabaseName = named(self.name).map_err(unsent::<CreateDatabase>)?;
            let group: Option<GroupName> = self.group.map(named).transpose().map_err(unsent::<CreateDatabase>)?;
            let seed = match self.at {
                Some(time) => Seed::database_at(&database, time),
                None => Seed::database(&database),
            };
            let (group, cipher) = match group {
                Some(group) if self.key.is_none() => (group, None),
                wanted => {
                    let get = GetDatabase { organization: organization.clone(), database };
                    let original = cx.send(&get).await?.database;
                    (wanted.unwrap_or(original.group), original.encryption_cipher)
                }
            };
            let mut body = NewDatabase::new(name, group).seed(seed);
            body.remote_encryption = cipher.zip(self.key).map(|(cipher, key)| Encryption::new(cipher, key));
            cx.send(&CreateDatabase { organization, body }).await.map(|answer| answer.database)
        });
        call.within(&scope).with_options(options)
    }

    /// Makes the call and waits for its answer; see [`Call::send`].
    #[cfg(feature = "blocking")]
    pub fn send(self) -> Result<CreatedDatabase, Error> {
        self.call().send()
    }
}

impl IntoFuture for Branch {
    type Output = <Call<CreatedDatabase> as IntoFuture>::Output;
    type IntoFuture = <Call<CreatedDatabase> as IntoFuture>::IntoFuture;

    fn into_future(self) -> Self::IntoFuture {
        self.call().into_future()
    }
}

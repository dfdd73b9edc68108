use turso_cloud_contract::user::{GetUser, User};

use crate::{Call, Client};

/// The user the token belongs to: [`Client::user`].
#[derive(Clone, Debug)]
pub struct CurrentUser {
    client: Client,
}

impl CurrentUser {
    pub(crate) fn new(client: &Client) -> Self {
        Self { client: client.clone() }
    }

    /// Gets them.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// assert_eq!(turso.user().get().await?.username, "dev");
    /// # Ok(())
    /// # }
    /// ```
    pub fn get(&self) -> Call<User> {
        Call::one(&self.client, Ok(GetUser {}), |answer| answer.user)
    }
}

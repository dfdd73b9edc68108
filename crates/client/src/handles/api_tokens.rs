use turso_cloud_contract::api_tokens::{TokenValidity, ValidateApiToken};

use crate::{Call, Client};

/// The tokens of the Platform API: [`Client::api_tokens`].
#[derive(Clone, Debug)]
pub struct ApiTokens {
    client: Client,
}

impl ApiTokens {
    pub(crate) fn new(client: &Client) -> Self {
        Self { client: client.clone() }
    }

    /// Checks the client's own token; fails with [`Unauthenticated`](crate::ErrorKind::Unauthenticated) where it is
    /// not good.
    ///
    /// ```
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// assert_eq!(turso.api_tokens().validate().await?.expires_at, None);
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(run()).unwrap();
    /// ```
    pub fn validate(&self) -> Call<TokenValidity> {
        self.client.call(ValidateApiToken {})
    }
}

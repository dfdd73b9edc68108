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
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// assert_eq!(turso.api_tokens().validate().await?.expires_at, None);
    /// # Ok(())
    /// # }
    /// ```
    pub fn validate(&self) -> Call<TokenValidity> {
        self.client.call(ValidateApiToken {})
    }
}

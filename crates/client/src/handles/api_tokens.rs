use turso_cloud_contract::{
    ApiTokenId, ApiTokenName, InvalidInput, OrganizationSlug,
    api_tokens::{
        ApiTokenInfo, CreateApiToken, CreatedApiToken, ListApiTokens, ListOrganizationApiTokens, NewApiToken,
        RevokeApiToken, RevokeOrganizationApiToken, TokenValidity, ValidateApiToken,
    },
};

use super::{Scope, listed::one_of, scope::named};
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

    /// Lists the caller's own tokens, without the secrets.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// assert!(!turso.api_tokens().list().await?.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(&self) -> Call<Vec<ApiTokenInfo>> {
        Call::one(&self.client, Ok(ListApiTokens {}), |answer| answer.tokens)
    }

    /// Gets one of the caller's own tokens out of the list; fails with [`NotFound`](crate::ErrorKind::NotFound) where
    /// there is none.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// use turso_cloud::NewApiToken;
    ///
    /// turso.api_tokens().create("ci", NewApiToken::organization("acme")).await?;
    /// assert_eq!(turso.api_tokens().get("ci").await?.name, "ci");
    /// # Ok(())
    /// # }
    /// ```
    pub fn get(&self, name: impl TryInto<ApiTokenName, Error: Into<InvalidInput>>) -> Call<ApiTokenInfo> {
        let name = named::<ApiTokenName>(name);
        one_of(&self.client, self.list(), name, "API token", |token, name| token.name == *name)
    }

    /// Gets one of the caller's own tokens out of the list, or nothing where there is none.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// assert_eq!(turso.api_tokens().find("ci").await?, None);
    /// # Ok(())
    /// # }
    /// ```
    pub fn find(&self, name: impl TryInto<ApiTokenName, Error: Into<InvalidInput>>) -> Call<Option<ApiTokenInfo>> {
        self.get(name).or_none()
    }

    /// Creates a token. Its secret is told this once.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// use turso_cloud::{NewApiToken, Scope};
    ///
    /// let scopes = [Scope::DbCreate, Scope::DbMintToken];
    /// let created = turso.api_tokens().create("ci", NewApiToken::group("acme", "default", scopes)).await?;
    /// assert_eq!(format!("{:?}", created.token), "ApiToken([redacted])");
    /// # Ok(())
    /// # }
    /// ```
    pub fn create(
        &self,
        name: impl TryInto<ApiTokenName, Error: Into<InvalidInput>>,
        token: NewApiToken,
    ) -> Call<CreatedApiToken> {
        let endpoint = named(name).map(|name| CreateApiToken { name, body: token });
        Call::one(&self.client, endpoint, |answer| answer)
    }

    /// Revokes one of the caller's own tokens; fails with [`NotFound`](crate::ErrorKind::NotFound) where there is none.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// use turso_cloud::NewApiToken;
    ///
    /// turso.api_tokens().create("ci", NewApiToken::organization("acme")).await?;
    /// turso.api_tokens().revoke("ci").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn revoke(&self, name: impl TryInto<ApiTokenName, Error: Into<InvalidInput>>) -> Call<()> {
        Call::one(&self.client, named(name).map(|name| RevokeApiToken { name }), drop)
    }

    /// Revokes one of the caller's own tokens; whether there was one.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// assert!(!turso.api_tokens().revoke_if_exists("ci").await?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn revoke_if_exists(&self, name: impl TryInto<ApiTokenName, Error: Into<InvalidInput>>) -> Call<bool> {
        self.revoke(name).or_absent()
    }

    /// The tokens that are good for one organization only, whose ever they are.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// use turso_cloud::NewApiToken;
    ///
    /// turso.api_tokens().create("ci", NewApiToken::organization("acme")).await?;
    /// assert_eq!(turso.api_tokens().organization("acme").list().await?.len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn organization(
        &self,
        slug: impl TryInto<OrganizationSlug, Error: Into<InvalidInput>>,
    ) -> OrganizationApiTokens {
        OrganizationApiTokens { scope: Scope::new(self.client.clone()).of(slug) }
    }
}

/// The tokens of the Platform API that are good for one organization only: [`ApiTokens::organization`].
#[derive(Clone, Debug)]
pub struct OrganizationApiTokens {
    scope: Scope,
}

impl OrganizationApiTokens {
    /// Lists them, with their owners where the caller is an admin.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// assert!(turso.api_tokens().organization("acme").list().await?.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(&self) -> Call<Vec<ApiTokenInfo>> {
        let endpoint = self.scope.organization().map(|organization| ListOrganizationApiTokens { organization });
        Call::one(self.scope.client(), endpoint, |answer| answer.tokens)
    }

    /// Revokes one by its id: names are those of its owner, and another member may have used the same.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// use turso_cloud::NewApiToken;
    ///
    /// let created = turso.api_tokens().create("ci", NewApiToken::organization("acme")).await?;
    /// turso.api_tokens().organization("acme").revoke(created.id).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn revoke(&self, token: impl TryInto<ApiTokenId, Error: Into<InvalidInput>>) -> Call<()> {
        let organization = self.scope.organization();
        let endpoint =
            organization.and_then(|organization| Ok(RevokeOrganizationApiToken { organization, token: named(token)? }));
        Call::one(self.scope.client(), endpoint, drop)
    }
}

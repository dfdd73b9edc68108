use turso_cloud_contract::{
    InvalidInput, JwksName,
    jwks::{
        GetJwksTemplate, JwksProvider, JwksRegion, JwksTemplate, JwksTemplateRequest, ListJwks, NewJwks, RemoveJwks,
        SaveJwks,
    },
};

use super::{
    Scope,
    listed::one_of,
    scope::{named, organization_setter},
};
use crate::Call;

/// External identity providers whose tokens open databases: [`Client::jwks`](crate::Client::jwks). The service does not
/// document these operations.
#[derive(Clone, Debug)]
pub struct Jwks {
    scope: Scope,
}

impl Jwks {
    pub(crate) fn new(scope: Scope) -> Self {
        Self { scope }
    }

    organization_setter!();

    /// Lists the providers.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// assert!(turso.jwks().list().await?.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(&self) -> Call<Vec<JwksProvider>> {
        let endpoint = self.scope.organization().map(|organization| ListJwks { organization });
        Call::one(self.scope.client(), endpoint, |answer| answer.jwks)
    }

    /// Gets one out of the list; fails with [`NotFound`](crate::ErrorKind::NotFound) where there is none.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// use turso_cloud::NewJwks;
    ///
    /// turso.jwks().save("clerk", NewJwks::new("https://example.com/.well-known/jwks.json")).await?;
    /// assert_eq!(turso.jwks().get("clerk").await?.name, "clerk");
    /// # Ok(())
    /// # }
    /// ```
    pub fn get(&self, name: impl TryInto<JwksName, Error: Into<InvalidInput>>) -> Call<JwksProvider> {
        let name = named::<JwksName>(name);
        one_of(self.scope.client(), self.list(), name, "provider", |provider, name| provider.name == *name)
    }

    /// Gets one out of the list, or nothing where there is none.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// assert_eq!(turso.jwks().find("clerk").await?, None);
    /// # Ok(())
    /// # }
    /// ```
    pub fn find(&self, name: impl TryInto<JwksName, Error: Into<InvalidInput>>) -> Call<Option<JwksProvider>> {
        self.get(name).or_none()
    }

    /// Saves a provider under a name.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// use turso_cloud::NewJwks;
    ///
    /// turso.jwks().save("clerk", NewJwks::new("https://example.com/.well-known/jwks.json")).await?;
    /// assert_eq!(turso.jwks().list().await?[0].name, "clerk");
    /// # Ok(())
    /// # }
    /// ```
    pub fn save(&self, name: impl TryInto<JwksName, Error: Into<InvalidInput>>, provider: NewJwks) -> Call<()> {
        let endpoint = self
            .scope
            .organization()
            .and_then(|organization| Ok(SaveJwks { organization, name: named(name)?, body: provider }));
        Call::one(self.scope.client(), endpoint, drop)
    }

    /// Removes a provider; fails with [`NotFound`](crate::ErrorKind::NotFound) where there is none.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// assert!(turso.jwks().delete("clerk").await.unwrap_err().is_not_found());
    /// # Ok(())
    /// # }
    /// ```
    pub fn delete(&self, name: impl TryInto<JwksName, Error: Into<InvalidInput>>) -> Call<()> {
        let body = JwksRegion::default();
        let endpoint = self
            .scope
            .organization()
            .and_then(|organization| Ok(RemoveJwks { organization, name: named(name)?, body }));
        Call::one(self.scope.client(), endpoint, drop)
    }

    /// Removes a provider; whether there was one.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// assert!(!turso.jwks().delete_if_exists("clerk").await?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn delete_if_exists(&self, name: impl TryInto<JwksName, Error: Into<InvalidInput>>) -> Call<bool> {
        self.delete(name).or_absent()
    }

    /// Gets the claims a provider has to put into its tokens.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// # turso.databases().create(turso_cloud::NewDatabase::new("orders", "default")).await?;
    /// use turso_cloud::{Authorization, JwksTemplateRequest};
    ///
    /// let request = JwksTemplateRequest::database("orders", Authorization::ReadOnly);
    /// let template = turso.jwks().template(request).await?;
    /// assert!(template.to_json().contains(r#""a":"ro""#));
    /// # Ok(())
    /// # }
    /// ```
    pub fn template(&self, request: JwksTemplateRequest) -> Call<JwksTemplate> {
        let endpoint = self.scope.organization().map(|organization| GetJwksTemplate { organization, body: request });
        Call::one(self.scope.client(), endpoint, |answer| answer.template)
    }
}

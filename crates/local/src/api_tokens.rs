//! The tokens of the Platform API, for whoever has the cloud.

use turso_cloud_contract::ApiToken;

use crate::{Cloud, CloudError, control::sign, founder::TOKEN, local_api::UserToken};

impl Cloud {
    /// The token that the cloud hands out to a user, to `dev` and whoever the builder or a seed file names: it opens every
    /// organization they are a member of. Nothing for an unknown user, and nothing once the token is revoked.
    ///
    /// ```
    /// use turso_cloud_local::Cloud;
    ///
    /// let cloud = Cloud::builder().with_user("bob").build()?;
    /// assert!(cloud.token_of("bob").is_some());
    /// assert_eq!(cloud.token_of("nobody"), None);
    /// # Ok::<(), turso_cloud_local::CloudError>(())
    /// ```
    #[must_use]
    pub fn token_of(&self, username: &str) -> Option<ApiToken> {
        let found = self.control().store.transact(|transaction| {
            let Some(user) = transaction.find_user(username)? else { return Ok(None) };
            let Some(token) = transaction.find_api_token_named(user.id, TOKEN)? else { return Ok(None) };
            let Some(key) = transaction.platform_key()? else { return Ok(None) };
            Ok::<_, CloudError>(Some(sign(&token, &key)?))
        });
        found.ok().flatten()
    }

    /// Every token of the Platform API that is good, by its user: those the cloud hands out, those a seed file names, and
    /// those that were minted since. Sessions of logins are not among them.
    ///
    /// ```
    /// use turso_cloud_local::Cloud;
    ///
    /// let cloud = Cloud::builder().seed_toml("[[token]]\nname = \"ci\"")?.build()?;
    /// let tokens = cloud.api_tokens()?;
    /// let told: Vec<_> = tokens.iter().map(|token| (&*token.user, &*token.name)).collect();
    /// assert_eq!(told, [("dev", "ci"), ("dev", "local")]);
    /// # Ok::<(), turso_cloud_local::CloudError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`CloudError::State`] if the state cannot be read.
    pub fn api_tokens(&self) -> Result<Vec<UserToken>, CloudError> {
        self.control().store.transact(|transaction| {
            let key = transaction.platform_key()?.ok_or(CloudError::NoKey)?;
            let tokens = transaction.all_api_tokens()?.into_iter();
            tokens.map(|row| Ok(UserToken::new(&row, sign(&row, &key)?))).collect()
        })
    }
}

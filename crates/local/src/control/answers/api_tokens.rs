use turso_cloud_contract::api_tokens::{TokenValidity, ValidateApiToken};

use super::Answers;
use crate::control::{Context, Handles, Refusal};

impl Handles<ValidateApiToken> for Answers {
    /// A token that is not good never gets as far as this.
    fn handle(&self, _: ValidateApiToken, _: &mut Context<'_>) -> Result<TokenValidity, Refusal> {
        Ok(TokenValidity { expires_at: None })
    }
}

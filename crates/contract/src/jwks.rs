//! External identity providers whose tokens open databases. The service does not document these operations.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    DatabaseName, GroupName, InvalidInput, JwksName, Nothing, OrganizationSlug, RequestPart,
    answer::answer,
    database_tokens::{Authorization, Permission},
    endpoint::endpoint,
    lenient::null_as_default,
};

endpoint!(
    /// Lists the providers of an organization.
    ListJwks: GET "/v2/organizations/" {organization: OrganizationSlug} "/jwks", Safe => JwksAnswer
);

endpoint!(
    /// Saves a provider under a name.
    SaveJwks: PUT "/v2/organizations/" {organization: OrganizationSlug} "/jwks/" {name: JwksName},
        Idempotent, body NewJwks => Nothing
);

endpoint!(
    /// Removes a provider. The request has a body although it deletes.
    RemoveJwks: DELETE "/v2/organizations/" {organization: OrganizationSlug} "/jwks/" {name: JwksName},
        Idempotent, body JwksRegion => Nothing
);

endpoint!(
    /// Gets the claims a provider has to put into its tokens. The request has a body although it reads.
    GetJwksTemplate: GET "/v2/organizations/" {organization: OrganizationSlug} "/jwks-template",
        Safe, body JwksTemplateRequest => JwksTemplateAnswer
);

/// A provider to save.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NewJwks {
    /// Where its keys are.
    pub jwks_url: String,
    /// Sent empty by the official command line.
    #[serde(default)]
    pub region: String,
}

impl NewJwks {
    /// The provider with its keys at this URL.
    #[must_use]
    pub fn new(jwks_url: impl Into<String>) -> Self {
        Self { jwks_url: jwks_url.into(), region: String::new() }
    }
}

impl RequestPart for NewJwks {
    fn check(&self) -> Result<(), InvalidInput> {
        if self.jwks_url.starts_with("https://") || self.jwks_url.starts_with("http://") {
            return Ok(());
        }
        Err(InvalidInput::new("jwks_url", &self.jwks_url, "must start with https:// or http://"))
    }
}

/// The body of [`RemoveJwks`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct JwksRegion {
    /// Sent empty by the official command line.
    #[serde(default)]
    pub region: String,
}

impl RequestPart for JwksRegion {
    const PRESENCE: crate::Presence = crate::Presence::Optional;
}

/// What the tokens of a provider are to open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct JwksTemplateRequest {
    /// The name of one database.
    #[serde(default)]
    pub database: Option<String>,
    /// The name of one group.
    #[serde(default)]
    pub group: Option<String>,
    /// What they allow.
    pub scope: Authorization,
    /// What they allow in particular.
    #[serde(default, deserialize_with = "null_as_default")]
    pub permissions: Vec<Permission>,
}

impl JwksTemplateRequest {
    /// Tokens for one database.
    #[must_use]
    pub fn database(name: impl Into<String>, scope: Authorization) -> Self {
        Self { database: Some(name.into()), group: None, scope, permissions: Vec::new() }
    }

    /// Tokens for every database of a group.
    #[must_use]
    pub fn group(name: impl Into<String>, scope: Authorization) -> Self {
        Self { database: None, group: Some(name.into()), scope, permissions: Vec::new() }
    }

    /// Allows only this much of it.
    #[must_use]
    pub fn permission(mut self, permission: Permission) -> Self {
        self.permissions.push(permission);
        self
    }
}

impl RequestPart for JwksTemplateRequest {
    fn check(&self) -> Result<(), InvalidInput> {
        if self.database.is_some() && self.group.is_some() {
            return Err(InvalidInput::without_value("template", "at most one of database and group must be given"));
        }
        self.database.as_deref().map_or(Ok(()), DatabaseName::check)?;
        self.group.as_deref().map_or(Ok(()), GroupName::check)?;
        self.scope.check("scope")?;
        self.permissions.iter().try_for_each(Permission::check)
    }
}

/// A provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct JwksProvider {
    /// The name it was saved under.
    #[serde(rename = "jwks_name")]
    pub name: JwksName,
    /// Where its keys are.
    #[serde(rename = "jwks_url")]
    pub url: String,
}

impl JwksProvider {
    /// A provider, for tests and local clouds.
    #[must_use]
    pub fn new(name: JwksName, url: impl Into<String>) -> Self {
        Self { name, url: url.into() }
    }
}

answer!(
    /// The answer of [`ListJwks`].
    #[derive(Default)]
    JwksAnswer {
        /// The providers.
        #[serde(deserialize_with = "null_as_default")]
        jwks: Vec<JwksProvider>,
    }
);

answer!(
    /// The answer of [`GetJwksTemplate`].
    #[derive(Default)]
    JwksTemplateAnswer {
        /// The claims.
        template: JwksTemplate,
    }
);

/// The claims a provider has to put into its tokens: a JSON object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JwksTemplate(Map<String, Value>);

impl JwksTemplate {
    /// The claims of a JSON object, for tests and local clouds; none for any other value.
    #[must_use]
    pub fn from_json(json: &str) -> Self {
        Self(serde_json::from_str(json).unwrap_or_default())
    }

    /// The claims as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        Value::Object(self.0.clone()).to_string()
    }
}

//! Tokens of the Platform API.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{
    ApiToken, ApiTokenId, ApiTokenName, GroupName, InvalidInput, OrganizationSlug, Presence, RequestPart, Username,
    answer::answer,
    endpoint::endpoint,
    lenient::{name_unless_empty, null_as_default},
    open_enum::open_enum,
};

endpoint!(
    /// Checks the token that the request itself carries.
    ValidateApiToken: GET "/v1/auth/validate", Safe => TokenValidity
);

endpoint!(
    /// Lists the caller's own tokens, without the secrets.
    ListApiTokens: GET "/v1/auth/api-tokens", Safe => ApiTokensAnswer
);

endpoint!(
    /// Creates a token. Its secret is told this once.
    CreateApiToken: POST "/v1/auth/api-tokens/" {name: ApiTokenName}, Once, body NewApiToken => CreatedApiToken
);

endpoint!(
    /// Creates a token, as the official command line does: with another shape of the answer. The service does not
    /// document it.
    CreateApiTokenV2: POST "/v2/auth/api-tokens/" {name: ApiTokenName},
        Once, body NewApiToken => CreatedApiTokenV2Answer
);

endpoint!(
    /// Revokes one of the caller's own tokens, by its name.
    RevokeApiToken: DELETE "/v1/auth/api-tokens/" {name: ApiTokenName}, Idempotent => RevokedApiToken
);

endpoint!(
    /// Lists the tokens that are good for one organization only.
    ListOrganizationApiTokens: GET "/v1/organizations/" {organization: OrganizationSlug} "/api-tokens",
        Safe => ApiTokensAnswer
);

endpoint!(
    /// Revokes a token that is good for one organization only, by its id.
    RevokeOrganizationApiToken: DELETE "/v1/organizations/" {organization: OrganizationSlug}
        "/api-tokens/" {token: ApiTokenId}, Idempotent => RevokedOrganizationApiToken
);

open_enum!(
    /// What a token that is good for one group allows; the last two stand for several of the others.
    Scope {
        /// Reading everything in the group.
        Read = "read",
        /// Creating databases, uploading dumps, restoring.
        DbCreate = "db:create",
        /// Deleting databases.
        DbDelete = "db:delete",
        /// Configuring, transferring and waking databases.
        DbConfigure = "db:configure",
        /// Minting tokens of databases.
        DbMintToken = "db:mint-token",
        /// Rotating the tokens of databases.
        DbRotateCreds = "db:rotate-creds",
        /// Configuring, renaming and unarchiving the group, and changing its locations.
        GroupConfigure = "group:configure",
        /// Minting tokens of the group.
        GroupMintToken = "group:mint-token",
        /// Rotating the tokens of the group.
        GroupRotateCreds = "group:rotate-creds",
        /// Only `read`.
        ReadOnly = "read-only",
        /// All nine.
        FullAccess = "full-access",
    }
);

/// What a new token is good for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct NewApiToken {
    /// The slug of the only organization it is good for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// The name of the only group it is good for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// What it allows in that group.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub scopes: Vec<Scope>,
}

impl NewApiToken {
    /// A token for everything the caller may do. The service calls these deprecated.
    #[must_use]
    pub fn unrestricted() -> Self {
        Self::default()
    }

    /// A token for one organization.
    #[must_use]
    pub fn organization(slug: impl Into<String>) -> Self {
        Self { organization: Some(slug.into()), ..Self::default() }
    }

    /// A token for some operations in one group.
    #[must_use]
    pub fn group(slug: impl Into<String>, group: impl Into<String>, scopes: impl IntoIterator<Item = Scope>) -> Self {
        Self { organization: Some(slug.into()), group: Some(group.into()), scopes: scopes.into_iter().collect() }
    }
}

impl RequestPart for NewApiToken {
    const PRESENCE: Presence = Presence::Optional;

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn check(&self) -> Result<(), InvalidInput> {
        self.organization.as_deref().map_or(Ok(()), OrganizationSlug::check)?;
        self.group.as_deref().map_or(Ok(()), GroupName::check)?;
        if let Some(unknown) = self.scopes.iter().find(|scope| matches!(scope, Scope::Unknown(_))) {
            return Err(InvalidInput::new("scope", unknown.as_str(), "is not a scope the service knows"));
        }
        match (&self.organization, &self.group, self.scopes.is_empty()) {
            (None, Some(_), _) => Err(InvalidInput::without_value("organization", "must be given with a group")),
            (_, Some(_), true) => Err(InvalidInput::without_value("scopes", "must not be empty with a group")),
            (_, None, false) => Err(InvalidInput::without_value("scopes", "must be given with a group only")),
            _ => Ok(()),
        }
    }
}

/// A token as it is listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ApiTokenInfo {
    /// Its name.
    pub name: ApiTokenName,
    /// Its id.
    pub id: ApiTokenId,
    /// The slug of the only organization it is good for.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "name_unless_empty")]
    pub organization: Option<OrganizationSlug>,
    /// The name of the only group it is good for.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "name_unless_empty")]
    pub group: Option<GroupName>,
    /// What it allows in that group, spelt out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<Scope>>,
    /// Whose it is; told only to admins of the organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<TokenOwner>,
    /// The day it was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Date>,
}

impl ApiTokenInfo {
    /// A token for everything, for tests and local clouds.
    #[must_use]
    pub fn new(name: ApiTokenName, id: ApiTokenId, created_at: Date) -> Self {
        Self { name, id, organization: None, group: None, scopes: None, owner: None, created_at: Some(created_at) }
    }
}

answer!(
    /// Whose token it is.
    TokenOwner {
        /// Their username.
        username: Username,
        /// Their address.
        #[serde(default, deserialize_with = "null_as_default")]
        email: String,
    }
);

answer!(
    /// The answer of [`ListApiTokens`] and [`ListOrganizationApiTokens`].
    #[derive(Default)]
    ApiTokensAnswer {
        /// The tokens.
        #[serde(deserialize_with = "null_as_default")]
        tokens: Vec<ApiTokenInfo>,
    }
);

answer!(
    /// The answer of [`CreateApiToken`].
    CreatedApiToken {
        /// Its name.
        name: ApiTokenName,
        /// Its id.
        id: ApiTokenId,
        /// The secret.
        token: ApiToken,
    }
);

answer!(
    /// The answer of [`CreateApiTokenV2`].
    CreatedApiTokenV2Answer {
        /// The token.
        token: CreatedApiTokenV2,
    }
);

answer!(
    /// The same as [`CreatedApiToken`], with another key.
    CreatedApiTokenV2 {
        /// Its name.
        name: ApiTokenName,
        /// Its id.
        id: ApiTokenId,
        /// The secret.
        value: ApiToken,
    }
);

answer!(
    /// The answer of [`RevokeApiToken`].
    RevokedApiToken {
        /// The name of the former token.
        token: ApiTokenName,
    }
);

answer!(
    /// The answer of [`RevokeOrganizationApiToken`].
    RevokedOrganizationApiToken {
        /// The id of the former token.
        token: ApiTokenId,
    }
);

answer!(
    /// The answer of [`ValidateApiToken`]: `exp` in Unix seconds, `-1` for a token without an end.
    #[derive(Copy)]
    TokenValidity {
        /// When the token ends; nothing for one that never does, as API tokens do not.
        #[serde(rename = "exp", serialize_with = "to_unix_seconds", deserialize_with = "from_unix_seconds")]
        expires_at: Option<Timestamp>,
    }
);

const NEVER: i64 = -1;

#[expect(clippy::ref_option, reason = "the signature serde asks for")]
fn to_unix_seconds<S: Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_i64(at.map_or(NEVER, Timestamp::as_second))
}

fn from_unix_seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    match i64::deserialize(deserializer)? {
        NEVER => Ok(None),
        seconds => Timestamp::from_second(seconds).map(Some).map_err(serde::de::Error::custom),
    }
}

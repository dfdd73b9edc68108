//! Tokens that open the SQL endpoint of one database, or of every database of a group.

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use crate::{
    DatabaseId, DatabaseName, DatabaseToken, Expiration, GroupId, GroupName, InvalidInput, Nothing, OrganizationId,
    OrganizationSlug, Presence, RequestPart, answer::answer, endpoint::endpoint, lenient::null_as_default,
    open_enum::open_enum,
};

endpoint!(
    /// Mints a token for one database. The service keeps no list of them: one token cannot be revoked, only all. So it may
    /// be sent again: nobody knows the token of an answer that was lost, and the next is as good.
    CreateDatabaseToken: POST "/v1/organizations/" {organization: OrganizationSlug}
        "/databases/" {database: DatabaseName} "/auth/tokens",
        Idempotent, query TokenOptions, body TokenPermissions => TokenAnswer
);

endpoint!(
    /// Makes every token of a database invalid, after a short downtime.
    RotateDatabaseTokens: POST "/v1/organizations/" {organization: OrganizationSlug}
        "/databases/" {database: DatabaseName} "/auth/rotate", Once => Nothing
);

endpoint!(
    /// Mints a token for every database of a group, those to come included.
    CreateGroupToken: POST "/v1/organizations/" {organization: OrganizationSlug} "/groups/" {group: GroupName}
        "/auth/tokens", Idempotent, query TokenOptions, body TokenPermissions => TokenAnswer
);

endpoint!(
    /// Makes every token of every database of a group invalid, after a short downtime.
    RotateGroupTokens: POST "/v1/organizations/" {organization: OrganizationSlug} "/groups/" {group: GroupName}
        "/auth/rotate", Once => Nothing
);

endpoint!(
    /// Mints a token for one database, by its id. The service does not document it.
    CreateDatabaseTokenV3: POST "/v3/organizations/" {organization: OrganizationId}
        "/databases/" {database: DatabaseId} "/auth/tokens",
        Idempotent, query TokenOptions, body TokenPermissions => TokenAnswer
);

endpoint!(
    /// Mints a token for every database of a group, by its id. The service does not document it.
    CreateGroupTokenV3: POST "/v3/organizations/" {organization: OrganizationId} "/groups/" {group: GroupId}
        "/auth/tokens", Idempotent, query TokenOptions, body TokenPermissions => TokenAnswer
);

open_enum!(
    /// What a token allows.
    Authorization {
        /// Reading and writing; what the service takes by default.
        FullAccess = "full-access",
        /// Reading.
        ReadOnly = "read-only",
    }
);

impl Authorization {
    /// Refuses what the service does not know; `field` is where it stands.
    pub(crate) fn check(&self, field: &'static str) -> Result<(), InvalidInput> {
        match self {
            Self::FullAccess | Self::ReadOnly => Ok(()),
            Self::Unknown(other) => Err(InvalidInput::new(field, other.as_str(), "must be full-access or read-only")),
        }
    }
}

/// A token to mint: how long it is good for and what it allows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewToken {
    /// What travels in the query of the request.
    pub options: TokenOptions,
    /// What travels in its body.
    pub permissions: TokenPermissions,
}

impl NewToken {
    /// A token that reads and writes, without an end.
    #[must_use]
    pub fn full_access() -> Self {
        Self::default()
    }

    /// A token that only reads, without an end.
    #[must_use]
    pub fn read_only() -> Self {
        let mut token = Self::default();
        token.options.authorization = Authorization::ReadOnly;
        token
    }

    /// Ends its life.
    #[must_use]
    pub fn expires(mut self, expiration: impl Into<Expiration>) -> Self {
        self.options.expiration = expiration.into();
        self
    }

    /// Lets it attach these databases for reading. Deprecated by the service, and refused for the new engine.
    #[must_use]
    pub fn read_attach<N: Into<String>>(mut self, databases: impl IntoIterator<Item = N>) -> Self {
        let databases = databases.into_iter().map(Into::into).collect();
        self.permissions.permissions = Some(AttachPermissions { read_attach: AttachableDatabases { databases } });
        self
    }

    /// Allows only this much, beside what other permissions allow. The service does not document it.
    #[must_use]
    pub fn permission(mut self, permission: Permission) -> Self {
        self.permissions.fine_grained_permissions.push(permission);
        self
    }
}

/// How long a token is good for and whether it writes. Both travel in the query: the service ignores them in a body,
/// and would hand out a token for everything and for ever.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TokenOptions {
    /// How long it is good for.
    #[serde(default)]
    pub expiration: Expiration,
    /// What it allows.
    #[serde(default = "full_access")]
    pub authorization: Authorization,
}

impl Default for TokenOptions {
    fn default() -> Self {
        Self { expiration: Expiration::never(), authorization: Authorization::FullAccess }
    }
}

impl RequestPart for TokenOptions {
    const PRESENCE: Presence = Presence::Optional;

    fn check(&self) -> Result<(), InvalidInput> {
        self.expiration.check()?;
        self.authorization.check("authorization")
    }
}

/// What a token allows in particular. Nothing is sent where it is empty: databases of the new engine refuse a request
/// with permissions, even with none in them (observed 2026-06).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct TokenPermissions {
    /// Databases it may attach.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permissions: Option<AttachPermissions>,
    /// Tables and what may be done to them. The service does not document it.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "permissions")]
    pub fine_grained_permissions: Vec<Permission>,
}

impl RequestPart for TokenPermissions {
    const PRESENCE: Presence = Presence::Optional;

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn check(&self) -> Result<(), InvalidInput> {
        let mut attached = self.permissions.iter().flat_map(|attach| &attach.read_attach.databases);
        attached.try_for_each(|name| DatabaseName::check(name))?;
        self.fine_grained_permissions.iter().try_for_each(Permission::check)
    }
}

/// Databases a token may attach.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, expecting = "an object")]
#[non_exhaustive]
pub struct AttachPermissions {
    /// Those it may attach for reading.
    #[serde(deserialize_with = "null_as_default")]
    pub read_attach: AttachableDatabases,
}

/// A list of databases.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, expecting = "an object")]
#[non_exhaustive]
pub struct AttachableDatabases {
    /// Their names.
    #[serde(deserialize_with = "null_as_default")]
    pub databases: Vec<String>,
}

open_enum!(
    /// Something that may be done to a table.
    Action {
        /// Reading rows.
        DataRead = "data_read",
        /// Adding rows.
        DataAdd = "data_add",
        /// Changing rows.
        DataUpdate = "data_update",
        /// Deleting rows.
        DataDelete = "data_delete",
        /// Adding tables, indexes and so on.
        SchemaAdd = "schema_add",
        /// Changing them.
        SchemaUpdate = "schema_update",
        /// Deleting them.
        SchemaDelete = "schema_delete",
    }
);

/// What may be done to some tables, or to all of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
#[non_exhaustive]
pub struct Permission {
    /// The tables; nothing for all of them.
    #[serde(rename = "t", default)]
    pub tables: Option<Vec<String>>,
    /// What may be done.
    #[serde(rename = "a", default, deserialize_with = "null_as_default")]
    pub actions: Vec<Action>,
}

impl Permission {
    /// These actions on every table.
    #[must_use]
    pub fn on_all_tables(actions: impl IntoIterator<Item = Action>) -> Self {
        Self { tables: None, actions: actions.into_iter().collect() }
    }

    /// These actions on some tables.
    #[must_use]
    pub fn on_tables<T: Into<String>>(
        tables: impl IntoIterator<Item = T>,
        actions: impl IntoIterator<Item = Action>,
    ) -> Self {
        Self { tables: Some(tables.into_iter().map(Into::into).collect()), actions: actions.into_iter().collect() }
    }

    pub(crate) fn check(&self) -> Result<(), InvalidInput> {
        match &self.tables {
            Some(tables) if tables.is_empty() => {
                return Err(InvalidInput::without_value("permission", "must name one table or more, or none for all"));
            }
            Some(tables) if tables.iter().any(String::is_empty) => {
                return Err(InvalidInput::without_value("permission", "must not name a table by an empty text"));
            }
            _ => {}
        }
        match self.actions.iter().find(|action| matches!(action, Action::Unknown(_))) {
            Some(action) => Err(InvalidInput::new("permission", action.as_str(), "is not an action the service knows")),
            None if self.actions.is_empty() => {
                Err(InvalidInput::without_value("permission", "must allow one action or more"))
            }
            None => Ok(()),
        }
    }
}

answer!(
    /// The answer to the minting of a token.
    TokenAnswer {
        /// The token, a JWT.
        jwt: DatabaseToken,
    }
);

fn full_access() -> Authorization {
    Authorization::FullAccess
}

/// Says which member is wrong, for the rules in it are nested.
fn permissions<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Permission>, D::Error> {
    let permissions = Option::deserialize(deserializer);
    permissions
        .map(Option::unwrap_or_default)
        .map_err(|error| D::Error::custom(format!("fine_grained_permissions: {error}")))
}

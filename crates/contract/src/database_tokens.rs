//! Tokens that open the SQL endpoint of a database.

use serde::{Deserialize, Serialize};

use crate::{
    DatabaseName, DatabaseToken, Expiration, InvalidInput, Nothing, OrganizationSlug, Presence, RequestPart,
    endpoint::endpoint, open_enum::open_enum,
};

endpoint!(
    /// Mints a token for one database. The service keeps no list of them: one token cannot be revoked, only all.
    CreateDatabaseToken: POST "/v1/organizations/" {organization: OrganizationSlug}
        "/databases/" {database: DatabaseName} "/auth/tokens", Once, query NewToken => TokenAnswer
);

endpoint!(
    /// Makes every token of a database invalid, after a short downtime.
    RotateDatabaseTokens: POST "/v1/organizations/" {organization: OrganizationSlug}
        "/databases/" {database: DatabaseName} "/auth/rotate", Once => Nothing
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

/// A token to mint. Both options travel in the query: the service ignores them in a body, and would hand out a
/// token for everything and for ever.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NewToken {
    /// How long it is good for.
    #[serde(default)]
    pub expiration: Expiration,
    /// What it allows.
    #[serde(default = "full_access")]
    pub authorization: Authorization,
}

impl NewToken {
    /// A token that reads and writes, without an end.
    #[must_use]
    pub fn full_access() -> Self {
        Self { expiration: Expiration::never(), authorization: Authorization::FullAccess }
    }

    /// A token that only reads, without an end.
    #[must_use]
    pub fn read_only() -> Self {
        Self { authorization: Authorization::ReadOnly, ..Self::full_access() }
    }

    /// Ends its life.
    #[must_use]
    pub fn expires(mut self, expiration: impl Into<Expiration>) -> Self {
        self.expiration = expiration.into();
        self
    }
}

impl RequestPart for NewToken {
    const PRESENCE: Presence = Presence::Optional;

    fn check(&self) -> Result<(), InvalidInput> {
        self.expiration.check()
    }
}

/// The answer of [`CreateDatabaseToken`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenAnswer {
    /// The token, a JWT.
    pub jwt: DatabaseToken,
}

fn full_access() -> Authorization {
    Authorization::FullAccess
}

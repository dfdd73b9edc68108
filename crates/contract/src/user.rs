//! The user a token belongs to.

use serde::{Deserialize, Serialize};

use crate::{Username, answer::answer, endpoint::endpoint, lenient::null_as_default};

endpoint!(
    /// Gets the user the token belongs to.
    GetUser: GET "/v1/user", Safe => UserAnswer
);

/// A user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct User {
    /// Their username, which is the slug of their personal organization too.
    pub username: Username,
    /// Their name.
    #[serde(default, deserialize_with = "null_as_default")]
    pub name: String,
    /// Their address.
    #[serde(default, deserialize_with = "null_as_default")]
    pub email: String,
    /// A picture of them.
    #[serde(rename = "avatarUrl", default, deserialize_with = "null_as_default")]
    pub avatar_url: String,
    /// The plan of their personal organization.
    #[serde(default, deserialize_with = "null_as_default")]
    pub plan: String,
    /// Whether they use a second factor.
    #[serde(default, deserialize_with = "null_as_default")]
    pub mfa: bool,
    /// Whether an organization waits for them to accept its invite.
    #[serde(default, deserialize_with = "null_as_default")]
    pub has_pending_invites: bool,
}

impl User {
    /// A user on the `starter` plan, for tests and local clouds.
    #[must_use]
    pub fn new(username: Username, email: impl Into<String>) -> Self {
        Self {
            name: username.to_string(),
            username,
            email: email.into(),
            avatar_url: String::new(),
            plan: "starter".to_owned(),
            mfa: false,
            has_pending_invites: false,
        }
    }
}

answer!(
    /// The answer of [`GetUser`].
    UserAnswer {
        /// The user.
        user: User,
    }
);

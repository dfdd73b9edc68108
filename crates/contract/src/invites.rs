//! Invites to an organization.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    EmailAddress, InvalidInput, Nothing, OrganizationSlug, RequestPart, Username, answer::answer, endpoint::endpoint,
    lenient::null_as_default, members::Role,
};

endpoint!(
    /// Lists the invites that are still open.
    ListInvites: GET "/v2/organizations/" {organization: OrganizationSlug} "/invites", Safe => InvitesAnswer
);

endpoint!(
    /// Invites somebody. An open invite to the same address is replaced.
    CreateInvite: POST "/v2/organizations/" {organization: OrganizationSlug} "/invites",
        Idempotent, body NewInvite => InvitedAnswer
);

endpoint!(
    /// Takes an invite back.
    DeleteInvite: DELETE "/v2/organizations/" {organization: OrganizationSlug} "/invites/" {email: EmailAddress},
        Idempotent => Nothing
);

/// Somebody to invite: by address or by username, one of the two.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NewInvite {
    /// Their address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Their username.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// What they may do once they accept.
    #[serde(default = "member")]
    pub role: Role,
}

impl NewInvite {
    /// Invites the owner of an address, as a member.
    #[must_use]
    pub fn email(email: impl Into<String>) -> Self {
        Self { email: Some(email.into()), username: None, role: Role::Member }
    }

    /// Invites a user, as a member.
    #[must_use]
    pub fn username(username: impl Into<String>) -> Self {
        Self { email: None, username: Some(username.into()), role: Role::Member }
    }

    /// Gives them another role.
    #[must_use]
    pub fn role(mut self, role: Role) -> Self {
        self.role = role;
        self
    }
}

impl RequestPart for NewInvite {
    fn check(&self) -> Result<(), InvalidInput> {
        match (&self.email, &self.username) {
            (Some(email), None) => EmailAddress::check(email)?,
            (None, Some(username)) => Username::check(username)?,
            _ => return Err(InvalidInput::without_value("invite", "exactly one of email and username must be given")),
        }
        self.role.check_assignable()
    }
}

/// An open invite.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Invite {
    /// Its number.
    pub id: u64,
    /// Whom it is for.
    pub email: EmailAddress,
    /// What they may do once they accept.
    pub role: Role,
    /// When it was sent.
    pub created_at: Timestamp,
}

impl Invite {
    /// An invite, for tests and local clouds.
    #[must_use]
    pub fn new(id: u64, email: EmailAddress, role: Role, created_at: Timestamp) -> Self {
        Self { id, email, role, created_at }
    }
}

/// What [`CreateInvite`] tells of the new invite.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CreatedInvite {
    /// Whom it is for.
    pub email: EmailAddress,
    /// What they may do once they accept.
    pub role: Role,
    /// The name of the organization.
    #[serde(default, deserialize_with = "null_as_default")]
    pub organization: String,
}

impl CreatedInvite {
    /// An invite just sent, for tests and local clouds.
    #[must_use]
    pub fn new(email: EmailAddress, role: Role, organization: impl Into<String>) -> Self {
        Self { email, role, organization: organization.into() }
    }
}

answer!(
    /// The answer of [`ListInvites`].
    #[derive(Default)]
    InvitesAnswer {
        /// The open invites.
        #[serde(deserialize_with = "null_as_default")]
        invites: Vec<Invite>,
    }
);

answer!(
    /// The answer of [`CreateInvite`].
    InvitedAnswer {
        /// The new invite.
        invited: CreatedInvite,
    }
);

fn member() -> Role {
    Role::Member
}

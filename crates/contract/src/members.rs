//! Members of an organization.

use serde::{Deserialize, Serialize};

use crate::{
    InvalidInput, OrganizationSlug, RequestPart, Username, answer::answer, endpoint::endpoint,
    lenient::null_as_default, open_enum::open_enum,
};

endpoint!(
    /// Lists the members of an organization.
    ListMembers: GET "/v1/organizations/" {organization: OrganizationSlug} "/members", Safe => MembersAnswer
);

endpoint!(
    /// Adds a user to a team organization.
    AddMember: POST "/v1/organizations/" {organization: OrganizationSlug} "/members",
        Once, body NewMember => AddedMember
);

endpoint!(
    /// Gets one member.
    GetMember: GET "/v1/organizations/" {organization: OrganizationSlug} "/members/" {username: Username},
        Safe => MemberAnswer
);

endpoint!(
    /// Changes the role of a member.
    UpdateMember: PATCH "/v1/organizations/" {organization: OrganizationSlug} "/members/" {username: Username},
        Idempotent, body MemberPatch => MemberAnswer
);

endpoint!(
    /// Removes a member.
    RemoveMember: DELETE "/v1/organizations/" {organization: OrganizationSlug} "/members/" {username: Username},
        Idempotent => RemovedMember
);

open_enum!(
    /// What a member may do.
    Role {
        /// Everything. It is never given through the API.
        Owner = "owner",
        /// Everything but what is the owner's: members, invites and scoped tokens too.
        Admin = "admin",
        /// Groups, databases and their tokens.
        Member = "member",
        /// Looking.
        Viewer = "viewer",
    }
);

impl Role {
    /// Refuses the role that is never given.
    pub fn check_assignable(&self) -> Result<(), InvalidInput> {
        match self {
            Self::Admin | Self::Member | Self::Viewer => Ok(()),
            Self::Owner | Self::Unknown(_) => {
                Err(InvalidInput::new("role", self.as_str(), "must be admin, member or viewer"))
            }
        }
    }
}

/// A user to add.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NewMember {
    /// Their username.
    pub username: String,
    /// What they may do.
    #[serde(default = "member")]
    pub role: Role,
}

impl NewMember {
    /// The user called `username`, as a member.
    #[must_use]
    pub fn new(username: impl Into<String>) -> Self {
        Self { username: username.into(), role: Role::Member }
    }

    /// Gives them another role.
    #[must_use]
    pub fn role(mut self, role: Role) -> Self {
        self.role = role;
        self
    }
}

impl RequestPart for NewMember {
    fn check(&self) -> Result<(), InvalidInput> {
        Username::check(&self.username)?;
        self.role.check_assignable()
    }
}

/// What to change about a member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MemberPatch {
    /// What they may do from now on.
    pub role: Role,
}

impl MemberPatch {
    /// Gives them another role.
    #[must_use]
    pub fn role(role: Role) -> Self {
        Self { role }
    }
}

/// The service refuses a bad role in its own words, which are left to it.
impl RequestPart for MemberPatch {}

/// A member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Member {
    /// Their username.
    pub username: Username,
    /// What they may do.
    pub role: Role,
    /// Their address.
    #[serde(default, deserialize_with = "null_as_default")]
    pub email: String,
}

impl Member {
    /// A member, for tests and local clouds.
    #[must_use]
    pub fn new(username: Username, role: Role, email: impl Into<String>) -> Self {
        Self { username, role, email: email.into() }
    }
}

answer!(
    /// The answer of [`ListMembers`].
    #[derive(Default)]
    MembersAnswer {
        /// The members.
        #[serde(deserialize_with = "null_as_default")]
        members: Vec<Member>,
    }
);

answer!(
    /// The answer of [`GetMember`] and [`UpdateMember`].
    MemberAnswer {
        /// The member.
        member: Member,
    }
);

answer!(
    /// The answer of [`AddMember`]: under the key that holds an object elsewhere, only the username.
    AddedMember {
        /// The username of the new member.
        member: Username,
        /// What they may do.
        role: Role,
    }
);

answer!(
    /// The answer of [`RemoveMember`].
    RemovedMember {
        /// The username of the former member.
        member: Username,
    }
);

fn member() -> Role {
    Role::Member
}

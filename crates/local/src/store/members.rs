use std::str::FromStr;

use rusqlite::{OptionalExtension as _, params};

use super::{StoreError, Transaction, columns};

/// What a user is in an organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Owner,
    Admin,
    Member,
    Viewer,
}

/// The text is none of the roles.
#[derive(Debug, thiserror::Error)]
#[error("unknown role")]
pub(crate) struct UnknownRole;

impl Role {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Member => "member",
            Self::Viewer => "viewer",
        }
    }
}

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        [Self::Owner, Self::Admin, Self::Member, Self::Viewer]
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or(UnknownRole)
    }
}

impl Transaction<'_> {
    pub(crate) fn insert_member(&self, organization: i64, user: i64, role: Role) -> Result<(), StoreError> {
        self.0.execute(
            "INSERT INTO members (organization_id, user_id, role) VALUES (?1, ?2, ?3)",
            params![organization, user, role.as_str()],
        )?;
        Ok(())
    }

    /// The role of a user; nothing when the user is not a member.
    pub(crate) fn find_role(&self, organization: i64, user: i64) -> Result<Option<Role>, StoreError> {
        let mut statement =
            self.0.prepare_cached("SELECT role FROM members WHERE organization_id = ?1 AND user_id = ?2")?;
        Ok(statement.query_row([organization, user], |row| columns::text(row, "role")).optional()?)
    }
}

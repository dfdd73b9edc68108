use std::str::FromStr;

use rusqlite::params;

use super::{StoreError, Transaction, UserRow, columns, rows::Named};

/// What a user is in an organization. Each role may do everything that the one before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    Viewer,
    Member,
    Admin,
    Owner,
}

/// A member of an organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MemberRow {
    pub(crate) user: UserRow,
    pub(crate) role: Role,
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

    /// The members of an organization, in the order their users were made.
    pub(crate) fn members_of(&self, organization: i64) -> Result<Vec<MemberRow>, StoreError> {
        self.all(
            "SELECT users.id, username, role FROM members JOIN users ON users.id = user_id
             WHERE organization_id = ?1 ORDER BY users.id",
            [organization],
            member,
        )
    }

    pub(crate) fn find_member(&self, organization: i64, username: &str) -> Result<Option<MemberRow>, StoreError> {
        self.first(
            "SELECT users.id, username, role FROM members JOIN users ON users.id = user_id
             WHERE organization_id = ?1 AND username = ?2",
            params![organization, username],
            member,
        )
    }

    pub(crate) fn set_role(&self, organization: i64, user: i64, role: Role) -> Result<(), StoreError> {
        self.0.execute(
            "UPDATE members SET role = ?3 WHERE organization_id = ?1 AND user_id = ?2",
            params![organization, user, role.as_str()],
        )?;
        Ok(())
    }

    pub(crate) fn delete_member(&self, organization: i64, user: i64) -> Result<(), StoreError> {
        self.0
            .execute("DELETE FROM members WHERE organization_id = ?1 AND user_id = ?2", params![organization, user])?;
        Ok(())
    }

    /// The role of a user; nothing when the user is not a member.
    pub(crate) fn find_role(&self, organization: i64, user: i64) -> Result<Option<Role>, StoreError> {
        let sql = "SELECT role FROM members WHERE organization_id = ?1 AND user_id = ?2";
        self.first(sql, [organization, user], |row| columns::text(row, "role"))
    }
}

fn member(row: &Named<'_>) -> rusqlite::Result<MemberRow> {
    let user = UserRow { id: row.get("id")?, username: row.get("username")? };
    Ok(MemberRow { user, role: columns::text(row, "role")? })
}

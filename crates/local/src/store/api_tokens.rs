use jiff::Timestamp;
use rusqlite::params;
use turso_cloud_contract::{ApiTokenId, ApiTokenName, GroupId, GroupName, OrganizationSlug, api_tokens::Scope};

use super::{GroupRow, StoreError, Transaction, UserRow, columns, rows::Named};

/// A platform token with the user it belongs to. The token itself is not kept: it is signed anew from its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApiTokenRow {
    /// Its id, the `jti` of its claims.
    pub(crate) jti: ApiTokenId,
    pub(crate) name: ApiTokenName,
    pub(crate) user: UserRow,
    /// The only organization it opens; all of the user's where there is none.
    pub(crate) organization: Option<TokenOrganization>,
    /// The only group it opens; all of the organization's where there is none.
    pub(crate) group: Option<TokenGroup>,
    pub(crate) created_at: Timestamp,
}

/// The organization of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TokenOrganization {
    pub(crate) id: i64,
    pub(crate) slug: OrganizationSlug,
}

/// The group of a token, and what the token allows there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TokenGroup {
    pub(crate) uuid: GroupId,
    pub(crate) name: GroupName,
    /// Spelt out and sorted.
    pub(crate) scopes: Vec<Scope>,
}

impl Transaction<'_> {
    /// Inserts a token and yields it.
    pub(crate) fn insert_api_token(&self, token: ApiTokenRow) -> Result<ApiTokenRow, StoreError> {
        let group = token.group.as_ref();
        let scopes = group
            .map_or_else(String::new, |group| group.scopes.iter().map(Scope::as_str).collect::<Vec<_>>().join(" "));
        self.0.execute(
            "INSERT INTO api_tokens (jti, user_id, organization_id, group_uuid, scopes, name, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                token.jti.as_str(),
                token.user.id,
                token.organization.as_ref().map(|organization| organization.id),
                group.map(|group| group.uuid.as_str()),
                scopes,
                token.name.as_str(),
                token.created_at.to_string(),
            ],
        )?;
        Ok(token)
    }

    pub(crate) fn find_api_token(&self, jti: &str) -> Result<Option<ApiTokenRow>, StoreError> {
        self.first("SELECT * FROM good_api_tokens WHERE jti = ?1", [jti], api_token)
    }

    pub(crate) fn find_api_token_named(&self, user: i64, name: &str) -> Result<Option<ApiTokenRow>, StoreError> {
        self.first("SELECT * FROM good_api_tokens WHERE user_id = ?1 AND name = ?2", params![user, name], api_token)
    }

    /// The tokens of everybody, by their user, in the order they were made.
    pub(crate) fn all_api_tokens(&self) -> Result<Vec<ApiTokenRow>, StoreError> {
        self.all("SELECT * FROM good_api_tokens ORDER BY username, created_at, name", [], api_token)
    }

    /// The tokens of this name, of whatever user.
    pub(crate) fn api_tokens_named(&self, name: &str) -> Result<Vec<ApiTokenRow>, StoreError> {
        self.all("SELECT * FROM good_api_tokens WHERE name = ?1", [name], api_token)
    }

    /// The tokens of a user, in the order they were made.
    pub(crate) fn api_tokens_of(&self, user: i64) -> Result<Vec<ApiTokenRow>, StoreError> {
        self.all("SELECT * FROM good_api_tokens WHERE user_id = ?1 ORDER BY created_at, name", [user], api_token)
    }

    /// The tokens that open one organization and no other, in the order they were made.
    pub(crate) fn api_tokens_in(&self, organization: i64) -> Result<Vec<ApiTokenRow>, StoreError> {
        self.all(
            "SELECT * FROM good_api_tokens WHERE organization_id = ?1 ORDER BY created_at, username, name",
            [organization],
            api_token,
        )
    }

    pub(crate) fn delete_api_token(&self, token: &ApiTokenRow) -> Result<(), StoreError> {
        self.0.execute("DELETE FROM api_tokens WHERE jti = ?1", [token.jti.as_str()])?;
        Ok(())
    }

    /// Revokes the tokens that open one group and no other, as happens when it is deleted or transferred.
    pub(crate) fn delete_api_tokens_of_group(&self, group: &GroupRow) -> Result<(), StoreError> {
        self.0.execute("DELETE FROM api_tokens WHERE group_uuid = ?1", [group.uuid.as_str()])?;
        Ok(())
    }

    /// Revokes the tokens of a user that open one organization and no other.
    pub(crate) fn delete_api_tokens_of_member(&self, organization: i64, user: i64) -> Result<(), StoreError> {
        self.0.execute(
            "DELETE FROM api_tokens WHERE organization_id = ?1 AND user_id = ?2",
            params![organization, user],
        )?;
        Ok(())
    }
}

fn api_token(row: &Named<'_>) -> rusqlite::Result<ApiTokenRow> {
    Ok(ApiTokenRow {
        jti: columns::name(row, "jti")?,
        name: columns::name(row, "name")?,
        user: UserRow { id: row.get("user_id")?, username: row.get("username")? },
        organization: organization(row)?,
        group: group(row)?,
        created_at: columns::text(row, "created_at")?,
    })
}

fn organization(row: &Named<'_>) -> rusqlite::Result<Option<TokenOrganization>> {
    let Some(id) = row.get("organization_id")? else { return Ok(None) };
    Ok(Some(TokenOrganization { id, slug: columns::name(row, "organization_slug")? }))
}

fn group(row: &Named<'_>) -> rusqlite::Result<Option<TokenGroup>> {
    if row.get::<Option<String>>("group_uuid")?.is_none() {
        return Ok(None);
    }
    let scopes: String = row.get("scopes")?;
    Ok(Some(TokenGroup {
        uuid: columns::name(row, "group_uuid")?,
        name: columns::name(row, "group_name")?,
        scopes: scopes.split_whitespace().map(Scope::from).collect(),
    }))
}

//! Who may do what: one line for each operation of the API, whether it is catalogued yet or not.
//!
//! An operation without a line does not compile. The line says what a token that is good for one group needs, and
//! the least role of the caller in the organization of the path. Operations of no organization ask for no role.

use serde_json::Value;
use turso_cloud_contract::{
    Endpoint, OrganizationSlug,
    api_tokens::{
        CreateApiToken, CreateApiTokenV2, ListApiTokens, ListOrganizationApiTokens, RevokeApiToken,
        RevokeOrganizationApiToken, Scope, ValidateApiToken,
    },
    audit_logs::ListAuditLogs,
    billing::{
        CreateBillingPortal, GetBillingCustomer, GetOrganizationUsage, GetSubscription, ListInvoices, ListPlans,
        UpdateBillingCustomer,
    },
    database_tokens::{
        CreateDatabaseToken, CreateDatabaseTokenV3, CreateGroupToken, CreateGroupTokenV3, RotateDatabaseTokens,
        RotateGroupTokens,
    },
    databases::{
        CreateDatabase, CreateDatabaseV3, DeleteDatabase, DeleteDatabaseV3, GetDatabase, GetDatabaseConfiguration,
        GetDatabaseStats, GetDatabaseUsage, GetDatabaseV3, GetInstance, ListDatabaseQueries, ListDatabases,
        ListDatabasesV3, ListInstances, TransferDatabase, UpdateDatabaseConfiguration, WaitForInstance, WakeUpDatabase,
    },
    groups::{
        AddGroupLocation, CreateGroup, DeleteGroup, GetGroup, GetGroupConfiguration, GetGroupV3, ListGroups,
        ListGroupsV3, RemoveGroupLocation, RenameGroup, TransferGroup, UnarchiveGroup, UpdateGroup,
        UpdateGroupConfiguration, WaitForGroupLocation,
    },
    invites::{CreateInvite, DeleteInvite, ListInvites},
    jwks::{GetJwksTemplate, ListJwks, RemoveJwks, SaveJwks},
    locations::{GetClosestRegion, GetLocation, ListLocations, ListOrganizationLocations},
    members::{AddMember, GetMember, ListMembers, RemoveMember, UpdateMember},
    official::{
        AbortAwsMigration, CreateStripeCustomer, GetAwsMigration, GetPaymentMethods, InvalidateSessions,
        StartAwsMigration, UpdateSubscription,
    },
    organizations::{
        CreateOrganization, DeleteOrganization, GetOrganization, ListOrganizations, ListOrganizationsV2,
        UpdateOrganization,
    },
    recovery::{ListDeletedGroups, RestoreDatabase, RestoreGroup},
    user::GetUser,
};

use super::Refusal;
use crate::store::{ApiTokenRow, OrganizationRow, Role};

/// What an operation asks of its caller.
#[derive(Clone, Debug)]
pub(super) struct Needs {
    token: Token,
    role: Role,
    /// What a caller with a lesser role is told.
    refusal: Option<&'static str>,
}

/// What a token that is good for one group needs.
#[derive(Clone, Debug)]
enum Token {
    /// Nothing: every good token will do.
    Any,
    /// It can never do it.
    Organization,
    /// One of the nine scopes.
    Scope(Scope),
    /// One of them, and a body that says in which group.
    ScopeAndGroup(Scope),
}

/// An operation with its line in the table.
pub(super) trait Guarded: Endpoint {
    const NEEDS: Needs;
}

const fn any() -> Needs {
    Needs { token: Token::Any, role: Role::Viewer, refusal: None }
}

const fn organization(role: Role) -> Needs {
    Needs { token: Token::Organization, role, refusal: None }
}

const fn organization_or(role: Role, refusal: &'static str) -> Needs {
    Needs { token: Token::Organization, role, refusal: Some(refusal) }
}

const fn scope(scope: Scope, role: Role) -> Needs {
    Needs { token: Token::Scope(scope), role, refusal: None }
}

const fn scope_and_group(scope: Scope, role: Role) -> Needs {
    Needs { token: Token::ScopeAndGroup(scope), role, refusal: None }
}

macro_rules! permissions {
    ($($operation:ident: $needs:expr,)+) => {
        $(impl Guarded for $operation {
            const NEEDS: Needs = $needs;
        })+
    };
}

permissions! {
    // Tokens, users and places: no organization in the path.
    ValidateApiToken: any(),
    ListLocations: any(),
    GetLocation: any(),
    GetClosestRegion: any(),
    GetUser: organization(Role::Viewer),
    ListApiTokens: organization(Role::Viewer),
    CreateApiToken: organization(Role::Viewer),
    CreateApiTokenV2: organization(Role::Viewer),
    RevokeApiToken: organization(Role::Viewer),
    ListOrganizations: organization(Role::Viewer),
    ListOrganizationsV2: organization(Role::Viewer),
    CreateOrganization: organization(Role::Viewer),
    InvalidateSessions: organization(Role::Viewer),
    CreateStripeCustomer: organization(Role::Viewer),

    // Organizations.
    GetOrganization: organization(Role::Viewer),
    UpdateOrganization: organization(Role::Admin),
    DeleteOrganization: organization_or(Role::Owner, "only the owner may delete an organization"),
    ListOrganizationLocations: scope(Scope::Read, Role::Viewer),
    ListAuditLogs: organization(Role::Viewer),
    // Everybody sees and revokes their own; only admins those of others.
    ListOrganizationApiTokens: organization(Role::Viewer),
    RevokeOrganizationApiToken: organization(Role::Viewer),
    ListMembers: organization(Role::Admin),
    AddMember: organization(Role::Admin),
    GetMember: organization(Role::Viewer),
    UpdateMember: organization_or(Role::Admin, "updating member roles is only allowed for admin or owner"),
    // Everybody may leave; only admins remove others.
    RemoveMember: organization(Role::Viewer),
    ListInvites: organization(Role::Admin),
    CreateInvite: organization(Role::Admin),
    DeleteInvite: organization(Role::Admin),
    ListPlans: organization(Role::Viewer),
    GetSubscription: organization(Role::Viewer),
    ListInvoices: organization(Role::Viewer),
    GetOrganizationUsage: organization(Role::Viewer),
    GetBillingCustomer: organization(Role::Admin),
    UpdateBillingCustomer: organization(Role::Admin),
    CreateBillingPortal: organization(Role::Admin),
    GetPaymentMethods: organization(Role::Viewer),
    UpdateSubscription: organization(Role::Admin),
    ListJwks: organization(Role::Viewer),
    SaveJwks: organization(Role::Admin),
    RemoveJwks: organization(Role::Admin),
    GetJwksTemplate: organization(Role::Viewer),

    // Groups.
    ListGroups: scope(Scope::Read, Role::Viewer),
    GetGroup: scope(Scope::Read, Role::Viewer),
    GetGroupConfiguration: scope(Scope::Read, Role::Viewer),
    WaitForGroupLocation: scope(Scope::Read, Role::Viewer),
    ListGroupsV3: scope(Scope::Read, Role::Viewer),
    GetGroupV3: scope(Scope::Read, Role::Viewer),
    GetAwsMigration: scope(Scope::Read, Role::Viewer),
    StartAwsMigration: organization(Role::Member),
    AbortAwsMigration: organization(Role::Member),
    CreateGroup: organization(Role::Member),
    DeleteGroup: organization(Role::Member),
    TransferGroup: organization(Role::Member),
    UpdateGroupConfiguration: scope(Scope::GroupConfigure, Role::Member),
    RenameGroup: scope(Scope::GroupConfigure, Role::Member),
    UpdateGroup: scope(Scope::GroupConfigure, Role::Member),
    UnarchiveGroup: scope(Scope::GroupConfigure, Role::Member),
    AddGroupLocation: scope(Scope::GroupConfigure, Role::Member),
    RemoveGroupLocation: scope(Scope::GroupConfigure, Role::Member),
    CreateGroupToken: scope(Scope::GroupMintToken, Role::Member),
    CreateGroupTokenV3: scope(Scope::GroupMintToken, Role::Member),
    RotateGroupTokens: scope(Scope::GroupRotateCreds, Role::Member),
    ListDeletedGroups: organization(Role::Viewer),
    RestoreGroup: organization(Role::Admin),

    // Databases.
    ListDatabases: scope(Scope::Read, Role::Viewer),
    GetDatabase: scope(Scope::Read, Role::Viewer),
    GetDatabaseConfiguration: scope(Scope::Read, Role::Viewer),
    GetDatabaseUsage: scope(Scope::Read, Role::Viewer),
    GetDatabaseStats: scope(Scope::Read, Role::Viewer),
    ListDatabaseQueries: scope(Scope::Read, Role::Viewer),
    ListInstances: scope(Scope::Read, Role::Viewer),
    GetInstance: scope(Scope::Read, Role::Viewer),
    WaitForInstance: scope(Scope::Read, Role::Viewer),
    ListDatabasesV3: scope(Scope::Read, Role::Viewer),
    GetDatabaseV3: scope(Scope::Read, Role::Viewer),
    CreateDatabase: scope_and_group(Scope::DbCreate, Role::Member),
    CreateDatabaseV3: scope_and_group(Scope::DbCreate, Role::Member),
    RestoreDatabase: scope(Scope::DbCreate, Role::Admin),
    DeleteDatabase: scope(Scope::DbDelete, Role::Member),
    DeleteDatabaseV3: scope(Scope::DbDelete, Role::Member),
    UpdateDatabaseConfiguration: scope(Scope::DbConfigure, Role::Member),
    TransferDatabase: scope(Scope::DbConfigure, Role::Member),
    WakeUpDatabase: scope(Scope::DbConfigure, Role::Member),
    CreateDatabaseToken: scope(Scope::DbMintToken, Role::Member),
    CreateDatabaseTokenV3: scope(Scope::DbMintToken, Role::Member),
    RotateDatabaseTokens: scope(Scope::DbRotateCreds, Role::Member),
}

impl Needs {
    /// Refuses a token of one group that does not allow the operation.
    pub(super) fn check_token(&self, caller: &ApiTokenRow) -> Result<(), Refusal> {
        let Some(group) = &caller.group else { return Ok(()) };
        match &self.token {
            Token::Any => Ok(()),
            Token::Organization => Err(Refusal::forbidden("group-scoped token cannot access org-level resources")),
            Token::Scope(scope) | Token::ScopeAndGroup(scope) if group.scopes.contains(scope) => Ok(()),
            Token::Scope(scope) | Token::ScopeAndGroup(scope) => {
                Err(Refusal::forbidden(format!("the token does not have the scope {scope}")))
            }
        }
    }

    /// A token of one group creates databases only where the request says in which group, even before anything else
    /// of the request is looked at.
    pub(super) fn check_group_is_named(&self, caller: &ApiTokenRow, body: &[u8]) -> Result<(), Refusal> {
        if caller.group.is_none() || !matches!(self.token, Token::ScopeAndGroup(_)) {
            return Ok(());
        }
        // What is no JSON is refused for that.
        let Ok(Value::Object(fields)) = serde_json::from_slice(body) else { return Ok(()) };
        let is_group = |name: &str| ["group", "group_id"].iter().any(|field| name.eq_ignore_ascii_case(field));
        let named = fields.iter().any(|(name, value)| is_group(name) && value.as_str() != Some("") && !value.is_null());
        if named {
            return Ok(());
        }
        Err(Refusal::forbidden("group-scoped tokens must specify a group in the request"))
    }

    /// Refuses a member whose role is not enough.
    pub(super) fn check_role(&self, organization: &OrganizationRow, role: Role) -> Result<(), Refusal> {
        if role >= self.role {
            return Ok(());
        }
        let slug = &organization.slug;
        if self.refusal.is_none() && self.role >= Role::Admin {
            return Err(only_for_admins(slug));
        }
        Err(Refusal::forbidden(match self.refusal {
            Some(refusal) => refusal.to_owned(),
            None => format!("a viewer of organization {slug} may change nothing"),
        }))
    }
}

/// Refuses what is for those who run an organization.
pub(super) fn only_for_admins(slug: &OrganizationSlug) -> Refusal {
    Refusal::forbidden(format!("only an admin or owner of organization {slug} may do this"))
}

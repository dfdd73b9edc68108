use http::Method;

use crate::{Endpoint, Repeatability, Service};

/// Calls a macro with the name of every operation. Whoever has to do something for each of them (answer it,
/// document it, cover it by a command) does it through this list and cannot forget one.
///
/// ```
/// macro_rules! count {
///     ($($operation:ident,)+) => { [$(stringify!($operation)),+].len() };
/// }
/// assert_eq!(turso_cloud_contract::for_each_endpoint!(count), turso_cloud_contract::CATALOGUE.len());
/// ```
#[macro_export]
macro_rules! for_each_endpoint {
    ($callback:ident) => {
        $callback! {
            ListOrganizations,
            GetOrganization,
            UpdateOrganization,
            ListOrganizationsV2,
            CreateOrganization,
            DeleteOrganization,
            ListMembers,
            AddMember,
            GetMember,
            UpdateMember,
            RemoveMember,
            ListInvites,
            CreateInvite,
            DeleteInvite,
            ListGroups,
            CreateGroup,
            GetGroup,
            DeleteGroup,
            GetGroupConfiguration,
            UpdateGroupConfiguration,
            TransferGroup,
            UnarchiveGroup,
            AddGroupLocation,
            RemoveGroupLocation,
            WaitForGroupLocation,
            UpdateGroup,
            RenameGroup,
            ListDatabases,
            CreateDatabase,
            GetDatabase,
            DeleteDatabase,
            GetDatabaseConfiguration,
            UpdateDatabaseConfiguration,
            ListInstances,
            GetInstance,
            WaitForInstance,
            GetDatabaseUsage,
            GetDatabaseStats,
            ListDatabaseQueries,
            TransferDatabase,
            WakeUpDatabase,
            CreateDatabaseToken,
            RotateDatabaseTokens,
            CreateGroupToken,
            RotateGroupTokens,
            ListGroupsV3,
            GetGroupV3,
            ListDatabasesV3,
            CreateDatabaseV3,
            GetDatabaseV3,
            DeleteDatabaseV3,
            CreateDatabaseTokenV3,
            CreateGroupTokenV3,
            RestoreDatabase,
            ListDeletedGroups,
            RestoreGroup,
            ValidateApiToken,
            ListApiTokens,
            CreateApiToken,
            CreateApiTokenV2,
            RevokeApiToken,
            ListOrganizationApiTokens,
            RevokeOrganizationApiToken,
            ListAuditLogs,
            ListLocations,
            ListOrganizationLocations,
            GetLocation,
            GetClosestRegion,
            ListPlans,
            GetSubscription,
            ListInvoices,
            GetOrganizationUsage,
            GetBillingCustomer,
            UpdateBillingCustomer,
            CreateBillingPortal,
            ListJwks,
            SaveJwks,
            RemoveJwks,
            GetJwksTemplate,
            GetUser,
        }
    };
}

/// Every operation in one place, for the macros that [`for_each_endpoint!`](crate::for_each_endpoint) calls.
pub mod endpoints {
    pub use crate::api_tokens::{
        CreateApiToken, CreateApiTokenV2, ListApiTokens, ListOrganizationApiTokens, RevokeApiToken,
        RevokeOrganizationApiToken, ValidateApiToken,
    };
    pub use crate::audit_logs::ListAuditLogs;
    pub use crate::billing::{
        CreateBillingPortal, GetBillingCustomer, GetOrganizationUsage, GetSubscription, ListInvoices, ListPlans,
        UpdateBillingCustomer,
    };
    pub use crate::database_tokens::{
        CreateDatabaseToken, CreateDatabaseTokenV3, CreateGroupToken, CreateGroupTokenV3, RotateDatabaseTokens,
        RotateGroupTokens,
    };
    pub use crate::databases::{
        CreateDatabase, CreateDatabaseV3, DeleteDatabase, DeleteDatabaseV3, GetDatabase, GetDatabaseConfiguration,
        GetDatabaseStats, GetDatabaseUsage, GetDatabaseV3, GetInstance, ListDatabaseQueries, ListDatabases,
        ListDatabasesV3, ListInstances, TransferDatabase, UpdateDatabaseConfiguration, WaitForInstance, WakeUpDatabase,
    };
    pub use crate::groups::{
        AddGroupLocation, CreateGroup, DeleteGroup, GetGroup, GetGroupConfiguration, GetGroupV3, ListGroups,
        ListGroupsV3, RemoveGroupLocation, RenameGroup, TransferGroup, UnarchiveGroup, UpdateGroup,
        UpdateGroupConfiguration, WaitForGroupLocation,
    };
    pub use crate::invites::{CreateInvite, DeleteInvite, ListInvites};
    pub use crate::jwks::{GetJwksTemplate, ListJwks, RemoveJwks, SaveJwks};
    pub use crate::locations::{GetClosestRegion, GetLocation, ListLocations, ListOrganizationLocations};
    pub use crate::members::{AddMember, GetMember, ListMembers, RemoveMember, UpdateMember};
    pub use crate::organizations::{
        CreateOrganization, DeleteOrganization, GetOrganization, ListOrganizations, ListOrganizationsV2,
        UpdateOrganization,
    };
    pub use crate::recovery::{ListDeletedGroups, RestoreDatabase, RestoreGroup};
    pub use crate::user::GetUser;
}

/// What is known of an operation without a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EndpointInfo {
    /// The name of the operation.
    pub name: &'static str,
    /// The HTTP method.
    pub method: Method,
    /// The path with a `{field}` for each segment that varies.
    pub path: &'static str,
    /// Whether it may be sent again.
    pub repeatability: Repeatability,
    /// The server that answers it.
    pub service: Service,
}

impl EndpointInfo {
    /// The operation a request belongs to. A literal segment is preferred to one that varies.
    ///
    /// ```
    /// use turso_cloud_contract::{EndpointInfo, Service, http::Method};
    ///
    /// let found = EndpointInfo::find(Service::Platform, &Method::GET, "/v1/organizations/acme/groups/eu");
    /// assert_eq!(found.map(|info| info.name), Some("GetGroup"));
    /// ```
    #[must_use]
    pub fn find(service: Service, method: &Method, path: &str) -> Option<&'static Self> {
        let candidates = CATALOGUE.iter().filter(|info| info.service == service && info.method == *method);
        let matching = candidates.filter_map(|info| Some((info.literals_in(path)?, info)));
        matching.max_by_key(|(literals, _)| *literals).map(|(_, info)| info)
    }

    /// What is known of one operation.
    #[must_use]
    pub const fn of<E: Endpoint>() -> Self {
        Self { name: E::NAME, method: E::METHOD, path: E::PATH, repeatability: E::REPEATABILITY, service: E::SERVICE }
    }

    /// How many segments of a path are literally those of the operation; `None` for the path of another operation.
    /// One slash at the end makes no difference.
    #[must_use]
    pub fn literals_in(&self, path: &str) -> Option<usize> {
        if segments(self.path).count() != segments(path).count() {
            return None;
        }
        let mut literals = 0;
        for (expected, segment) in segments(self.path).zip(segments(path)) {
            match expected.starts_with('{') {
                true if segment.is_empty() => return None,
                true => {}
                false if expected == segment => literals += 1,
                false => return None,
            }
        }
        Some(literals)
    }
}

fn segments(path: &str) -> std::str::Split<'_, char> {
    path.strip_suffix('/').unwrap_or(path).split('/')
}

macro_rules! catalogue {
    ($($operation:ident,)+) => { &[$(EndpointInfo::of::<endpoints::$operation>()),+] };
}

/// Every operation of the API.
pub static CATALOGUE: &[EndpointInfo] = for_each_endpoint!(catalogue);

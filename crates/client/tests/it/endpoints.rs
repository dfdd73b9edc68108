//! Every operation through the method that makes it: what is sent, and what each documented refusal becomes.
//!
//! Requests and statuses are written down from the Platform API reference, not taken from the catalogue.
#![expect(clippy::unwrap_used, reason = "a call that cannot be set up fails its test")]

use std::{collections::BTreeSet, future::Future, pin::Pin};

use turso_cloud::{
    AuditLogPage, BillingCustomer, Client, DatabaseFilter, DatabasePatch, Error, ErrorKind, GroupPatch, InvoiceKind,
    NewApiToken, NewDatabase, NewGroup, NewInvite, NewJwks, NewMember, NewOrganization, NewToken, OrganizationPatch,
    RetryPolicy, Role, UsagePeriod, blocking,
    contract::{
        CATALOGUE,
        api_tokens::CreateApiTokenV2,
        database_tokens::{Authorization, CreateDatabaseTokenV3, CreateGroupTokenV3},
        databases::{
            CreateDatabaseV3, DatabaseV3Filter, DeleteDatabaseV3, GetDatabaseV3, ListDatabasesV3, NewDatabaseV3,
        },
        groups::{GetGroupV3, ListGroupsV3},
        jwks::JwksTemplateRequest,
        locations::{GetLocation, ListOrganizationLocations},
        recovery::{DeletedGroupPage, ListDeletedGroups, RestoreDatabase, RestoreGroup, RestoredName},
        sample,
    },
};

use crate::support::script::{Script, Step};

const ID: &str = "0eb771dd-6906-11ee-8553-eaa7715aeaf2";
const SINCE: &str = "2026-11-01T00:00:00Z";

/// What any operation may be refused with.
const ANY: [u16; 3] = [401, 429, 500];

type Making = Pin<Box<dyn Future<Output = Result<(), Error>>>>;

struct Case {
    operation: &'static str,
    /// Method and path with query, as the reference spells them.
    request: &'static str,
    /// The statuses it is documented or known to be refused with, beside those of [`ANY`].
    refusals: &'static [u16],
    make: fn(Client) -> Making,
    send: fn(blocking::Client) -> Result<(), Error>,
}

macro_rules! cases {
    ($($operation:ident $request:literal [$($status:literal),*] $turso:ident => $call:expr;)+) => {
        const CASES: &[Case] = &[$(Case {
            operation: stringify!($operation),
            request: $request,
            refusals: &[$($status),*],
            make: |$turso| Box::pin(async move { $call.await.map(drop) }),
            send: |$turso| $call.send().map(drop),
        }),+];
    };
}

cases! {
    ListOrganizations "GET /v1/organizations" [] t => t.organizations().list();
    GetOrganization "GET /v1/organizations/acme" [403, 404] t => t.organizations().get("acme");
    UpdateOrganization "PATCH /v1/organizations/acme" [400, 403, 404]
        t => t.organizations().update("acme", OrganizationPatch::default().overages(true));
    ListOrganizationsV2 "GET /v2/organizations" [] t => t.organizations().list_with_ids();
    CreateOrganization "POST /v1/organizations?dry_run=false" [400, 402, 409] t => t.organizations().create(NewOrganization::new("Acme"));
    DeleteOrganization "DELETE /v1/organizations/acme" [400, 403, 404] t => t.organizations().delete("acme");
    ListMembers "GET /v1/organizations/acme/members" [403, 404] t => t.members().list();
    AddMember "POST /v1/organizations/acme/members" [400, 403, 404, 409] t => t.members().add(NewMember::new("bob"));
    GetMember "GET /v1/organizations/acme/members/bob" [403, 404] t => t.members().get("bob");
    UpdateMember "PATCH /v1/organizations/acme/members/bob" [400, 403, 404]
        t => t.members().update_role("bob", Role::Admin);
    RemoveMember "DELETE /v1/organizations/acme/members/bob" [403, 404] t => t.members().delete("bob");
    ListInvites "GET /v2/organizations/acme/invites" [403, 404] t => t.invites().list();
    CreateInvite "POST /v2/organizations/acme/invites" [400, 402, 403, 409]
        t => t.invites().create(NewInvite::email("bob@example.com"));
    DeleteInvite "DELETE /v2/organizations/acme/invites/bob%40example.com" [403, 404]
        t => t.invites().delete("bob@example.com");
    ListGroups "GET /v1/organizations/acme/groups" [403, 404] t => t.groups().list();
    CreateGroup "POST /v1/organizations/acme/groups" [400, 402, 403, 409, 422]
        t => t.groups().create(NewGroup::new("eu", "aws-eu-west-1"));
    GetGroup "GET /v1/organizations/acme/groups/eu" [403, 404] t => t.groups().get("eu");
    DeleteGroup "DELETE /v1/organizations/acme/groups/eu" [403, 404] t => t.groups().delete("eu");
    GetGroupConfiguration "GET /v1/organizations/acme/groups/eu/configuration" [403, 404]
        t => t.groups().configuration("eu");
    UpdateGroupConfiguration "PATCH /v1/organizations/acme/groups/eu/configuration" [400, 403, 404]
        t => t.groups().update_configuration("eu", GroupPatch::default().delete_protection(true));
    TransferGroup "POST /v1/organizations/acme/groups/eu/transfer" [400, 403, 404, 409]
        t => t.groups().transfer("eu", "globex");
    UnarchiveGroup "POST /v1/organizations/acme/groups/eu/unarchive" [403, 404] t => t.groups().unarchive("eu");
    AddGroupLocation "POST /v1/organizations/acme/groups/eu/locations/lhr" [400, 403, 404]
        t => t.groups().add_location("eu", "lhr");
    RemoveGroupLocation "DELETE /v1/organizations/acme/groups/eu/locations/lhr" [400, 403, 404]
        t => t.groups().remove_location("eu", "lhr");
    WaitForGroupLocation "GET /v1/organizations/acme/groups/eu/locations/lhr/wait" [400, 404]
        t => t.groups().wait_for_location("eu", "lhr");
    UpdateGroup "POST /v1/organizations/acme/groups/eu/update" [403, 404] t => t.groups().update_version("eu");
    RenameGroup "POST /v1/organizations/acme/groups/eu/rename" [400, 403, 404, 409] t => t.groups().rename("eu", "europe");
    ListDatabases "GET /v1/organizations/acme/databases?group=eu" [403, 404]
        t => t.databases().list_matching(DatabaseFilter::default().group("eu"));
    CreateDatabase "POST /v1/organizations/acme/databases" [400, 402, 403, 404, 409, 422]
        t => t.databases().create(NewDatabase::new("orders", "default"));
    GetDatabase "GET /v1/organizations/acme/databases/orders" [403, 404] t => t.databases().get("orders");
    DeleteDatabase "DELETE /v1/organizations/acme/databases/orders" [403, 404] t => t.databases().delete("orders");
    GetDatabaseConfiguration "GET /v1/organizations/acme/databases/orders/configuration" [403, 404]
        t => t.databases().configuration("orders");
    UpdateDatabaseConfiguration "PATCH /v1/organizations/acme/databases/orders/configuration" [400, 403, 404]
        t => t.databases().update_configuration("orders", DatabasePatch::default().block_reads(true));
    ListInstances "GET /v1/organizations/acme/databases/orders/instances" [403, 404] t => t.databases().instances("orders");
    GetInstance "GET /v1/organizations/acme/databases/orders/instances/lhr" [403, 404]
        t => t.databases().instance("orders", "lhr");
    WaitForInstance "GET /v1/organizations/acme/databases/orders/instances/lhr/wait" [400, 404]
        t => t.databases().wait_for_instance("orders", "lhr");
    GetDatabaseUsage "GET /v1/organizations/acme/databases/orders/usage?from=2026-11-01T00%3A00%3A00Z" [400, 403, 404]
        t => t.databases().usage("orders", UsagePeriod::since(SINCE.parse().unwrap()));
    GetDatabaseStats "GET /v1/organizations/acme/databases/orders/stats" [403, 404] t => t.databases().stats("orders");
    ListDatabaseQueries "GET /v1/organizations/acme/databases/orders/usage/queries?from=2026-11-01T00%3A00%3A00Z" [400, 404]
        t => t.databases().queries("orders", SINCE.parse().unwrap());
    TransferDatabase "POST /v1/organizations/acme/databases/orders/transfer" [400, 403, 404, 409]
        t => t.databases().transfer("orders", "globex");
    WakeUpDatabase "POST /v1/organizations/acme/databases/orders/wakeup" [403, 404] t => t.databases().wake_up("orders");
    CreateDatabaseToken "POST /v1/organizations/acme/databases/orders/auth/tokens?expiration=never&authorization=read-only" [400, 403, 404]
        t => t.databases().create_token("orders", NewToken::read_only());
    RotateDatabaseTokens "POST /v1/organizations/acme/databases/orders/auth/rotate" [403, 404]
        t => t.databases().rotate_tokens("orders");
    CreateGroupToken "POST /v1/organizations/acme/groups/eu/auth/tokens?expiration=never&authorization=full-access" [400, 403, 404]
        t => t.groups().create_token("eu", NewToken::full_access());
    RotateGroupTokens "POST /v1/organizations/acme/groups/eu/auth/rotate" [403, 404] t => t.groups().rotate_tokens("eu");
    ListGroupsV3 "GET /v3/organizations/0eb771dd-6906-11ee-8553-eaa7715aeaf2/groups" [403, 404]
        t => t.call(ListGroupsV3 { organization: ID.parse()? });
    GetGroupV3 "GET /v3/organizations/0eb771dd-6906-11ee-8553-eaa7715aeaf2/groups/0eb771dd-6906-11ee-8553-eaa7715aeaf2" [403, 404]
        t => t.call(GetGroupV3 { organization: ID.parse()?, group: ID.parse()? });
    ListDatabasesV3 "GET /v3/organizations/0eb771dd-6906-11ee-8553-eaa7715aeaf2/databases?deleted=true" [400, 403, 404]
        t => t.call(ListDatabasesV3 { organization: ID.parse()?, query: DatabaseV3Filter::deleted() });
    CreateDatabaseV3 "POST /v3/organizations/0eb771dd-6906-11ee-8553-eaa7715aeaf2/databases" [400, 403, 404, 409, 422]
        t => t.call(CreateDatabaseV3 { organization: ID.parse()?, body: NewDatabaseV3::new("orders", ID) });
    GetDatabaseV3 "GET /v3/organizations/0eb771dd-6906-11ee-8553-eaa7715aeaf2/databases/0eb771dd-6906-11ee-8553-eaa7715aeaf2" [403, 404]
        t => t.call(GetDatabaseV3 { organization: ID.parse()?, database: ID.parse()? });
    DeleteDatabaseV3 "DELETE /v3/organizations/0eb771dd-6906-11ee-8553-eaa7715aeaf2/databases/0eb771dd-6906-11ee-8553-eaa7715aeaf2" [403, 404]
        t => t.call(DeleteDatabaseV3 { organization: ID.parse()?, database: ID.parse()? });
    CreateDatabaseTokenV3 "POST /v3/organizations/0eb771dd-6906-11ee-8553-eaa7715aeaf2/databases/0eb771dd-6906-11ee-8553-eaa7715aeaf2/auth/tokens?expiration=never&authorization=full-access" [400, 403, 404]
        t => t.call(CreateDatabaseTokenV3 {
            organization: ID.parse()?,
            database: ID.parse()?,
            query: NewToken::full_access().options,
            body: NewToken::full_access().permissions,
        });
    CreateGroupTokenV3 "POST /v3/organizations/0eb771dd-6906-11ee-8553-eaa7715aeaf2/groups/0eb771dd-6906-11ee-8553-eaa7715aeaf2/auth/tokens?expiration=never&authorization=full-access" [400, 403, 404]
        t => t.call(CreateGroupTokenV3 {
            organization: ID.parse()?,
            group: ID.parse()?,
            query: NewToken::full_access().options,
            body: NewToken::full_access().permissions,
        });
    RestoreDatabase "POST /v3/organizations/0eb771dd-6906-11ee-8553-eaa7715aeaf2/databases/0eb771dd-6906-11ee-8553-eaa7715aeaf2/restore" [400, 402, 403, 404, 409]
        t => t.call(RestoreDatabase { organization: ID.parse()?, database: ID.parse()?, body: RestoredName::default() });
    ListDeletedGroups "GET /v3/organizations/0eb771dd-6906-11ee-8553-eaa7715aeaf2/deleted-groups?limit=10" [402, 403, 404]
        t => t.call(ListDeletedGroups { organization: ID.parse()?, query: DeletedGroupPage::new(10, None) });
    RestoreGroup "POST /v3/organizations/0eb771dd-6906-11ee-8553-eaa7715aeaf2/groups/0eb771dd-6906-11ee-8553-eaa7715aeaf2/restore" [402, 403, 404, 409]
        t => t.call(RestoreGroup { organization: ID.parse()?, group: ID.parse()? });
    ValidateApiToken "GET /v1/auth/validate" [] t => t.api_tokens().validate();
    ListApiTokens "GET /v1/auth/api-tokens" [] t => t.api_tokens().list();
    CreateApiToken "POST /v1/auth/api-tokens/ci" [400, 403, 404, 409]
        t => t.api_tokens().create("ci", NewApiToken::organization("acme"));
    CreateApiTokenV2 "POST /v2/auth/api-tokens/ci" [400, 403, 404, 409]
        t => t.call(CreateApiTokenV2 { name: "ci".parse()?, body: NewApiToken::organization("acme") });
    RevokeApiToken "DELETE /v1/auth/api-tokens/ci" [404] t => t.api_tokens().revoke("ci");
    ListOrganizationApiTokens "GET /v1/organizations/acme/api-tokens" [403, 404]
        t => t.api_tokens().organization("acme").list();
    RevokeOrganizationApiToken "DELETE /v1/organizations/acme/api-tokens/clGFZ4STEe6fljpFzIum8A" [403, 404]
        t => t.api_tokens().organization("acme").revoke("clGFZ4STEe6fljpFzIum8A");
    ListAuditLogs "GET /v1/organizations/acme/audit-logs?page=2&page_size=50" [402, 403, 404]
        t => t.audit_logs().page(AuditLogPage::new(2, 50));
    ListLocations "GET /v1/locations" [] t => t.locations().list();
    ListOrganizationLocations "GET /v2/organizations/acme/locations" [403, 404]
        t => t.call(ListOrganizationLocations { organization: "acme".parse()? });
    GetLocation "GET /v1/locations/lhr" [404] t => t.call(GetLocation { location: "lhr".parse()? });
    GetClosestRegion "GET /" [] t => t.locations().closest_region();
    ListPlans "GET /v1/organizations/acme/plans" [403, 404] t => t.billing().plans();
    GetSubscription "GET /v1/organizations/acme/subscription" [403, 404] t => t.billing().subscription();
    ListInvoices "GET /v1/organizations/acme/invoices?type=issued" [400, 403, 404]
        t => t.billing().invoices(InvoiceKind::Issued);
    GetOrganizationUsage "GET /v1/organizations/acme/usage" [403, 404] t => t.billing().usage();
    GetBillingCustomer "GET /v1/organizations/acme/billing/customer" [403, 404] t => t.billing().customer();
    UpdateBillingCustomer "PUT /v1/organizations/acme/billing/customer" [400, 403, 404]
        t => t.billing().update_customer(BillingCustomer::default());
    CreateBillingPortal "POST /v1/organizations/acme/billing/portal" [403, 404] t => t.billing().portal();
    ListJwks "GET /v2/organizations/acme/jwks" [403, 404] t => t.jwks().list();
    SaveJwks "PUT /v2/organizations/acme/jwks/clerk" [400, 403, 404, 409]
        t => t.jwks().save("clerk", NewJwks::new("https://example.com/jwks.json"));
    RemoveJwks "DELETE /v2/organizations/acme/jwks/clerk" [403, 404] t => t.jwks().delete("clerk");
    GetJwksTemplate "GET /v2/organizations/acme/jwks-template" [400, 403, 404]
        t => t.jwks().template(JwksTemplateRequest::database("orders", Authorization::FullAccess));
    GetUser "GET /v1/user" [] t => t.user().get();
}

async fn make(case: &Case, step: Step) -> (Result<(), Error>, Script) {
    let script = Script::new([step]);
    let client = script.client().region_url("http://region.invalid").retry(RetryPolicy::none()).build().unwrap();
    ((case.make)(client).await, script)
}

#[tokio::test]
async fn every_method_sends_the_request_of_the_reference_and_reads_its_answer() {
    for case in CASES {
        let (result, script) = make(case, Step::answer(200, sample(case.operation).unwrap())).await;
        result.unwrap_or_else(|error| panic!("{}: {error}", case.operation));
        let sent =
            script.sent().into_iter().map(|sent| format!("{} {}", sent.method, sent.uri.path_and_query().unwrap()));
        assert_eq!(sent.collect::<Vec<_>>(), [case.request], "{}", case.operation);
    }
}

#[tokio::test]
async fn every_documented_refusal_of_every_operation_becomes_an_error_of_its_kind() {
    for case in CASES {
        for status in ANY.iter().chain(case.refusals).copied() {
            let (result, script) = make(case, Step::answer(status, r#"{"error":"the service says no"}"#)).await;
            let error = result.expect_err(case.operation);
            assert_eq!(error.kind(), kind_of(case, status), "{} {status}", case.operation);
            assert_eq!(error.status().map(|status| status.as_u16()), Some(status), "{}", case.operation);
            assert_eq!(error.operation(), Some(case.operation));
            assert_eq!(error.message(), Some("the service says no"), "{}", case.operation);
            assert_eq!(script.count(), 1, "{} was sent again", case.operation);
        }
    }
}

#[test]
fn every_method_works_without_a_runtime() {
    for case in CASES {
        let script = Script::new([Step::answer(200, sample(case.operation).unwrap())]);
        let client = script.client().region_url("http://region.invalid").build_blocking().unwrap();
        (case.send)(client).unwrap_or_else(|error| panic!("{}: {error}", case.operation));
        assert_eq!(script.count(), 1, "{}", case.operation);
    }
}

#[test]
fn no_operation_of_the_catalogue_is_without_a_method_that_is_tried() {
    let tried: BTreeSet<_> = CASES.iter().map(|case| case.operation).collect();
    assert_eq!(tried, CATALOGUE.iter().map(|info| info.name).collect());
}

fn kind_of(case: &Case, status: u16) -> ErrorKind {
    match status {
        401 => ErrorKind::Unauthenticated,
        402 => ErrorKind::PaymentRequired,
        403 => ErrorKind::Forbidden,
        404 => ErrorKind::NotFound,
        409 => ErrorKind::AlreadyExists,
        422 if case.request.starts_with("POST") => ErrorKind::AlreadyExists,
        429 => ErrorKind::RateLimited,
        500 => ErrorKind::Server,
        _ => ErrorKind::Rejected,
    }
}

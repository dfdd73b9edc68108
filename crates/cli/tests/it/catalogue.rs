//! Every operation of the API can be reached by a command, or there is a reason why not.

use std::collections::BTreeSet;

use http::Method;
use turso_cloud::contract::{CATALOGUE, EndpointInfo, Service};

use crate::support::Served;

/// Operations without a command of their own. `tursoctl api` sends them all the same.
const LEFT_OUT: &[(&str, &str)] = &[
    ("CreateApiTokenV2", "the same as CreateApiToken, with another form of its answer"),
    ("CreateDatabaseV3", "the same as CreateDatabase, with ids in place of names"),
    ("CreateDatabaseTokenV3", "the same as CreateDatabaseToken, with ids in place of names"),
    ("CreateGroupTokenV3", "the same as CreateGroupToken, with ids in place of names"),
    ("DeleteDatabaseV3", "the same as DeleteDatabase, with ids in place of names"),
    ("GetDatabaseV3", "the same as GetDatabase, with ids in place of names"),
    ("GetGroupV3", "the same as GetGroup, with ids in place of names"),
    ("ListGroupsV3", "the same as ListGroups, with ids in place of names"),
];

/// One sitting that leads through all commands. What fails sends its request all the same.
pub(crate) const SITTING: &[&str] = &[
    "auth status --check",
    "auth tokens list",
    "auth tokens list --of-org acme",
    "auth tokens create plain",
    "auth tokens create scoped --group default --scope read",
    "auth tokens revoke plain --yes",
    "auth tokens revoke no-id --of-org acme --yes",
    "org list",
    "org get",
    "org create Other",
    "org update --overages on",
    "org update --restore on",
    "org usage",
    "org plan",
    "org plans",
    "org subscription",
    "org invoices list",
    "org billing get",
    "org billing portal",
    "org members list",
    "org members get dev",
    "org members add eve",
    "org members set-role eve viewer",
    "org members remove eve --yes",
    "org invites list",
    "org invites create eve@example.com",
    "org invites delete eve@example.com",
    "org jwks list",
    "org jwks save clerk https://example.com/jwks.json",
    "org jwks template --group default",
    "org jwks delete clerk --yes",
    "location list",
    "location list --of-org",
    "location closest",
    "location get aws-eu-west-1",
    "group list",
    "group create eu --location aws-eu-west-1 --wait",
    "group get eu",
    "group protect eu",
    "group protect eu off",
    "group locations add eu aws-us-east-1",
    "group locations wait eu aws-us-east-1",
    "group locations remove eu aws-us-east-1 --yes",
    "group unarchive eu",
    "group update-version eu",
    "group tokens create eu",
    "group tokens invalidate eu --yes",
    "group transfer eu --to nobody --confirm eu",
    "group rename eu europe",
    "db create orders --group default --wait",
    "db list",
    "db get orders",
    "db url orders",
    "db env orders",
    "db config get orders",
    "db config set orders --block-reads off",
    "db instances orders",
    "db instances orders local --wait",
    "db usage orders",
    "db queries orders",
    "db queries orders --since 24h",
    "db wakeup orders",
    "db tokens create orders",
    "db tokens invalidate orders --yes",
    "db transfer orders --to nobody --confirm orders",
    "db delete orders --yes",
    "db deleted",
    "db restore 00000000-0000-0000-0000-000000000000",
    "group delete europe --confirm europe",
    "group deleted",
    "group restore 00000000-0000-0000-0000-000000000000",
    "audit list",
    "org delete other --confirm other",
];

#[test]
fn every_operation_is_reached_or_has_a_reason() {
    let served = Served::new();
    let customer = served.write("customer.json", &customer(&served));
    let mut reached = BTreeSet::new();
    let billing = ["org", "billing", "update", "--input", &customer];
    let sitting = SITTING.iter().map(|line| line.split(' ').collect::<Vec<_>>());
    for mut arguments in sitting.chain([billing.to_vec()]) {
        arguments.push("--trace-http");
        let ended = served.run(&arguments);
        assert_ne!(ended.code, Some(2), "{arguments:?}: {}", ended.stderr);
        reached.extend(ended.stderr.lines().filter_map(|line| operation(&served, line.strip_prefix("> ")?)));
    }
    let left_out: BTreeSet<_> = LEFT_OUT.iter().map(|(name, _)| *name).collect();
    let all: BTreeSet<_> = CATALOGUE.iter().map(|info| info.name).collect();
    let missing: Vec<_> = all.difference(&reached).filter(|name| !left_out.contains(*name)).collect();
    assert!(missing.is_empty(), "no command sends {missing:?}");
    let needless: Vec<_> = left_out.intersection(&reached).collect();
    assert!(needless.is_empty(), "a command sends {needless:?}, so they are not left out");
    assert!(left_out.is_subset(&all), "what is left out is not in the catalogue");
}

#[test]
fn every_command_answers_a_program_in_json() {
    let served = Served::new();
    served.done(&["db", "create", "shop", "--quiet"]);
    let others =
        ["auth token", "auth status", "profile list", "profile get", "version", "doctor", "db url shop --scheme http"];
    for line in SITTING.iter().chain(&others) {
        let arguments: Vec<_> = line.split(' ').chain(["-o", "json"]).collect();
        let ended = served.run(&arguments);
        let is_json = serde_json::from_str::<serde_json::Value>(&ended.stdout).is_ok();
        assert!(ended.stdout.is_empty() || is_json, "{line}: {}", ended.stdout);
    }
    assert_eq!(
        served.run(&["db", "url", "shop", "-o", "json"]).json()["url"],
        served.done(&["db", "url", "shop"]).trim()
    );
}

#[test]
fn the_closest_location_is_asked_of_the_cloud_that_is_on_this_machine() {
    let served = Served::new();
    // With the version of the API as well, as `local env --for sdk` names it.
    for behind in ["", "/", "/v1", "/v1/"] {
        let mut command = served.command(&["location", "closest", "-o", "name", "--trace-http"]);
        command.env_remove("TURSOCTL_REGION_URL").env("TURSO_API_BASEURL", served.url() + behind);
        let ended = crate::support::Ended::of(command.output().unwrap());
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "location/local\n"), "{behind}: {}", ended.stderr);
        assert!(ended.stderr.contains(&served.region_url()), "{behind}: {}", ended.stderr);
    }
}

/// The operation of a traced request: `GET http://127.0.0.1:8080/v1/user`.
fn operation(served: &Served, request: &str) -> Option<&'static str> {
    let (method, url) = request.split_once(' ')?;
    let (service, path) = match (url.strip_prefix(&served.region_url()), url.strip_prefix(&served.url())) {
        (Some(path), _) => (Service::Region, path),
        (None, path) => (Service::Platform, path?),
    };
    let path = path.split('?').next().unwrap_or_default();
    let path = if path.is_empty() { "/" } else { path };
    Some(EndpointInfo::find(service, &method.parse::<Method>().ok()?, path)?.name)
}

fn customer(served: &Served) -> String {
    served.done(&["org", "billing", "get", "-o", "json"])
}

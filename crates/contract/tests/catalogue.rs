//! The catalogue against what is known of the API, and the page that is made from it.
#![expect(clippy::unwrap_used, reason = "a test that cannot read its files fails")]

use std::{collections::BTreeSet, env, fmt::Write as _, fs, path::PathBuf};

use turso_cloud_contract::{CATALOGUE, EndpointInfo, Service, official};

/// Why paths without an organization are not covered: so many that they have one row in the page.
const PERSONAL: &str =
    "the path with the slug of the personal organization stands for it: the local cloud takes it for that";

/// One row of `reference.tsv`: method, path, whether the service documents it, and why it is not covered.
struct Known {
    route: String,
    documented: bool,
    because: String,
}

fn known() -> Vec<Known> {
    let table = include_str!("reference.tsv");
    let row = |line: &str| {
        let [method, path, documented, because] = line.split('\t').collect::<Vec<_>>()[..] else {
            unreachable!("four columns: {line}")
        };
        Known { route: route(method, path), documented: documented == "yes", because: because.to_owned() }
    };
    table.lines().skip(1).map(row).collect()
}

/// A route without the names of its fields and without its query.
fn route(method: &str, path: &str) -> String {
    let path = path.split('?').next().unwrap_or_default();
    let segments = path.split('/').map(|segment| if segment.starts_with('{') { "{}" } else { segment });
    format!("{method} {}", segments.collect::<Vec<_>>().join("/"))
}

fn route_of(info: &EndpointInfo) -> String {
    match info.service {
        Service::Region => route(info.method.as_str(), &format!("region:{}", info.path)),
        _ => route(info.method.as_str(), info.path),
    }
}

#[test]
fn every_known_route_is_covered_or_says_why_not() {
    let covered: BTreeSet<_> = CATALOGUE.iter().map(route_of).collect();
    for known in known() {
        assert!(
            covered.contains(&known.route) == known.because.is_empty(),
            "{} must be either in the catalogue or in reference.tsv with a reason, and not both",
            known.route
        );
    }
}

#[test]
fn every_operation_is_known_to_the_service() {
    let known: BTreeSet<_> = known().into_iter().map(|known| known.route).collect();
    for info in CATALOGUE {
        assert!(known.contains(&route_of(info)), "{} is not in reference.tsv", info.name);
    }
}

#[test]
fn what_only_the_official_command_line_calls_is_not_in_the_catalogue_and_says_so() {
    let official = [
        EndpointInfo::of::<official::InvalidateSessions>(),
        EndpointInfo::of::<official::CreateStripeCustomer>(),
        EndpointInfo::of::<official::GetPaymentMethods>(),
        EndpointInfo::of::<official::UpdateSubscription>(),
        EndpointInfo::of::<official::GetAwsMigration>(),
        EndpointInfo::of::<official::StartAwsMigration>(),
        EndpointInfo::of::<official::AbortAwsMigration>(),
    ];
    let routes: BTreeSet<_> = official.iter().map(route_of).collect();
    let said: BTreeSet<_> =
        known().into_iter().filter(|known| known.because.contains("`official`")).map(|known| known.route).collect();
    assert_eq!(routes, said);
}

fn page() -> String {
    let documented: BTreeSet<_> =
        known().into_iter().filter(|known| known.documented).map(|known| known.route).collect();
    let mut page = String::from(
        "# Endpoints\n\nEvery operation of the catalogue, made from it by `UPDATE_DOCS=1 cargo test -p turso-cloud-contract`. A star \
         marks what the service\ndoes not document. Safe and idempotent operations are retried, the others are sent once.\n\n\
         | operation | request | may be repeated |\n|---|---|---|\n",
    );
    for info in CATALOGUE {
        let repeatability = format!("{:?}", info.repeatability).to_lowercase();
        let star = if documented.contains(&route_of(info)) { "" } else { " *" };
        let origin = if info.service == Service::Region { "region service " } else { "" };
        writeln!(page, "| {}{star} | {origin}`{} {}` | {repeatability} |", info.name, info.method, info.path).unwrap();
    }
    page.push_str("\n## Not covered\n\n| request | because |\n|---|---|\n");
    let (personal, others): (Vec<_>, Vec<_>) =
        uncovered().into_iter().partition(|(_, _, because)| *because == PERSONAL);
    for (method, path, because) in others {
        writeln!(page, "| `{method} {path}` | {because} |").unwrap();
    }
    let nouns: BTreeSet<_> = personal.iter().map(|(_, path, _)| path.split(['/', '?']).nth(2).unwrap()).collect();
    let paths: Vec<_> = nouns.iter().map(|noun| format!("`/v1/{noun}`")).collect();
    writeln!(page, "| {} more, of {} and below | {PERSONAL} |", personal.len(), paths.join(", ")).unwrap();
    page
}

/// Method, path and reason of what is not covered.
fn uncovered() -> Vec<(&'static str, &'static str, &'static str)> {
    let rows = include_str!("reference.tsv").lines().skip(1).map(|line| line.split('\t').collect::<Vec<_>>());
    rows.map(|row| (row[0], row[1], row[3])).filter(|(_, _, because)| !because.is_empty()).collect()
}

#[test]
fn what_a_path_with_the_slug_stands_for_is_known_with_it() {
    let known: BTreeSet<_> = known().into_iter().map(|known| known.route).collect();
    for (method, path, _) in uncovered().into_iter().filter(|(_, _, because)| *because == PERSONAL) {
        let owned = path.strip_prefix("/v1/").unwrap();
        let route = route(method, &format!("/v1/organizations/{{organizationSlug}}/{owned}"));
        assert!(known.contains(&route), "{method} {path}: {route}");
    }
}

#[test]
fn the_page_of_endpoints_is_up_to_date() {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/endpoints.md");
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&file, page()).unwrap();
    }
    let stored = fs::read_to_string(&file).unwrap_or_default();
    assert!(stored == page(), "docs/endpoints.md is stale: run UPDATE_DOCS=1 cargo test -p turso-cloud-contract");
}

//! `docs/conformance.md`: every operation, every status it is documented or known to have, and the tests that show it at
//! the client and at the local cloud. `just conformance` measures and writes it anew.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot read its files fails")]

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use turso_cloud_contract::CATALOGUE;

/// What any operation may be answered with, and what shows it at the local cloud.
const ANY: [(u16, &str); 3] = [
    (401, "api_tokens::every_operation_but_the_region_service_wants_a_token"),
    (429, "faults::a_fault_answers_as_it_was_told_to"),
    (500, "faults::a_fault_hits_its_own_operation_only_and_as_often_as_it_was_told_to"),
];

/// The client goes through all of its table in these two tests.
const CLIENT: [&str; 2] = [
    "endpoints::every_method_sends_the_request_of_the_reference_and_reads_its_answer",
    "endpoints::every_documented_refusal_of_every_operation_becomes_an_error_of_its_kind",
];

/// Why the local cloud gives these answers nowhere.
const REASONS: [(&str, u16, &str); 1] = [(
    "SaveJwks",
    409,
    "a provider that is saved under a name in use takes the place of the other, and no source tells of a conflict; the \
     documents give 409 for any operation as \"resource already exists\"",
)];

fn package() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// An operation and a status.
type Cell = (String, u16);

/// The statuses of each operation: success, and the refusals in the table of the client's tests.
fn statuses() -> BTreeMap<String, BTreeSet<u16>> {
    let table = fs::read_to_string(package().join("../client/tests/it/endpoints.rs")).unwrap();
    let rows = table.split_once("\ncases! {\n").unwrap().1;
    let row = |line: &str| {
        let (operation, rest) = line.strip_prefix("    ")?.split_once(" \"")?;
        let (_, rest) = rest.split_once("\" [")?;
        let (refusals, _) = rest.split_once(']')?;
        let refusals = refusals.split(", ").filter_map(|status| status.parse().ok());
        Some((operation.to_owned(), refusals.chain([200]).collect()))
    };
    rows.lines().filter_map(row).collect()
}

/// The table of measured answers: for each cell one test in which the local cloud answered so.
fn measured() -> BTreeMap<Cell, String> {
    let file = package().join("tests/conformance/answers.tsv");
    if let Some(record) = env::var_os("CONFORMANCE_RECORD") {
        let measured = read(Path::new(&record));
        let rows = measured.iter().map(|((operation, status), test)| format!("{operation}\t{status}\t{test}"));
        fs::write(&file, rows.collect::<Vec<_>>().join("\n") + "\n").unwrap();
    }
    read(&file)
}

/// Tests that name no answer: a fault shows nothing of what the local cloud does by itself, and random steps meet others each
/// time.
const NO_EVIDENCE: [&str; 2] = ["faults::", "lifecycles::"];

/// Of several tests the first by name.
fn read(file: &Path) -> BTreeMap<Cell, String> {
    let mut measured = BTreeMap::<Cell, String>::new();
    let statuses = statuses();
    for line in fs::read_to_string(file).unwrap().lines() {
        let [operation, status, test] = line.split('\t').collect::<Vec<_>>()[..] else {
            unreachable!("three columns: {line}")
        };
        let status = status.parse().unwrap();
        let is_none = NO_EVIDENCE.iter().any(|tests| test.starts_with(tests));
        if is_none || !statuses.get(operation).is_some_and(|known| known.contains(&status)) {
            continue;
        }
        let first = measured.entry((operation.to_owned(), status)).or_insert_with(|| test.to_owned());
        if test < first.as_str() {
            test.clone_into(first);
        }
    }
    measured
}

fn reason(operation: &str, status: u16) -> Option<&'static str> {
    REASONS.into_iter().find(|(of, why, _)| *of == operation && *why == status).map(|(.., reason)| reason)
}

fn page() -> String {
    let (statuses, measured) = (statuses(), measured());
    let mut table = String::new();
    let mut uncovered = String::new();
    let (mut cells, mut shown) = (0, 0);
    for info in CATALOGUE {
        for status in &statuses[info.name] {
            let client = CLIENT[usize::from(*status != 200)];
            let local = measured.get(&(info.name.to_owned(), *status));
            cells += 1;
            shown += usize::from(local.is_some());
            let cell = local.map_or_else(|| "-".to_owned(), |test| format!("`{test}`"));
            let client = client.split_once("::").unwrap().0;
            writeln!(table, "| {} | {status} | `{client}` | {cell} |", info.name).unwrap();
            if local.is_none() {
                let reason = reason(info.name, *status).expect("a reason in REASONS for what is not shown");
                writeln!(uncovered, "- {} {status}: {reason}", info.name).unwrap();
            }
        }
    }
    let mut any = String::new();
    for (status, test) in ANY {
        writeln!(any, "| {status} | `{}` | `{test}` |", CLIENT[1]).unwrap();
    }
    format!(
        "# Conformance\n\nEvery operation of the catalogue, every status it is documented or known to have, and a test that \
         shows it. Those of the\nclient are all shown by two tests in `crates/client`:\n`{}` (200)\nand `{}`\n(refusals). \
         Those of the local cloud were measured: the test named is one in which it gave this answer by itself, in\n`quirks` \
         as the service answers at other times.\nMade by `just conformance`; a test fails when the tables are out of \
         date.\n\nClient: {cells} of {cells} cells. Local cloud: {shown} of {cells}. Software this \
         project did not write is run by `conformance/`.\n\n## What any operation may be answered with\n\nThe local cloud limits \
         and breaks nothing unless it is told to, by `Cloud::faults`.\n\n| status | client | local cloud |\n|---|---|---|\n{any}\n\
         ## Not shown at the local cloud\n\nNo rule of [fidelity.md](fidelity.md) leads there.\n\n{uncovered}\n\
         ## All cells\n\n| operation | status | client | local cloud |\n|---|---|---|---|\n{table}",
        CLIENT[0], CLIENT[1]
    )
}

#[test]
fn what_is_shown_needs_no_reason_why_it_is_not() {
    let measured = measured();
    for (operation, status, _) in REASONS {
        assert!(!measured.contains_key(&(operation.to_owned(), status)), "{operation} {status} is shown");
    }
}

#[test]
fn every_operation_has_its_statuses() {
    let known: BTreeSet<_> = statuses().into_keys().collect();
    let catalogue: BTreeSet<_> = CATALOGUE.iter().map(|info| info.name.to_owned()).collect();
    assert_eq!(known, catalogue);
}

#[test]
fn every_test_that_shows_an_answer_is_there() {
    let folder = package().join("tests/control_plane");
    let tests = measured().into_values().chain(ANY.map(|(_, test)| test.to_owned()));
    for test in tests.collect::<BTreeSet<_>>() {
        let (module, function) = test.split_once("::").unwrap();
        let text = fs::read_to_string(folder.join(module).with_extension("rs")).unwrap_or_default();
        assert!(text.contains(&format!("fn {function}(")), "{test} is no test: run `just conformance`");
    }
    let client = fs::read_to_string(package().join("../client/tests/it/endpoints.rs")).unwrap();
    for test in CLIENT {
        assert!(client.contains(&format!("fn {}(", test.split_once("::").unwrap().1)), "{test}");
    }
}

#[test]
fn the_page_of_conformance_is_up_to_date() {
    let file = package().join("../../docs/conformance.md");
    let page = page();
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&file, &page).unwrap();
    }
    assert!(
        fs::read_to_string(&file).unwrap_or_default() == page,
        "docs/conformance.md is stale: run `just conformance`"
    );
}

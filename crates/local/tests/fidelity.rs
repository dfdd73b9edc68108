//! `docs/fidelity.md` against the code: every refusal follows from a rule, and every rule names tests that are there.
#![expect(clippy::unwrap_used, reason = "a test that cannot read its files fails")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use turso_cloud_local::Quirk;

/// What a refusal is made by, at the Platform API and at the hosts of databases.
const MAKERS: [&str; 9] = [
    "new",
    "bad_request",
    "unauthorized",
    "forbidden",
    "not_found",
    "conflict",
    "protocol",
    "Protocol",
    "ReadForbidden",
];

/// Where the hosts of databases keep most of their sentences.
const SENTENCES: &str = "data/refusal.rs";

fn package() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below a folder with its text.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    found
}

/// The first text in quotes, without the line breaks that only the source has; and what is behind it.
fn quoted(source: &str) -> Option<(String, &str)> {
    let start = source.find('"')? + 1;
    let mut text = String::new();
    let mut characters = source[start..].char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((text, &source[start + at + 1..])),
            '\\' => match characters.next()?.1 {
                '\n' => while characters.next_if(|(_, next)| next.is_whitespace()).is_some() {},
                escaped => text.extend(['\\', escaped]),
            },
            character => text.push(character),
        }
    }
    None
}

/// What stands between the parentheses, the first of which is already gone.
fn arguments(source: &str) -> &str {
    let (mut depth, mut at) = (1, 0);
    while depth > 0 {
        let rest = &source[at..];
        let next = rest.chars().next().unwrap();
        match next {
            '(' => depth += 1,
            ')' => depth -= 1,
            '"' => {
                at = source.len() - quoted(rest).unwrap().1.len();
                continue;
            }
            _ => {}
        }
        at += next.len_utf8();
    }
    &source[..at - 1]
}

/// The sentences of all refusals: as they stand in the source, or the expression that yields them.
fn refusals() -> BTreeMap<String, String> {
    let folder = package().join("src");
    let mut found = BTreeMap::new();
    let quirk = folder.join("quirk.rs");
    let quirk = (quirk.clone(), fs::read_to_string(quirk).unwrap());
    let files = sources(&folder.join("control")).into_iter().chain(sources(&folder.join("data"))).chain([quirk]);
    for (path, text) in files.filter(|(path, _)| !path.to_str().unwrap().contains("tests")) {
        let name = path.strip_prefix(&folder).unwrap().to_str().unwrap().to_owned();
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let text: String =
            text.lines().filter(|line| !line.trim_start().starts_with("///")).collect::<Vec<_>>().join("\n");
        for maker in MAKERS {
            for (at, call) in text.match_indices(&format!("Refusal::{maker}(")) {
                let arguments = arguments(&text[at + call.len()..]);
                let words = || arguments.split_whitespace().collect::<Vec<_>>().join(" ");
                let sentence = quoted(arguments).map_or_else(|| format!("`{}`", words()), |(sentence, _)| sentence);
                found.insert(sentence, name.clone());
            }
        }
        if name == SENTENCES {
            let mut rest = text.split_once("fn message(").unwrap().1;
            while let Some((sentence, behind)) = quoted(rest) {
                found.insert(sentence, name.clone());
                rest = behind;
            }
        }
    }
    found
}

/// The rules of each refusal, as `refusals.tsv` has them.
fn ruled() -> BTreeMap<String, Vec<String>> {
    let table = fs::read_to_string(package().join("tests/fidelity/refusals.tsv")).unwrap();
    let rows = table.lines().skip(1).map(|line| line.split_once('\t').unwrap());
    rows.map(|(sentence, rules)| (sentence.to_owned(), rules.split(' ').map(str::to_owned).collect())).collect()
}

/// Rules by id, each with the names of its tests.
fn rules() -> BTreeMap<String, Vec<String>> {
    let page = fs::read_to_string(package().join("../../docs/fidelity.md")).unwrap();
    let mut rules = BTreeMap::new();
    for line in
        page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| id ") && !line.contains("---"))
    {
        let cells: Vec<_> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let tests = cells.last().unwrap().split('`').skip(1).step_by(2).map(str::to_owned).collect();
        let id = cells[0].to_owned();
        assert!(rules.insert(id, tests).is_none(), "two rules are called {}", cells[0]);
    }
    rules
}

#[test]
fn every_refusal_follows_from_a_rule() {
    let (refusals, table, rules) = (refusals(), ruled(), rules());
    let unruled: Vec<_> = refusals.iter().filter(|(sentence, _)| !table.contains_key(*sentence)).collect();
    assert!(unruled.is_empty(), "give each a line in tests/fidelity/refusals.tsv with its rules: {unruled:#?}");
    let gone: Vec<_> = table.keys().filter(|sentence| !refusals.contains_key(*sentence)).collect();
    assert!(gone.is_empty(), "no source has these sentences of tests/fidelity/refusals.tsv: {gone:#?}");
    for (sentence, ids) in &table {
        let unknown: Vec<_> = ids.iter().filter(|id| !rules.contains_key(*id)).collect();
        assert!(unknown.is_empty(), "docs/fidelity.md has no rule {unknown:?}, which {sentence:?} is to follow from");
    }
}

#[test]
fn every_rule_names_tests_that_are_there() {
    // Some are shown by the tests of the command line.
    let folders = ["src", "tests", "../cli/tests"];
    let files: Vec<_> = folders.iter().flat_map(|folder| sources(&package().join(folder))).collect();
    let functions: BTreeSet<_> = files
        .iter()
        .flat_map(|(_, text)| text.split("fn ").skip(1))
        .filter_map(|rest| rest.split(|character: char| !character.is_alphanumeric() && character != '_').next())
        .collect();
    let modules: BTreeSet<_> = files.iter().map(|(path, _)| path.file_stem().unwrap().to_str().unwrap()).collect();
    let mut nowhere = Vec::new();
    for (id, tests) in rules() {
        for test in tests {
            let mut segments = test.rsplit("::");
            let (function, module) = (segments.next().unwrap(), segments.next());
            let is_there = match (function, module) {
                ("*", Some(module)) => {
                    modules.contains(module.rsplit(' ').next().unwrap())
                        || module == "tests" && segments.next().is_some_and(|file| modules.contains(file))
                }
                _ => functions.contains(function) || is_conformance(&test),
            };
            if !is_there {
                nowhere.push(format!("{id}: {test}"));
            }
        }
    }
    assert!(nowhere.is_empty(), "docs/fidelity.md names tests that are not there: {nowhere:#?}");
}

#[test]
fn every_quirk_has_its_dates_and_a_rule() {
    let page = fs::read_to_string(package().join("../../docs/fidelity.md")).unwrap();
    for quirk in Quirk::ALL {
        let named = format!("`{quirk}`");
        assert!(page.contains(&format!("\n- {named}: ")), "docs/fidelity.md does not say when {named} was seen");
        let is_ruled = page.lines().any(|line| line.starts_with("| quirk-") && line.contains(&named));
        assert!(is_ruled, "docs/fidelity.md has no rule for {named}");
    }
}

/// A test of `conformance/`: a file of it, or one of its folders by name.
fn is_conformance(test: &str) -> bool {
    let root = package().join("../..");
    test.starts_with("conformance/") && root.join(test).exists() || root.join("conformance").join(test).is_dir()
}

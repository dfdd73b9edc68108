use clap::error::ErrorKind;

use super::*;

/// What becomes of something that is typed as for the official command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate<'a> {
    /// It is understood here, too.
    Same,
    /// It is refused, with a tip that has this in it.
    Told(&'a str),
    /// There is nothing like it here, nor anything that it could be mistaken for.
    Nothing,
}

use Fate::{Nothing, Same, Told};

/// Every command and every option of the official command line, 1.0.29.
const OFFICIAL: &[(&str, Fate)] = &[
    ("--config-path DIR db list", Told("`TURSOCTL_CONFIG_DIR`")),
    ("-c DIR db list", Told("`TURSOCTL_CONFIG_DIR`")),
    // Another option that the same letter may be meant as.
    ("sql orders -c SELECT", Told("behind the databases")),
    ("--help", Same),
    ("--version", Same),
    ("--debug db list", Told("`--trace-http`")),
    ("--v3-api db list", Nothing),
    ("--reset-config db list", Nothing),
    ("--no-multiple-token-sources-warning db list", Nothing),
    ("auth login --headless", Same),
    ("auth signup --headless", Told("`tursoctl auth login`")),
    ("auth logout", Same),
    ("auth logout --all", Same),
    ("auth logout -a", Told("`--all`")),
    ("auth whoami", Told("`tursoctl auth status --check`")),
    ("auth token", Same),
    ("auth api-tokens list", Told("`tursoctl auth tokens`")),
    ("auth api-tokens mint ci", Told("`tursoctl auth tokens`")),
    ("auth api-tokens revoke ci", Told("`tursoctl auth tokens`")),
    ("auth tokens list", Same),
    ("auth tokens mint ci", Same),
    ("auth tokens mint ci --org acme --group eu --scope read --scope db:create", Same),
    ("auth tokens mint ci --org acme --group eu --read-only", Told("`--scope read-only`")),
    ("auth tokens mint ci --org acme --group eu --full-access", Told("`--scope full-access`")),
    ("auth tokens revoke ci", Same),
    ("config path", Told("`tursoctl doctor`")),
    ("config set token TOKEN", Told("`tursoctl auth login --token-stdin`")),
    ("config set autoupdate off", Told("does not update itself")),
    ("config cache clear", Told("no cache")),
    ("config", Told("`tursoctl profile`")),
    ("update", Told("does not update itself")),
    ("quickstart", Told("`tursoctl docs`")),
    ("post-install", Told("`tursoctl docs`")),
    ("relax", Nothing),
    ("completion powershell", Same),
    ("dev", Told("`tursoctl local start`")),
    ("dev --port 8080 --db-file shop.db --auth-jwt-key-file FILE --version", Told("`tursoctl local start`")),
    ("local start --port 8080", Told("`--addr 127.0.0.1:PORT`")),
    ("local start -p 8080", Told("`--addr 127.0.0.1:PORT`")),
    ("local start --db-file shop.db", Told("`--data-dir`")),
    ("local start -f shop.db", Told("`--data-dir`")),
    ("local start --auth-jwt-key-file FILE", Told("`tursoctl db tokens create`")),
    ("local start -a FILE", Told("`tursoctl db tokens create`")),
    ("db list", Same),
    ("db list --group eu", Same),
    ("db list -g eu", Told("`--group`")),
    ("db list --schema main", Told("deprecated")),
    ("db list -s main", Told("deprecated")),
    ("db show orders", Same),
    ("db show orders --url", Told("`tursoctl db url`")),
    ("db show orders --http-url", Told("`tursoctl db url`")),
    ("db show orders --instance-urls", Told("`tursoctl db instances`")),
    ("db show orders --instance-url one", Told("`tursoctl db instances`")),
    ("db show orders --branches", Told("`tursoctl db list --parent`")),
    ("db create", Same),
    ("db create orders --group eu --from-db shop --wait --size-limit 1gb --tursodb", Same),
    ("db create orders --from-dump shop.sql", Same),
    ("db create orders --from-dump-url https://example.com/shop.sql", Same),
    ("db create orders --from-file shop.db", Same),
    ("db create orders --from-db shop --timestamp 2026-01-01T00:00:00Z", Told("`--at`")),
    ("db create orders --from-csv goods.csv", Told("`tursoctl import csv`")),
    ("db create orders --csv-table-name goods", Told("`tursoctl import csv`")),
    ("db create orders --csv-separator ;", Told("`tursoctl import csv`")),
    ("db create orders --location ams", Told("`--group`")),
    ("db create orders -w", Told("`--wait`")),
    ("db create orders --enable-extensions", Told("`tursoctl group create --all-extensions`")),
    ("db create orders --schema main", Told("deprecated")),
    ("db create orders --type schema", Told("deprecated")),
    ("db create orders --remote-encryption-cipher aes256gcm", Told("`--encryption-cipher`")),
    ("db create orders --remote-encryption-key KEY", Told("`--encryption-key-file`")),
    ("db import shop.db --group eu", Told("`tursoctl import sqlite --create`")),
    ("import sqlite shop.db --to shop --create --group eu", Same),
    ("import sqlite shop.db --remote-encryption-cipher aes256gcm", Told("`--encryption-cipher`")),
    ("import sqlite shop.db --remote-encryption-key KEY", Told("`--encryption-key-file`")),
    ("db branch orders copy", Same),
    ("db branch orders copy --group eu", Same),
    ("db branch orders copy --location ams", Told("`--group`")),
    ("db branch orders copy --timestamp 2026-01-01T00:00:00Z", Told("`--at`")),
    ("db branch orders copy --remote-encryption-cipher aes256gcm", Told("cipher of its original")),
    ("db branch orders copy --remote-encryption-key KEY", Told("`--encryption-key-file`")),
    ("db destroy orders items -y", Same),
    ("db destroy orders --yes", Same),
    ("db destroy orders --location ams", Told("`tursoctl group locations remove`")),
    ("db destroy orders --instance one", Told("`tursoctl group locations remove`")),
    ("db shell orders SELECT", Told("`tursoctl shell`")),
    ("shell orders", Same),
    ("shell orders SELECT", Told("`--command`")),
    ("shell orders .dump", Told("`--command`")),
    ("shell orders --instance one", Nothing),
    ("shell orders --location ams", Nothing),
    ("shell orders --proxy http://127.0.0.1:8080", Nothing),
    ("shell orders --attach items", Told("`tursoctl db tokens create --attach`")),
    ("shell orders --remote-encryption-key KEY", Told("`--encryption-key-file`")),
    ("db tokens create orders --read-only --attach items,goods", Same),
    ("db tokens create orders --expiration 7d", Told("`--expires`")),
    ("db tokens create orders -e 7d", Told("`--expires`")),
    ("db tokens create orders -r", Told("`--read-only`")),
    ("db tokens create orders --permissions all:data_read", Told("`--perm`")),
    ("db tokens create orders -p all:data_read", Told("`--perm`")),
    ("db tokens create orders --group", Told("`tursoctl group tokens create`")),
    ("db tokens invalidate orders -y", Same),
    ("db inspect orders --verbose", Same),
    ("db inspect orders --queries", Told("`tursoctl db queries`")),
    ("db export orders", Told("`tursoctl export`")),
    ("export orders --out orders.db --overwrite", Same),
    ("export orders --output-file orders.db", Told("`--out`")),
    ("export orders --with-metadata", Nothing),
    ("export orders --remote-encryption-key KEY", Told("`--encryption-key-file`")),
    ("db locations", Told("`tursoctl location list`")),
    ("db unarchive orders", Same),
    ("db wakeup orders", Same),
    ("db replicate orders ams -w", Told("`tursoctl group locations add`")),
    ("db config allow-rules show orders", Told("`tursoctl db allow-rules`")),
    ("db allow-rules show orders", Same),
    ("db allow-rules set orders --ip 203.0.113.7", Same),
    ("db allow-rules set orders --aws-vpc vpce-1", Told("`--vpc`")),
    ("db allow-rules clear orders", Same),
    ("db allow-rules clear orders --ips", Told("`tursoctl db allow-rules remove`")),
    ("db allow-rules clear orders --aws-vpcs", Told("`tursoctl db allow-rules remove`")),
    ("db config delete-protection enable orders", Told("`tursoctl db protect`")),
    ("db config delete-protection disable orders", Told("`tursoctl db protect`")),
    ("db config delete-protection show orders", Told("`tursoctl db protect`")),
    ("db config attach allow orders", Told("`tursoctl db config set --allow-attach`")),
    ("db config attach disallow orders", Told("`tursoctl db config set --allow-attach`")),
    ("db config attach show orders", Told("`tursoctl db config set --allow-attach`")),
    ("group list", Same),
    ("group show eu", Same),
    ("group create eu --location ams --wait", Same),
    ("group create eu -w", Told("`--wait`")),
    ("group create eu --version latest", Told("`tursoctl group update-version`")),
    ("group destroy eu -y", Same),
    ("group unarchive eu", Same),
    ("group wakeup eu", Told("`tursoctl group unarchive`")),
    ("group rename eu europe -y", Same),
    ("group transfer eu other -y", Told("`--to`")),
    ("group tokens create eu --read-only --attach items", Same),
    ("group tokens create eu --expiration 7d", Told("`--expires`")),
    ("group tokens create eu -e 7d", Told("`--expires`")),
    ("group tokens create eu -r", Told("`--read-only`")),
    ("group tokens create eu --permissions all:data_read", Told("`--perm`")),
    ("group tokens create eu -p all:data_read", Told("`--perm`")),
    ("group tokens invalidate eu -y", Same),
    ("group config delete-protection enable eu", Told("`tursoctl group protect`")),
    ("group config delete-protection disable eu", Told("`tursoctl group protect`")),
    ("group config delete-protection show eu", Told("`tursoctl group protect`")),
    ("group locations list eu", Told("`tursoctl group get`")),
    ("group locations add eu ams", Same),
    ("group locations add eu ams -w", Told("`--wait`")),
    ("group locations remove eu ams", Same),
    ("group aws-migration info eu", Nothing),
    ("group aws-migration start eu", Nothing),
    ("group aws-migration abort eu", Nothing),
    ("org list", Same),
    ("org switch acme", Told("`tursoctl profile set organization=SLUG`")),
    ("org create Acme", Same),
    ("org destroy acme", Same),
    ("org members list", Same),
    ("org members add eve", Same),
    ("org members add eve --admin", Told("`--role admin`")),
    ("org members add eve -a", Told("`--role admin`")),
    ("org members rm eve", Same),
    ("org members create eve@example.com", Told("`tursoctl org invites create`")),
    ("org members invite eve@example.com --admin", Told("`tursoctl org invites create`")),
    ("org invites list", Same),
    ("org invites create eve@example.com", Same),
    ("org invites create eve@example.com --admin", Told("`--role admin`")),
    ("org invites create eve@example.com -a", Told("`--role admin`")),
    ("org invites remove eve@example.com", Same),
    ("org audit-logs list", Told("`tursoctl audit`")),
    ("audit list --limit 25 -v", Same),
    ("audit list --page 2", Told("`--limit`")),
    ("audit list -p 2", Told("`--limit`")),
    ("audit list -s 25", Told("`--limit`")),
    ("audit list --verbose", Same),
    ("org jwks list", Same),
    ("org jwks save clerk https://example.com/jwks.json", Same),
    ("org jwks save clerk https://example.com/jwks.json --region eu", Nothing),
    ("org jwks remove clerk", Same),
    ("org jwks remove clerk --region eu", Nothing),
    ("org jwks template --database orders", Same),
    ("org jwks template -d orders", Told("`--database`")),
    ("org jwks template --group eu", Same),
    ("org jwks template -g eu", Told("`--group`")),
    ("org jwks template --group eu --scope full-access", Told("`--read-only`")),
    ("org jwks template --group eu -s read-only", Told("`--read-only`")),
    ("org jwks template --group eu --permissions all:data_read", Told("`--perm`")),
    ("org jwks template --group eu -p all:data_read", Told("`--perm`")),
    ("org invoice list --type issued", Told("`tursoctl org invoices`")),
    ("org invoices list --type issued", Told("`--kind`")),
    ("org invoice info", Told("`tursoctl org billing get`")),
    ("org invoice configure", Told("`tursoctl org billing update`")),
    ("org db-transfer orders other", Told("`tursoctl db transfer --to`")),
    ("org billing", Same),
    ("plan", Told("`tursoctl org plan`")),
    ("plan show", Told("`tursoctl org plan`")),
    ("plan select", Told("dashboard")),
    ("plan upgrade", Told("dashboard")),
    ("plan overages enable", Told("`tursoctl org update --overages`")),
    ("plan overages disable", Told("`tursoctl org update --overages`")),
];

fn refused(line: &str) -> Option<Error> {
    let words: Vec<_> = ["tursoctl"].into_iter().chain(line.split(' ')).map(OsString::from).collect();
    Args::read(&words).err()
}

/// What it says behind "tip:", on however many lines.
fn tips(refused: &Error) -> String {
    let text = refused.to_string();
    text.lines().filter_map(|line| line.trim_start().strip_prefix("tip: ")).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_word_of_the_official_command_line_is_understood_or_leads_to_ours() {
    for (line, fate) in OFFICIAL {
        let is_unknown =
            |error: &Error| matches!(error.kind(), ErrorKind::UnknownArgument | ErrorKind::InvalidSubcommand);
        let tips = refused(line).filter(is_unknown).map(|error| tips(&error));
        match (fate, tips) {
            (Same, None) => {}
            (Nothing, Some(tips)) => assert_eq!(tips, "", "{line}"),
            (Told(expected), Some(tips)) => assert!(tips.contains(expected) && !tips.contains('\n'), "{line}: {tips}"),
            (fate, tips) => panic!("{line}: {fate:?}, {tips:?}"),
        }
    }
}

/// The command that words lead to, and those that are none.
fn walk<'a, 'b>(program: &'a Command, words: impl Iterator<Item = &'b str>) -> (&'a Command, Vec<&'b str>) {
    let (mut command, mut rest) = (program, Vec::new());
    for word in words {
        match command.find_subcommand(word) {
            Some(next) => command = next,
            None => rest.push(word),
        }
    }
    (command, rest)
}

fn has(command: &Command, option: &str) -> bool {
    command.get_arguments().any(|argument| argument.get_long() == long(option))
}

#[test]
fn everything_that_is_pointed_to_is_there() {
    let mut program = Args::command();
    program.build();
    for (entry, said) in ELSEWHERE {
        let (of_entry, _) = walk(&program, entry.split(' ').map(|word| word.split('|').next().unwrap()));
        for code in said.split('`').skip(1).step_by(2) {
            let (command, options) = match code.strip_prefix("tursoctl ") {
                Some(words) => walk(&program, words.split(' ')),
                None if code.starts_with("--") => (of_entry, code.split(' ').collect()),
                None => {
                    assert_eq!(code, "TURSOCTL_CONFIG_DIR");
                    continue;
                }
            };
            assert_ne!(command.get_name(), program.get_name(), "{entry}: {code}");
            for option in options.iter().filter(|word| word.starts_with("--")) {
                assert!(has(command, option), "{entry}: {code}: {option}");
            }
        }
    }
}

#[test]
fn every_name_that_is_known_of_is_one_of_the_official_command_line() {
    let is_typed = |word: &str| OFFICIAL.iter().any(|(line, _)| line.split(' ').any(|typed| typed == word));
    for (entry, _) in ELSEWHERE.iter().chain(OPTIONS) {
        let last = entry.split(' ').next_back().unwrap();
        for word in last.split('|').filter(|word| *word != "*") {
            assert!(is_typed(word), "{entry}: {word}");
        }
    }
}

#[test]
fn options_are_not_taken_for_commands() {
    for (line, here) in [
        ("db --org a shell x", "shell"),
        ("--org=a db -q shell", "shell"),
        ("-qo json db -v export", "export"),
        ("-ojson --yes config set", "profile"),
        ("--profile plan dev", "local start"),
    ] {
        let tips = tips(&refused(line).unwrap());
        assert!(tips.contains(&format!("it is `tursoctl {here}`")), "{line}: {tips}");
    }
}

#[test]
fn a_word_of_another_noun_is_not_taken_for_one_of_the_official_command_line() {
    for line in [
        "org config",
        "location plan",
        "org db shell",
        "--org db shll",
        "group --org db shell",
        "sql orders --page",
        "db list -w",
        "location list -r",
    ] {
        let tips = tips(&refused(line).unwrap());
        assert!(!tips.contains("it is `"), "{line}: {tips}");
    }
}

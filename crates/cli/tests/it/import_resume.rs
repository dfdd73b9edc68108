//! Imports that stop, and those that go on.

use std::fs;

use crate::{
    gate::{Gate, Then},
    import_failures::{count, numbers},
    sql::served,
    support::{Ended, Served, text},
};

/// The file of an import that has inserted three rows of ten, and stopped at one in the way.
fn stopped(served: &Served) -> String {
    served.done(&[
        "sql",
        "shop",
        "CREATE TABLE numbers (id INTEGER PRIMARY KEY, text); INSERT INTO numbers VALUES (3, 'in the way')",
    ]);
    let file = numbers(served, 10);
    let failed = served.run(&["import", "csv", &file, "--to", "shop", "--batch", "1"]);
    assert!(failed.stderr.contains("(3 of 10 rows inserted)"), "{}", failed.stderr);
    file
}

#[test]
fn a_server_that_goes_away_leaves_an_import_that_can_go_on() {
    let served = served(&["shop"]);
    served.done(&["sql", "shop", "CREATE TABLE numbers (id INTEGER PRIMARY KEY, text)"]);
    let file = numbers(&served, 20_000);
    // The way is the same for both runs, for what was done is noted by it.
    let gate = Gate::after(400_000, Then::Close, served.addr());
    let ended = Ended::of(gate.import(&served, "csv", &file, &[]).output().unwrap());
    assert!(matches!(ended.code, Some(1 | 9)), "{}", ended.stderr);
    assert!(ended.stderr.contains("of 20000 rows inserted") && ended.stderr.contains("--resume"), "{}", ended.stderr);
    let inserted = count(&served, "numbers");
    assert!((1..20_000).contains(&inserted), "{inserted}");
    gate.open();
    let ended = Ended::of(gate.import(&served, "csv", &file, &["--resume"]).output().unwrap());
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(count(&served, "numbers"), 20_000);
    let sum = ["sql", "shop", "SELECT sum(id) FROM numbers", "-o", "name"];
    assert_eq!(served.done(&sum).trim(), (19_999 * 20_000 / 2).to_string());
}

#[test]
fn a_batch_whose_answer_was_lost_is_not_inserted_twice() {
    let served = served(&["shop"]);
    served.done(&[
        "sql",
        "shop",
        "CREATE TABLE numbers (id INTEGER, text); INSERT INTO numbers VALUES (0, 'was there')",
    ]);
    let file = numbers(&served, 5_000);
    let gate = Gate::after(150_000, Then::Mute, served.addr());
    let ended = Ended::of(gate.import(&served, "csv", &file, &[]).output().unwrap());
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.stderr.contains("nobody knows whether the last batch took effect"), "{}", ended.stderr);
    let inserted = count(&served, "numbers") - 1;
    // The one that was lost is there as well.
    assert!(
        ended.stderr.contains(&format!("({} of 5000 rows inserted)", inserted - 500)),
        "{inserted}: {}",
        ended.stderr
    );
    gate.open();
    let ended = Ended::of(gate.import(&served, "csv", &file, &["--resume"]).output().unwrap());
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let sums = ["sql", "shop", "SELECT count(*) || ' ' || count(DISTINCT id) FROM numbers", "-o", "name"];
    assert_eq!(served.done(&sums), "5001 5000\n");
}

#[test]
fn a_batch_is_sent_again_only_where_it_was_certainly_not_carried_out() {
    let served = served(&["shop"]);
    served.done(&["sql", "shop", "CREATE TABLE numbers (id INTEGER, text)"]);
    let file = numbers(&served, 10);
    // The streams that the table was looked at by are closed by the same path.
    let busy = served.cloud.faults().on_path("/v3/pipeline").times(3).reply(429);
    served.done(&["import", "csv", &file, "--to", "shop", "--retries", "3"]);
    assert_eq!((busy.count(), count(&served, "numbers")), (3, 10));
    served.cloud.faults().clear();
    let busy = served.cloud.faults().on_path("/v3/pipeline").nth(3).reply(429);
    let ended = served.run(&["import", "csv", &file, "--to", "shop", "--retries", "0"]);
    assert_eq!((ended.code, busy.count(), count(&served, "numbers")), (Some(9), 1, 10), "{}", ended.stderr);
    served.cloud.faults().clear();
    served.cloud.faults().on_path("/v3/pipeline").carried_out().reply(503);
    let ended = served.run(&["import", "csv", &file, "--to", "shop"]);
    served.cloud.faults().clear();
    assert_eq!((ended.code, count(&served, "numbers")), (Some(1), 20), "{}", ended.stderr);
    assert!(ended.stderr.contains("nobody knows whether the last batch took effect"), "{}", ended.stderr);
    served.done(&["import", "csv", &file, "--to", "shop", "--resume"]);
    assert_eq!(count(&served, "numbers"), 20);
}

#[test]
fn an_import_goes_on_in_a_table_that_it_made_in_every_mode() {
    for mode in ["append", "replace"] {
        let served = served(&["shop"]);
        let file = numbers(&served, 10);
        // A stream is closed and the table made before there are rows.
        served.cloud.faults().on_path("/v3/pipeline").nth(6).reset();
        let import = ["import", "csv", &file, "--to", "shop", "--batch", "1", "--mode", mode];
        let ended = served.run(&[&import[..], &["--keep"]].concat());
        assert!(ended.stderr.contains("(3 of 10 rows inserted)"), "{}", ended.stderr);
        served.done(&[&import[..], &["--resume"]].concat());
        let sums = ["sql", "shop", "SELECT count(*) || ' ' || count(DISTINCT id) FROM numbers", "-o", "name"];
        assert_eq!(served.done(&sums), "10 10\n", "{mode}");
        assert_eq!(served.done(&["shell", "shop", "-c", ".tables"]), "numbers\n");
    }
}

#[test]
fn an_import_that_has_left_no_note_does_not_begin_anew() {
    let served = served(&["shop"]);
    served.done(&["sql", "shop", "CREATE TABLE numbers (id INTEGER, text)"]);
    let file = numbers(&served, 10);
    served.done(&["import", "csv", &file, "--to", "shop"]);
    let notes = served.config_folder().join("state/imports");
    let ended = served.run(&["import", "csv", &file, "--to", "shop", "--resume"]);
    assert_eq!((ended.code, count(&served, "numbers")), (Some(6), 10), "{}", ended.stderr);
    assert!(ended.stderr.contains("there is nothing to go on with"), "{}", ended.stderr);
    assert!(ended.stderr.contains(&text(&notes)), "{}", ended.stderr);
    let created = served.run(&["import", "csv", &file, "--to", "other", "--create", "--resume"]);
    assert_eq!(created.code, Some(2), "{}", created.stderr);
}

#[test]
fn an_import_whose_table_is_gone_does_not_go_on() {
    let served = served(&["shop"]);
    let file = stopped(&served);
    served.done(&["sql", "shop", "DROP TABLE numbers"]);
    let ended = served.run(&["import", "csv", &file, "--to", "shop", "--resume"]);
    assert_eq!(ended.code, Some(6), "{}", ended.stderr);
    assert!(ended.stderr.contains("table \"numbers\", which is not there any more"), "{}", ended.stderr);
}

#[test]
fn a_note_that_is_damaged_is_told() {
    let served = served(&["shop"]);
    let file = stopped(&served);
    let notes: Vec<_> = fs::read_dir(served.config_folder().join("state/imports")).unwrap().flatten().collect();
    assert_eq!(notes.len(), 1);
    fs::write(notes[0].path(), "{").unwrap();
    let ended = served.run(&["import", "csv", &file, "--to", "shop", "--resume"]);
    assert_eq!((ended.code, count(&served, "numbers")), (Some(6), 4), "{}", ended.stderr);
    assert!(ended.stderr.contains("is damaged") && ended.stderr.contains(&text(&notes[0].path())), "{}", ended.stderr);
}

#[test]
fn an_import_of_another_file_does_not_go_on() {
    let served = served(&["shop"]);
    let file = stopped(&served);
    served.done(&[
        "sql",
        "shop",
        "DELETE FROM numbers WHERE text = 'in the way'; INSERT INTO numbers VALUES (90, 'x'), (91, 'y')",
    ]);
    let changed = served.run(&["import", "csv", &file, "--to", "shop", "--resume"]);
    // The batch that was refused is known not to be there.
    assert_eq!(changed.code, Some(6), "{}", changed.stderr);
    assert!(changed.stderr.contains("somebody else changed it"), "{}", changed.stderr);
    served.done(&["sql", "shop", "DELETE FROM numbers WHERE id = 91"]);
    fs::write(&file, "id,text\n1,other\n").unwrap();
    let other = served.run(&["import", "csv", &file, "--to", "shop", "--resume"]);
    assert_eq!(other.code, Some(6), "{}", other.stderr);
    assert!(other.stderr.contains("another file or it has changed"), "{}", other.stderr);
}

#[test]
fn databases_of_one_name_in_two_places_have_notes_of_their_own() {
    let (served, elsewhere) = (served(&["shop"]), served(&["shop"]));
    let file = stopped(&served);
    let import = |more: &[&str]| {
        let mut command = elsewhere.command(&[&["import", "csv", &file, "--to", "shop"], more].concat());
        Ended::of(command.env("TURSOCTL_CONFIG_DIR", served.config_folder()).output().unwrap())
    };
    let other = import(&["--resume"]);
    assert_eq!(other.code, Some(6), "{}", other.stderr);
    assert!(other.stderr.contains("there is nothing to go on with"), "{}", other.stderr);
    let other = import(&[]);
    assert_eq!((other.code, count(&elsewhere, "numbers")), (Some(0), 10), "{}", other.stderr);
    served.done(&[
        "sql",
        "shop",
        "DELETE FROM numbers WHERE text = 'in the way'; INSERT INTO numbers VALUES (90, 'x')",
    ]);
    let resumed = served.run(&["import", "csv", &file, "--to", "shop", "--resume"]);
    assert_eq!((resumed.code, count(&served, "numbers")), (Some(0), 11), "{}", resumed.stderr);
}

use proptest::prelude::*;

use super::{Mode, RowWriter, distinct};
use crate::hrana::Value;

fn columns(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn write(mode: Mode, names: &[&str], rows: &[Vec<Value>]) -> String {
    let mut writer = RowWriter::new(Vec::new(), mode, Some(60));
    writer.begin(&columns(names)).unwrap();
    for row in rows {
        writer.row(row).unwrap();
    }
    writer.end().unwrap();
    String::from_utf8(std::mem::take(writer.out())).unwrap()
}

fn rows() -> Vec<Vec<Value>> {
    vec![
        vec![Value::Integer(i64::MAX), Value::Text("it's, \"so\"".into()), Value::Null],
        vec![Value::Integer(-1), Value::Text(String::new()), Value::Blob(vec![1, 255])],
    ]
}

#[test]
fn every_format_has_the_rows() {
    let names = ["id", "text", "blob"];
    let expected = [
        (
            Mode::Json,
            "[{\"id\":9223372036854775807,\"text\":\"it's, \\\"so\\\"\",\"blob\":null},\n \
             {\"id\":-1,\"text\":\"\",\"blob\":\"Af8=\"}]\n",
        ),
        (
            Mode::Jsonl,
            "{\"id\":9223372036854775807,\"text\":\"it's, \\\"so\\\"\",\"blob\":null}\n\
             {\"id\":-1,\"text\":\"\",\"blob\":\"Af8=\"}\n",
        ),
        (Mode::Csv, "id,text,blob\n9223372036854775807,\"it's, \"\"so\"\"\",\n-1,\"\",X'01ff'\n"),
        (Mode::Quote, "9223372036854775807,'it''s, \"so\"',NULL\n-1,'',X'01ff'\n"),
        (
            Mode::Line,
            "  id = 9223372036854775807\ntext = it's, \"so\"\nblob = NULL\n\n  id = -1\ntext = \nblob = X'01ff'\n",
        ),
        (Mode::Name, "9223372036854775807\n-1\n"),
    ];
    for (mode, text) in expected {
        assert_eq!(write(mode, &names, &rows()), text);
    }
    let yaml: serde_json::Value = yaml_serde::from_str(&write(Mode::Yaml, &names, &rows())).unwrap();
    assert_eq!(yaml[1]["id"], -1);
    assert_eq!(yaml[0]["text"], "it's, \"so\"");
}

#[test]
fn a_text_with_a_zero_byte_is_quoted_as_sql_that_can_be_run() {
    let text = Value::Text("it's\0'".into());
    assert_eq!(write(Mode::Quote, &["text"], &[vec![text]]), "CAST(X'697427730027' AS TEXT)\n");
}

#[test]
fn no_rows_are_still_a_document() {
    assert_eq!(write(Mode::Json, &["a"], &[]), "[]\n");
    assert_eq!(write(Mode::Yaml, &["a"], &[]), "[]\n");
    assert_eq!(write(Mode::Csv, &["a"], &[]), "a\n");
    assert_eq!(write(Mode::Jsonl, &["a"], &[]), "");
}

#[test]
fn a_table_fits_the_terminal_and_sends_it_nothing_but_text() {
    let wide = vec![vec![Value::Text("word ".repeat(40)), Value::Text("\u{1b}[31mred".into())]];
    let names = ["long", "\u{1b}[31mred\u{1b}]0;title\u{7}"];
    let (table, lines) = (write(Mode::Table, &names, &wide), write(Mode::Line, &names, &wide));
    assert!(table.lines().all(|line| line.chars().count() <= 60), "{table}");
    for text in [table, lines] {
        assert!(text.contains("title") && !text.contains(['\u{1b}', '\u{7}']), "{text}");
    }
}

#[test]
fn rows_of_the_same_columns_go_on_in_one_document() {
    let mut writer = RowWriter::new(Vec::new(), Mode::Json, None);
    for number in [1, 2] {
        writer.begin(&columns(&["a"])).unwrap();
        writer.row(&[Value::Integer(number)]).unwrap();
    }
    writer.end().unwrap();
    assert_eq!(writer.out(), b"[{\"a\":1},\n {\"a\":2}]\n");
}

#[test]
fn columns_of_one_name_are_told_apart() {
    assert_eq!(distinct(&columns(&["a", "a", "a_2", "a"])), ["a", "a_2", "a_2_2", "a_3"]);
}

proptest! {
    #[test]
    fn a_reader_of_csv_finds_the_fields_again(fields in prop::collection::vec("\\PC*|[\r\n,\"]*", 1..5)) {
        let row: Vec<_> = fields.iter().cloned().map(Value::Text).collect();
        let names: Vec<_> = (0..fields.len()).map(|at| format!("c{at}")).collect();
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        let text = write(Mode::Csv, &names, &[row]);
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let found: Vec<_> = reader.records().map(|record| record.unwrap()).collect();
        prop_assert_eq!(found.len(), 1);
        prop_assert_eq!(found[0].iter().collect::<Vec<_>>(), fields);
    }
}

//! Holds what a statement is compiled to against the rules of a token.
//!
//! Whoever runs a statement needs the rights for all of it: a view, a trigger and a foreign key lend none.

use rusqlite::hooks::{AuthAction, AuthContext};

use super::declared::Declared;
use crate::data::access::{Class, Denial, Right, Rules};
use crate::data::engine::pragma::{self, ABOUT_A_TABLE, ABOUT_ALL_TABLES, PragmaKind};
use crate::data::engine::words::{Word, words};

/// Tables the engine keeps for itself.
const OF_THE_ENGINE: [&str; 7] = [
    "sqlite_master",
    "sqlite_schema",
    "sqlite_sequence",
    "sqlite_stat1",
    "sqlite_stat2",
    "sqlite_stat3",
    "sqlite_stat4",
];

/// Those with values of the columns that are indexed, in the column of this name; the others say how many rows there are.
const SAMPLED: [&str; 3] = ["sqlite_stat2", "sqlite_stat3", "sqlite_stat4"];
const SAMPLE: &str = "sample";

/// Functions that the engine treats as tables; those of pragmas ask for the pragma when they run.
const FUNCTIONS: [&str; 2] = ["json_each", "json_tree"];

/// What the text of a statement tells and its compilation does not.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Clauses {
    /// Rows in the way may be deleted.
    pub(super) replaces: bool,
    /// Rows written are read.
    returns: bool,
}

impl Clauses {
    /// A column called `replace` is taken for the clause: better too strict.
    pub(super) fn of(sql: &str) -> Self {
        let mut clauses = Self::default();
        let mut words = words(sql).peekable();
        while let Some(word) = words.next() {
            let is_function = words.peek() == Some(&Word::Sign('('));
            clauses.replaces |= word.is("REPLACE") && !is_function;
            clauses.returns |= word.is("RETURNING");
        }
        clauses
    }
}

/// The names that a text gives to tables, which the engine does not tell either.
pub(super) fn new_names(sql: &str) -> Vec<String> {
    let (mut names, mut words) = (Vec::new(), words(sql).peekable());
    while let Some(word) = words.next() {
        if word.is("RENAME") && words.next_if(|word| word.is("TO")).is_some() {
            names.extend(words.next().and_then(name));
        }
    }
    names
}

fn name(word: Word<'_>) -> Option<String> {
    match word {
        Word::Plain(name) => Some(name.to_owned()),
        Word::Quoted(name, mark) => Some(name.replace(&format!("{mark}{mark}"), &mark.to_string())),
        Word::Sign(_) => None,
    }
}

/// The table whose definition a statement changes: the engine reads its rows to do so, and deletes those of a table that
/// is dropped, which shows and takes no more than the right to the schema does.
#[derive(Debug)]
pub(super) struct Shaped {
    table: String,
    drops: bool,
}

/// Whether the rules allow one action. What the engine has said to be shaped is remembered until the statement ends.
pub(super) fn check(
    rules: &Rules,
    clauses: Clauses,
    new_names: &[String],
    declared: &Declared,
    shaped: &mut Option<Shaped>,
    context: &AuthContext<'_>,
) -> Result<(), Denial> {
    if let AuthAction::Pragma { pragma_name, pragma_value } = context.action {
        return check_pragma(rules, pragma_name, pragma_value);
    }
    // A table of this kind shows those of the schema, and how much is in each.
    if let AuthAction::CreateVtable { module_name, .. } = context.action
        && module_name.eq_ignore_ascii_case("dbstat")
    {
        rules.check(Right::DataRead, "dbstat")?;
    }
    // What is temporary belongs to the session, and what is attached was allowed as a whole.
    if context.database_name.is_some_and(|database| !database.eq_ignore_ascii_case("main")) {
        return Ok(());
    }
    match context.action {
        AuthAction::Read { .. } | AuthAction::Insert { .. } | AuthAction::Update { .. } | AuthAction::Delete { .. } => {
            check_rows(rules, clauses, declared, shaped.as_ref(), context)
        }
        AuthAction::Unknown { .. } => Err(Denial::new(Class::Write, "current session has limited permissions")),
        AuthAction::AlterTable { table_name, .. } => {
            shape(shaped, rules, Right::SchemaUpdate, table_name)?;
            new_names.iter().try_for_each(|name| rules.check_new_name(table_name, name))
        }
        action => check_schema(rules, shaped, action),
    }
}

/// Whether it is a value of an indexed column that the engine has kept.
pub(super) fn reads_sample(context: &AuthContext<'_>) -> bool {
    matches!(context.action, AuthAction::Read { table_name, column_name } if is_sample(table_name, column_name))
}

/// Whether the rules allow to read or write rows.
fn check_rows(
    rules: &Rules,
    clauses: Clauses,
    declared: &Declared,
    shaped: Option<&Shaped>,
    context: &AuthContext<'_>,
) -> Result<(), Denial> {
    let shaping = |name: &str| shaped.filter(|shaped| shaped.table == name);
    let (right, table) = match context.action {
        AuthAction::Read { table_name, .. } if shaping(table_name).is_some() => return Ok(()),
        AuthAction::Read { table_name, column_name } => return check_read(rules, table_name, column_name, declared),
        AuthAction::Insert { table_name }
        | AuthAction::Update { table_name, .. }
        | AuthAction::Delete { table_name }
            if is_of_the_engine(table_name) =>
        {
            check_any(rules, table_name)?;
            return if clauses.returns { check_read(rules, table_name, SAMPLE, declared) } else { Ok(()) };
        }
        AuthAction::Delete { table_name } if shaping(table_name).is_some_and(|shaped| shaped.drops) => return Ok(()),
        AuthAction::Insert { table_name } => (Right::DataAdd, table_name),
        AuthAction::Update { table_name, .. } => (Right::DataUpdate, table_name),
        AuthAction::Delete { table_name } => (Right::DataDelete, table_name),
        _ => return Ok(()),
    };
    let by_itself = declared.replaces(table) || context.accessor.is_some_and(|trigger| declared.replaces(trigger));
    let clauses =
        Clauses { replaces: clauses.replaces || by_itself, returns: clauses.returns && context.accessor.is_none() };
    check_write(rules, right, table, clauses)
}

/// Whether the rules allow to change the schema. What they allow to be shaped is remembered.
fn check_schema(rules: &Rules, shaped: &mut Option<Shaped>, action: AuthAction<'_>) -> Result<(), Denial> {
    match action {
        AuthAction::CreateTable { table_name } if is_of_the_engine(table_name) => check_any(rules, table_name),
        AuthAction::CreateIndex { table_name, .. } => shape(shaped, rules, Right::SchemaAdd, table_name),
        // Others run what these say, with their own rights and whatever its names mean by then.
        AuthAction::CreateTrigger { table_name, .. } => {
            rules.check(Right::SchemaAdd, table_name)?;
            rules.check_data_everywhere()
        }
        AuthAction::CreateView { view_name } => {
            rules.check(Right::SchemaAdd, view_name)?;
            rules.check_reading_everywhere()
        }
        AuthAction::CreateTable { table_name } | AuthAction::CreateVtable { table_name, .. } => {
            rules.check(Right::SchemaAdd, table_name)
        }
        AuthAction::DropTable { table_name }
        | AuthAction::DropView { view_name: table_name }
        | AuthAction::DropVtable { table_name, .. } => shape(shaped, rules, Right::SchemaDelete, table_name),
        AuthAction::DropIndex { table_name, .. } | AuthAction::DropTrigger { table_name, .. } => {
            rules.check(Right::SchemaDelete, table_name)
        }
        AuthAction::Analyze { table_name } => rules.check(Right::SchemaUpdate, table_name),
        // The engine names the index and not the table, and asks for every new index too.
        AuthAction::Reindex { index_name } => check_any(rules, index_name),
        _ => Ok(()),
    }
}

fn shape(shaped: &mut Option<Shaped>, rules: &Rules, right: Right, table: &str) -> Result<(), Denial> {
    rules.check(right, table)?;
    *shaped = Some(Shaped { table: table.to_owned(), drops: right == Right::SchemaDelete });
    Ok(())
}

fn check_read(rules: &Rules, table: &str, column: &str, declared: &Declared) -> Result<(), Denial> {
    let is_plain_function = is_function(table) && !declared.has(table);
    let tells_of_tables = is_of_the_engine(table) && !is_sample(table, column);
    if is_plain_function || tells_of_tables && rules.show_the_schema() {
        return Ok(());
    }
    rules.check(Right::DataRead, table)
}

fn check_write(rules: &Rules, right: Right, table: &str, clauses: Clauses) -> Result<(), Denial> {
    rules.check(right, table)?;
    if clauses.replaces && right != Right::DataDelete {
        rules.check(Right::DataDelete, table)?;
    }
    if clauses.returns {
        rules.check(Right::DataRead, table)?;
    }
    Ok(())
}

fn check_any(rules: &Rules, name: &str) -> Result<(), Denial> {
    if rules.change_the_schema() {
        return Ok(());
    }
    Err(Denial::new(Class::Write, format!("current session doesn't have permission to change {name}")))
}

fn check_pragma(rules: &Rules, name: &str, value: Option<&str>) -> Result<(), Denial> {
    let is_one_of = |list: &[&str]| list.iter().any(|other| name.eq_ignore_ascii_case(other));
    if pragma::classify(name, value) != PragmaKind::Query {
        return Err(Denial::new(Class::Write, format!("current session doesn't have permission to set {name}")));
    }
    let knows = match value {
        Some(table) if is_one_of(&ABOUT_A_TABLE) => rules.know(table) || rules.show_the_schema(),
        _ if is_one_of(&ABOUT_A_TABLE) || is_one_of(&ABOUT_ALL_TABLES) => rules.show_the_schema(),
        _ => true,
    };
    if knows {
        return Ok(());
    }
    let about = value.map(|value| format!(" of {value}")).unwrap_or_default();
    Err(Denial::new(Class::Read, format!("current session doesn't have permission to see {name}{about}")))
}

/// Only the functions known here: any other name could be that of a table, and these can be, too.
fn is_function(table: &str) -> bool {
    let pragma = || table.get("pragma_".len()..).filter(|_| starts_with(table, "pragma_")).unwrap_or_default();
    let mut pragmas = ABOUT_A_TABLE.iter().chain(&ABOUT_ALL_TABLES);
    FUNCTIONS.iter().any(|name| name.eq_ignore_ascii_case(table))
        || pragmas.any(|name| name.eq_ignore_ascii_case(pragma()))
}

fn is_of_the_engine(table: &str) -> bool {
    OF_THE_ENGINE.iter().any(|name| name.eq_ignore_ascii_case(table)) || starts_with(table, "sqlite_autoindex_")
}

fn is_sample(table: &str, column: &str) -> bool {
    column.eq_ignore_ascii_case(SAMPLE) && SAMPLED.iter().any(|name| name.eq_ignore_ascii_case(table))
}

fn starts_with(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

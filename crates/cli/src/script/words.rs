//! What a statement is about, as far as its first words tell.

use std::iter::Peekable;

/// A part of a statement that is no space and no comment.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    /// A name in quotes, without them.
    Quoted(String),
    /// `?`, `?3`, `:name`, `@name` or `$name`.
    Parameter(String),
    Other(char),
}

impl Token {
    fn is_word(&self, expected: &str) -> bool {
        matches!(self, Self::Word(word) if word.eq_ignore_ascii_case(expected))
    }

    fn into_name(self) -> Option<String> {
        match self {
            Self::Word(name) | Self::Quoted(name) => Some(name),
            Self::Parameter(_) | Self::Other(_) => None,
        }
    }
}

/// The first word of a statement in capital letters; empty where it begins with none.
pub(crate) fn first_word(sql: &str) -> String {
    match tokens(sql).next() {
        Some(Token::Word(word)) => word.to_ascii_uppercase(),
        _ => String::new(),
    }
}

/// Whether a statement begins or ends a transaction.
pub(crate) fn is_transaction_control(sql: &str) -> bool {
    matches!(first_word(sql).as_str(), "BEGIN" | "COMMIT" | "END" | "ROLLBACK" | "SAVEPOINT" | "RELEASE")
}

/// Whether a statement certainly changes nothing. One that only names a function like a change is taken for one.
pub(crate) fn only_reads(sql: &str) -> bool {
    const CHANGES: [&str; 4] = ["INSERT", "UPDATE", "DELETE", "REPLACE"];
    let is_change = |token: Token| CHANGES.iter().any(|change| token.is_word(change));
    matches!(first_word(sql).as_str(), "SELECT" | "VALUES" | "WITH" | "EXPLAIN") && !tokens(sql).any(is_change)
}

/// What a schema has under a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entity {
    Table,
    View,
    Index,
    Trigger,
}

impl Entity {
    const ALL: [Self; 4] = [Self::Table, Self::View, Self::Index, Self::Trigger];

    /// As statements have it, and the `type` of `sqlite_schema`.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::View => "view",
            Self::Index => "index",
            Self::Trigger => "trigger",
        }
    }
}

/// What a statement makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Created {
    pub(crate) entity: Entity,
    pub(crate) name: String,
    /// Whether it does nothing where there is one.
    pub(crate) is_only_if_absent: bool,
}

/// What a statement makes, unless it is something temporary.
pub(crate) fn created(sql: &str) -> Option<Created> {
    definition(sql).map(|(created, _)| created)
}

/// Whether two statements make the same thing. The engine keeps one from the name on, without what may stand before that.
pub(crate) fn makes_the_same(one: &str, other: &str) -> bool {
    let (one, other) = (definition(one), definition(other));
    one.zip(other).is_some_and(|((one, its_rest), (other, others_rest))| {
        (one.entity, one.name) == (other.entity, other.name) && its_rest.eq(others_rest)
    })
}

/// What a statement makes, and how.
fn definition(sql: &str) -> Option<(Created, impl Iterator<Item = Token>)> {
    let mut tokens = tokens(sql).peekable();
    let mut word = |expected: &str| tokens.next_if(|token| token.is_word(expected)).is_some();
    if !word("create") {
        return None;
    }
    let _may_stand_before = word("virtual") || word("unique");
    let entity = Entity::ALL.into_iter().find(|entity| word(entity.word()))?;
    let is_only_if_absent = word("if") && word("not") && word("exists");
    let name = name(&mut tokens)?;
    Some((Created { entity, name, is_only_if_absent }, tokens))
}

/// What a statement removes, or changes the form of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Altered {
    pub(crate) entity: Entity,
    pub(crate) name: String,
    pub(crate) change: Change,
}

/// What becomes of something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Removed,
    Renamed(String),
    /// Its columns are others.
    Reshaped,
}

/// What a statement removes, or changes the form of.
pub(crate) fn altered(sql: &str) -> Option<Altered> {
    let mut tokens = tokens(sql).peekable();
    let mut word = |expected: &str| tokens.next_if(|token| token.is_word(expected)).is_some();
    let is_drop = word("drop");
    if !is_drop && !word("alter") {
        return None;
    }
    let entity = Entity::ALL.into_iter().find(|entity| word(entity.word()))?;
    let _may_stand_before = word("if") && word("exists");
    let name = name(&mut tokens)?;
    let mut word = |expected: &str| tokens.next_if(|token| token.is_word(expected)).is_some();
    let change = if is_drop {
        Change::Removed
    } else if word("rename") && word("to") {
        Change::Renamed(tokens.next()?.into_name()?)
    } else {
        Change::Reshaped
    };
    Some(Altered { entity, name, change })
}

/// A name, without that of the schema before it.
fn name(tokens: &mut Peekable<impl Iterator<Item = Token>>) -> Option<String> {
    let first = tokens.next()?.into_name()?;
    match tokens.next_if_eq(&Token::Other('.')) {
        Some(_) => tokens.next()?.into_name(),
        None => Some(first),
    }
}

/// The table that rows are inserted into or deleted from.
pub(crate) fn changed(sql: &str) -> Option<String> {
    let mut tokens = tokens(sql);
    let between = match tokens.next()? {
        token if token.is_word("insert") || token.is_word("replace") => "into",
        token if token.is_word("delete") => "from",
        _ => return None,
    };
    // `OR REPLACE` may stand before it.
    tokens.by_ref().take(3).find(|token| token.is_word(between))?;
    tokens.next()?.into_name()
}

/// The table that an index is made on.
pub(crate) fn indexed(sql: &str) -> Option<String> {
    created(sql).filter(|created| created.entity == Entity::Index)?;
    tokens(sql).skip_while(|token| !token.is_word("on")).nth(1)?.into_name()
}

/// The statement that makes the virtual table which a dump writes into the schema by hand:
/// `INSERT INTO sqlite_schema(type,name,tbl_name,rootpage,sql)VALUES('table',..,'CREATE VIRTUAL TABLE ..')`.
pub(crate) fn virtual_table(sql: &str) -> Option<String> {
    let into = changed(sql)?;
    if !["sqlite_schema", "sqlite_master"].iter().any(|schema| into.eq_ignore_ascii_case(schema)) {
        return None;
    }
    let texts = tokens(sql).filter_map(|token| match token {
        Token::Quoted(text) => Some(text),
        Token::Word(_) | Token::Parameter(_) | Token::Other(_) => None,
    });
    texts.last().filter(|sql| makes_virtual_table(sql))
}

/// Whether a statement makes a virtual table.
pub(crate) fn makes_virtual_table(sql: &str) -> bool {
    let mut tokens = tokens(sql);
    ["create", "virtual", "table"].iter().all(|word| tokens.next().is_some_and(|token| token.is_word(word)))
}

/// The parameters that a statement has, in their order and as they are written.
pub(super) fn written_parameters(sql: &str) -> impl Iterator<Item = String> {
    tokens(sql).filter_map(|token| match token {
        Token::Parameter(parameter) => Some(parameter),
        Token::Word(_) | Token::Quoted(_) | Token::Other(_) => None,
    })
}

/// A name as SQL takes any.
pub(crate) fn quote_identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A name as the engine compares it, which takes only the letters of ASCII for the same in both sizes.
pub(crate) fn folded(name: &str) -> String {
    name.to_ascii_lowercase()
}

/// A text as a literal of SQL.
pub(crate) fn quote_text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn tokens(sql: &str) -> impl Iterator<Item = Token> {
    let mut rest = sql;
    std::iter::from_fn(move || {
        rest = skip_space(rest);
        let first = rest.chars().next()?;
        let (token, length) = match first {
            '"' | '`' | '\'' => quoted(rest, first),
            '[' => {
                let end = rest.find(']').unwrap_or(rest.len() - 1);
                (Token::Quoted(rest.get(1..end).unwrap_or_default().to_owned()), end + 1)
            }
            '?' | ':' | '@' | '$' => match parameter(rest, first) {
                Some(parameter) => (Token::Parameter(parameter.to_owned()), parameter.len()),
                None => (Token::Other(first), 1),
            },
            _ if is_word(first) => {
                let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                (Token::Word(rest.get(..end).unwrap_or_default().to_owned()), end)
            }
            _ => (Token::Other(first), first.len_utf8()),
        };
        rest = rest.get(length..).unwrap_or_default();
        Some(token)
    })
}

/// A name or text in quotes, and how many bytes it takes.
fn quoted(text: &str, quote: char) -> (Token, usize) {
    let mut content = String::new();
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((at, character)) = characters.next() {
        if character != quote {
            content.push(character);
        } else if characters.next_if(|(_, next)| *next == quote).is_some() {
            content.push(quote);
        } else {
            return (Token::Quoted(content), at + 1);
        }
    }
    (Token::Quoted(content), text.len())
}

/// The parameter that a text begins with, as SQLite reads it: a name may have `::` in it, and something in parentheses at
/// its end.
fn parameter(text: &str, first: char) -> Option<&str> {
    let mut rest = text.get(1..)?;
    if first == '?' {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        return text.get(..text.len() - rest.len());
    }
    loop {
        let behind = rest.trim_start_matches(is_word);
        match behind.strip_prefix("::") {
            Some(more) => rest = more,
            None if text.len() - behind.len() > 1 => {
                let end = suffix(behind).map_or(behind, |suffix| behind.get(suffix..).unwrap_or_default());
                return text.get(..text.len() - end.len());
            }
            None => return None,
        }
    }
}

/// How many bytes of a text are something in parentheses without spaces.
fn suffix(text: &str) -> Option<usize> {
    let end = text.strip_prefix('(')?.find(|c: char| c == ')' || c.is_ascii_whitespace())? + 1;
    text.get(end..)?.starts_with(')').then_some(end + 1)
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '$') || !character.is_ascii()
}

fn skip_space(text: &str) -> &str {
    let mut rest = text.trim_start();
    loop {
        let after = if let Some(comment) = rest.strip_prefix("--") {
            comment.split_once('\n').map_or("", |(_, after)| after)
        } else if let Some(comment) = rest.strip_prefix("/*") {
            comment.split_once("*/").map_or("", |(_, after)| after)
        } else {
            return rest;
        };
        rest = after.trim_start();
    }
}

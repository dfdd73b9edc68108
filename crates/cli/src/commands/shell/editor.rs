//! The line that is typed: its history, and what completes it.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use rustyline::{
    CompletionType, Config, Context as Typing, Editor, Helper, completion::Completer, error::ReadlineError,
    highlight::Highlighter, hint::Hinter, history::FileHistory, validate::Validator,
};

use super::{
    dots::COMMANDS,
    names::{Names, begins},
};
use crate::{config::state_folder, context::Context};

const LONGEST_HISTORY: usize = 1_000;

const KEYWORDS: [&str; 46] = [
    "ALTER",
    "AND",
    "AS",
    "BEGIN",
    "BETWEEN",
    "BY",
    "CASE",
    "COMMIT",
    "CREATE",
    "DELETE",
    "DESC",
    "DISTINCT",
    "DROP",
    "ELSE",
    "END",
    "EXISTS",
    "EXPLAIN",
    "FROM",
    "GROUP",
    "HAVING",
    "INDEX",
    "INSERT",
    "INTO",
    "IS",
    "JOIN",
    "LEFT",
    "LIKE",
    "LIMIT",
    "NOT",
    "NULL",
    "OFFSET",
    "ON",
    "ORDER",
    "PRAGMA",
    "PRIMARY",
    "RETURNING",
    "ROLLBACK",
    "SELECT",
    "SET",
    "TABLE",
    "UNION",
    "UPDATE",
    "VALUES",
    "VIEW",
    "WHERE",
    "WITH",
];

/// What was typed.
pub(super) enum Line {
    Text(String),
    /// Ctrl-C.
    Interrupted,
    /// Ctrl-D.
    End,
}

pub(super) struct LineEditor {
    editor: Editor<Completion, FileHistory>,
    file: PathBuf,
    /// Whether its history cannot be kept.
    is_lost: bool,
}

impl LineEditor {
    pub(super) fn new() -> Result<Self> {
        let config = Config::builder()
            .max_history_size(LONGEST_HISTORY)?
            .history_ignore_dups(true)?
            .history_ignore_space(true)
            .completion_type(CompletionType::List)
            .build();
        let mut editor = Editor::with_history(config.clone(), FileHistory::with_config(&config))
            .context("the terminal cannot be used")?;
        editor.set_helper(Some(Completion::default()));
        let file = state_folder()?.join("history");
        // There is none the first time.
        let _ = editor.load_history(&file);
        Ok(Self { editor, file, is_lost: false })
    }

    pub(super) fn read(&mut self, prompt: &str) -> Result<Line> {
        match self.editor.readline(prompt) {
            Ok(line) => Ok(Line::Text(line)),
            Err(ReadlineError::Interrupted) => Ok(Line::Interrupted),
            Err(ReadlineError::Eof) => Ok(Line::End),
            Err(error) => Err(error).context("the terminal cannot be read"),
        }
    }

    pub(super) fn set_names(&mut self, names: Names) {
        if let Some(completion) = self.editor.helper_mut() {
            completion.names = names;
        }
    }

    /// Keeps what was typed for later, at once: a terminal may be closed at any moment.
    pub(super) fn remember(&mut self, cx: &Context, text: &str) {
        // A history that does not want this is no reason to complain.
        if self.editor.add_history_entry(text).is_ok_and(|is_added| is_added) && !self.is_lost {
            self.save(cx);
        }
    }

    /// Writes what is new to the file of the history, which only its owner can read. That it cannot be written is said once.
    fn save(&mut self, cx: &Context) {
        let folder = self.file.parent().map_or(Ok(()), crate::files::create_private);
        if let Err(error) = folder.map_err(Into::into).and_then(|()| self.editor.append_history(&self.file)) {
            self.is_lost = true;
            cx.notice(format_args!("the history could not be kept in {}: {error}", self.file.display()));
        }
    }
}

#[derive(Default)]
struct Completion {
    names: Names,
}

impl Helper for Completion {}

impl Highlighter for Completion {}

impl Validator for Completion {}

impl Hinter for Completion {
    type Hint = String;
}

impl Completer for Completion {
    type Candidate = String;

    fn complete(&self, line: &str, at: usize, _: &Typing<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(self.complete_word(line.get(..at).unwrap_or_default()))
    }
}

impl Completion {
    /// Where the word begins that ends the text, and what it may become.
    fn complete_word(&self, text: &str) -> (usize, Vec<String>) {
        if text.starts_with('.') && !text.contains(' ') {
            let found = COMMANDS.iter().filter(|command| command.starts_with(text));
            return (0, found.map(|command| (*command).to_owned()).collect());
        }
        let start = text
            .rfind(|c: char| !c.is_alphanumeric() && c != '_')
            .map_or(0, |at| at + text.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8));
        let prefix = text.get(start..).unwrap_or_default();
        let mut found = self.names.beginning_with(prefix);
        if !prefix.is_empty() && !text.starts_with('.') {
            found.extend(KEYWORDS.iter().filter(|word| begins(word, prefix)).map(|word| (*word).to_owned()));
        }
        (start, found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complete(text: &str) -> (usize, Vec<String>) {
        let names = Names {
            tables: vec!["goods".into(), "große Töne".into()],
            columns: vec!["price".into(), "pr\u{1b}c".into()],
        };
        Completion { names }.complete_word(text)
    }

    #[test]
    fn names_keywords_and_commands_are_completed() {
        assert_eq!(complete("SELECT pr"), (7, vec!["price".to_owned(), "PRAGMA".to_owned(), "PRIMARY".to_owned()]));
        assert_eq!(complete("SELECT goods.pri"), (13, vec!["price".to_owned(), "PRIMARY".to_owned()]));
        assert_eq!(complete(".sch"), (0, vec![".schema".to_owned()]));
        assert_eq!(complete(".schema go"), (8, vec!["goods".to_owned()]));
        assert_eq!(complete("FROM gr").1, ["\"große Töne\"", "GROUP"]);
    }
}

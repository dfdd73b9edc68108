//! What of a text the engine is not given, because it would not say what is wrong with it, and how names stand in one.

use super::words::{Word, words};
use crate::data::hrana::SqlError;

/// As deep as the engine lets expressions be. It does not count subqueries in subqueries, and calls itself for each.
const DEEPEST: usize = 1000;

/// Refuses a text that the engine would end at a zero byte, and one that nests too deeply.
pub(super) fn check(sql: &str) -> Result<(), SqlError> {
    if let Some(offset) = sql.find('\0') {
        return Err(unparsable(&format!("a zero byte at offset {offset}")));
    }
    // A shorter one has no room for it: this is not looked for in every text.
    if sql.len() > DEEPEST && depth(sql) > DEEPEST {
        return Err(unparsable(&format!("parentheses in more than {DEEPEST} others")));
    }
    Ok(())
}

/// A text of several statements, with the zero byte at its end without which the engine makes a copy of all that is left of
/// it for each of them.
pub(super) fn of_many(sql: &str) -> String {
    format!("{sql}\0")
}

/// A name as it stands in a text, whatever is in it.
pub(super) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// In how many others the innermost parentheses are, themselves counted.
fn depth(sql: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for word in words(sql) {
        match word {
            Word::Sign('(') => depth += 1,
            Word::Sign(')') => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

fn unparsable(problem: &str) -> SqlError {
    SqlError::new("SQL_PARSE_ERROR", format!("SQL string could not be parsed: {problem}"))
}

#[cfg(test)]
mod tests {
    use super::depth;

    #[test]
    fn parentheses_in_strings_names_and_comments_do_not_count() {
        assert_eq!(depth("SELECT ((1)), '((((', \"((((\", [((((], f((1)) -- ((((\n/* (((( */"), 2);
        assert_eq!(depth("))) ("), 1);
        assert_eq!(depth(""), 0);
    }
}

//! An error with its causes.

use turso_cloud::Error;

/// The chain of causes on one line, each said once: many say what caused them, too. Which operation it was is in `http`,
/// not in the sentence.
pub(super) fn told(error: &anyhow::Error) -> String {
    let mut parts: Vec<String> = Vec::new();
    for cause in error.chain() {
        let mut text = cause.to_string();
        if let Some(api) = cause.downcast_ref::<Error>() {
            text = without_operation(api, &text);
        }
        if parts.iter().any(|part| has_part(part, &text)) {
            continue;
        }
        // The cause says more of the same.
        if parts
            .last()
            .is_some_and(|last| text.strip_prefix(&**last).is_some_and(|rest| is_boundary(rest.chars().next())))
        {
            parts.pop();
        }
        parts.push(text);
    }
    parts.join(": ")
}

/// Whether a sentence has another one in it as a whole.
fn has_part(sentence: &str, part: &str) -> bool {
    sentence.match_indices(part).any(|(at, _)| {
        let (before, rest) = (sentence.get(..at).unwrap_or_default(), sentence.get(at..).unwrap_or_default());
        let after = rest.strip_prefix(part).unwrap_or_default();
        is_boundary(before.chars().next_back()) && is_boundary(after.chars().next())
    })
}

fn is_boundary(letter: Option<char>) -> bool {
    letter.is_none_or(|letter| !letter.is_alphanumeric())
}

fn without_operation(error: &Error, text: &str) -> String {
    let (Some(operation), Some(method), Some(path)) = (error.operation(), error.method(), error.path()) else {
        return text.to_owned();
    };
    let prefix = format!("{operation} ({method} {path}): ");
    text.strip_prefix(&prefix).unwrap_or(text).to_owned()
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::told;

    #[test]
    fn nothing_is_said_twice_of_an_error_and_nothing_left_out() {
        let cases: [(&[&str], &str); 7] = [
            (&["disk full", "cannot write a.db"], "cannot write a.db: disk full"),
            // What says its cause itself, further out and further in.
            (&["disk full", "cannot write: disk full"], "cannot write: disk full"),
            (&["disk full", "cannot write: disk full", "export"], "export: cannot write: disk full"),
            (&["cannot write a.db: disk full", "cannot write a.db"], "cannot write a.db: disk full"),
            (&["disk full", "cannot write", "disk full"], "disk full: cannot write"),
            // What leads to it stays, also where the cause names the same thing.
            (&["cannot open the database eu", "database eu"], "database eu: cannot open the database eu"),
            // A part of a word is no part of the sentence.
            (&["art", "cannot start"], "cannot start: art"),
        ];
        for (texts, expected) in cases {
            let (first, contexts) = texts.split_first().unwrap();
            let error = contexts.iter().fold(anyhow!("{first}"), |error, context| error.context((*context).to_owned()));
            assert_eq!(told(&error), expected);
        }
    }
}

//! SQL cut into words, as far as needed to see what the engine's authorizer does not tell.

/// One word or sign of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word<'a> {
    /// A keyword, a name or a number.
    Plain(&'a str),
    /// What stands between quotation marks or brackets, the doubled ones among it still doubled, and the mark.
    Quoted(&'a str, char),
    Sign(char),
}

impl Word<'_> {
    pub(crate) fn is(self, keyword: &str) -> bool {
        matches!(self, Self::Plain(word) if word.eq_ignore_ascii_case(keyword))
    }
}

/// The words of `sql`, without white space and comments.
pub(crate) fn words(sql: &str) -> impl Iterator<Item = Word<'_>> {
    let mut rest = sql;
    std::iter::from_fn(move || {
        rest = without_space(rest);
        let first = rest.chars().next()?;
        let (word, after) = match first {
            '\'' | '"' | '`' | '[' => quoted(rest, first),
            _ if is_part_of_word(first) => {
                let end = rest.find(|sign| !is_part_of_word(sign)).unwrap_or(rest.len());
                let (word, after) = rest.split_at(end);
                (Word::Plain(word), after)
            }
            sign => (Word::Sign(sign), after(rest, sign.len_utf8())),
        };
        rest = after;
        Some(word)
    })
}

fn quoted(text: &str, mark: char) -> (Word<'_>, &str) {
    let end = if mark == '[' { ']' } else { mark };
    let inner = after(text, mark.len_utf8());
    let mut signs = inner.char_indices().peekable();
    while let Some((index, sign)) = signs.next() {
        if sign != end {
            continue;
        }
        if mark != '[' && signs.next_if(|(_, next)| *next == end).is_some() {
            continue;
        }
        let (content, rest) = inner.split_at(index);
        return (Word::Quoted(content, mark), after(rest, end.len_utf8()));
    }
    (Word::Quoted(inner, mark), "")
}

fn without_space(mut text: &str) -> &str {
    loop {
        // The engine takes the vertical tab for a space behind another one, and for nothing elsewhere.
        let trimmed = text.trim_start_matches([' ', '\t', '\n', '\x0b', '\r', '\x0c', '\u{feff}']);
        text = if let Some(comment) = trimmed.strip_prefix("--") {
            comment.split_once('\n').map_or("", |(_, rest)| rest)
        } else if let Some(comment) = trimmed.strip_prefix("/*") {
            comment.split_once("*/").map_or("", |(_, rest)| rest)
        } else {
            return trimmed;
        };
    }
}

fn is_part_of_word(sign: char) -> bool {
    sign.is_ascii_alphanumeric() || matches!(sign, '_' | '$') || !sign.is_ascii()
}

fn after(text: &str, bytes: usize) -> &str {
    text.get(bytes..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::Word::{Plain, Quoted, Sign};
    use super::words;

    #[test]
    fn strings_names_and_comments_are_told_from_keywords() {
        let sql = "-- REPLACE\nSELECT/* REPLACE */'it''s'  ,[a]]\"b\"\"\" , x'ff' `q";
        let expected = [
            Plain("SELECT"),
            Quoted("it''s", '\''),
            Sign(','),
            Quoted("a", '['),
            Sign(']'),
            Quoted("b\"\"", '"'),
            Sign(','),
            Plain("x"),
            Quoted("ff", '\''),
            Quoted("q", '`'),
        ];
        assert_eq!(words(sql).collect::<Vec<_>>(), expected);
        assert_eq!(words("/* never ends").count() + words("-- x").count() + words("").count(), 0);
    }
}

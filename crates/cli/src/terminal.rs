//! Text from elsewhere, on its way to a terminal, which takes some characters for orders: what a database says could move
//! the cursor over what was said before, or rename the window.

use std::{borrow::Cow, fmt::Write as _};

/// A text as it may be shown, on several lines where it has them. What a terminal would obey is written as JSON writes
/// it, so that a document of JSON stays the same.
pub(crate) fn harmless<'a>(text: impl Into<Cow<'a, str>>) -> Cow<'a, str> {
    let text = text.into();
    if text.chars().all(is_harmless) {
        return text;
    }
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_harmless(letter) { shown.push(letter) } else { push_escaped(letter, &mut shown) }
    }
    shown.into()
}

/// Appends a text as it may be shown, on one line.
pub(crate) fn push_line(more: &str, text: &mut String) {
    if more.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        text.push_str(more);
        return;
    }
    for letter in more.chars() {
        match letter {
            '\n' | '\r' | '\t' => text.push(' '),
            letter if is_order(letter) => push_escaped(letter, text),
            letter => text.push(letter),
        }
    }
}

/// The same, alone.
pub(crate) fn line(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    push_line(text, &mut shown);
    shown
}

fn is_harmless(letter: char) -> bool {
    !is_order(letter) || matches!(letter, '\n' | '\t')
}

/// Whether a terminal obeys a character instead of showing it. Those that embed one direction of
/// writing in another have the rest of a line stand elsewhere, as if it had been said by somebody else.
fn is_order(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn push_escaped(letter: char, text: &mut String) {
    // Text takes everything.
    let _ = write!(text, "\\u{:04x}", u32::from(letter));
}

/// Makes bytes [`harmless`], piece by piece.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    /// The beginning of a character that the last piece ended within.
    begun: Vec<u8>,
}

impl Filter {
    pub(crate) fn pass(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut piece = std::mem::take(&mut self.begun);
        piece.extend_from_slice(bytes);
        let mut shown = Vec::with_capacity(piece.len());
        let mut chunks = piece.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            shown.extend_from_slice(harmless(chunk.valid()).as_bytes());
            if chunks.peek().is_none() && is_begun(chunk.invalid()) {
                self.begun = chunk.invalid().to_vec();
            } else {
                shown.extend_from_slice(chunk.invalid());
            }
        }
        shown
    }
}

/// Whether more bytes could make a character of these.
fn is_begun(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_written_out_and_everything_else_stays() {
        assert_eq!(harmless("\u{1b}[31mred\u{9b}0m\r\u{7f}\n\tä"), "\\u001b[31mred\\u009b0m\\u000d\\u007f\n\tä");
        assert_eq!(line("a\r\n\tb\u{7}"), "a   b\\u0007");
        assert_eq!(line("a\u{202e}b\u{2066}\u{5d0}"), "a\\u202eb\\u2066\u{5d0}");
        assert_eq!(Filter::default().pass(b"\xff\x9b\xc2"), b"\xff\x9b");
    }

    proptest! {
        #[test]
        fn pieces_are_shown_as_the_whole_is(text in "(\\PC|\\p{Cc}|\\p{Cf}|[ÂÃ\u{80}-\u{a1}])*", at in any::<prop::sample::Index>()) {
            let (first, second) = text.as_bytes().split_at(at.index(text.len() + 1));
            let mut filter = Filter::default();
            let shown = [filter.pass(first), filter.pass(second)].concat();
            prop_assert_eq!(String::from_utf8(shown).unwrap(), harmless(&*text));
        }

        #[test]
        fn a_document_of_json_stays_the_same(text in "(\\PC|\\p{Cc}|\\p{Cf})*") {
            let json = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(serde_json::from_str::<String>(&harmless(json)).unwrap(), text);
        }
    }
}

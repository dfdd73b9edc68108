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
            letter if letter.is_control() => push_escaped(letter, text),
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
    !letter.is_control() || matches!(letter, '\n' | '\t')
}

fn push_escaped(letter: char, text: &mut String) {
    // Text takes everything.
    let _ = write!(text, "\\u{:04x}", u32::from(letter));
}

/// Makes bytes [`harmless`], piece by piece.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    /// Whether the last piece ended in the first half of what may be an order: the second is told by it alone.
    is_within: bool,
}

/// What the controls behind those of ASCII begin with in UTF-8.
const LEAD: u8 = 0xc2;

impl Filter {
    pub(crate) fn pass(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut shown = Vec::with_capacity(bytes.len());
        let mut escaped = String::new();
        for &byte in bytes {
            let is_second = std::mem::take(&mut self.is_within);
            if is_second && !matches!(byte, 0x80..=0x9f) {
                shown.push(LEAD);
            }
            match byte {
                LEAD => self.is_within = true,
                0x80..=0x9f if !is_second => shown.push(byte),
                b'\n' | b'\t' | b' '..=b'~' | 0xa0.. => shown.push(byte),
                order => {
                    push_escaped(order.into(), &mut escaped);
                    shown.extend_from_slice(escaped.as_bytes());
                    escaped.clear();
                }
            }
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_written_out_and_everything_else_stays() {
        assert_eq!(harmless("\u{1b}[31mred\u{9b}0m\r\u{7f}\n\tä"), "\\u001b[31mred\\u009b0m\\u000d\\u007f\n\tä");
        assert_eq!(line("a\r\n\tb\u{7}"), "a   b\\u0007");
        assert_eq!(Filter::default().pass(b"\xff\x9b\xc2"), b"\xff\x9b");
    }

    proptest! {
        #[test]
        fn pieces_are_shown_as_the_whole_is(text in "(\\PC|\\p{Cc}|[ÂÃ\u{80}-\u{a1}])*", at in any::<prop::sample::Index>()) {
            let (first, second) = text.as_bytes().split_at(at.index(text.len() + 1));
            let mut filter = Filter::default();
            let shown = [filter.pass(first), filter.pass(second)].concat();
            prop_assert_eq!(String::from_utf8(shown).unwrap(), harmless(&*text));
        }

        #[test]
        fn a_document_of_json_stays_the_same(text in "(\\PC|\\p{Cc})*") {
            let json = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(serde_json::from_str::<String>(&harmless(json)).unwrap(), text);
        }
    }
}

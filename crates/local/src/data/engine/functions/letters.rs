//! Large and small letters.
//!
//! One letter is changed for one: a letter whose other case is several (`ß`, for one) stays as it is, so that no text
//! gets longer.

use std::cmp::Ordering;

pub(super) fn upper(letter: char) -> char {
    only(letter.to_uppercase()).unwrap_or(letter)
}

pub(super) fn lower(letter: char) -> char {
    // Of the only one that becomes two (`İ`), the first is the letter and the second its dot.
    letter.to_lowercase().next().unwrap_or(letter)
}

/// The form that all cases of a letter have in common. The dotless `ı` and the dotted `İ` are letters of their own.
pub(super) fn fold(letter: char) -> char {
    if matches!(letter, 'ı' | 'İ') { letter } else { lower(upper(letter)) }
}

/// Each word with a large letter first and small ones after it.
pub(super) fn title(text: &str) -> impl Iterator<Item = char> {
    let mut begins = true;
    text.chars().map(move |letter| {
        let changed = if begins { upper(letter) } else { lower(letter) };
        begins = !is_of_word(letter);
        changed
    })
}

/// The order of two texts in which the case of a letter makes no difference.
pub(super) fn compare(left: &str, right: &str) -> Ordering {
    left.chars().map(fold).cmp(right.chars().map(fold))
}

fn only(mut letters: impl Iterator<Item = char>) -> Option<char> {
    letters.next().filter(|_| letters.next().is_none())
}

/// A letter, a digit, or what Unicode calls connector punctuation.
fn is_of_word(letter: char) -> bool {
    let connects = matches!(
        letter,
        '_' | '\u{203f}' | '\u{2040}' | '\u{2054}' | '\u{fe33}' | '\u{fe34}' | '\u{fe4d}'..='\u{fe4f}' | '\u{ff3f}'
    );
    letter.is_alphanumeric() || connects
}

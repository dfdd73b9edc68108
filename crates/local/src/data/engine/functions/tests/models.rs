//! The functions against what they mean, said of lists of characters.

use proptest::prelude::*;
use rusqlite::{Connection, ToSql};

use super::engine;

thread_local! {
    static ENGINE: Connection = engine();
}

fn text(expression: &str, arguments: &[&dyn ToSql]) -> String {
    ENGINE.with(|handle| handle.query_row(&format!("SELECT {expression}"), arguments, |row| row.get(0))).unwrap()
}

fn number(expression: &str, arguments: &[&dyn ToSql]) -> i64 {
    ENGINE.with(|handle| handle.query_row(&format!("SELECT {expression}"), arguments, |row| row.get(0))).unwrap()
}

/// The characters whose number, from 1, is one of these.
fn numbered(text: &str, is_one: impl Fn(i64) -> bool) -> String {
    (1..).zip(text.chars()).filter(|(number, _)| is_one(*number)).map(|(_, character)| character).collect()
}

/// At which characters, from 1, the other text is.
fn places(text: &str, other: &str) -> Vec<i64> {
    let (text, other): (Vec<char>, Vec<char>) = (text.chars().collect(), other.chars().collect());
    (1..).zip(0..=text.len()).filter(|(_, at)| text[*at..].starts_with(&other)).map(|(number, _)| number).collect()
}

fn is_like(text: &[char], pattern: &[char]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, _) => text.is_empty(),
        (Some(('%', rest)), _) => (0..=text.len()).any(|taken| is_like(&text[taken..], rest)),
        (Some(_), None) => false,
        (Some((wanted, pattern)), Some((found, text))) => {
            (*wanted == '_' || wanted.to_lowercase().eq(found.to_lowercase())) && is_like(text, pattern)
        }
    }
}

fn words() -> impl Strategy<Value = String> {
    "[aAéßΣ😀 ]{0,8}"
}

proptest! {
    #[test]
    fn a_part_of_a_text_is_its_characters_with_these_numbers(word in words(), start in -10_i64..10, other in -10_i64..10) {
        let length = i64::try_from(word.chars().count()).unwrap();
        prop_assert_eq!(number("text_length(?)", &[&word]), length);
        prop_assert_eq!(text("text_substring(?, ?)", &[&word, &start]), numbered(&word, |at| at >= start));
        let count = other.abs();
        let expected = numbered(&word, |at| at >= start && at < start + count);
        prop_assert_eq!(text("text_substring(?, ?, ?)", &[&word, &start, &count]), expected);
        let place = |number: i64| if number < 0 { length + 1 + number } else { number };
        let expected = numbered(&word, |at| at >= place(start) && at < place(other));
        prop_assert_eq!(text("text_slice(?, ?, ?)", &[&word, &start, &other]), expected);
        let expected = numbered(&word, |at| at >= place(start));
        prop_assert_eq!(text("text_slice(?, ?)", &[&word, &start]), expected);
        let kept = if start < 0 { length + start } else { start };
        prop_assert_eq!(text("left(?, ?)", &[&word, &start]), numbered(&word, |at| at <= kept));
        prop_assert_eq!(text("right(?, ?)", &[&word, &start]), numbered(&word, |at| at > length - kept));
    }

    #[test]
    fn a_text_is_found_where_it_is(word in words(), other in "[aé]{0,2}") {
        let places = places(&word, &other);
        prop_assert_eq!(number("strpos(?, ?)", &[&word, &other]), places.first().copied().unwrap_or(0));
        prop_assert_eq!(number("text_contains(?, ?)", &[&word, &other]), i64::from(!places.is_empty()));
        prop_assert_eq!(number("starts_with(?, ?)", &[&word, &other]), i64::from(places.first() == Some(&1)));
        if !other.is_empty() {
            prop_assert_eq!(number("text_last_index(?, ?)", &[&word, &other]), places.last().copied().unwrap_or(0));
            let parts: Vec<&str> = word.split(&other).collect();
            prop_assert_eq!(number("text_count(?, ?) + 1", &[&word, &other]), i64::try_from(parts.len()).unwrap());
            let nth = |number: i64| text("split_part(?, ?, ?)", &[&word, &other, &number]);
            for (number, part) in (1..).zip(&parts) {
                prop_assert_eq!(nth(number), *part);
                prop_assert_eq!(nth(number - 1 - i64::try_from(parts.len()).unwrap()), *part);
            }
        }
    }

    #[test]
    fn a_pattern_matches_what_it_describes(word in words(), pattern in "[%_aAéΣ]{0,5}") {
        let letters = |text: &str| text.chars().collect::<Vec<_>>();
        let expected = is_like(&letters(&word), &letters(&pattern));
        prop_assert_eq!(number("text_like(?, ?)", &[&pattern, &word]), i64::from(expected));
    }

    #[test]
    fn a_text_is_filled_up_to_its_length_and_no_further(word in words(), length in 0_usize..20, filling in "[bö]{1,3}") {
        let missing: String = filling.chars().cycle().take(length.saturating_sub(word.chars().count())).collect();
        let expected: String = format!("{missing}{word}").chars().take(length).collect();
        let arguments: [&dyn ToSql; 3] = [&word, &i64::try_from(length).unwrap(), &filling];
        prop_assert_eq!(text("lpad(?, ?, ?)", &arguments), expected);
        let expected: String = format!("{word}{missing}").chars().take(length).collect();
        prop_assert_eq!(text("rpad(?, ?, ?)", &arguments), expected);
    }

    #[test]
    fn what_is_done_twice_is_undone(word in "\\PC{0,20}") {
        prop_assert_eq!(text("reverse(reverse(?))", &[&word]), word.as_str());
        prop_assert_eq!(text("text_replace(text_replace(?, 'a', '<>'), '<>', 'a')", &[&word.replace("<>", "")]), word.replace("<>", ""));
        prop_assert_eq!(text("translate(translate(?, 'xyz', 'zxy'), 'zxy', 'xyz')", &[&word]), word.as_str());
        // The dotless letter has the large form of another one.
        prop_assert_eq!(number("text_casefold(text_upper(?1)) = text_casefold(?1)", &[&word.replace('ı', "")]), 1);
    }
}

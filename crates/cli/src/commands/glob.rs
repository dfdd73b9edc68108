//! Databases whose names match a pattern.

use anyhow::Result;
use futures_util::TryStreamExt as _;
use turso_cloud::DatabaseName;

use crate::{
    context::Context,
    exit::{Failure, Kind},
};

/// Those of an organization that were asked for, by their names in order.
#[derive(Debug)]
pub(super) struct Chosen {
    pub(super) names: Vec<DatabaseName>,
    /// Whether there are no others.
    pub(super) are_all: bool,
}

impl Chosen {
    /// All of them, or those that match.
    pub(super) async fn find(cx: &Context, pattern: Option<&str>) -> Result<Self> {
        let databases: Vec<_> = cx.client()?.databases().stream().try_collect().await?;
        let there_are = databases.len();
        let names = databases.into_iter().map(|database| database.name);
        let mut names: Vec<_> =
            names.filter(|name| pattern.is_none_or(|pattern| matches(pattern, name.as_str()))).collect();
        names.sort_unstable();
        Ok(Self { are_all: names.len() == there_are, names })
    }
}

/// What is said where none matches.
pub(super) fn nothing_like(pattern: Option<&str>) -> String {
    pattern.map_or_else(|| "there are no databases".to_owned(), |glob| format!("there is no database like {glob:?}"))
}

/// The same as a failure.
pub(super) fn not_found(pattern: Option<&str>) -> Failure {
    Failure::new(Kind::NotFound, nothing_like(pattern)).hint("tursoctl db list")
}

/// Whether every character of a pattern stands for others, so that it says nothing of what is wanted.
pub(super) fn says_nothing(pattern: &str) -> bool {
    pattern.chars().all(|c| matches!(c, '*' | '?'))
}

/// Whether `*` as any text and `?` as any character make the name of the pattern.
fn matches(pattern: &str, name: &str) -> bool {
    let (mut pattern, mut name) = (pattern.chars(), name.chars());
    // What is behind the last star, and where it was tried last. Stars before it have no need to take more: what may
    // follow only grows by their taking less.
    let mut star = None;
    loop {
        let (mut next_pattern, mut next_name) = (pattern.clone(), name.clone());
        match (next_pattern.next(), next_name.next()) {
            (None, None) => return true,
            (Some('*'), _) => {
                star = Some((next_pattern.clone(), name.clone()));
                pattern = next_pattern;
            }
            (Some(expected), Some(found)) if expected == '?' || expected == found => {
                (pattern, name) = (next_pattern, next_name);
            }
            _ => {
                let Some((behind, tried)) = &mut star else { return false };
                if tried.next().is_none() {
                    return false;
                }
                (pattern, name) = (behind.clone(), tried.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn stars_and_question_marks_stand_for_text() {
        for (pattern, name) in
            [("*", ""), ("tenant-*", "tenant-7"), ("a?c", "abc"), ("*-eu-*", "a-eu-b"), ("abc", "abc"), ("ä?*", "äß")]
        {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [("", "a"), ("tenant-*", "tenant"), ("a?c", "ac"), ("*b", "abc"), ("abc", "abcd")] {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }

    #[test]
    fn many_stars_take_no_longer_than_a_few() {
        assert!(!matches(&format!("{}b", "*a".repeat(32)), &"a".repeat(64)));
    }

    /// As slow as it is plain.
    fn matches_slowly(pattern: &[u8], name: &[u8]) -> bool {
        match pattern.split_first() {
            None => name.is_empty(),
            Some((b'*', rest)) => (0..=name.len()).any(|skipped| matches_slowly(rest, &name[skipped..])),
            Some((byte, rest)) => {
                name.first().is_some_and(|first| *byte == b'?' || byte == first) && matches_slowly(rest, &name[1..])
            }
        }
    }

    proptest! {
        #[test]
        fn patterns_match_what_their_definition_says(pattern in "[ab*?]{0,8}", name in "[ab]{0,10}") {
            prop_assert_eq!(matches(&pattern, &name), matches_slowly(pattern.as_bytes(), name.as_bytes()));
        }
    }
}

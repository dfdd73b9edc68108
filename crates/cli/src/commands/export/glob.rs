//! Names that match a pattern.

/// Whether `*` as any text and `?` as any character make the name of the pattern.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
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

//! Names that match a pattern.

/// Whether `*` as any text and `?` as any character make the name of the pattern.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    let mut pattern = pattern.chars();
    match pattern.next() {
        None => name.is_empty(),
        Some('*') => {
            let rest = pattern.as_str();
            name.char_indices()
                .map(|(at, _)| at)
                .chain([name.len()])
                .any(|at| name.get(at..).is_some_and(|tail| matches(rest, tail)))
        }
        Some(expected) => {
            let mut name = name.chars();
            let found = name.next();
            found.is_some_and(|found| expected == '?' || expected == found) && matches(pattern.as_str(), name.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn stars_and_question_marks_stand_for_text() {
        for (pattern, name) in
            [("*", ""), ("tenant-*", "tenant-7"), ("a?c", "abc"), ("*-eu-*", "a-eu-b"), ("abc", "abc")]
        {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [("", "a"), ("tenant-*", "tenant"), ("a?c", "ac"), ("*b", "abc"), ("abc", "abcd")] {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }
}

use std::ffi::{OsStr, OsString};

/// The words of a command line as the parser can tell them apart. It takes `-1h` for flags, which none of ours begins
/// like: behind an option it is a value, whose own rule has more to say about it.
pub(crate) fn words(arguments: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut words: Vec<OsString> = Vec::new();
    // What is behind `--` is for another program.
    let mut is_ours = true;
    for word in arguments {
        is_ours = is_ours && word != "--";
        match words.last_mut() {
            Some(option) if is_ours && is_option(option) && is_negative(&word) => {
                option.push("=");
                option.push(word);
            }
            _ => words.push(word),
        }
    }
    words
}

fn is_option(word: &OsStr) -> bool {
    word.to_str().is_some_and(|word| word.starts_with("--") && !word.contains('='))
}

fn is_negative(word: &OsStr) -> bool {
    let behind = word.to_str().and_then(|word| word.strip_prefix('-'));
    behind.is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit() || first == '.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(line: &str) -> String {
        let words = words(line.split(' ').map(OsString::from));
        words.iter().map(|word| word.to_str().unwrap()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_looks_like_a_negative_number_is_the_value_of_the_option_before_it() {
        for (line, expected) in [
            ("db create a --size-limit -1 --wait", "db create a --size-limit=-1 --wait"),
            ("db branch a b --at -5m", "db branch a b --at=-5m"),
            ("fault add --probability -.5", "fault add --probability=-.5"),
            ("clock advance -1h", "clock advance -1h"),
            ("db list --limit=5 -1", "db list --limit=5 -1"),
            ("db list -o json --quiet -v", "db list -o json --quiet -v"),
            ("local exec -- program --depth -1", "local exec -- program --depth -1"),
        ] {
            assert_eq!(joined(line), expected);
        }
    }
}

//! Quotes values for files and lines that other programs read: they come from elsewhere, and may hold anything.

/// A value for a dotenv file.
pub(crate) fn dotenv(value: &str) -> String {
    let mut quoted = String::with_capacity(value.len() + 2);
    quoted.push('"');
    for character in value.chars() {
        match character {
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '"' | '\\' | '$' | '`' => quoted.extend(['\\', character]),
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

/// A value for a POSIX shell.
pub(crate) fn shell(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

/// The same, without quotes where it needs none.
pub(crate) fn word(value: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/');
    if !value.is_empty() && value.chars().all(is_plain) { value.to_owned() } else { shell(value) }
}

/// A line that sets a variable of a POSIX shell, and of the programs it starts.
pub(crate) fn export(name: &str, value: &str) -> String {
    format!("export {name}={}", shell(value))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[cfg(unix)]
        #[test]
        fn a_shell_reads_what_was_quoted(value in "[ -~\n'\"$`\\\\]{0,40}") {
            let script = format!("printf '%s\\n' {} {}", shell(&value), word(&value));
            let output = Command::new("sh").args(["-c", &script]).output().unwrap();
            prop_assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("{value}\n{value}\n"));
        }

        /// Within double quotes the escapes of dotenv that are used here are those of a shell, but for line ends.
        #[cfg(unix)]
        #[test]
        fn a_shell_that_sources_a_dotenv_file_reads_what_was_quoted(value in "[ -~]{0,40}") {
            let script = format!("V={}\nprintf %s \"$V\"", dotenv(&value));
            let output = Command::new("sh").args(["-c", &script]).output().unwrap();
            prop_assert_eq!(String::from_utf8(output.stdout).unwrap(), value);
        }

        #[test]
        fn a_dotenv_value_is_one_line(value in any::<String>()) {
            prop_assert_eq!(dotenv(&value).lines().count(), 1);
        }
    }
}

//! Variables of programs, as lines of a dotenv file or of a shell.

use std::fmt::Write as _;

use crate::{args::EnvForm, quote};

/// The certificate of the local cloud's authority, which tools for Node take beside those they know.
pub(super) const NODE_CERTIFICATES: &str = "NODE_EXTRA_CA_CERTS";

/// Names with their values.
pub(super) type Variables = Vec<(&'static str, String)>;

/// What a client of the Platform API needs.
pub(super) fn of_platform(url: &str, token: &str, organization: &str) -> Variables {
    vec![
        ("TURSO_API_BASEURL", url.to_owned()),
        ("TURSO_API_TOKEN", token.to_owned()),
        ("TURSO_ORG", organization.to_owned()),
    ]
}

/// The same for programs that hand the base URL on as it is: the official SDK joins its paths to one that ends in `/v1/`.
pub(super) fn of_sdk(url: &str, token: &str, organization: &str) -> Variables {
    of_platform(&format!("{url}/v1/"), token, organization)
}

/// What a driver needs, under the names that guides use.
pub(super) fn of_database(name: &str, url: &str, token: &str) -> Variables {
    vec![
        ("TURSO_DATABASE_NAME", name.to_owned()),
        ("TURSO_DATABASE_URL", url.to_owned()),
        ("TURSO_DATABASE_AUTH_TOKEN", token.to_owned()),
        ("TURSO_AUTH_TOKEN", token.to_owned()),
    ]
}

/// As what reads them wants them.
pub(super) fn written(form: EnvForm, variables: &Variables) -> String {
    match form {
        EnvForm::Dotenv => lines(variables),
        EnvForm::Shell => variables.iter().fold(String::new(), |mut lines, (name, value)| {
            lines.push_str(&quote::export(name, value));
            lines.push('\n');
            lines
        }),
    }
}

/// One in a line. A value that cannot stand there is left out.
pub(super) fn lines(variables: &Variables) -> String {
    variables.iter().fold(String::new(), |mut lines, (name, value)| {
        let is_plain = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:/".contains(&byte));
        if is_plain {
            let _ = writeln!(lines, "{name}={value}");
        } else if !value.contains(['\n', '"', '\\', '$']) {
            let _ = writeln!(lines, "{name}=\"{value}\"");
        }
        lines
    })
}

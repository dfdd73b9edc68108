//! Variables of programs, as lines of a dotenv file or of a shell.

use std::fmt::Write as _;

use crate::{args::EnvForm, quote};

/// The certificate of the local cloud's authority, which tools for Node take beside those they know.
pub(super) const NODE_CERTIFICATES: &str = "NODE_EXTRA_CA_CERTS";

const BASE_URL: &str = "TURSO_API_BASEURL";

/// Names with their values.
pub(super) type Variables = Vec<(&'static str, String)>;

/// What a client of the Platform API needs.
pub(super) fn of_platform(url: &str, token: &str, organization: &str) -> Variables {
    vec![(BASE_URL, url.to_owned()), ("TURSO_API_TOKEN", token.to_owned()), ("TURSO_ORG", organization.to_owned())]
}

/// Whether a text has nothing in it but what a local cloud tells a client of the Platform API. It is on plain HTTP, and so
/// is not the service: a token of that would be lost.
pub(super) fn are_of_local_cloud(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty()).peekable();
    if lines.peek().is_none() {
        return true;
    }
    let beginnings = of_platform("http://", "", "").into_iter().chain([(NODE_CERTIFICATES, String::new())]);
    let mut awaited: Vec<_> = beginnings.map(|(name, value)| format!("{name}={value}")).collect();
    // Each of them once: of two values one might be of somebody else.
    let are_ours = lines.all(|line| {
        let known = awaited.iter().position(|beginning| line.starts_with(beginning));
        known.map(|known| awaited.remove(known)).is_some()
    });
    are_ours && !awaited.iter().any(|beginning| beginning.starts_with(BASE_URL))
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

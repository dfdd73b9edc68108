//! The URLs a user may give for a service.

use turso_cloud_contract::{InvalidInput, without_secrets};
use url::Url;

/// Where Turso Cloud is: its API, its region service and the hosts of databases.
const DOMAINS: [&str; 2] = ["turso.tech", "turso.io"];

/// The origin of the Platform API: `/v1` behind it belongs to the paths of its operations and is dropped.
pub(crate) fn platform(text: &str) -> Result<String, InvalidInput> {
    let mut url = parse("base URL", text)?;
    if !matches!(url.path().trim_end_matches('/'), "" | "/v1") {
        return Err(refuse("base URL", &url, "must be an origin such as https://api.turso.tech, without a path"));
    }
    url.set_path("");
    Ok(without_slash(&url))
}

/// The URL of another service, which may stand behind a path.
pub(crate) fn service(field: &'static str, text: &str) -> Result<String, InvalidInput> {
    parse(field, text).map(|url| without_slash(&url))
}

/// Refuses a URL by which something would go to Turso Cloud in clear. The client holds every URL it is given to this rule;
/// it is here for whoever sends a token by other means, such as to a database. The error shows the URL without user, password
/// and query; what is no URL is refused as such, and not shown.
///
/// ```
/// use turso_cloud::refuse_in_clear;
///
/// assert!(refuse_in_clear("database URL", "http://orders-acme.turso.io").is_err());
/// assert!(refuse_in_clear("database URL", "libsql://orders-acme.turso.io").is_ok());
/// assert!(refuse_in_clear("database URL", "http://127.0.0.1:8080").is_ok());
/// ```
pub fn refuse_in_clear(field: &'static str, url: &str) -> Result<(), InvalidInput> {
    refuse_clear(field, &read(field, url)?)
}

fn parse(field: &'static str, text: &str) -> Result<Url, InvalidInput> {
    let url = read(field, text)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(InvalidInput::without_value(field, "must not hold a user name or a password"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(InvalidInput::without_value(field, "must not hold a query or a fragment"));
    }
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refuse(field, &url, "must start with https:// or http://"));
    }
    refuse_clear(field, &url)?;
    Ok(url)
}

/// The text itself is shown only once it is known to hold no password and no token (`?authToken=…`).
fn read(field: &'static str, text: &str) -> Result<Url, InvalidInput> {
    Url::parse(text).map_err(|e| InvalidInput::without_value(field, format!("is not a URL: {e}")))
}

fn refuse_clear(field: &'static str, url: &Url) -> Result<(), InvalidInput> {
    if matches!(url.scheme(), "http" | "ws") && is_of_the_service(url) {
        let rule = "must start with https://: nothing goes to Turso Cloud in clear";
        return Err(InvalidInput::new(field, &without_secrets(url.as_str()), rule));
    }
    Ok(())
}

fn is_of_the_service(url: &Url) -> bool {
    let Some(host) = url.domain() else { return false };
    let host = host.trim_end_matches('.');
    DOMAINS.iter().any(|domain| {
        host.strip_suffix(domain).is_some_and(|subdomain| subdomain.is_empty() || subdomain.ends_with('.'))
    })
}

fn refuse(field: &'static str, url: &Url, rule: &'static str) -> InvalidInput {
    InvalidInput::new(field, url.as_str(), rule)
}

fn without_slash(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trailing_version_and_slash_are_dropped() {
        for text in [
            "https://api.turso.tech",
            "https://api.turso.tech/",
            "https://API.turso.tech/v1",
            "https://api.turso.tech:443/v1/",
        ] {
            assert_eq!(platform(text).as_deref(), Ok("https://api.turso.tech"), "{text}");
        }
        assert_eq!(platform("http://127.0.0.1:8080/").as_deref(), Ok("http://127.0.0.1:8080"));
        assert_eq!(
            service("region URL", "http://127.0.0.1:8080/_region/").as_deref(),
            Ok("http://127.0.0.1:8080/_region")
        );
    }

    #[test]
    fn nothing_goes_to_the_service_in_clear() {
        for text in [
            "http://api.turso.tech",
            "HTTP://API.TURSO.TECH/v1",
            "http://api.turso.tech.",
            "http://api.turso.tech:443",
            "http://turso.tech",
            "http://region.turso.io",
            "http://orders-acme.aws-eu-west-1.turso.io",
        ] {
            let elsewhere = [text.to_owned(), text.to_lowercase().replace("http:", "ws:")];
            let elsewhere = elsewhere.map(|text| refuse_in_clear("database URL", &text).unwrap_err());
            let refusals = [platform(text).unwrap_err(), service("region URL", text).unwrap_err()];
            for refused in refusals.into_iter().chain(elsewhere) {
                assert_eq!(refused.rule(), "must start with https://: nothing goes to Turso Cloud in clear", "{text}");
            }
        }
        for text in [
            "http://localhost:8080",
            "http://127.0.0.1:8080",
            "http://[::1]:8080",
            "http://gateway.example",
            "http://notturso.tech",
            "http://turso.tech.example",
            "https://api.turso.tech",
        ] {
            assert!(platform(text).is_ok() && service("region URL", text).is_ok(), "{text}");
            assert_eq!(refuse_in_clear("database URL", text), Ok(()), "{text}");
        }
        for text in ["libsql://orders-acme.turso.io", "wss://orders-acme.turso.io"] {
            assert_eq!(refuse_in_clear("database URL", text), Ok(()), "{text}");
        }
        let refused = refuse_in_clear("database URL", "http://u:planted@a.turso.io/b?authToken=planted").unwrap_err();
        assert_eq!(refused.value(), Some("http://a.turso.io/b"));
        // The reader of URLs passes over ends of lines.
        let refused = refuse_in_clear("database URL", "ht\ntp://u:planted@a.turso.io").unwrap_err();
        assert_eq!(refused.value(), Some("http://a.turso.io/"));
    }

    #[test]
    fn a_url_that_cannot_work_is_refused_without_its_password() {
        for text in [
            "",
            "api.turso.tech",
            "ftp://a",
            "https://a/v2",
            "https://a/?q",
            "https://a/#f",
            "https://u:planted@a",
            "https://planted@[x",
        ] {
            let refused = platform(text).unwrap_err();
            assert_eq!(refused.field(), "base URL");
            assert!(!refused.to_string().contains("planted"), "{refused}");
        }
    }
}

use std::time::Duration;

use clap::ValueEnum as _;
use jiff::SignedDuration;
use turso_cloud::{OrganizationSlug, contract::without_secrets, refuse_in_clear};

use crate::{
    args::{Format, GlobalArgs, choices},
    exit::Failure,
};

/// How many characters of a refused value an error shows.
const SHOWN: usize = 40;

/// A setting a profile can hold.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    /// What the command line says of it.
    pub(super) flag: fn(&GlobalArgs) -> Option<String>,
    /// The variables it is read from, the first one set first.
    pub(crate) variables: &'static [&'static str],
    pub(crate) about: &'static str,
    check: fn(&str) -> Result<(), String>,
}

pub(crate) const KEYS: [&Key; 7] =
    [Key::ORGANIZATION, Key::API_URL, Key::REGION_URL, Key::OUTPUT, Key::TIMEOUT, Key::RETRIES, Key::CACERT];

impl Key {
    pub(crate) const ORGANIZATION: &Self = &Self {
        name: "organization",
        flag: |flags| flags.org.clone(),
        variables: &["TURSOCTL_ORG", "TURSO_ORG"],
        about: "the organization commands work on",
        check: |text| OrganizationSlug::try_from(text).map(drop).map_err(|refused| refused.rule().to_owned()),
    };

    pub(crate) const API_URL: &Self = &Self {
        name: "api_url",
        flag: |flags| flags.api_url.clone(),
        variables: &["TURSOCTL_API_URL", "TURSO_API_BASEURL"],
        about: "the origin of the Platform API",
        check: check_url,
    };

    pub(crate) const REGION_URL: &Self = &Self {
        name: "region_url",
        flag: |_| None,
        variables: &["TURSOCTL_REGION_URL"],
        about: "the URL of the region service",
        check: check_url,
    };

    pub(crate) const OUTPUT: &Self = &Self {
        name: "output",
        flag: |flags| flags.format().map(|format| format.to_string()),
        variables: &["TURSOCTL_OUTPUT"],
        about: "the format of data",
        check: check_format,
    };

    pub(crate) const TIMEOUT: &Self = &Self {
        name: "timeout",
        flag: |flags| flags.timeout.clone(),
        variables: &["TURSOCTL_TIMEOUT"],
        about: "how long one request may take",
        check: |text| parse_duration(text).map(drop),
    };

    pub(crate) const RETRIES: &Self = &Self {
        name: "retries",
        flag: |flags| flags.retries.clone(),
        variables: &["TURSOCTL_RETRIES"],
        about: "how often a failed request is repeated",
        check: |text| text.parse::<u32>().map(drop).map_err(|_| "must be a number from 0".to_owned()),
    };

    pub(crate) const CACERT: &Self = &Self {
        name: "cacert",
        flag: |flags| flags.cacert.clone(),
        variables: &["TURSOCTL_CACERT"],
        about: "a PEM file with certificates to trust too",
        check: |_| Ok(()),
    };

    /// Holds a value to the rule of its setting; `origin` says where it was found.
    pub(crate) fn check(&self, value: &str, origin: &str) -> Result<(), Failure> {
        (self.check)(value).map_err(|rule| {
            // Whoever mixes up two values may have put a long secret here.
            let shown: String = without_secrets(value).chars().take(SHOWN).collect();
            self.refuse(&format!("{shown:?}"), origin, &rule)
        })
    }

    /// The refusal of a value, as far as it is to be shown.
    pub(super) fn refuse(&self, shown: &str, origin: &str, rule: &str) -> Failure {
        Failure::usage(format!("{} {shown} ({origin}) is not valid: {rule}", self.name))
    }
}

/// The setting of this name.
pub(crate) fn key(name: &str) -> Result<&'static Key, Failure> {
    KEYS.into_iter().find(|key| key.name == name).ok_or_else(|| {
        let names: Vec<_> = KEYS.iter().map(|key| key.name).collect();
        Failure::usage(format!("there is no setting {name:?}: it is one of {}", names.join(", ")))
    })
}

/// `30s`, `1m 30s`, `2 hours`.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    let rule = || "must be a time such as 30s or 1m30s, more than nothing".to_owned();
    let duration: SignedDuration = text.parse().map_err(|_| rule())?;
    Duration::try_from(duration).ok().filter(|duration| !duration.is_zero()).ok_or_else(rule)
}

fn check_url(text: &str) -> Result<(), String> {
    if !text.starts_with("http://") && !text.starts_with("https://") {
        return Err("must start with https:// or http://".to_owned());
    }
    refuse_in_clear("URL", text).map_err(|refused| refused.rule().to_owned())
}

fn check_format(text: &str) -> Result<(), String> {
    Format::from_str(text, false).map(drop).map_err(|_| format!("must be one of {}", choices::<Format>()))
}

use std::net::IpAddr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{
    ByteSize, DatabaseName, InvalidInput, OrganizationSlug, RequestPart, endpoint::endpoint, lenient::null_as_default,
    units::size_limit,
};

endpoint!(
    /// Gets the configuration of a database.
    GetDatabaseConfiguration: GET "/v1/organizations/" {organization: OrganizationSlug}
        "/databases/" {database: DatabaseName} "/configuration", Safe => DatabaseConfiguration
);

endpoint!(
    /// Changes the configuration of a database and answers with the whole of it.
    UpdateDatabaseConfiguration: PATCH "/v1/organizations/" {organization: OrganizationSlug}
        "/databases/" {database: DatabaseName} "/configuration",
        Idempotent, body DatabasePatch => DatabaseConfiguration
);

/// The configuration of a database.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[expect(clippy::struct_excessive_bools, reason = "the fields of the service")]
pub struct DatabaseConfiguration {
    /// How large it may become, if there is a bound. On the wire, no bound is an empty text.
    #[serde(default, deserialize_with = "size_limit::read", serialize_with = "size_limit::write")]
    pub size_limit: Option<ByteSize>,
    /// Whether other databases may attach it. Deprecated by the service.
    #[serde(default, deserialize_with = "null_as_default")]
    pub allow_attach: bool,
    /// Whether reads are refused.
    #[serde(default, deserialize_with = "null_as_default")]
    pub block_reads: bool,
    /// Whether writes are refused.
    #[serde(default, deserialize_with = "null_as_default")]
    pub block_writes: bool,
    /// Whether it is safe from deletion.
    #[serde(default, deserialize_with = "null_as_default")]
    pub delete_protection: bool,
    /// The addresses and networks it may be reached from; all where there are none.
    #[serde(default, deserialize_with = "null_as_default")]
    pub allowed_ips: Vec<String>,
    /// The private endpoints it may be reached from; all where there are none.
    #[serde(default, deserialize_with = "null_as_default")]
    pub allowed_aws_vpc_ids: Vec<String>,
}

/// What to change about a database. What is not set stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct DatabasePatch {
    /// How large it may become; 0 for no bound.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "size_limit::read_change")]
    pub size_limit: Option<ByteSize>,
    /// Whether other databases may attach it. Deprecated by the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_attach: Option<bool>,
    /// Whether reads are refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block_reads: Option<bool>,
    /// Whether writes are refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block_writes: Option<bool>,
    /// Whether it is safe from deletion.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete_protection: Option<bool>,
    /// The addresses and networks it may be reached from.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub allowed_ips: Option<AllowListChange>,
    /// The private endpoints it may be reached from.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub allowed_aws_vpc_ids: Option<AllowListChange>,
}

impl DatabasePatch {
    /// Bounds its size, or lifts the bound with 0. How to lift one is not documented; the local cloud takes 0 and an
    /// empty text for it.
    #[must_use]
    pub fn size_limit(mut self, limit: ByteSize) -> Self {
        self.size_limit = Some(limit);
        self
    }

    /// Lets other databases attach it, or not. Deprecated by the service, and refused on AWS.
    #[must_use]
    pub fn allow_attach(mut self, allow: bool) -> Self {
        self.allow_attach = Some(allow);
        self
    }

    /// Refuses reads, or no longer.
    #[must_use]
    pub fn block_reads(mut self, block: bool) -> Self {
        self.block_reads = Some(block);
        self
    }

    /// Refuses writes, or no longer.
    #[must_use]
    pub fn block_writes(mut self, block: bool) -> Self {
        self.block_writes = Some(block);
        self
    }

    /// Makes it safe from deletion, or no longer.
    #[must_use]
    pub fn delete_protection(mut self, protect: bool) -> Self {
        self.delete_protection = Some(protect);
        self
    }

    /// Lets it be reached only from these addresses and networks, such as `192.0.2.7` and `2001:db8::/32`.
    #[must_use]
    pub fn allowed_ips<I: Into<String>>(mut self, rules: impl IntoIterator<Item = I>) -> Self {
        self.allowed_ips = Some(AllowListChange::Replace(rules.into_iter().map(Into::into).collect()));
        self
    }

    /// Lets it be reached from every address again.
    #[must_use]
    pub fn clear_allowed_ips(mut self) -> Self {
        self.allowed_ips = Some(AllowListChange::Clear);
        self
    }

    /// Lets it be reached only from these private endpoints, such as `vpce-0123456789abcdef0`.
    #[must_use]
    pub fn allowed_aws_vpc_ids<I: Into<String>>(mut self, ids: impl IntoIterator<Item = I>) -> Self {
        self.allowed_aws_vpc_ids = Some(AllowListChange::Replace(ids.into_iter().map(Into::into).collect()));
        self
    }

    /// Lets it be reached from every private endpoint again.
    #[must_use]
    pub fn clear_allowed_aws_vpc_ids(mut self) -> Self {
        self.allowed_aws_vpc_ids = Some(AllowListChange::Clear);
        self
    }
}

impl RequestPart for DatabasePatch {
    fn check(&self) -> Result<(), InvalidInput> {
        check_list(
            "allowed_ips",
            self.allowed_ips.as_ref(),
            is_address_or_network,
            "must be an IP address or a network in CIDR notation",
        )?;
        check_list(
            "allowed_aws_vpc_ids",
            self.allowed_aws_vpc_ids.as_ref(),
            |id| id.starts_with("vpce-"),
            "must start with vpce-",
        )
    }
}

/// A change to an allow list, which the service replaces as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllowListChange {
    /// These rules and no others. An empty list is refused: it would let everybody in, which [`Clear`](Self::Clear) says.
    Replace(Vec<String>),
    /// No rules.
    Clear,
}

impl Serialize for AllowListChange {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Replace(rules) => serializer.collect_seq(rules),
            Self::Clear => serializer.collect_seq::<[&str; 0]>([]),
        }
    }
}

/// The service takes `[]` and `null` for the same: no rules.
impl<'de> Deserialize<'de> for AllowListChange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let rules = Option::<Vec<String>>::deserialize(deserializer)?.unwrap_or_default();
        Ok(if rules.is_empty() { Self::Clear } else { Self::Replace(rules) })
    }
}

/// A `null` is a change, too.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<AllowListChange>, D::Error> {
    AllowListChange::deserialize(deserializer).map(Some)
}

fn check_list(
    field: &'static str,
    change: Option<&AllowListChange>,
    fits: fn(&str) -> bool,
    rule: &'static str,
) -> Result<(), InvalidInput> {
    let Some(AllowListChange::Replace(rules)) = change else { return Ok(()) };
    if rules.is_empty() {
        return Err(InvalidInput::new(
            field,
            "[]",
            "must not be empty: an empty list lets everybody in, clear it on purpose",
        ));
    }
    match rules.iter().find(|entry| !fits(entry)) {
        Some(entry) => Err(InvalidInput::new(field, entry, rule)),
        None => Ok(()),
    }
}

fn is_address_or_network(text: &str) -> bool {
    let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
    let longest = match address.parse() {
        Ok(IpAddr::V4(_)) => 32,
        Ok(IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    bits.is_none_or(|bits| bits.parse::<u8>().is_ok_and(|bits| bits <= longest))
}

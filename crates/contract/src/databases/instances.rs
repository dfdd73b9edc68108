use serde::{Deserialize, Serialize};

use crate::{
    DatabaseName, InstanceName, LocationCode, Nothing, OrganizationSlug, answer::answer, endpoint::endpoint,
    lenient::null_as_default, open_enum::open_enum,
};

endpoint!(
    /// Lists the instances of a database: one for each location of its group.
    ListInstances: GET "/v1/organizations/" {organization: OrganizationSlug}
        "/databases/" {database: DatabaseName} "/instances", Safe => InstancesAnswer
);

endpoint!(
    /// Gets one instance.
    GetInstance: GET "/v1/organizations/" {organization: OrganizationSlug}
        "/databases/" {database: DatabaseName} "/instances/" {instance: InstanceName}, Safe => InstanceAnswer
);

endpoint!(
    /// Waits until an instance answers queries. The service does not document it.
    WaitForInstance: GET "/v1/organizations/" {organization: OrganizationSlug}
        "/databases/" {database: DatabaseName} "/instances/" {instance: InstanceName} "/wait", Safe => Nothing
);

open_enum!(
    /// What an instance is for.
    InstanceKind {
        /// It takes the writes.
        Primary = "primary",
        /// It answers reads near to their callers.
        Replica = "replica",
    }
);

/// One instance of a database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Instance {
    /// Its id.
    pub uuid: String,
    /// Its name: today the code of its location.
    pub name: InstanceName,
    /// What it is for.
    #[serde(rename = "type")]
    pub kind: InstanceKind,
    /// Where it is.
    pub region: LocationCode,
    /// Its own host.
    #[serde(default, deserialize_with = "null_as_default")]
    pub hostname: String,
}

impl Instance {
    /// An instance, for tests and local clouds.
    #[must_use]
    pub fn new(
        uuid: impl Into<String>,
        name: InstanceName,
        kind: InstanceKind,
        region: LocationCode,
        hostname: impl Into<String>,
    ) -> Self {
        Self { uuid: uuid.into(), name, kind, region, hostname: hostname.into() }
    }
}

answer!(
    /// The answer of [`ListInstances`].
    #[derive(Default)]
    InstancesAnswer {
        /// The instances.
        #[serde(deserialize_with = "null_as_default")]
        instances: Vec<Instance>,
    }
);

answer!(
    /// The answer of [`GetInstance`].
    InstanceAnswer {
        /// The instance.
        instance: Instance,
    }
);

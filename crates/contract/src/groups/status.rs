use serde::{Deserialize, Serialize};

use crate::{LocationCode, lenient::null_as_default};

/// How a group is, where the service tells it. The service does not document it: this is what its command line reads.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GroupStatus {
    /// Each of its locations.
    #[serde(default, deserialize_with = "null_as_default")]
    pub locations: Vec<LocationStatus>,
}

/// How a location of a group is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LocationStatus {
    /// Its code.
    pub name: LocationCode,
    /// A word, of which only `down` is known to mean something.
    #[serde(default, deserialize_with = "null_as_default")]
    pub status: String,
}

impl LocationStatus {
    /// Whether databases cannot be reached there.
    ///
    /// ```
    /// use turso_cloud_contract::groups::GroupAnswer;
    ///
    /// let answer = r#"{"group": {"name": "default", "uuid": "0a28102d-6906-11ee-8553-eaa7715aeaf2", "primary": "lhr",
    ///     "status": {"locations": [{"name": "lhr", "status": "down"}, {"name": "waw", "status": "up"}]}}}"#;
    /// let group = serde_json::from_str::<GroupAnswer>(answer)?.group;
    /// let down: Vec<_> = group.status.iter().flat_map(|status| &status.locations).filter(|at| at.is_down()).collect();
    /// assert_eq!(down[0].name, "lhr");
    /// assert_eq!(down.len(), 1);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn is_down(&self) -> bool {
        self.status == "down"
    }
}

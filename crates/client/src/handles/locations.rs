mod continent;

use std::collections::BTreeMap;

pub use continent::Continent;
use serde::{Deserialize, Serialize};
use turso_cloud_contract::{
    InvalidInput, LocationCode,
    locations::{ClosestRegion, GetClosestRegion, ListLocations, Place},
};

use super::{listed::one_of, scope::named};
use crate::{Call, Client, Error, ErrorKind};

/// The locations groups can be in: [`Client::locations`].
#[derive(Clone, Debug)]
pub struct Locations {
    client: Client,
}

/// A location a group can be in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Location {
    /// Its code, for instance `aws-us-east-1`.
    pub code: LocationCode,
    /// Where it is, for people.
    pub description: String,
}

impl Location {
    /// A location, for tests.
    #[must_use]
    pub fn new(code: LocationCode, description: impl Into<String>) -> Self {
        Self { code, description: description.into() }
    }
}

impl Locations {
    pub(crate) fn new(client: &Client) -> Self {
        Self { client: client.clone() }
    }

    /// Lists them, sorted by code.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// let locations = turso.locations().list().await?;
    /// assert!(locations.iter().any(|location| location.code == "aws-us-east-1"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(&self) -> Call<Vec<Location>> {
        Call::one(&self.client, Ok(ListLocations {}), |answer| {
            answer.locations.into_iter().map(|(code, description)| Location { code, description }).collect()
        })
    }

    /// Gets one; fails with [`NotFound`](crate::ErrorKind::NotFound) where there is none. It is looked up in the list.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// assert_eq!(turso.locations().get("aws-us-east-1").await?.description, "AWS US East (Virginia)");
    /// # Ok(())
    /// # }
    /// ```
    pub fn get(&self, code: impl TryInto<LocationCode, Error: Into<InvalidInput>>) -> Call<Location> {
        let code = named::<LocationCode>(code);
        one_of(&self.client, self.list(), code, "location", |location, code| location.code == *code)
    }

    /// Gets one, or nothing where there is none. It is looked up in the list.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// assert_eq!(turso.locations().find("mars-north-1").await?, None);
    /// # Ok(())
    /// # }
    /// ```
    pub fn find(&self, code: impl TryInto<LocationCode, Error: Into<InvalidInput>>) -> Call<Option<Location>> {
        self.get(code).or_none()
    }

    /// Asks the region service which location is nearest. It may name one of the old platform, in which no group can
    /// be created: [`find`](Self::find) tells. No token is sent.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// assert_eq!(turso.locations().closest_region().await?.client, "local");
    /// # Ok(())
    /// # }
    /// ```
    pub fn closest_region(&self) -> Call<ClosestRegion> {
        self.client.call(GetClosestRegion {})
    }

    /// Lists them by continent. The service tells no continents: they are this crate's table, and codes it does not know
    /// are sorted by their beginning.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// use turso_cloud::Continent;
    ///
    /// let locations = turso.locations().by_continent().await?;
    /// assert!(locations[&Continent::Europe].iter().any(|location| location.code == "aws-eu-west-1"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn by_continent(&self) -> Call<BTreeMap<Continent, Vec<Location>>> {
        self.list().map(|locations| {
            let mut sorted = BTreeMap::<_, Vec<_>>::new();
            for location in locations {
                sorted.entry(Continent::of(&location.code)).or_default().push(location);
            }
            sorted
        })
    }

    /// Finds the location nearest to this machine that groups can be created in: the one the region service names, or,
    /// where it names one of the old platform, the one nearest to that.
    ///
    /// Fails with [`NotFound`](crate::ErrorKind::NotFound) where the region service names one that is neither listed nor
    /// known: choose one from [`list`](Self::list).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// assert_eq!(turso.locations().closest().await?.code, "local");
    /// # Ok(())
    /// # }
    /// ```
    pub fn closest(&self) -> Call<Location> {
        let list = self.list();
        self.closest_region().then(move |cx, region| async move {
            let nearest = region?.client;
            let locations = list.run_in(cx).await?;
            nearest_of(&locations, &nearest).cloned().ok_or_else(|| {
                let detail = format!("the region service names {nearest}, which is neither listed nor known");
                Error::new(ErrorKind::NotFound).with_detail(detail)
            })
        })
    }
}

fn nearest_of<'a>(locations: &'a [Location], to: &LocationCode) -> Option<&'a Location> {
    if let Some(found) = locations.iter().find(|location| location.code == *to) {
        return Some(found);
    }
    let listed = locations.iter().filter_map(|location| Place::find(&location.code));
    let nearest = Place::find(to)?.closest(listed, 1).pop()?;
    locations.iter().find(|location| location.code == *nearest.code)
}

use turso_cloud_contract::{
    InvalidInput, LocationCode,
    locations::{ClosestRegion, GetClosestRegion, ListLocations},
};

use super::scope::named;
use crate::{Call, Client, Error, ErrorKind};

/// The locations groups can be in: [`Client::locations`].
#[derive(Clone, Debug)]
pub struct Locations {
    client: Client,
}

/// A location a group can be in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Location {
    /// Its code, for instance `aws-us-east-1`.
    pub code: LocationCode,
    /// Where it is, for people.
    pub description: String,
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
    pub fn get<N>(&self, code: N) -> Call<Location>
    where
        N: TryInto<LocationCode>,
        N::Error: Into<InvalidInput>,
    {
        let code = named::<LocationCode, _>(code);
        Call::new(&self.client, |cx| async move {
            let code = code?;
            let locations = cx.send(&ListLocations {}).await?.locations;
            let found = locations.into_iter().find(|(listed, _)| *listed == code);
            match found {
                Some((code, description)) => Ok(Location { code, description }),
                None => Err(Error::new(ErrorKind::NotFound).with_detail(format!("no location is called {code}"))),
            }
        })
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
    pub fn find<N>(&self, code: N) -> Call<Option<Location>>
    where
        N: TryInto<LocationCode>,
        N::Error: Into<InvalidInput>,
    {
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
}

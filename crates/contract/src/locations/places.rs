use crate::LocationCode;

static AWS: [Place; 6] = [
    place("aws-ap-northeast-1", "AWS AP NorthEast (Tokyo)", 35.7, 139.7),
    place("aws-ap-south-1", "AWS AP South (Mumbai)", 19.1, 72.9),
    place("aws-eu-west-1", "AWS EU West (Ireland)", 53.3, -6.3),
    place("aws-us-east-1", "AWS US East (Virginia)", 38.9, -77.4),
    place("aws-us-east-2", "AWS US East (Ohio)", 40.0, -83.0),
    place("aws-us-west-2", "AWS US West (Oregon)", 45.8, -119.7),
];

static FLY: [Place; 35] = [
    place("ams", "Amsterdam, Netherlands", 52.4, 4.9),
    place("arn", "Stockholm, Sweden", 59.3, 18.1),
    place("atl", "Atlanta, Georgia (US)", 33.7, -84.4),
    place("bog", "Bogotá, Colombia", 4.7, -74.1),
    place("bom", "Mumbai, India", 19.1, 72.9),
    place("bos", "Boston, Massachusetts (US)", 42.4, -71.1),
    place("cdg", "Paris, France", 48.9, 2.4),
    place("den", "Denver, Colorado (US)", 39.7, -105.0),
    place("dfw", "Dallas, Texas (US)", 32.8, -96.8),
    place("ewr", "Secaucus, NJ (US)", 40.8, -74.1),
    place("eze", "Ezeiza, Argentina", -34.9, -58.5),
    place("fra", "Frankfurt, Germany", 50.0, 8.6),
    place("gdl", "Guadalajara, Mexico", 20.7, -103.3),
    place("gig", "Rio de Janeiro, Brazil", -22.9, -43.2),
    place("gru", "São Paulo, Brazil", -23.6, -46.6),
    place("hkg", "Hong Kong, Hong Kong", 22.3, 114.2),
    place("iad", "Ashburn, Virginia (US)", 39.0, -77.5),
    place("jnb", "Johannesburg, South Africa", -26.2, 28.0),
    place("lax", "Los Angeles, California (US)", 34.1, -118.2),
    place("lhr", "London, United Kingdom", 51.5, -0.5),
    place("mad", "Madrid, Spain", 40.4, -3.7),
    place("mia", "Miami, Florida (US)", 25.8, -80.2),
    place("nrt", "Tokyo, Japan", 35.7, 139.7),
    place("ord", "Chicago, Illinois (US)", 41.9, -87.6),
    place("otp", "Bucharest, Romania", 44.4, 26.1),
    place("phx", "Phoenix, Arizona (US)", 33.4, -112.1),
    place("qro", "Querétaro, Mexico", 20.6, -100.4),
    place("scl", "Santiago, Chile", -33.4, -70.7),
    place("sea", "Seattle, Washington (US)", 47.6, -122.3),
    place("sin", "Singapore, Singapore", 1.4, 103.8),
    place("sjc", "San Jose, California (US)", 37.3, -121.9),
    place("syd", "Sydney, Australia", -33.9, 151.2),
    place("waw", "Warsaw, Poland", 52.2, 21.0),
    place("yul", "Montreal, Canada", 45.5, -73.6),
    place("yyz", "Toronto, Canada", 43.7, -79.4),
];

/// A location of the service as its documents describe it. Where in the world it is they do not say: the coordinates are
/// those of its city, good enough to tell which of two is nearer.
///
/// ```
/// use turso_cloud_contract::locations::Place;
///
/// let los_angeles = Place::find(&"lax".parse()?).expect("a location of the old platform");
/// assert_eq!(los_angeles.closest(Place::aws(), 1)[0].code, "aws-us-west-2");
/// # Ok::<(), turso_cloud_contract::InvalidInput>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Place {
    /// Its code.
    pub code: &'static str,
    /// What the service says it is.
    pub description: &'static str,
    latitude: f64,
    longitude: f64,
}

impl Place {
    /// The locations of the service today.
    #[must_use]
    pub fn aws() -> &'static [Self] {
        &AWS
    }

    /// The locations of its old platform. Groups are still there, and the region service still names them.
    #[must_use]
    pub fn fly() -> &'static [Self] {
        &FLY
    }

    /// The one with this code, today's or old; nothing for one that was opened after this version.
    #[must_use]
    pub fn find(code: &LocationCode) -> Option<&'static Self> {
        AWS.iter().chain(&FLY).find(|place| code == place.code)
    }

    /// Those of `places` nearest to it along the surface of the earth, without itself, the nearest first.
    #[must_use]
    pub fn closest<'a>(&self, places: impl IntoIterator<Item = &'a Self>, how_many: usize) -> Vec<&'a Self> {
        let mut others: Vec<_> = places.into_iter().filter(|place| place.code != self.code).collect();
        others.sort_by(|one, other| self.nearness(other).total_cmp(&self.nearness(one)));
        others.truncate(how_many);
        others
    }

    /// The cosine of the angle between the two: the larger, the nearer.
    fn nearness(&self, other: &Self) -> f64 {
        let (one, two) = (self.latitude.to_radians(), other.latitude.to_radians());
        let between = (self.longitude - other.longitude).to_radians();
        one.sin().mul_add(two.sin(), one.cos() * two.cos() * between.cos())
    }
}

const fn place(code: &'static str, description: &'static str, latitude: f64, longitude: f64) -> Place {
    Place { code, description, latitude, longitude }
}

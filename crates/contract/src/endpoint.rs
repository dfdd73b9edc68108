use std::fmt::{self, Debug};

use http::Method;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{InvalidInput, PathReader, decode};

/// One operation of the API, declared once by the `endpoint!` macro for client, local cloud and mock alike.
///
/// A value of the implementing type is one request: its path fields, its query and its body. It cannot be implemented
/// elsewhere: nothing but the macro keeps its parts in step.
pub trait Endpoint: Declared + Clone + Debug + Send + Sync + Sized + 'static {
    /// The name of the operation, for instance `GetDatabase`.
    const NAME: &'static str;
    /// The HTTP method.
    const METHOD: Method;
    /// The path with a `{field}` for each segment that varies.
    const PATH: &'static str;
    /// Whether a request may be sent again when its first answer was lost.
    const REPEATABILITY: Repeatability;
    /// The server that answers it.
    const SERVICE: Service;

    /// The query of the request; [`NoQuery`] where it has none.
    type Query: RequestPart;
    /// The JSON body of the request; [`NoBody`] where it has none.
    type Body: RequestPart;
    /// What the server answers with status 200; [`Nothing`] where that answer is empty.
    type Answer: Clone + Debug + Serialize + DeserializeOwned + Send + Sync + 'static;

    /// The path of this request, percent-encoded.
    fn path(&self) -> String;
    /// The query of this request.
    fn query(&self) -> &Self::Query;
    /// The body of this request.
    fn body(&self) -> &Self::Body;
    /// Builds a request from its parts; the reader stands at the start of the path.
    fn from_parts(path: PathReader<'_>, query: Self::Query, body: Self::Body) -> Result<Self, InvalidInput>;

    /// Holds the query and the body to the rules that are known without asking the server.
    fn check(&self) -> Result<(), InvalidInput> {
        self.query().check()?;
        self.body().check()
    }

    /// The path and the query, as they stand in the first line of a request.
    fn path_and_query(&self) -> Result<String, RequestError> {
        let mut target = self.path();
        let query = serde_urlencoded::to_string(self.query()).map_err(|e| RequestError::Query(e.to_string()))?;
        if !query.is_empty() {
            target.push('?');
            target.push_str(&query);
        }
        Ok(target)
    }

    /// The body as JSON; nothing where no body is to be sent.
    fn encode_body(&self) -> Result<Option<Vec<u8>>, RequestError> {
        if self.body().is_empty() {
            return Ok(None);
        }
        serde_json::to_vec(self.body()).map(Some).map_err(|e| RequestError::Body(e.to_string()))
    }

    /// Reads a request the way the service does: keys of the body in any case, unknown keys ignored. The rules
    /// of [`Endpoint::check`] are left to the caller, who may want to refuse in another order.
    fn decode(path: &str, query: Option<&str>, body: &[u8]) -> Result<Self, RequestError> {
        let query = decode::query(query.unwrap_or_default()).map_err(RequestError::Query)?;
        let body = decode::body(body).map_err(RequestError::Body)?;
        Self::from_parts(PathReader::new(path), query, body).map_err(RequestError::Path)
    }
}

/// What the macro has declared; not to be named by other crates.
pub trait Declared {}

/// Whether a request may be sent again when nobody knows if the first one arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Repeatability {
    /// It changes nothing.
    Safe,
    /// It changes something, and twice is as good as once.
    Idempotent,
    /// Twice is not as good as once.
    Once,
}

/// The server an operation belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Service {
    /// The Platform API, `https://api.turso.tech`.
    Platform,
    /// The region service, `https://region.turso.io`, which asks for no token.
    Region,
}

/// What the service makes of an absent query or body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Presence {
    /// It refuses the request.
    Required,
    /// It takes every option at its default.
    Optional,
    /// It never looks at it.
    Ignored,
}

/// The query or the body of a request.
pub trait RequestPart: Clone + Debug + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// What the service makes of its absence.
    const PRESENCE: Presence = Presence::Required;

    /// The largest of the numbers that a query takes, of which 1 is the smallest.
    const LARGEST_NUMBER: u64 = u64::MAX;

    /// Whether there is nothing to send.
    fn is_empty(&self) -> bool {
        false
    }

    /// The rules that are known without asking the server.
    fn check(&self) -> Result<(), InvalidInput> {
        Ok(())
    }
}

/// The query of an operation that has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoQuery {}

impl RequestPart for NoQuery {
    const PRESENCE: Presence = Presence::Ignored;

    fn is_empty(&self) -> bool {
        true
    }
}

/// The body of an operation that has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoBody {}

impl RequestPart for NoBody {
    const PRESENCE: Presence = Presence::Ignored;

    fn is_empty(&self) -> bool {
        true
    }
}

/// An empty answer. The service sends no bytes; a JSON value in their place is tolerated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Nothing;

impl Serialize for Nothing {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}

impl<'de> Deserialize<'de> for Nothing {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde::de::IgnoredAny::deserialize(deserializer)?;
        Ok(Self)
    }
}

/// Why a request could not be written or read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestError {
    /// The path does not belong to the operation, or one of its segments is not valid.
    Path(InvalidInput),
    /// The query is not valid.
    Query(String),
    /// The body is not valid.
    Body(String),
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(refused) => fmt::Display::fmt(refused, f),
            Self::Query(why) | Self::Body(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for RequestError {}

/// Declares one operation: path literals and typed fields alternate, so that they cannot disagree.
///
/// `Name: METHOD [on Service] "literal" {field: Type} …, Repeatability [, query Q] [, body B] => Answer`
macro_rules! endpoint {
    ($(#[$meta:meta])*
     $name:ident : $method:ident $(on $service:ident)? $($literal:literal $({ $field:ident : $segment:ty })?)+,
     $repeat:ident $(, query $query:ty)? $(, body $body:ty)? => $answer:ty) => {
        $(#[$meta])*
        #[doc = concat!("\n\n`", stringify!($method), " ", $($literal, $("{", stringify!($field), "}",)?)+ "`")]
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name {
            $($(#[doc = concat!("The `", stringify!($field), "` of the path.")] pub $field: $segment,)?)+
            $(/// The query.
              pub query: $query,)?
            $(/// The body.
              pub body: $body,)?
        }

        impl $crate::endpoint::Declared for $name {}

        impl $crate::Endpoint for $name {
            const NAME: &'static str = stringify!($name);
            const METHOD: http::Method = http::Method::$method;
            const PATH: &'static str = concat!($($literal, $("{", stringify!($field), "}",)?)+);
            const REPEATABILITY: $crate::Repeatability = $crate::Repeatability::$repeat;
            const SERVICE: $crate::Service = $crate::endpoint::endpoint!(@service $($service)?);

            type Query = $crate::endpoint::endpoint!(@query_type $($query)?);
            type Body = $crate::endpoint::endpoint!(@body_type $($body)?);
            type Answer = $answer;

            fn path(&self) -> String {
                // Names are about as long as what they are called.
                let mut path = String::with_capacity(Self::PATH.len());
                $(path.push_str($literal); $($crate::path::push_segment(&mut path, &self.$field);)?)+
                path
            }

            fn query(&self) -> &Self::Query {
                $crate::endpoint::endpoint!(@query self $($query)?)
            }

            fn body(&self) -> &Self::Body {
                $crate::endpoint::endpoint!(@body self $($body)?)
            }

            fn from_parts(
                mut path: $crate::PathReader<'_>,
                _query: Self::Query,
                _body: Self::Body,
            ) -> Result<Self, $crate::InvalidInput> {
                $(path.literal($literal)?; $(let $field = path.segment::<$segment>()?;)?)+
                path.end()?;
                Ok(Self {
                    $($($field,)?)+
                    $(query: $crate::endpoint::endpoint!(@keep $query, _query),)?
                    $(body: $crate::endpoint::endpoint!(@keep $body, _body),)?
                })
            }
        }
    };
    (@service) => { $crate::Service::Platform };
    (@service $service:ident) => { $crate::Service::$service };
    (@query_type) => { $crate::NoQuery };
    (@query_type $query:ty) => { $query };
    (@body_type) => { $crate::NoBody };
    (@body_type $body:ty) => { $body };
    (@query $self:ident) => { &$crate::NoQuery {} };
    (@query $self:ident $query:ty) => { &$self.query };
    (@body $self:ident) => { &$crate::NoBody {} };
    (@body $self:ident $body:ty) => { &$self.body };
    (@keep $kind:ty, $value:expr) => { $value };
}
pub(crate) use endpoint;

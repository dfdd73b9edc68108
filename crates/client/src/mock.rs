//! A typed test double: no sockets, no state, an answer for every operation.
//!
//! Operations without a rule get a canned answer in the documented shape. Uploads, which are not operations of the
//! catalogue, always succeed: they have no rules, and their bytes are not kept. For state and SQL, test against the
//! local cloud instead.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::time::Duration;
//! use turso_cloud::{
//!     NewDatabase,
//!     contract::databases::{CreateDatabase, CreatedDatabase, CreatedDatabaseAnswer},
//!     mock::{Failure, Mock},
//! };
//!
//! let mock = Mock::new();
//! mock.on::<CreateDatabase>(|request| {
//!     let name = request.body.name.parse().map_err(|_| Failure::refused(400, "bad name"))?;
//!     let id = "0eb771dd-6906-11ee-8553-eaa7715aeaf2".parse().map_err(|_| Failure::Disconnected)?;
//!     Ok(CreatedDatabaseAnswer { database: CreatedDatabase::new(id, "orders-acme.turso.io", name) })
//! })
//! .fail_once(Failure::rate_limited(Duration::from_secs(2)));
//!
//! let turso = mock.client().build()?;
//! # tokio::time::pause();
//! let created = turso.databases().create(NewDatabase::new("orders", "default")).await?;
//! assert_eq!(created.hostname, "orders-acme.turso.io");
//! assert_eq!(mock.requests::<CreateDatabase>().len(), 2);
//! assert_eq!(turso.groups().get("default").await?.name, "default");
//! # Ok(())
//! # }
//! ```

mod failure;
mod uploads;

use std::{
    any::Any,
    collections::{HashMap, VecDeque},
    fmt,
    marker::PhantomData,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
pub use failure::Failure;
use http::{Response, Uri};
use turso_cloud_contract::{ApiToken, Endpoint, EndpointInfo, Service, endpoints, for_each_endpoint, sample};

use crate::{
    Client, ClientBuilder, Credentials,
    transport::{Body, SendFuture, Transport},
};

const REGION_HOST: &str = "region.mock.invalid";

/// A typed test double for [`Client`]. Clones share rules and requests.
#[derive(Clone, Default)]
pub struct Mock(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    rules: HashMap<&'static str, Rule>,
    requests: Vec<Box<dyn Any + Send>>,
}

#[derive(Default)]
struct Rule {
    next: VecDeque<Reply>,
    always: Option<AnswerFn>,
}

type Reply = Result<Bytes, Failure>;
type AnswerFn = Arc<dyn Fn(&dyn Any) -> Reply + Send + Sync>;

impl Mock {
    /// A double that answers every operation with its canned answer.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A client of the double, with a token and the organization `acme`.
    pub fn client(&self) -> ClientBuilder {
        let token = || async { Ok(ApiToken::new("mock.eyJqdGkiOiJtb2NrIn0.mock")?) };
        Client::builder(Credentials::provider(token))
            .organization("acme")
            .base_url("http://api.mock.invalid")
            .region_url(format!("http://{REGION_HOST}"))
            .transport(self.clone())
    }

    /// Answers an operation by a function from now on.
    pub fn on<E: Endpoint>(
        &self,
        answer: impl Fn(&E) -> Result<E::Answer, Failure> + Send + Sync + 'static,
    ) -> Replies<'_, E> {
        let answer = move |request: &dyn Any| match request.downcast_ref::<E>() {
            Some(request) => answer(request).and_then(|answer| encode(&answer)),
            None => Err(Failure::Disconnected),
        };
        self.lock().rules.entry(E::NAME).or_default().always = Some(Arc::new(answer));
        self.when()
    }

    /// Queues replies to an operation ahead of its usual answer.
    #[must_use]
    pub fn when<E: Endpoint>(&self) -> Replies<'_, E> {
        Replies { mock: self, endpoint: PhantomData }
    }

    /// The requests of an operation so far, every attempt for itself.
    #[must_use]
    pub fn requests<E: Endpoint>(&self) -> Vec<E> {
        self.lock().requests.iter().filter_map(|request| request.downcast_ref::<E>().cloned()).collect()
    }

    /// How many requests there were so far.
    #[must_use]
    pub fn request_count(&self) -> usize {
        self.lock().requests.len()
    }

    fn reply<E: Endpoint>(&self, request: &E) -> Reply {
        let (next, always) = {
            let mut state = self.lock();
            state.requests.push(Box::new(request.clone()));
            let rule = state.rules.entry(E::NAME).or_default();
            (rule.next.pop_front(), rule.always.clone())
        };
        // The function runs without the lock: it may use the double itself.
        next.or_else(|| always.map(|answer| answer(request))).unwrap_or_else(|| canned(E::NAME))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The replies to one operation: [`Mock::on`] and [`Mock::when`].
pub struct Replies<'a, E> {
    mock: &'a Mock,
    endpoint: PhantomData<fn() -> E>,
}

impl<E: Endpoint> Replies<'_, E> {
    /// Fails the next request that no queued reply is for.
    #[expect(clippy::must_use_candidate, reason = "the reply is queued either way")]
    pub fn fail_once(&self, failure: Failure) -> &Self {
        self.queue(Err(failure))
    }

    /// Answers the next request that no queued reply is for.
    pub fn answer_once(&self, answer: &E::Answer) -> &Self {
        self.queue(encode(answer))
    }

    /// Answers the next request that no queued reply is for with any text, such as JSON of another shape.
    pub fn answer_once_with_text(&self, text: impl Into<String>) -> &Self {
        self.queue(Ok(text.into().into()))
    }

    fn queue(&self, reply: Reply) -> &Self {
        self.mock.lock().rules.entry(E::NAME).or_default().next.push_back(reply);
        self
    }
}

impl Transport for Mock {
    fn send(&self, request: http::Request<Body>) -> SendFuture<'_> {
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let service = if parts.uri.host() == Some(REGION_HOST) { Service::Region } else { Service::Platform };
            let reply = if let Some(info) = EndpointInfo::find(service, &parts.method, parts.uri.path()) {
                self.dispatch(info.name, &parts.uri, &body.collect(usize::MAX).await?)
            } else {
                uploads::drain(body).await?;
                let unknown = || Err(Failure::refused(404, "the mock knows no such operation"));
                uploads::reply(&parts.method, parts.uri.path()).unwrap_or_else(unknown)
            };
            match reply {
                Ok(json) => Ok(Response::new(json.into())),
                Err(failure) => failure.into_response(),
            }
        })
    }
}

impl Mock {
    fn dispatch(&self, operation: &str, uri: &Uri, body: &[u8]) -> Reply {
        macro_rules! dispatch {
            ($($name:ident,)+) => {
                match operation {
                    $(<endpoints::$name as Endpoint>::NAME => self.decode_and_reply::<endpoints::$name>(uri, body),)+
                    _ => Err(Failure::refused(404, "the mock knows no such operation")),
                }
            };
        }
        for_each_endpoint!(dispatch)
    }

    fn decode_and_reply<E: Endpoint>(&self, uri: &Uri, body: &[u8]) -> Reply {
        match E::decode(uri.path(), uri.query(), body) {
            Ok(request) => self.reply(&request),
            Err(refused) => Err(Failure::refused(400, refused.to_string())),
        }
    }
}

fn encode<A: serde::Serialize>(answer: &A) -> Reply {
    match serde_json::to_vec(answer) {
        Ok(json) if json == b"null" => Ok(Bytes::new()),
        Ok(json) => Ok(json.into()),
        Err(error) => Err(Failure::refused(500, error.to_string())),
    }
}

fn canned(operation: &str) -> Reply {
    sample(operation).map(Bytes::from).ok_or_else(|| Failure::refused(404, "the mock knows no such operation"))
}

impl fmt::Debug for Mock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mock").field("requests", &self.request_count()).finish_non_exhaustive()
    }
}

impl<E: Endpoint> fmt::Debug for Replies<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replies").field("operation", &E::NAME).finish_non_exhaustive()
    }
}

//! A typed test double: no sockets, next to no state, an answer for every operation.
//!
//! Operations without a rule get a canned answer in the documented shape, with the names the request has; or, from a
//! [strict](Mock::strict) double, a refusal. Uploads, which are not operations of the catalogue, always succeed: they have
//! no rules, and their bytes are not kept. For state and SQL, test against the local cloud instead.
//!
//! Here everything is there, whatever its name: databases in the group `default`, groups in `aws-us-east-1`. What was
//! created is what was asked for from then on, but it has to be said that it is new where somebody looks first, as `ensure`
//! does:
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use turso_cloud::{
//!     NewDatabase,
//!     contract::databases::GetDatabase,
//!     mock::{Failure, Mock},
//! };
//!
//! let mock = Mock::new();
//! mock.when::<GetDatabase>().fail_once(Failure::refused(404, "database not found"));
//! let orders = mock.client().build()?.databases().ensure(NewDatabase::new("orders", "eu")).await?;
//! assert!(orders.is_created() && orders.as_ref().group == "eu");
//! # Ok(())
//! # }
//! ```
//!
//! A rule answers an operation by a function, and replies are queued before it:
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
//!     Ok(CreatedDatabaseAnswer::new(CreatedDatabase::new(id, "orders-acme.turso.io", name)))
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

mod canned;
mod failure;
mod uploads;

use std::{
    any::Any,
    collections::{HashMap, VecDeque},
    fmt, iter,
    marker::PhantomData,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use canned::canned;
pub use failure::Failure;
use http::{Method, Response, Uri};
use serde_json::{Map, Value};
use turso_cloud_contract::{ApiToken, Endpoint, EndpointInfo, Service, endpoints, for_each_endpoint};

use crate::{
    Client, ClientBuilder, Credentials,
    transport::{Body, SendFuture, Transport},
};

const REGION_HOST: &str = "region.mock.invalid";

/// A typed test double for [`Client`]. Clones share rules, requests and what was created.
#[derive(Clone, Default)]
pub struct Mock(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    is_strict: bool,
    rules: HashMap<&'static str, Rule>,
    requests: Vec<Box<dyn Any + Send>>,
    /// What every request was for, those included that are none of the catalogue.
    operations: Vec<&'static str>,
    /// What was asked for of the things that were created, by their paths.
    made: HashMap<String, Map<String, Value>>,
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

    /// A double that refuses every operation that no rule is for, as [`Rejected`](crate::ErrorKind::Rejected).
    ///
    /// Some calls are made of several operations: [`wait_ready`](crate::Call::wait_ready), for one, sends `GetDatabase` and
    /// `CreateDatabaseToken`, and asks the host of the database, which is no operation and needs no rule.
    /// [`operations`](Self::operations) tells those of a call.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use turso_cloud::mock::Mock;
    ///
    /// let mock = Mock::strict();
    /// let error = mock.client().build()?.groups().list().await.unwrap_err();
    /// assert_eq!(error.message(), Some("the mock is strict and has no rule for ListGroups"));
    /// assert_eq!(mock.operations(), ["ListGroups"]);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn strict() -> Self {
        let mock = Self::new();
        mock.lock().is_strict = true;
        mock
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

    /// What the requests so far were for, in their order and every attempt for itself: the name of the operation, `Upload`
    /// for a part of an upload, and `Request` for what the double does not know.
    #[must_use]
    pub fn operations(&self) -> Vec<&'static str> {
        self.lock().operations.clone()
    }

    /// How many requests there were so far, uploads and those the double does not know included.
    #[must_use]
    pub fn request_count(&self) -> usize {
        self.lock().operations.len()
    }

    /// The operations that queued replies were never used of, once for each reply and sorted. A test that ends with none has
    /// seen all that it has set up.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use turso_cloud::{contract::groups::GetGroup, mock::{Failure, Mock}};
    ///
    /// let mock = Mock::new();
    /// mock.when::<GetGroup>().fail_once(Failure::refused(404, "no such group"));
    /// assert_eq!(mock.unused(), ["GetGroup"]);
    /// assert_eq!(mock.client().build()?.groups().find("eu").await?, None);
    /// assert!(mock.unused().is_empty());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn unused(&self) -> Vec<&'static str> {
        let state = self.lock();
        let left = state.rules.iter().flat_map(|(name, rule)| iter::repeat_n(*name, rule.next.len()));
        let mut left: Vec<_> = left.collect();
        left.sort_unstable();
        left
    }

    fn reply<E: Endpoint>(&self, request: &E) -> Reply {
        let (next, always, is_strict) = {
            let mut state = self.lock();
            state.requests.push(Box::new(request.clone()));
            let is_strict = state.is_strict;
            let rule = state.rules.entry(E::NAME).or_default();
            (rule.next.pop_front(), rule.always.clone(), is_strict)
        };
        // The function runs without the lock: it may use the double itself.
        let reply = match next.or_else(|| always.map(|answer| answer(request))) {
            Some(reply) => reply,
            None if is_strict => {
                Err(Failure::refused(400, format!("the mock is strict and has no rule for {}", E::NAME)))
            }
            None => canned(request, self.made(request)),
        };
        if reply.is_ok() {
            self.remember(request);
        }
        reply
    }

    /// What was asked for of the thing that a request asks about, if one has created it.
    fn made<E: Endpoint>(&self, request: &E) -> Option<Map<String, Value>> {
        self.lock().made.get(&request.path()).filter(|_| E::METHOD == Method::GET).cloned()
    }

    fn remember<E: Endpoint>(&self, request: &E) {
        let path = request.path();
        if E::METHOD == Method::DELETE {
            self.lock().made.remove(&path);
        }
        if E::METHOD != Method::POST {
            return;
        }
        let Ok(Value::Object(body)) = serde_json::to_value(request.body()) else { return };
        if let Some(name) = body.get("name").and_then(Value::as_str) {
            self.lock().made.insert(format!("{path}/{name}"), body);
        }
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
                self.note(info.name);
                self.dispatch(info.name, &parts.uri, &body.collect(usize::MAX).await?)
            } else {
                let upload = uploads::reply(&parts.method, parts.uri.path());
                self.note(if upload.is_some() { "Upload" } else { "Request" });
                uploads::drain(body).await?;
                upload.unwrap_or_else(|| Err(Failure::refused(404, "the mock knows no such operation")))
            };
            match reply {
                Ok(json) => Ok(Response::new(json.into())),
                Err(failure) => failure.into_response().await,
            }
        })
    }
}

impl Mock {
    fn note(&self, operation: &'static str) {
        self.lock().operations.push(operation);
    }

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

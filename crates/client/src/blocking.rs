//! The same handles without an async runtime of one's own.
//!
//! ```
//! use turso_cloud::NewDatabase;
//!
//! let cloud = turso_cloud_local::Cloud::new()?;
//! let turso = cloud.client().build_blocking()?;
//!
//! turso.databases().create(NewDatabase::new("orders", "default")).send()?;
//! assert_eq!(turso.databases().list().send()?.len(), 1);
//! for entry in turso.audit_logs().stream().send()? {
//!     println!("{}", entry?.code);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::{
    fmt,
    future::Future,
    panic::{AssertUnwindSafe, resume_unwind},
    pin::Pin,
    sync::mpsc,
    task::{Context, Poll, Waker},
    thread,
};

use futures_core::Stream;
use futures_util::{FutureExt as _, StreamExt as _};
use http::Method;
use tokio::{runtime::Handle, sync::oneshot, task::coop::poll_proceed};
use turso_cloud_contract::{Endpoint, OrganizationSlug};

use crate::{
    Bulk, Call, ClientBuilder, Error, RawCall,
    handles::{
        ApiTokens, AuditLogs, Billing, CurrentUser, Databases, Groups, Invites, Jwks, Locations, Members,
        Organizations, Recovery,
    },
};

/// A [`Client`](crate::Client) that brings its own runtime: its calls are made with [`Call::send`](crate::Call::send).
///
/// The runtime lives on a thread of its own, which ends with the last clone; dropping one inside an async context
/// does no harm. A call that panics, in a provider of tokens or a transport of the program's own, panics where it is sent.
#[derive(Clone, Debug)]
pub struct Client(crate::Client);

/// A handle for each noun, as the asynchronous client has them.
macro_rules! handles {
    ($($name:ident: $handle:ident,)+) => {
        impl Client {
            $(
                #[doc = concat!("As [`Client::", stringify!($name), "`](crate::Client::", stringify!($name), ").")]
                #[must_use]
                pub fn $name(&self) -> $handle {
                    self.0.$name()
                }
            )+
        }
    };
}

handles! {
    organizations: Organizations,
    groups: Groups,
    databases: Databases,
    audit_logs: AuditLogs,
    locations: Locations,
    api_tokens: ApiTokens,
    user: CurrentUser,
    members: Members,
    invites: Invites,
    billing: Billing,
    jwks: Jwks,
    recovery: Recovery,
}

impl Client {
    /// As [`Client::organization`](crate::Client::organization).
    #[must_use]
    pub fn organization(&self) -> Option<&OrganizationSlug> {
        self.0.organization()
    }

    /// As [`Client::base_url`](crate::Client::base_url).
    #[must_use]
    pub fn base_url(&self) -> &str {
        self.0.base_url()
    }

    /// As [`Client::ready`](crate::Client::ready).
    #[cfg(feature = "mock")]
    pub fn ready<T: Send + 'static>(&self, result: Result<T, Error>) -> Call<T> {
        self.0.ready(result)
    }

    /// As [`Client::call`](crate::Client::call).
    pub fn call<E: Endpoint>(&self, endpoint: E) -> Call<E::Answer> {
        self.0.call(endpoint)
    }

    /// As [`Client::request`](crate::Client::request).
    pub fn request(&self, method: Method, path: impl Into<String>) -> RawCall {
        self.0.request(method, path)
    }

    /// As [`Client::many`](crate::Client::many).
    pub fn many<I: Send + 'static, T: Send + 'static>(
        &self,
        inputs: impl IntoIterator<Item = I>,
        call: impl Fn(&I) -> Call<T> + Send + Sync + 'static,
    ) -> Bulk<I, T> {
        self.0.many(inputs, call)
    }
}

impl ClientBuilder {
    /// Builds a client for use without an async runtime.
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build), and where no thread can be started.
    pub fn build_blocking(self) -> Result<Client, Error> {
        let mut inner = self.build_inner()?;
        inner.runtime = Some(Runtime::start()?);
        Ok(Client(crate::Client::from_inner(inner)))
    }
}

impl crate::Client {
    pub(crate) fn runtime(&self) -> Result<&Runtime, Error> {
        let runtime = self.inner().runtime.as_ref();
        runtime.ok_or_else(|| {
            Error::config("this client is asynchronous: await the call, or build the client with `build_blocking`")
        })
    }
}

/// A tokio runtime on a thread of its own. Driving it there, rather than on the threads of the callers, keeps idle
/// connections watched between calls.
#[derive(Debug)]
pub(crate) struct Runtime {
    handle: Handle,
    /// Dropping it ends the thread.
    _running: oneshot::Sender<()>,
}

impl Runtime {
    fn start() -> Result<Self, Error> {
        let failed =
            |e: std::io::Error| Error::config("the runtime of the blocking client cannot be started").with_source(e);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let handle = runtime.handle().clone();
        let (running, stopped) = oneshot::channel::<()>();
        let drive = move || {
            // Either way the client is gone: there is nobody left to tell.
            let _ = runtime.block_on(stopped);
        };
        thread::Builder::new().name("turso-cloud".to_owned()).spawn(drive).map_err(failed)?;
        Ok(Self { handle, _running: running })
    }

    /// Runs a future there and waits for its result.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        future: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Result<T, Error> {
        if is_inside_a_task() {
            return Err(Error::config(
                "a blocking call inside an async context would stall it: await the call, or send it inside \
                 `spawn_blocking`",
            ));
        }
        let (sender, receiver) = mpsc::sync_channel(1);
        self.handle.spawn(async move {
            // A caller cannot go away while it waits.
            let _ = sender.send(AssertUnwindSafe(future).catch_unwind().await);
        });
        match receiver.recv() {
            Ok(Ok(result)) => result,
            // As if the call had been made here: a function of the program's own has panicked.
            Ok(Err(panic)) => resume_unwind(panic),
            Err(_) => Err(Error::config("the runtime of the blocking client has ended")),
        }
    }
}

/// Whether to wait here would keep other tasks of a tokio runtime from going on. It would not on the threads of
/// `spawn_blocking` nor inside `block_in_place`, which are inside a runtime, too.
fn is_inside_a_task() -> bool {
    // What sets a task apart is that it has to return to the runtime after a budget of at most 255 steps.
    let mut cx = Context::from_waker(Waker::noop());
    let has_to_return = |_| match poll_proceed(&mut cx) {
        Poll::Pending => true,
        Poll::Ready(step) => {
            step.made_progress();
            false
        }
    };
    Handle::try_current().is_ok() && (0..=u8::MAX).any(has_to_return)
}

type Items<T> = Pin<Box<dyn Stream<Item = Result<T, Error>> + Send>>;

/// The items of a stream, read one by one. An error is yielded once and ends it for good: only asynchronous code can let a
/// listing go on after one, with [`Listing::resume`](crate::Listing::resume).
pub struct Iter<T> {
    client: crate::Client,
    items: Option<Items<T>>,
}

impl<T: Send + 'static> Iter<T> {
    pub(crate) fn new(client: crate::Client, items: Items<T>) -> Result<Self, Error> {
        client.runtime()?;
        Ok(Self { client, items: Some(items) })
    }
}

impl<T: Send + 'static> Iterator for Iter<T> {
    type Item = Result<T, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut items = self.items.take()?;
        let next = async move { Ok((items.next().await, items)) };
        match self.client.runtime().and_then(|runtime| runtime.run(next)) {
            Ok((None, _)) => None,
            Ok((item, items)) => {
                self.items = Some(items);
                item
            }
            Err(error) => Some(Err(error)),
        }
    }
}

/// What is given up with the items may have requests to make, which needs a runtime.
impl<T> Drop for Iter<T> {
    fn drop(&mut self) {
        let Ok(runtime) = self.client.runtime() else { return };
        let _entered = runtime.handle.enter();
        self.items = None;
    }
}

impl<T> fmt::Debug for Iter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Iter").field("ended", &self.items.is_none()).finish_non_exhaustive()
    }
}

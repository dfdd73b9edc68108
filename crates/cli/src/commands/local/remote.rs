//! A running local cloud, by its paths below `/_local/`.

use std::time::Duration;

use anyhow::{Context as _, Result};
use bytes::Bytes;
use http::Method;
use serde::{
    Serialize,
    de::{DeserializeOwned, IgnoredAny},
};
use turso_cloud::{Client, Credentials, ErrorKind, RetryPolicy};
use turso_cloud_local::local_api::Status;

use super::instance::{Instance, Instances, not_running};
use crate::{
    args::LocalName,
    context::Context,
    exit::{Failure, Kind},
    requests::Tracer,
};

/// How long a look whether one is there may take. Whoever takes longer is there, but busy or stopped.
const PATIENCE: Duration = Duration::from_secs(2);

/// A snapshot waits for transactions, and a log for requests.
const LONG_PATIENCE: Duration = Duration::from_secs(45);

/// A local cloud that answers.
pub(super) struct Remote {
    pub(super) instance: Instance,
    client: Client,
    is_dry_run: bool,
}

impl Remote {
    /// Finds the cloud of a name and makes sure that it is the one the file speaks of. A stale file is removed, but not that of
    /// another cloud which has taken the name meanwhile.
    pub(super) async fn find(cx: &Context, name: &LocalName) -> Result<Self> {
        let instances = Instances::find()?;
        let remote = Self::of(cx, instances.get(&name.name)?)?;
        if remote.probe().await?.is_some() {
            return Ok(remote);
        }
        instances.forget_own(&name.name, remote.instance.pid);
        Err(not_running(&name.name))
    }

    pub(super) fn of(cx: &Context, instance: Instance) -> Result<Self> {
        let mut builder = Client::builder(Credentials::from(instance.local_token.clone()))
            .base_url(&instance.url)
            .retry(RetryPolicy::none())
            .timeout(LONG_PATIENCE)
            .deadline(LONG_PATIENCE);
        if cx.flags().trace_http {
            builder = builder.layer(Tracer::over);
        }
        if let Some(recorder) = cx.recorder().cloned() {
            builder = builder.layer(|transport| recorder.over(transport));
        }
        Ok(Self { instance, client: builder.build()?, is_dry_run: cx.is_dry_run() })
    }

    /// Its status; nothing where it is gone and perhaps another program has its port. Fails where it may be there but does
    /// not answer.
    pub(super) async fn probe(&self) -> Result<Option<Status>> {
        let call = self.client.request(Method::GET, "/_local/status").call().timeout(PATIENCE);
        let answer = match call.await {
            Ok(answer) => answer,
            Err(error) if matches!(error.kind(), ErrorKind::Config | ErrorKind::InvalidInput) => {
                return Err(error.into());
            }
            Err(error) if matches!(error.kind(), ErrorKind::Timeout | ErrorKind::Server | ErrorKind::RateLimited) => {
                return Err(self.silent(error));
            }
            Err(_) => return Ok(None),
        };
        let status = serde_json::from_slice::<Status>(answer.body()).ok();
        Ok(status.filter(|status| status.pid == self.instance.pid))
    }

    fn silent(&self, error: turso_cloud::Error) -> anyhow::Error {
        let Instance { name, pid, .. } = &self.instance;
        Failure::of(error, format!("the local cloud {name} does not answer"))
            .hint(format!("look at the process {pid}; it is found again when it answers"))
            .into()
    }

    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        read(&self.send(Method::GET, path, None).await?)
    }

    pub(super) async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<Option<T>> {
        self.change(Method::POST, path, Some(serde_json::to_vec(body)?)).await
    }

    pub(super) async fn patch<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<Option<T>> {
        self.change(Method::PATCH, path, Some(serde_json::to_vec(body)?)).await
    }

    pub(super) async fn delete(&self, path: &str) -> Result<()> {
        self.change::<IgnoredAny>(Method::DELETE, path, None).await.map(drop)
    }

    /// A change without a body.
    pub(super) async fn order(&self, path: &str) -> Result<()> {
        self.change::<IgnoredAny>(Method::POST, path, None).await.map(drop)
    }

    /// What a change has brought about: nothing in a dry run, which keeps it back.
    pub(super) async fn change<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
    ) -> Result<Option<T>> {
        let answer = self.send(method, path, body).await?;
        if self.is_dry_run { Ok(None) } else { read(&answer).map(Some) }
    }

    pub(super) async fn bytes(&self, path: &str) -> Result<Bytes> {
        Ok(self.client.request(Method::GET, path).await?.body().clone())
    }

    async fn send(&self, method: Method, path: &str, body: Option<Vec<u8>>) -> Result<Bytes> {
        let mut request = self.client.request(method, path);
        if let Some(body) = body {
            request = request.body(body);
        }
        Ok(request.await.map_err(|error| self.explain(error))?.body().clone())
    }

    /// What the local cloud refuses is wrong with what was typed.
    fn explain(&self, error: turso_cloud::Error) -> anyhow::Error {
        match (error.kind(), error.message()) {
            (ErrorKind::Rejected, Some(message)) => Failure::usage(message).into(),
            (ErrorKind::AlreadyExists, Some(message)) => Failure::new(Kind::Refused, message).into(),
            (ErrorKind::NotFound, Some(message)) => Failure::new(Kind::NotFound, message).into(),
            (ErrorKind::Connect, _) => not_running(&self.instance.name),
            _ => error.into(),
        }
    }
}

fn read<T: DeserializeOwned>(answer: &[u8]) -> Result<T> {
    serde_json::from_slice(answer).context("the local cloud answers in a form that this version does not know")
}

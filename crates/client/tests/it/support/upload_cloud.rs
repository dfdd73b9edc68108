//! A transport that takes uploads as the service does, and notes what it is sent.
#![expect(clippy::unwrap_used, reason = "a transport that cannot be set up fails its test")]

use std::{
    collections::VecDeque,
    fs,
    path::PathBuf,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use futures_util::StreamExt as _;
use http::{HeaderMap, Method, Uri};
use turso_cloud::{
    ApiToken, Client, ClientBuilder,
    contract::uploads::ENCRYPTION_KEY_HEADER,
    transport::{Body, SendFuture, Transport, TransportError},
};

use super::operations::TOKEN;

pub(crate) const HOST: &str = "shop-acme.turso.io";

/// Clones share everything.
#[derive(Clone, Debug)]
pub(crate) struct UploadCloud(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    started: String,
    hostname: String,
    trouble: VecDeque<(&'static str, Trouble)>,
    seen: Vec<Upload>,
    tokens: usize,
    keep_bodies: bool,
    key: Option<&'static str>,
}

/// What becomes of a request instead of its success.
#[derive(Clone, Debug)]
pub(crate) enum Trouble {
    Refused(u16, String),
    /// The body is not read, and the connection breaks off.
    Interrupted,
    /// The request is heard, and its answer is lost.
    AnswerLost,
    /// The body is not read, and nothing is answered.
    Never,
    /// The body is read with a pause before each piece.
    Slow(Duration),
    /// The request is heard and answered; then somebody overwrites a file.
    Write(PathBuf, Vec<u8>),
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Upload {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    pub(crate) length: u64,
    pub(crate) largest_piece: usize,
    pub(crate) status: u16,
}

impl Upload {
    /// `PUT /v2/upload/start`
    pub(crate) fn line(&self) -> String {
        format!("{} {}", self.method, self.uri.path())
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

impl UploadCloud {
    pub(crate) fn new(chunk_size: u64) -> Self {
        Self(Arc::new(Mutex::new(State {
            started: format!(r#"{{"chunk_size":{chunk_size},"upload_id":"u-1"}}"#),
            hostname: HOST.to_owned(),
            trouble: VecDeque::new(),
            seen: vec![],
            tokens: 0,
            keep_bodies: true,
            key: None,
        })))
    }

    /// Answers the beginning of an upload with any JSON.
    pub(crate) fn starting_with(self, json: &str) -> Self {
        json.clone_into(&mut self.lock().started);
        self
    }

    pub(crate) fn at(self, hostname: &str) -> Self {
        hostname.clone_into(&mut self.lock().hostname);
        self
    }

    /// Answers SQL only to those who bring this key.
    pub(crate) fn encrypted(self, key: &'static str) -> Self {
        self.lock().key = Some(key);
        self
    }

    pub(crate) fn forgetting_bodies(self) -> Self {
        self.lock().keep_bodies = false;
        self
    }

    /// The next request whose path ends so meets trouble.
    pub(crate) fn trouble(self, path_end: &'static str, trouble: Trouble) -> Self {
        self.lock().trouble.push_back((path_end, trouble));
        self
    }

    pub(crate) fn client(&self) -> ClientBuilder {
        let client = Client::builder(ApiToken::new(TOKEN).unwrap()).organization("acme");
        client.transport(self.clone()).deadline(Duration::from_secs(20))
    }

    pub(crate) fn seen(&self) -> Vec<Upload> {
        self.lock().seen.clone()
    }

    /// The requests whose path holds `part`.
    pub(crate) fn seen_at(&self, part: &str) -> Vec<Upload> {
        self.seen().into_iter().filter(|seen| seen.uri.path().contains(part)).collect()
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.seen().iter().map(Upload::line).collect()
    }

    pub(crate) fn deletions(&self) -> usize {
        self.seen().iter().filter(|seen| seen.method == Method::DELETE).count()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    fn next_trouble(&self, path: &str) -> Option<Trouble> {
        let mut state = self.lock();
        let at = state.trouble.iter().position(|(end, _)| path.ends_with(end))?;
        state.trouble.remove(at).map(|(_, trouble)| trouble)
    }

    fn misses_key(&self, seen: &Upload) -> bool {
        let key = self.lock().key;
        seen.uri.path() == "/v2/pipeline" && key.is_some() && seen.header(ENCRYPTION_KEY_HEADER) != key
    }

    fn success(&self, seen: &Upload) -> String {
        let path = seen.uri.path();
        let mut state = self.lock();
        if path.ends_with("/auth/tokens") {
            state.tokens += 1;
            return format!(r#"{{"jwt":"database-token-{}"}}"#, state.tokens);
        }
        if path == "/v2/upload/start" {
            return state.started.clone();
        }
        if path.ends_with("/databases/dumps") {
            return r#"{"dump_url":"https://api.turso.tech/dumps/d-1"}"#.to_owned();
        }
        let (id, host) = ("0eb771dd-6906-11ee-8553-eaa7715aeaf2", &state.hostname);
        match seen.method {
            Method::DELETE => r#"{"database":"shop"}"#.to_owned(),
            Method::POST if path.ends_with("/databases") => {
                format!(r#"{{"database":{{"Name":"shop","DbId":"{id}","Hostname":"{host}"}}}}"#)
            }
            Method::GET => format!(
                r#"{{"database":{{"Name":"shop","DbId":"{id}","Hostname":"{host}","group":"default",
                    "primaryRegion":"aws-us-east-1","regions":["aws-us-east-1"]}}}}"#
            ),
            _ => String::new(),
        }
    }
}

impl Transport for UploadCloud {
    fn send(&self, request: http::Request<Body>) -> SendFuture<'_> {
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let trouble = self.next_trouble(parts.uri.path());
            let mut seen = Upload {
                method: parts.method,
                uri: parts.uri,
                headers: parts.headers,
                body: vec![],
                length: 0,
                largest_piece: 0,
                status: 0,
            };
            if !matches!(trouble, Some(Trouble::Interrupted | Trouble::Never)) {
                let keep = self.lock().keep_bodies;
                let pause = if let Some(Trouble::Slow(pause)) = trouble { pause } else { Duration::ZERO };
                read(body, &mut seen, keep, pause).await?;
            }
            let (status, answer) = match trouble {
                None if self.misses_key(&seen) => (400, Ok(r#"{"error":"the key is missing"}"#.to_owned())),
                None | Some(Trouble::Slow(_)) => (200, Ok(self.success(&seen))),
                Some(Trouble::Write(path, bytes)) => {
                    fs::write(path, bytes).unwrap();
                    (200, Ok(self.success(&seen)))
                }
                Some(Trouble::Refused(status, body)) => (status, Ok(body)),
                Some(Trouble::AnswerLost | Trouble::Interrupted) => (0, Err(TransportError::interrupted("cut"))),
                Some(Trouble::Never) => {
                    self.lock().seen.push(seen);
                    return std::future::pending().await;
                }
            };
            seen.status = status;
            self.lock().seen.push(seen);
            answer.map(|answer| {
                let mut response = http::Response::new(Body::from(answer.into_bytes()));
                *response.status_mut() = status.try_into().unwrap();
                response
            })
        })
    }
}

async fn read(mut body: Body, seen: &mut Upload, keep: bool, pause: Duration) -> Result<(), TransportError> {
    while let Some(piece) = Pin::new(&mut body).next().await {
        let piece = piece?;
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
        seen.length += piece.len() as u64;
        seen.largest_piece = seen.largest_piece.max(piece.len());
        if keep {
            seen.body.extend_from_slice(&piece);
        }
    }
    Ok(())
}

//! An HTTP server that does what a script says, well-formed or not.
#![expect(clippy::unwrap_used, reason = "a server that cannot be set up fails its test")]

use std::{
    net::TcpListener as StdListener,
    sync::{Arc, Condvar, Mutex},
    thread,
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    time::sleep,
};
use turso_cloud::{ApiToken, Client, ClientBuilder, RetryPolicy};

use super::{bring_crypto_provider, operations::TOKEN};

/// A server on a thread of its own, so that it answers while a test blocks. It ends when dropped.
pub(crate) struct Server {
    origin: String,
    shared: Arc<Shared>,
    _running: oneshot::Sender<()>,
}

struct Shared {
    script: Vec<Reply>,
    seen: Mutex<Vec<Seen>>,
    changed: Condvar,
}

/// A request as it came over the wire.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// The first line.
    pub(crate) line: String,
    /// The header lines, as they are.
    pub(crate) headers: Vec<String>,
    pub(crate) body: Vec<u8>,
    /// Which connection it came on, from 0.
    pub(crate) connection: usize,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let values = self.headers.iter().filter_map(|line| line.split_once(": "));
        values.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// Bytes, and what becomes of the connection behind them.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    bytes: Vec<u8>,
    then: Then,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Then {
    /// Waits for the next request.
    KeepOpen,
    /// Ends the connection in good order.
    Close,
    /// Resets it.
    Reset,
    /// Says nothing more.
    Stall,
    /// Sends one more byte now and then, for ever.
    Drip,
}

impl Reply {
    pub(crate) fn raw(bytes: impl Into<Vec<u8>>, then: Then) -> Self {
        Self { bytes: bytes.into(), then }
    }

    /// A well-formed answer; `head` is the status with header lines behind it, separated by `\r\n`.
    pub(crate) fn answer(head: &str, body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        let mut bytes = format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n", body.len()).into_bytes();
        bytes.extend_from_slice(body);
        Self::raw(bytes, Then::KeepOpen)
    }
}

impl Server {
    /// Answers the first request with the first reply and so on; the last reply answers all requests behind it.
    pub(crate) fn start(script: impl Into<Vec<Reply>>) -> Self {
        Self::start_with(|_| script.into())
    }

    /// The same where the replies hold the origin of the server.
    pub(crate) fn start_with(script: impl FnOnce(&str) -> Vec<Reply>) -> Self {
        bring_crypto_provider();
        // Some tests have a server for each case, and macOS lets a process begin with 256 files.
        rlimit::increase_nofile_limit(2048).unwrap();
        let listener = StdListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared { script: script(&origin), seen: Mutex::default(), changed: Condvar::new() });
        let (running, stopped) = oneshot::channel::<()>();
        let serving = Arc::clone(&shared);
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let accept = accept(TcpListener::from_std(listener).unwrap(), serving);
                tokio::select! { () = accept => {}, _ = stopped => {} }
            });
        });
        Self { origin, shared, _running: running }
    }

    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// Whether the first reply never ends.
    pub(crate) fn is_endless(&self) -> bool {
        self.shared.script.first().is_some_and(|reply| matches!(reply.then, Then::Stall | Then::Drip))
    }

    /// A client of this server, whose retries come quickly.
    pub(crate) fn client(&self) -> ClientBuilder {
        Client::builder(ApiToken::new(TOKEN).unwrap())
            .organization("acme")
            .base_url(self.origin())
            .region_url(self.origin())
            .retry(RetryPolicy::default().max_retries(2).backoff(Duration::from_millis(1), Duration::from_millis(2)))
            .deadline(Duration::from_secs(30))
    }

    /// The requests so far, of which there are to be at least `expected`: a request that its client has given up may
    /// still be on its way.
    pub(crate) fn requests(&self, expected: usize) -> Vec<Seen> {
        let seen = self.shared.seen.lock().unwrap();
        let waited = self.shared.changed.wait_timeout_while(seen, Duration::from_secs(10), |s| s.len() < expected);
        waited.unwrap().0.clone()
    }
}

/// An origin nothing listens at.
pub(crate) fn closed_origin() -> String {
    let listener = StdListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    for connection in 0.. {
        let Ok((stream, _)) = listener.accept().await else { return };
        tokio::spawn(serve(stream, connection, Arc::clone(&shared)));
    }
}

async fn serve(mut stream: TcpStream, connection: usize, shared: Arc<Shared>) {
    while let Some(seen) = read(&mut stream, connection).await {
        let reply = {
            let mut all = shared.seen.lock().unwrap();
            all.push(seen);
            shared.changed.notify_all();
            shared.script.get(all.len() - 1).or(shared.script.last()).cloned()
        };
        let Some(Reply { bytes, then }) = reply else { return };
        // A client that has gone away is part of some scripts.
        let _ = stream.write_all(&bytes).await;
        match then {
            Then::KeepOpen => {}
            Then::Close => return,
            Then::Reset => return stream.set_zero_linger().unwrap(),
            Then::Stall => std::future::pending().await,
            Then::Drip => {
                while stream.write_all(b" ").await.is_ok() {
                    sleep(Duration::from_millis(5)).await;
                }
            }
        }
    }
}

/// One request with a body of known length; nothing at the end of the connection.
async fn read(stream: &mut TcpStream, connection: usize) -> Option<Seen> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let text = String::from_utf8(bytes[..head].to_vec()).unwrap();
    let mut lines = text.split("\r\n").map(str::to_owned);
    let line = lines.next()?;
    let mut seen = Seen { line, headers: lines.collect(), body: bytes.split_off(head + 4), connection };
    let length = seen.header("content-length").map_or(0, |length| length.parse().unwrap());
    while seen.body.len() < length {
        if stream.read_buf(&mut seen.body).await.ok()? == 0 {
            return None;
        }
    }
    Some(seen)
}

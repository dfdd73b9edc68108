//! A load of HTTP requests on one path: closed (each connection waits for its answer before it sends again) or open
//! (requests are due at random moments of a fixed rate, whether the server keeps up or not, and the time one waits
//! for its turn counts).

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use bytes::Bytes;
use clap::Args;
use hdrhistogram::Histogram;
use http::{HeaderValue, Method, Request, header};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use memchr::memmem;
use tokio::net::TcpStream;

use crate::measured::named;

#[derive(Args)]
pub(crate) struct Load {
    /// Whole URLs, a line each; requests go to one after the other as `--zipf` says, or to the first only
    #[arg(long)]
    targets: PathBuf,
    /// The body of every request; GET without it
    #[arg(long)]
    body: Option<String>,
    #[arg(long, default_value_t = 1)]
    connections: usize,
    /// How long, after a tenth of it that does not count
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// Requests per second of an open load; closed without it
    #[arg(long)]
    rate: Option<f64>,
    /// Spread the requests over all targets, most to the first, by Zipf's law
    #[arg(long)]
    zipf: bool,
    /// One request to each target, however long that takes
    #[arg(long, conflicts_with_all = ["zipf", "rate"])]
    each_once: bool,
}

/// What is in an answer that tells of a statement's failure, even when its status is 200.
const ERROR: &[u8] = br#""type":"error""#;

/// A server that takes longer for one answer hangs.
const PATIENCE: Duration = Duration::from_secs(30);

/// A request of the load, made beforehand. Tokens are in the file of targets, not among arguments.
#[derive(Clone)]
struct Target {
    address: String,
    host: HeaderValue,
    path: String,
    authorization: Option<HeaderValue>,
}

impl Load {
    pub(crate) fn perform(&self) -> Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let figures = runtime.block_on(self.run())?;
        println!("{}", serde_json::to_string(&figures)?);
        Ok(())
    }

    async fn run(&self) -> Result<crate::measured::Figures> {
        let targets = std::fs::read_to_string(&self.targets)?;
        let targets: Vec<Target> = targets.lines().map(Target::parse).collect::<Result<_>>()?;
        let body = Bytes::from(self.body.clone().unwrap_or_default());
        let begin = Instant::now();
        let (warm_up, length) = if self.each_once { (0.0, 3600.0) } else { (self.seconds / 10.0, self.seconds) };
        let counts_from = begin + Duration::from_secs_f64(warm_up);
        let end = counts_from + Duration::from_secs_f64(length);
        let lanes = (0..self.connections).map(|number| {
            let lane = Lane {
                targets: &targets,
                choice: self.choice(number, targets.len()),
                body: body.clone(),
                interval: self.rate.map(|rate| self.connections as f64 / rate),
                random: fastrand::Rng::with_seed(number as u64 + 1),
            };
            lane.run(counts_from, end)
        });
        let mut all = histogram()?;
        for lane in futures_util::future::try_join_all(lanes).await? {
            all.add(lane)?;
        }
        ensure!(!all.is_empty(), "not one request was answered");
        let micros = |quantile: f64| all.value_at_quantile(quantile) as f64 / 1000.0;
        Ok([
            ("per_second", all.len() as f64 / counts_from.elapsed().as_secs_f64().min(length)),
            ("p50_us", micros(0.5)),
            ("p99_us", micros(0.99)),
            ("p999_us", micros(0.999)),
        ]
        .map(named)
        .into())
    }

    fn choice(&self, lane: usize, targets: usize) -> Choice {
        match self {
            Self { zipf: true, .. } => Choice::zipf(targets),
            Self { each_once: true, .. } => Choice::Once((lane..targets).step_by(self.connections)),
            _ => Choice::First,
        }
    }
}

struct Lane<'a> {
    targets: &'a [Target],
    choice: Choice,
    body: Bytes,
    interval: Option<f64>,
    random: fastrand::Rng,
}

impl Lane<'_> {
    async fn run(mut self, counts_from: Instant, end: Instant) -> Result<Histogram<u64>> {
        let mut times = histogram()?;
        let mut connection: Option<(String, SendRequest<Full<Bytes>>)> = None;
        let mut due = Instant::now();
        loop {
            if let Some(interval) = self.interval {
                // Arrivals that know nothing of each other: exponential gaps.
                due += Duration::from_secs_f64(-interval * (1.0 - self.random.f64()).ln());
                tokio::time::sleep_until(due.into()).await;
            } else {
                due = Instant::now();
            }
            if due >= end || Instant::now() >= end + Duration::from_secs(5) {
                return Ok(times);
            }
            let Some(choice) = self.choice.next(&mut self.random) else { return Ok(times) };
            let target = &self.targets[choice];
            // Databases with an address each need a connection each; the last one is kept.
            let mut sender = match connection.take() {
                Some((address, sender)) if address == target.address && !sender.is_closed() => sender,
                _ => connect(&target.address).await?,
            };
            let answered = tokio::time::timeout(PATIENCE, exchange(&mut sender, target, self.body.clone()));
            answered.await.with_context(|| format!("{}{} did not answer", target.address, target.path))??;
            // By its end: one that takes longer than all the time there is would not count otherwise.
            if Instant::now() >= counts_from {
                times.record(due.elapsed().as_nanos().try_into()?)?;
            }
            connection = Some((target.address.clone(), sender));
        }
    }
}

/// Which target is next.
enum Choice {
    First,
    Once(std::iter::StepBy<std::ops::Range<usize>>),
    /// The sums of 1/rank up to each rank.
    Zipf(Vec<f64>),
}

impl Choice {
    fn zipf(targets: usize) -> Self {
        let sums = (1..=targets).scan(0.0, |sum, rank| {
            *sum += 1.0 / rank as f64;
            Some(*sum)
        });
        Self::Zipf(sums.collect())
    }

    fn next(&mut self, random: &mut fastrand::Rng) -> Option<usize> {
        match self {
            Self::First => Some(0),
            Self::Once(rest) => rest.next(),
            Self::Zipf(sums) => {
                let point = random.f64() * sums.last()?;
                Some(sums.partition_point(|sum| *sum < point).min(sums.len() - 1))
            }
        }
    }
}

impl Target {
    /// `URL` or `URL TOKEN`.
    fn parse(line: &str) -> Result<Self> {
        let (url, token) = line.split_once(' ').map_or((line, None), |(url, token)| (url, Some(token)));
        let url: http::Uri = url.parse().with_context(|| format!("{url} is no URL"))?;
        let Some(authority) = url.authority() else { bail!("{url} names no host") };
        let mut authorization = None;
        if let Some(token) = token {
            let mut value = HeaderValue::try_from(format!("Bearer {token}"))?;
            value.set_sensitive(true);
            authorization = Some(value);
        }
        Ok(Self {
            address: authority.to_string(),
            host: HeaderValue::try_from(authority.as_str())?,
            path: url.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
            authorization,
        })
    }
}

async fn connect(address: &str) -> Result<SendRequest<Full<Bytes>>> {
    let stream = TcpStream::connect(address).await.with_context(|| format!("cannot reach {address}"))?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}

async fn exchange(sender: &mut SendRequest<Full<Bytes>>, target: &Target, body: Bytes) -> Result<()> {
    sender.ready().await?;
    let method = if body.is_empty() { Method::GET } else { Method::POST };
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = method;
    *request.uri_mut() = target.path.parse()?;
    request.headers_mut().insert(header::HOST, target.host.clone());
    if let Some(authorization) = &target.authorization {
        request.headers_mut().insert(header::AUTHORIZATION, authorization.clone());
    }
    let response = sender.send_request(request).await?;
    let status = response.status();
    // Read as it comes and let go: what a client makes of an answer is not the server's time.
    let mut body = response.into_body();
    let mut window = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        window.drain(..window.len().saturating_sub(ERROR.len() - 1));
        window.extend_from_slice(&data);
        let is_good = status.is_success() && memmem::find(&window, ERROR).is_none();
        ensure!(is_good, "{} answered {status}: {}", target.path, String::from_utf8_lossy(&window));
    }
    ensure!(status.is_success(), "{} answered {status}", target.path);
    Ok(())
}

fn histogram() -> Result<Histogram<u64>> {
    Ok(Histogram::new_with_bounds(1, 60_000_000_000, 3)?)
}

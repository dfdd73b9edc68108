//! What a cloud is set to, whichever state it has.

use std::sync::Arc;

use tokio::sync::watch;
use turso_cloud_contract::ApiToken;

use crate::{Clock, Faults, Requests, clock::ClockState, control::Hostnames, forks::Forks, rate_limit::RateLimit};

/// What is the cloud's own and in no state of it.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The clock when the cloud was made.
    pub(crate) began: ClockState,
    pub(crate) faults: Faults,
    pub(crate) requests: Requests,
    pub(crate) rate_limit: Arc<RateLimit>,
    pub(crate) forks: Forks,
    pub(crate) served: Served,
    pub(crate) stop: Stop,
    /// What opens `/_local/` on a server that other machines reach.
    pub(crate) local_token: ApiToken,
}

/// How the cloud is to be served.
#[derive(Clone, Debug)]
pub(crate) struct Served {
    /// Whatever suits the socket when nothing was said.
    pub(crate) hostnames: Option<Hostnames>,
    /// Hosts that requests may name beside those of this machine.
    pub(crate) hosts: Vec<String>,
    /// Connections at once.
    pub(crate) connections: usize,
}

impl Settings {
    /// The settings of another cloud, which shares nothing with this one.
    pub(crate) fn for_another(&self, clock: &Clock, local_token: ApiToken) -> Self {
        Self {
            began: clock.state(),
            faults: Faults::default(),
            requests: Requests::new(self.requests.capacity()),
            rate_limit: Arc::new(RateLimit::new(self.rate_limit.limit())),
            forks: Forks::default(),
            served: self.served.clone(),
            stop: Stop::default(),
            local_token,
        }
    }
}

/// Whether the cloud was asked to stop. Whoever waits for that is told, however many they are and whenever they begin.
#[derive(Clone, Debug)]
pub(crate) struct Stop(Arc<watch::Sender<bool>>);

impl Default for Stop {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl Stop {
    pub(crate) fn ask(&self) {
        self.0.send_replace(true);
    }

    pub(crate) async fn asked(&self) {
        // Fails only without its sender, which is here.
        let _ = self.0.subscribe().wait_for(|is_asked| *is_asked).await;
    }
}

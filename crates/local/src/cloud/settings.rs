//! What a cloud is set to, whichever state it has.

use std::sync::Arc;

use tokio::sync::Notify;
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
    /// Notified when the cloud is asked to stop.
    pub(crate) stop: Arc<Notify>,
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
            stop: Arc::default(),
            local_token,
        }
    }
}

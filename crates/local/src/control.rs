//! The Platform API: from a request to an answer.
//!
//! Each request runs in one transaction of the store. What an operation changed and the audit entry that tells of it
//! are committed together, and only then does the data plane hear of it.

mod address;
mod answers;
mod archive;
mod auth;
mod context;
mod drafts;
mod dumps;
mod handles;
mod jwt;
mod loopback;
mod organization_key;
mod pages;
mod paging;
mod permissions;
pub(crate) mod provision;
pub(crate) mod recovery;
mod refusal;
mod request;
mod router;
mod target;
#[cfg(test)]
mod tests;
mod usage;
mod whereabouts;

use std::{fs::File, sync::Arc};

use axum::body::Body;
use http::{Request, Response, header::CONTENT_TYPE};
use turso_cloud_contract::{ByteSize, Service};

use crate::{
    clock::Clock,
    data::{AllowList, DataPlane, DatabaseRecord},
    faults::Faults,
    ids::Ids,
    quirk::Quirks,
    store::{DatabaseRow, Store, StoreError},
};

pub use address::Hostnames;
pub(crate) use address::{Addresses, Arrival, label, locate, reachable};
pub(crate) use answers::{included_rows, is_known_location, is_known_plan};
pub use context::Context;
pub use handles::{Handles, Routes, answers_everything};
pub(crate) use jwt::{Verifier, sign};
pub(crate) use organization_key::OrganizationKey;
pub use refusal::Refusal;
pub(crate) use whereabouts::Host;

use dumps::Dumps;
use request::{Received, origin};
use router::Operation;
use target::Target;
use whereabouts::Whereabouts;

/// Everything an answer may need.
#[derive(Debug)]
pub(crate) struct Control {
    pub(crate) store: Store,
    pub(crate) ids: Ids,
    pub(crate) clock: Clock,
    pub(crate) faults: Faults,
    pub(crate) data: DataPlane,
    pub(crate) addresses: Addresses,
    dumps: Dumps,
    whereabouts: Whereabouts,
    pub(crate) quirks: Quirks,
    routes: Routes,
    verifier: Verifier,
    /// Locked while anything of the cloud is alive, requests that nobody waits for any more among it.
    lock: Option<File>,
}

/// Whom a cloud knows, and how it answers.
#[derive(Debug)]
pub(crate) struct Rules {
    pub(crate) verifier: Verifier,
    pub(crate) quirks: Quirks,
}

impl Control {
    pub(crate) fn new(
        store: Store,
        ids: Ids,
        clock: Clock,
        data: DataPlane,
        rules: Rules,
        lock: Option<File>,
    ) -> Arc<Self> {
        let control = Arc::new(Self {
            store,
            ids,
            clock,
            faults: Faults::default(),
            addresses: Addresses::default(),
            dumps: Dumps::open(data.directory()),
            whereabouts: Whereabouts::default(),
            data,
            routes: answers_everything(answers::Answers).and(answers::official()),
            verifier: rules.verifier,
            quirks: rules.quirks,
            lock,
        });
        control.watch_drafts();
        control
    }

    /// Whether the cloud outlives its process.
    pub(crate) fn is_kept(&self) -> bool {
        self.lock.is_some()
    }

    /// Answers a request of the Platform API or of the region service.
    pub(crate) async fn handle(self: &Arc<Self>, request: Request<Body>) -> Response<Body> {
        if let Some(page) = Self::page(&request) {
            return self.show(page).await;
        }
        let target = Target::of(request.uri().path());
        let answer = if dumps::are_sent(request.method(), &target) {
            self.receive_dump(target, request).await
        } else {
            self.answer(target, request).await
        };
        match answer {
            Ok(json) => success(json),
            Err(refusal) => refusal.into_response(),
        }
    }

    async fn answer(self: &Arc<Self>, target: Target, request: Request<Body>) -> Result<Vec<u8>, Refusal> {
        let (head, body) = request.into_parts();
        let operation = self.routes.find(&head.method, &target.outline(), head.uri.path());
        // Read to its end even when the answer is known: a client that is still sending would not see the answer.
        let body = request::read(body).await;
        let operation = operation?;
        if let Some(refusal) = self.faults.strike(operation.info.name) {
            return Err(refusal);
        }
        let received = Received { head, body: body? };
        let control = Arc::clone(self);
        let work = move || operation.perform(&control, &target, &received);
        tokio::task::spawn_blocking(work).await.map_err(Refusal::internal)?
    }
}

/// What the data plane has counted is its own until the cloud ends; a process that is killed loses it.
impl Drop for Control {
    fn drop(&mut self) {
        if !self.is_kept() {
            return;
        }
        let kept = self.store.transact(|transaction| {
            for (database, hours) in self.data.rows_by_hour() {
                for (hour, rows) in hours {
                    transaction.add_usage(&database, hour, rows)?;
                }
            }
            Ok::<_, StoreError>(())
        });
        if let Err(error) = kept {
            tracing::error!(error = &error as &dyn std::error::Error, "the usage of the databases could not be kept");
        }
    }
}

impl Operation {
    fn perform(&self, control: &Control, target: &Target, received: &Received) -> Result<Vec<u8>, Refusal> {
        let outcome = control.store.transact_then(
            |transaction| {
                let now = control.clock.now();
                let caller = match self.info.service {
                    Service::Platform => Some(auth::authenticate(transaction, &control.verifier, received, now)?),
                    Service::Region => None,
                };
                if let Some(caller) = &caller {
                    self.needs.check_token(caller)?;
                    self.needs.check_group_is_named(caller, &received.body)?;
                }
                let path = target.path(transaction, caller.as_ref())?;
                let mut context = Context::new(transaction, control, &self.needs, caller, origin(received), now);
                context.purge()?;
                let answer = self.answer(&path, received, &mut context)?;
                Ok::<_, Refusal>((answer, context.into_effects()))
            },
            |(_, effects)| effects.iter().for_each(|effect| effect.apply(control)),
        );
        if received.head.method != http::Method::GET {
            control.whereabouts.forget();
        }
        outcome.map(|(answer, _)| control.quirks.dress(self.info.name, answer))
    }
}

/// Every success of the Platform API is a 200.
fn success(json: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(Body::from(json));
    response.headers_mut().insert(CONTENT_TYPE, refusal::JSON);
    response
}

/// What the data plane has to know of a database.
pub(crate) fn record(database: &DatabaseRow) -> DatabaseRecord {
    DatabaseRecord {
        id: database.uuid.to_string(),
        organization: database.group.organization_id,
        label: database.label.clone(),
        group_id: database.group.uuid.to_string(),
        role_id: database.role_id.clone(),
        group_role_id: database.group.role_id.clone(),
        signing_key: database.group.signing_key.clone(),
        block_reads: database.block_reads,
        block_writes: database.block_writes,
        size_limit: database.size_limit.map(ByteSize::bytes),
        allowed_ips: AllowList::new(&database.allowed_ips),
        archived: database.archived,
        draft: database.draft,
        allow_attach: database.allow_attach,
        encryption: database.encryption.as_ref().map(|encryption| encryption.key),
    }
}

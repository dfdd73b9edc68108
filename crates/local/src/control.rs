//! The Platform API: from a request to an answer.
//!
//! Each request runs in one transaction of the store. What an operation changed and the audit entry that tells of it
//! are committed together, and only then does the data plane hear of it.

mod address;
mod answers;
mod archive;
mod auth;
mod beginning;
mod context;
mod drafts;
mod dumps;
mod handles;
mod hostnames;
mod jwt;
mod loopback;
mod organization_key;
mod pages;
mod paging;
mod permissions;
pub(crate) mod provision;
mod quiet;
pub(crate) mod recovery;
mod refusal;
mod request;
mod router;
mod target;
#[cfg(test)]
mod tests;
mod usage;
mod whereabouts;

use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use http::{Request, Response, StatusCode, request::Parts};
use turso_cloud_contract::{ByteSize, CATALOGUE, Service};

use crate::{
    blocking::blocking,
    blueprint::Blueprint,
    clock::Clock,
    data::{AllowList, DataPlane, DatabaseRecord, Prepared},
    ids::Ids,
    json_answer::json_answer,
    quirk::Quirks,
    store::{DatabaseRow, Store, StoreError},
};

pub(crate) use address::{Addresses, Arrival, is_meant, label, locate, reachable};
pub(crate) use answers::{included_rows, is_known_location, is_known_plan, put_on_plan};
pub use context::Context;
pub use handles::{Handles, Routes, answers_everything};
pub use hostnames::Hostnames;
pub(crate) use jwt::{Verifier, sign};
pub(crate) use organization_key::OrganizationKey;
pub(crate) use refusal::DISK;
pub use refusal::Refusal;
pub(crate) use whereabouts::Host;

use archive::Archive;
pub(crate) use archive::unknown;
pub(crate) use beginning::Beginning;
use beginning::Permits;
use dumps::Dumps;
pub(crate) use dumps::{DUMPS, is_dump};
pub(crate) use pages::{ForeignHost, Page};
use request::Received;
pub(crate) use request::{answered_as, drain, read as read_body};
pub(crate) use router::Operation;
pub(crate) use target::Target;
use whereabouts::Whereabouts;

/// Everything an answer may need.
#[derive(Debug)]
pub(crate) struct Control {
    pub(crate) store: Store,
    pub(crate) ids: Ids,
    pub(crate) clock: Clock,
    pub(crate) data: DataPlane,
    pub(crate) addresses: Arc<Addresses>,
    dumps: Dumps,
    permits: Permits,
    whereabouts: Whereabouts,
    pub(crate) quirks: Quirks,
    routes: Routes,
    verifier: Verifier,
    /// Whether the cloud outlives its process.
    is_kept: bool,
    archive: Archive,
}

impl Control {
    pub(crate) fn new(store: Store, blueprint: &Blueprint, data: DataPlane, verifier: Verifier) -> Arc<Self> {
        let control = Arc::new(Self {
            store,
            ids: blueprint.ids,
            clock: blueprint.clock.clone(),
            addresses: Arc::clone(&blueprint.addresses),
            dumps: Dumps::open(data.directory()),
            permits: Permits::default(),
            whereabouts: Whereabouts::default(),
            data,
            routes: answers_everything(answers::Answers).and(answers::official()),
            verifier,
            quirks: blueprint.quirks.clone(),
            is_kept: blueprint.is_kept,
            archive: Archive::default(),
        });
        control.watch_drafts();
        control
    }

    /// Whether the cloud outlives its process.
    pub(crate) fn is_kept(&self) -> bool {
        self.is_kept
    }

    /// Adds what the data plane has counted to a state.
    pub(crate) fn keep_usage(&self, store: &Store) -> Result<(), StoreError> {
        store.transact(|transaction| {
            for (database, hours) in self.data.rows_by_hour() {
                for (hour, rows) in hours {
                    transaction.add_usage(&database, hour, rows)?;
                }
            }
            for (organization, months) in self.data.rows_by_month() {
                for (month, rows) in months {
                    transaction.set_usage_of_organization(organization, month, rows)?;
                }
            }
            Ok(())
        })
    }

    /// What answers a request of the Platform API or of the region service.
    pub(crate) fn route(&self, request: &Request<Body>) -> Route {
        if let Some(page) = Page::of(request) {
            return Route::Page(page);
        }
        let path = request.uri().path();
        let target = Target::of(path);
        if dumps::are_sent(request.method(), &target) {
            return Route::Dump(target);
        }
        let operation = self.routes.find(answered_as(request.method()), &target.outline(), path);
        Route::Operation(operation.map(|operation| (operation, target)))
    }

    /// Answers a request.
    pub(crate) async fn handle(self: &Arc<Self>, route: Route, head: Parts, body: Body) -> Response<Bytes> {
        match route {
            Route::Page(page) => self.show(page).await,
            Route::Dump(target) => respond(self.receive_dump(target, Request::from_parts(head, body)).await),
            // Read to its end even when the answer is known: a client that is still sending would not see the answer.
            Route::Operation(operation) => {
                let body = request::read(&head.headers, body).await;
                self.answer(operation, head, body).await
            }
        }
    }

    /// Answers a request for an operation, with what was read of its body.
    async fn answer(
        self: &Arc<Self>,
        operation: Result<(Arc<Operation>, Target), Refusal>,
        head: Parts,
        body: Result<Bytes, Refusal>,
    ) -> Response<Bytes> {
        let ((operation, target), body) = match operation.and_then(|operation| Ok((operation, body?))) {
            Ok(both) => both,
            Err(refusal) => return refusal.into_response(),
        };
        let received = Received { head, body };
        respond(operation.perform(self, target, received).await)
    }
}

/// What answers a request.
#[derive(Debug)]
pub(crate) enum Route {
    /// Something for a person, or for the official command line alone.
    Page(Page),
    /// A dump, which is a file rather than JSON.
    Dump(Target),
    /// An operation and what its path means, or why there is none.
    Operation(Result<(Arc<Operation>, Target), Refusal>),
}

/// What sending a dump is called.
const UPLOAD_DUMP: &str = "UploadDump";

/// Whether requests of the Platform API may be called so.
pub(crate) fn is_operation(name: &str) -> bool {
    let official = || answers::official().iter().any(|operation| operation.info.name == name);
    CATALOGUE.iter().any(|info| info.name == name) || name == UPLOAD_DUMP || Page::NAMES.contains(&name) || official()
}

impl Route {
    /// The name of the operation, if there is one.
    pub(crate) fn name(&self) -> Option<&'static str> {
        match self {
            Self::Page(page) => Some(page.name()),
            Self::Dump(_) => Some(UPLOAD_DUMP),
            Self::Operation(operation) => operation.as_ref().ok().map(|(operation, _)| operation.info.name),
        }
    }
}

/// What the data plane has counted is its own until the cloud ends; a process that is killed loses it.
impl Drop for Control {
    fn drop(&mut self) {
        if !self.is_kept() {
            return;
        }
        if let Err(error) = self.keep_usage(&self.store) {
            tracing::error!(error = &error as &dyn std::error::Error, "the usage of the databases could not be kept");
        }
    }
}

impl Operation {
    /// Carries out a request. If it makes a database that begins with something, that is made ready meanwhile.
    async fn perform(
        self: Arc<Self>,
        control: &Arc<Control>,
        target: Target,
        received: Received,
    ) -> Result<Vec<u8>, Refusal> {
        let (mut prepared, asked) = (None, Arc::new((target, received)));
        loop {
            let (operation, shared, asked) = (Arc::clone(&self), Arc::clone(control), Arc::clone(&asked));
            let work = move || operation.attempt(&shared, &asked.0, &asked.1, prepared);
            match blocking(work).await {
                Ok(answer) => return Ok(answer),
                Err(Undone::Refused(refusal)) => return Err(refusal),
                Err(Undone::Lacks(beginning)) => prepared = Some(control.prepare(*beginning).await?),
            }
        }
    }

    fn attempt(
        &self,
        control: &Control,
        target: &Target,
        received: &Received,
        mut prepared: Option<Prepared>,
    ) -> Result<Vec<u8>, Undone> {
        let outcome = control.store.transact_then(
            |transaction| {
                let now = control.clock.now();
                let caller = match self.info.service {
                    Service::Region => None,
                    _ => Some(auth::authenticate(transaction, &control.verifier, received, now)?),
                };
                if let Some(caller) = &caller {
                    self.needs.check_token(caller)?;
                    self.needs.check_group_is_named(caller, &received.body)?;
                }
                let path = target.path(transaction, caller.as_ref())?;
                let head = &received.head;
                let mut context =
                    Context::new(transaction, control, &self.needs, caller, head, now).with(&mut prepared);
                context.purge()?;
                let answer = self.answer(&path, received, &mut context)?;
                match context.take_lacking() {
                    Some(beginning) => Err(Undone::Lacks(Box::new(beginning))),
                    None => Ok((answer, context.into_effects())),
                }
            },
            |(_, effects)| effects.iter().for_each(|effect| effect.apply(control)),
        );
        if answered_as(&received.head.method) != http::Method::GET {
            control.whereabouts.forget();
            control.archive.look_again();
        }
        let (answer, _) = outcome?;
        if let Some(prepared) = prepared {
            prepared.keep();
        }
        Ok(control.quirks.dress(self.info.name, answer))
    }
}

/// Why nothing of an operation happened.
enum Undone {
    Refused(Refusal),
    /// What a new database is to begin with has to be made ready first.
    Lacks(Box<Beginning>),
}

impl<E: Into<Refusal>> From<E> for Undone {
    fn from(refused: E) -> Self {
        Self::Refused(refused.into())
    }
}

/// Every success of the Platform API is a 200.
fn respond(answer: Result<Vec<u8>, Refusal>) -> Response<Bytes> {
    match answer {
        Ok(json) => json_answer(StatusCode::OK, json),
        Err(refusal) => refusal.into_response(),
    }
}

/// What the data plane has to know of a database.
pub(crate) fn record(database: &DatabaseRow) -> DatabaseRecord {
    DatabaseRecord {
        id: database.uuid.to_string(),
        name: database.name.as_str().into(),
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

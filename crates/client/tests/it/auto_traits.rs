//! What may cross threads: a client and its handles are shared, calls and streams are sent to where they are made. And
//! what can be kept, compared, and written down.

use std::{fmt::Debug, future::IntoFuture};

use futures_util::FutureExt as _;
use serde::{Serialize, de::DeserializeOwned};
use turso_cloud::{
    ApiTokens, AuditLogStream, AuditLogs, Billing, Branch, Bulk, BulkEvents, Call, Client, ClientBuilder,
    CreatedDatabase, Credentials, CurrentUser, Database, DatabaseAccess, DatabaseFile, Databases, DumpUpload, Error,
    FileUpload, Groups, Invites, Jwks, Limits, Listing, Location, Locations, Members, NewDatabase, Organizations,
    Outcome, Outcomes, RawAnswer, RawCall, Recovery, ResumePoint, RetryPolicy, UnfitFile, UploadEvents, blocking,
    contract::{Endpoint, endpoints, for_each_endpoint},
    mock::Mock,
    transport::TransportError,
};

const fn send<T: Send + 'static>() {}
const fn shared<T: Send + Sync + 'static>() {}
const fn unpin<T: Unpin>() {}
const fn kept<T: Clone + Debug>() {}
const fn compared<T: Clone + Debug + Eq>() {}
const fn written<T: Clone + Debug + Eq + Serialize + DeserializeOwned>() {}
const fn error<T: std::error::Error + Send + Sync + 'static>() {}

const _: () = {
    shared::<Client>();
    shared::<blocking::Client>();
    shared::<(ApiTokens, AuditLogs, Billing, CurrentUser, Databases, Groups, Invites, Jwks)>();
    shared::<(Locations, Members, Organizations, Recovery)>();
    shared::<(Branch, Credentials, DatabaseAccess, Mock, RawAnswer, RawCall, RetryPolicy)>();
    shared::<Bulk<NewDatabase, CreatedDatabase>>();
    shared::<Outcome<NewDatabase, CreatedDatabase>>();
    error::<Error>();
    error::<TransportError>();
    error::<UnfitFile>();
    shared::<DatabaseFile>();

    send::<ClientBuilder>();
    send::<Call<Database>>();
    send::<<Call<Database> as IntoFuture>::IntoFuture>();
    send::<<Branch as IntoFuture>::IntoFuture>();
    send::<<RawCall as IntoFuture>::IntoFuture>();
    send::<<Bulk<NewDatabase, CreatedDatabase> as IntoFuture>::IntoFuture>();
    send::<<FileUpload<CreatedDatabase> as IntoFuture>::IntoFuture>();
    send::<(FileUpload<CreatedDatabase>, DumpUpload<CreatedDatabase>, UploadEvents<CreatedDatabase>)>();
    send::<(AuditLogStream, Listing<Database>, BulkEvents<NewDatabase, CreatedDatabase>)>();
    send::<blocking::Iter<Database>>();

    // `while let Some(..) = stream.next().await` without pinning.
    unpin::<AuditLogStream>();
    unpin::<Listing<Database>>();
    unpin::<BulkEvents<NewDatabase, CreatedDatabase>>();
    unpin::<UploadEvents<CreatedDatabase>>();

    kept::<Outcomes<NewDatabase, CreatedDatabase>>();
    written::<(Limits, Location, ResumePoint)>();
    macro_rules! requests {
        ($($name:ident,)+) => {
            $(compared::<endpoints::$name>();
            written::<<endpoints::$name as Endpoint>::Query>();
            written::<<endpoints::$name as Endpoint>::Body>();)+
        };
    }
    for_each_endpoint!(requests);
};

#[tokio::test]
async fn a_failure_can_be_shared_as_a_success_can() {
    let turso = Mock::new().client().build().unwrap();
    let shared = turso.databases().get("../x").into_future().shared();
    let (one, other) = (shared.clone().await.unwrap_err(), shared.await.unwrap_err());
    assert!(one.is_invalid_input());
    assert_eq!(format!("{one:?}"), format!("{other:?}"));
}

#[tokio::test]
async fn calls_are_made_where_they_were_sent() {
    let turso = Mock::new().client().build().unwrap();
    let call = turso.databases().get("my-db");
    assert_eq!(tokio::spawn(call.into_future()).await.unwrap().unwrap().name, "my-db");
}

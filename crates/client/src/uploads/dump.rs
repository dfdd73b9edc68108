//! A dump in SQL: a form with one file, sent to the Platform API.

use std::{iter, path::PathBuf, sync::Arc};

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::{HeaderMap, HeaderValue, Method, header};
use turso_cloud_contract::{
    OrganizationSlug, Repeatability,
    databases::{CreateDatabase, CreatedDatabase, NewDatabase, Seed},
    uploads::{DUMP_PART, UploadedDump, dumps},
};

use super::{DumpSettings, Job, draft::refuse_seed, file::SourceFile, preflight};
use crate::{
    Databases, Error,
    call::{check_part, decode_answer, uri},
    exchange::{Authorization, Prepared},
    payload::{Payload, Streamed},
};

/// Sends a dump, and creates a database from it.
pub(crate) async fn create_from_dump(
    job: Job,
    databases: Databases,
    organization: Result<OrganizationSlug, Error>,
    database: NewDatabase,
    path: PathBuf,
    settings: DumpSettings,
) -> Result<CreatedDatabase, Error> {
    refuse_seed(&database)?;
    check_part::<CreateDatabase>(&database)?;
    let url = upload_dump(job, organization, path).await?;
    let create = databases.create(database.seed(Seed::dump(url)));
    if settings.wait_ready { create.wait_ready().await } else { create.await }
}

/// Checks a dump and sends it. The result is its URL.
pub(crate) async fn upload_dump(
    job: Job,
    organization: Result<OrganizationSlug, Error>,
    path: PathBuf,
) -> Result<String, Error> {
    let path_of_dumps = dumps(&organization?);
    let file = preflight::dump(path).await?;
    job.meter.begin(file.size());
    let payload = form(&job, &file)?;
    let cx = job.context(&payload);
    let request = Prepared {
        operation: "UploadDump",
        template: "/v1/organizations/{organization}/databases/dumps".into(),
        method: Method::POST,
        uri: uri(&cx.client().base_url, &path_of_dumps)?,
        headers: HeaderMap::new(),
        payload,
        // A dump sent twice is two dumps, of which one is used.
        repeatability: Repeatability::Idempotent,
        authorization: Authorization::Client,
    };
    let answer = cx.send_raw(&request).await?;
    file.unchanged().await?;
    decode_answer::<UploadedDump>(answer, Repeatability::Idempotent).map(|dump| dump.dump_url)
}

/// The form of RFC 7578 with the file as its only part.
fn form(job: &Job, file: &Arc<SourceFile>) -> Result<Payload, Error> {
    let boundary = boundary();
    let opening = Bytes::from(format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"{DUMP_PART}\"; filename=\"dump.sql\"\r\n\
         Content-Type: application/sql\r\n\r\n"
    ));
    let closing = Bytes::from(format!("\r\n--{boundary}--\r\n"));
    let content_type = HeaderValue::try_from(format!("multipart/form-data; boundary={boundary}"))
        .map_err(|_| Error::config("the form has no content type"))?;
    let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, content_type)]);

    let length = opening.len() as u64 + file.size() + closing.len() as u64;
    let (file, meter) = (Arc::clone(file), Arc::clone(&job.meter));
    Ok(Streamed::payload(length, headers, move || {
        let around = |bytes: &Bytes| stream::iter([Ok(bytes.clone())]);
        around(&opening).chain(file.pieces(0..file.size(), &meter)).chain(around(&closing))
    }))
}

/// Long and random, so that no dump holds it.
fn boundary() -> String {
    iter::once("turso-cloud-".to_owned()).chain((0..32).map(|_| fastrand::alphanumeric().to_string())).collect()
}

//! A file to a database that waits for it: in pieces, or whole.

use std::{path::PathBuf, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, Method};
use turso_cloud_contract::{
    DatabaseName, Repeatability,
    databases::Encryption,
    uploads::{ENCRYPTION_KEY_HEADER, START_UPLOAD, StartUpload, StartedUpload, UPLOAD, UploadPart},
};

use super::{
    FileSettings, Job, ResumePoint,
    file::SourceFile,
    host::{Host, HostRequest, file_headers},
    preflight,
};
use crate::{
    Databases, Error, ErrorKind,
    call::decode_answer,
    payload::{Payload, Streamed},
};

/// Checks a file and sends it.
pub(crate) async fn upload_file(
    job: Job,
    databases: Databases,
    name: Result<DatabaseName, Error>,
    path: PathBuf,
    settings: FileSettings,
) -> Result<(), Error> {
    let name = name?;
    settings.encryption.as_ref().map_or(Ok(()), Encryption::check)?;
    let file = preflight::database_file(path, settings.encryption.as_ref()).await?;
    check_resumption(&settings, &file)?;
    let host = Host::find(&job, &databases, &name).await?;
    job.meter.begin(file.size());
    send_file(&job, host, &file, settings).await
}

fn check_resumption(settings: &FileSettings, file: &SourceFile) -> Result<(), Error> {
    match &settings.resume {
        Some(_) if settings.whole => {
            Err(Error::config("an upload in one request cannot be resumed: leave out `whole` or `resume`"))
        }
        Some(point) => point.check(file),
        None => Ok(()),
    }
}

/// Sends a file that was checked.
pub(super) async fn send_file(
    job: &Job,
    host: Host<'_>,
    file: &Arc<SourceFile>,
    settings: FileSettings,
) -> Result<(), Error> {
    let FileSettings { whole, encryption, resume, .. } = settings;
    let headers = file_headers(encryption.as_ref())?;
    let sending = Sending { job, host, file, headers };
    if whole { sending.whole().await } else { sending.in_pieces(resume).await }
}

struct Sending<'a> {
    job: &'a Job,
    host: Host<'a>,
    file: &'a Arc<SourceFile>,
    headers: HeaderMap,
}

impl Sending<'_> {
    async fn whole(&self) -> Result<(), Error> {
        self.host.answering().await?;
        let request = HostRequest {
            operation: "UploadFile",
            template: UPLOAD,
            method: Method::POST,
            path: UPLOAD.to_owned(),
            payload: self.payload(0..self.file.size()),
            // The database is no draft any more once it has its file.
            repeatability: Repeatability::Once,
        };
        self.host.send(&request).await?;
        self.file.unchanged().await.map_err(|error| error.having_maybe_happened(true))
    }

    async fn in_pieces(&self, resume: Option<ResumePoint>) -> Result<(), Error> {
        let mut point = match resume {
            Some(point) => point,
            None => self.begin().await?,
        };
        self.job.meter.reached(point.range(point.chunks_done()).start);
        self.job.meter.resumable(&point);
        let sent = self.rest(&mut point).await;
        sent.map_err(|error| error.with_resume_point(point))
    }

    async fn begin(&self) -> Result<ResumePoint, Error> {
        let announced = serde_json::to_vec(&StartUpload::new(self.file.size()));
        let announced = announced.map_err(|error| Error::new(ErrorKind::InvalidInput).with_source(error))?;
        let request = HostRequest {
            operation: "StartUpload",
            template: START_UPLOAD,
            method: Method::PUT,
            path: START_UPLOAD.to_owned(),
            payload: Payload::Json(Bytes::from(announced)),
            repeatability: Repeatability::Idempotent,
        };
        let answer = self.host.send_patiently(&request).await?;
        let context = answer.request.clone();
        let started: StartedUpload = decode_answer(answer, Repeatability::Idempotent)?;
        ResumePoint::start(started, self.file).map_err(|error| error.with_request(context))
    }

    async fn rest(&self, point: &mut ResumePoint) -> Result<(), Error> {
        while point.chunks_done() < point.chunks() {
            self.host.send(&self.chunk(point)).await?;
            point.arrived();
            self.job.meter.resumable(point);
        }
        // What was read from a file somebody wrote to fits together no longer.
        self.file.unchanged().await?;
        self.finalize(point).await
    }

    fn chunk(&self, point: &ResumePoint) -> HostRequest {
        let index = point.chunks_done();
        HostRequest {
            operation: "UploadChunk",
            template: "/v2/upload/{upload}/chunk/{index}",
            method: Method::PUT,
            path: UploadPart::Chunk { upload: point.upload_id().clone(), index }.path(),
            payload: self.payload(point.range(index)),
            repeatability: Repeatability::Idempotent,
        }
    }

    /// Where the answer was lost, a repetition may be refused because the first one was heard: the database knows.
    async fn finalize(&self, point: &ResumePoint) -> Result<(), Error> {
        let request = HostRequest {
            operation: "FinalizeUpload",
            template: "/v2/upload/{upload}/finalize",
            method: Method::PUT,
            path: UploadPart::Finalize { upload: point.upload_id().clone() }.path(),
            payload: Payload::Empty,
            repeatability: Repeatability::Idempotent,
        };
        let key = self.headers.get(ENCRYPTION_KEY_HEADER);
        match self.host.send(&request).await {
            Err(error) if error.may_have_happened() && self.host.is_active(key).await => Ok(()),
            answer => answer.map(drop),
        }
    }

    fn payload(&self, range: std::ops::Range<u64>) -> Payload {
        let (file, meter) = (Arc::clone(self.file), Arc::clone(&self.job.meter));
        let length = range.end - range.start;
        Streamed::payload(length, self.headers.clone(), move || file.pieces(range.clone(), &meter))
    }
}

//! What fails is sent again, what arrived is not, and nothing half-done stays behind.

use std::{
    fs::File,
    time::{Duration, Instant},
};

use turso_cloud::{ErrorKind, ResumePoint, RetryPolicy, UploadEvent};

use super::{encryption, new_shop};
use crate::support::{
    files::{Files, bytes_of, database},
    log::Capture,
    upload_cloud::{Trouble, Upload, UploadCloud},
};

fn refused(status: u16) -> Trouble {
    Trouble::Refused(status, r#"{"error":"no"}"#.to_owned())
}

#[tokio::test(start_paused = true)]
async fn a_piece_that_fails_is_sent_again_with_the_same_bytes_and_no_other_is() {
    for trouble in [refused(503), refused(408), refused(429), Trouble::Interrupted, Trouble::AnswerLost, Trouble::Never]
    {
        let files = Files::new();
        let path = files.database(3);
        let cloud = UploadCloud::new(4096).trouble("/chunk/1", trouble.clone());
        let turso = cloud.client().build().unwrap();
        turso.databases().upload_file("shop", &path).await.unwrap();

        let lines: Vec<_> = cloud.seen_at("/chunk/").iter().map(Upload::line).collect();
        let line = |index: u32| format!("PUT /v2/upload/u-1/chunk/{index}");
        assert_eq!(lines, [line(0), line(1), line(1), line(2)], "{trouble:?}");
        let good = cloud.seen_at("/chunk/").into_iter().filter(|seen| seen.status == 200);
        assert!(good.flat_map(|seen| seen.body).collect::<Vec<_>>() == bytes_of(&path), "{trouble:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_piece_is_repeated_fifteen_times_before_the_upload_fails() {
    let files = Files::new();
    let mut cloud = UploadCloud::new(4096);
    for _ in 0..16 {
        cloud = cloud.trouble("/chunk/0", refused(503));
    }
    let turso = cloud.client().build().unwrap();
    let error = turso.databases().upload_file("shop", files.database(1)).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.operation()), (ErrorKind::Server, 16, Some("UploadChunk")));
    // The deadline of the client, 20 s, is not the upload's.
    assert!(error.elapsed() > Duration::from_secs(20), "{:?}", error.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_slow_upload_is_not_cut_as_long_as_bytes_move() {
    let files = Files::new();
    let cloud = UploadCloud::new(8 << 20).trouble("/chunk/0", Trouble::Slow(Duration::from_secs(10)));
    let turso = cloud.client().build().unwrap();
    let started = tokio::time::Instant::now();
    turso.databases().upload_file("shop", files.database(2048)).await.unwrap();
    assert_eq!(cloud.seen_at("/chunk/").len(), 1);
    assert!(started.elapsed() > Duration::from_secs(300));
}

#[tokio::test(start_paused = true)]
async fn a_piece_that_takes_hours_is_not_cut_by_the_hour_its_repetitions_have() {
    let files = Files::new();
    let path = files.database(1);
    File::options().write(true).open(&path).unwrap().set_len(128 << 20).unwrap();
    let cloud = UploadCloud::new(128 << 20).forgetting_bodies();
    let cloud = cloud.trouble("/chunk/0", Trouble::Slow(Duration::from_secs(15)));
    let turso = cloud.client().build().unwrap();
    let started = tokio::time::Instant::now();
    turso.databases().upload_file("shop", &path).await.unwrap();
    assert_eq!(cloud.seen_at("/chunk/").len(), 1);
    assert!(started.elapsed() > Duration::from_secs(2 * 3600));
}

#[tokio::test(start_paused = true)]
async fn a_request_whose_bytes_stand_still_or_creep_is_given_up() {
    for (trouble, seconds) in [(Trouble::Never, 60), (Trouble::Slow(Duration::from_secs(59)), 572)] {
        let files = Files::new();
        let cloud = UploadCloud::new(8 << 20).trouble("/chunk/0", trouble);
        let turso = cloud.client().build().unwrap();
        let upload = turso.databases().upload_file("shop", files.database(2048)).retry(RetryPolicy::none());
        let error = upload.await.unwrap_err();
        assert!(error.is_timeout(), "{error}");
        assert_eq!(error.elapsed().as_secs(), seconds);
    }
}

#[tokio::test(start_paused = true)]
async fn a_pause_longer_than_an_hour_is_an_error_and_not_waited_for() {
    let files = Files::new();
    let pause = r#"{"error":{"code":"rate_limit_exceeded","message":"no","retry_after":7200}}"#;
    let cloud = UploadCloud::new(4096).trouble("/chunk/0", Trouble::Refused(429, pause.to_owned()));
    let turso = cloud.client().build().unwrap();
    let error = turso.databases().upload_file("shop", files.database(1)).await.unwrap_err();
    assert!(error.is_rate_limited() && error.resume_point().is_some(), "{error}");
    assert_eq!((error.retry_after(), error.elapsed()), (Some(Duration::from_secs(7200)), Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn an_upload_goes_on_with_the_first_piece_that_is_missing() {
    let files = Files::new();
    let path = files.database(4);
    let cloud = UploadCloud::new(4096).trouble("/chunk/2", refused(400));
    let turso = cloud.client().build().unwrap();
    let error = turso.databases().upload_file("shop", &path).await.unwrap_err();
    let point = error.resume_point().unwrap();
    assert_eq!((point.chunks_done(), point.chunks(), point.chunk_size()), (2, 4, 4096));

    // It can go through a file or a message.
    let point: ResumePoint = serde_json::from_str(&serde_json::to_string(point).unwrap()).unwrap();
    turso.databases().upload_file("shop", &path).resume(point).await.unwrap();
    assert_eq!(cloud.seen_at("/start").len(), 1);
    let good: Vec<_> = cloud.seen_at("/chunk/").into_iter().filter(|seen| seen.status == 200).collect();
    assert_eq!(good.len(), 4);
    assert!(good.into_iter().flat_map(|seen| seen.body).collect::<Vec<_>>() == bytes_of(&path));
    assert_eq!(cloud.seen_at("/finalize").len(), 1);
}

#[tokio::test]
async fn an_upload_does_not_go_on_with_another_file() {
    let files = Files::new();
    let path = files.database(4);
    let cloud = UploadCloud::new(4096).trouble("/chunk/2", refused(400));
    let turso = cloud.client().build().unwrap();
    let error = turso.databases().upload_file("shop", &path).await.unwrap_err();
    files.write("shop.db", database(5));
    let count = cloud.seen().len();
    let call = turso.databases().upload_file("shop", &path).resume(error.resume_point().unwrap().clone());
    let error = call.await.unwrap_err();
    assert!(error.is_file() && error.to_string().contains("is not the file the upload began with"), "{error}");
    assert_eq!(cloud.seen().len(), count);
}

#[tokio::test]
async fn a_file_that_changes_under_way_is_not_opened_by_the_service() {
    let files = Files::new();
    let path = files.database(4);
    let cloud = UploadCloud::new(4096).trouble("/chunk/1", Trouble::Write(path.clone(), database(9)));
    let turso = cloud.client().build().unwrap();
    let error = turso.databases().create_from_file(new_shop(), &path).await.unwrap_err();
    assert!(error.is_file() && error.to_string().contains("was changed while it was uploaded"), "{error}");
    assert!(cloud.seen_at("/finalize").is_empty());
    assert_eq!(cloud.deletions(), 1);
}

#[tokio::test]
async fn a_file_that_becomes_shorter_under_way_is_an_error_at_once() {
    let files = Files::new();
    let path = files.database(4);
    let cloud = UploadCloud::new(4096).trouble("/chunk/1", Trouble::Write(path.clone(), vec![]));
    let turso = cloud.client().build().unwrap();
    let error = turso.databases().upload_file("shop", &path).await.unwrap_err();
    assert!(error.is_file() && error.to_string().contains("became shorter"), "{error}");
    assert_eq!((error.operation(), error.attempts()), (Some("UploadChunk"), 1));
}

#[tokio::test(start_paused = true)]
async fn a_token_that_ends_while_its_piece_is_repeated_is_replaced() {
    let files = Files::new();
    let cloud = UploadCloud::new(4096).trouble("/chunk/0", refused(503)).trouble("/chunk/0", refused(401));
    let turso = cloud.client().build().unwrap();
    turso.databases().upload_file("shop", files.database(1)).await.unwrap();
    let tokens: Vec<_> =
        cloud.seen_at("/chunk/0").iter().filter_map(|seen| seen.header("authorization").map(str::to_owned)).collect();
    assert_eq!(tokens, ["Bearer database-token-2", "Bearer database-token-2", "Bearer database-token-3"]);
}

#[tokio::test(start_paused = true)]
async fn tokens_that_end_again_and_again_end_the_upload() {
    let files = Files::new();
    let mut cloud = UploadCloud::new(4096);
    for _ in 0..100 {
        cloud = cloud.trouble("/chunk/0", refused(503)).trouble("/chunk/0", refused(401));
    }
    let turso = cloud.client().build().unwrap();
    let error = turso.databases().upload_file("shop", files.database(1)).await.unwrap_err();
    assert!(error.is_unauthenticated() && error.resume_point().is_some(), "{error}");
    assert_eq!(cloud.seen_at("/chunk/").len(), 8);
}

#[tokio::test]
async fn a_token_that_is_refused_at_first_is_an_error() {
    let files = Files::new();
    let cloud = UploadCloud::new(4096).trouble("/chunk/0", refused(401));
    let turso = cloud.client().build().unwrap();
    let error = turso.databases().upload_file("shop", files.database(1)).await.unwrap_err();
    assert!(error.is_unauthenticated());
    assert_eq!(cloud.seen_at("/chunk/").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_new_host_is_waited_for() {
    // A draft refuses SQL, in whatever words.
    for (whole, refusal) in [(false, None), (true, None), (true, Some(400)), (true, Some(403)), (true, Some(409))] {
        let mut cloud = UploadCloud::new(4096);
        let path = if whole { "/v2/pipeline" } else { "/start" };
        for status in [404, 401, 503, 404] {
            cloud = cloud.trouble(path, refused(status));
        }
        // The API itself does not know the new database at once.
        cloud = cloud.trouble("/databases/shop", refused(404)).trouble("/auth/tokens", refused(404));
        if let Some(status) = refusal {
            cloud = cloud.trouble(path, refused(status));
        }
        let files = Files::new();
        let turso = cloud.client().build().unwrap();
        let upload = turso.databases().create_from_file(new_shop(), files.database(1));
        if whole { upload.whole().await } else { upload.await }.unwrap();
        assert_eq!(cloud.deletions(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_host_that_never_takes_the_file_ends_the_wait_at_the_deadline_of_the_client() {
    let files = Files::new();
    let mut cloud = UploadCloud::new(4096);
    for _ in 0..100 {
        cloud = cloud.trouble("/start", refused(404));
    }
    let turso = cloud.client().build().unwrap();
    let started = tokio::time::Instant::now();
    let error = turso.databases().create_from_file(new_shop(), files.database(1)).await.unwrap_err();
    assert!(error.is_timeout() && error.to_string().contains("takes no upload yet"), "{error}");
    assert!(started.elapsed() <= Duration::from_secs(20), "{:?}", started.elapsed());
    assert_eq!(cloud.deletions(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_database_that_is_not_there_is_an_error_at_once() {
    let files = Files::new();
    let cloud = UploadCloud::new(4096).trouble("/databases/shop", refused(404));
    let turso = cloud.client().build().unwrap();
    let error = turso.databases().upload_file("shop", files.database(1)).await.unwrap_err();
    assert!(error.is_not_found());
    assert_eq!(cloud.seen().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_draft_whose_file_does_not_arrive_is_deleted_unless_it_is_to_be_kept() {
    for path in ["/start", "/chunk/1", "/finalize"] {
        for keep in [false, true] {
            let files = Files::new();
            let cloud = UploadCloud::new(4096).trouble(path, refused(400));
            let turso = cloud.client().build().unwrap();
            let upload = turso.databases().create_from_file(new_shop(), files.database(2));
            let error = if keep { upload.keep_draft().await } else { upload.await }.unwrap_err();
            assert!(error.is_rejected(), "{error}");
            assert_eq!(cloud.deletions(), usize::from(!keep), "{path}");
            assert_eq!(error.resume_point().is_some(), keep && path != "/start", "{path}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_draft_that_cannot_be_deleted_is_told_of() {
    let files = Files::new();
    let cloud = UploadCloud::new(4096).trouble("/chunk/0", refused(400)).trouble("/databases/shop", refused(403));
    // The first request there gets the database.
    let cloud = UploadCloud::trouble(cloud, "/databases/shop", refused(403));
    let turso = cloud.client().build().unwrap();
    let error = turso.databases().create_from_file(new_shop(), files.database(1)).await.unwrap_err();
    assert!(error.to_string().contains("the draft database shop is still there"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_upload_does_not_go_on_where_its_draft_is_gone() {
    let files = Files::new();
    // The first request there finds the database.
    let cloud = UploadCloud::new(4096)
        .trouble("/chunk/0", refused(400))
        .trouble("/databases/shop", Trouble::Slow(Duration::ZERO))
        .trouble("/databases/shop", refused(404));
    let turso = cloud.client().build().unwrap();
    let error = turso.databases().create_from_file(new_shop(), files.database(1)).await.unwrap_err();
    assert!(error.is_rejected() && error.resume_point().is_none(), "{error:?}");
    assert_eq!(cloud.deletions(), 1);
}

#[tokio::test]
async fn a_database_that_was_there_before_is_never_deleted() {
    let files = Files::new();
    for (at, trouble) in [("/databases", refused(409)), ("/databases", Trouble::AnswerLost)] {
        let cloud = UploadCloud::new(4096).trouble(at, trouble);
        let turso = cloud.client().build().unwrap();
        turso.databases().create_from_file(new_shop(), files.database(1)).await.unwrap_err();
        assert_eq!((cloud.seen().len(), cloud.deletions()), (1, 0));
    }
    let cloud = UploadCloud::new(4096).trouble("/chunk/0", refused(400));
    let turso = cloud.client().build().unwrap();
    turso.databases().upload_file("shop", files.database(1)).await.unwrap_err();
    assert_eq!(cloud.deletions(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_draft_goes_when_its_upload_is_given_up() {
    let files = Files::new();
    let cloud = UploadCloud::new(4096).trouble("/chunk/1", Trouble::Never);
    let turso = cloud.client().build().unwrap();
    let upload = turso.databases().create_from_file(new_shop(), files.database(2));
    let given_up = tokio::time::timeout(Duration::from_secs(5), upload).await;
    assert!(given_up.is_err());
    let deleted = async {
        while cloud.deletions() == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), deleted).await.unwrap();
}

#[test]
fn a_draft_goes_when_its_upload_is_given_up_without_a_runtime() {
    let files = Files::new();
    let cloud = UploadCloud::new(4096).trouble("/chunk/1", Trouble::Never);
    let turso = cloud.client().build_blocking().unwrap();
    let mut events = turso.databases().create_from_file(new_shop(), files.database(2)).events().send().unwrap();
    let is_half_done = |event: Result<UploadEvent<_>, _>| {
        let UploadEvent::Progress(progress) = event.unwrap() else { panic!("it ended") };
        progress.resume_point.is_some_and(|point| point.chunks_done() == 1)
    };
    assert!(events.any(is_half_done));
    drop(events);
    // The client may go before the draft does.
    drop(turso);
    let latest = Instant::now() + Duration::from_secs(10);
    while cloud.deletions() == 0 {
        assert!(Instant::now() < latest, "the draft is still there");
        std::thread::yield_now();
    }
}

#[tokio::test(start_paused = true)]
async fn an_upload_whose_draft_was_deleted_has_certainly_not_happened() {
    for keep in [false, true] {
        let files = Files::new();
        let cloud = UploadCloud::new(4096).trouble("/v1/upload", Trouble::AnswerLost);
        let turso = cloud.client().build().unwrap();
        let upload = turso.databases().create_from_file(new_shop(), files.database(1)).whole();
        let error = if keep { upload.keep_draft().await } else { upload.await }.unwrap_err();
        assert_eq!((error.may_have_happened(), cloud.deletions()), (keep, usize::from(!keep)), "{error}");
        assert_eq!(error.to_string().contains("the draft database shop was deleted again"), !keep, "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_upload_whose_last_answer_is_lost_is_done_where_the_database_answers() {
    let files = Files::new();
    let cloud = UploadCloud::new(4096).trouble("/finalize", Trouble::AnswerLost).trouble("/finalize", refused(404));
    let turso = cloud.client().build().unwrap();
    turso.databases().create_from_file(new_shop(), files.database(1)).await.unwrap();
    assert_eq!((cloud.seen_at("/v2/pipeline").len(), cloud.deletions()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn an_upload_whose_last_answer_is_lost_may_have_happened_where_the_database_does_not_answer() {
    for trouble in ["/v2/pipeline", "/auth/tokens"] {
        let files = Files::new();
        let path = files.database(1);
        let mut cloud = UploadCloud::new(1 << 20).trouble("/finalize", Trouble::AnswerLost);
        cloud = cloud.trouble("/finalize", refused(404));
        if trouble == "/auth/tokens" {
            // Those that begin, carry a piece, and end it.
            cloud = (0..3).fold(cloud, |cloud, _| cloud.trouble(trouble, Trouble::Slow(Duration::ZERO)));
        }
        cloud = cloud.trouble(trouble, refused(403));
        let turso = cloud.client().build().unwrap();
        let error = turso.databases().upload_file("shop", &path).await.unwrap_err();
        assert!(error.is_not_found() && error.may_have_happened(), "{error:?}");
        assert_eq!(error.resume_point().map(ResumePoint::chunks_done), Some(1));
    }
}

#[tokio::test(start_paused = true)]
async fn an_encrypted_database_whose_last_answer_is_lost_is_asked_with_its_key() {
    let files = Files::new();
    let mut bytes = database(1);
    bytes[20] = 28;
    let path = files.write("shop.db", bytes);
    let cloud = UploadCloud::new(4096).encrypted(super::KEY);
    let cloud = cloud.trouble("/finalize", Trouble::AnswerLost).trouble("/finalize", refused(404));
    let turso = cloud.client().build().unwrap();
    turso.databases().create_from_file(new_shop().encryption(encryption()), path).await.unwrap();
    assert_eq!((cloud.seen_at("/v2/pipeline").len(), cloud.deletions()), (1, 0));
}

#[tokio::test]
async fn a_whole_file_that_changes_under_way_may_have_arrived() {
    let files = Files::new();
    let path = files.database(4);
    let cloud = UploadCloud::new(4096).trouble("/v1/upload", Trouble::Write(path.clone(), database(9)));
    let turso = cloud.client().build().unwrap();
    let error = turso.databases().upload_file("shop", &path).whole().await.unwrap_err();
    assert!(error.is_file() && error.may_have_happened(), "{error:?}");
}

#[tokio::test]
async fn a_whole_file_is_not_sent_twice() {
    let files = Files::new();
    let cloud = UploadCloud::new(4096).trouble("/v1/upload", Trouble::AnswerLost);
    let turso = cloud.client().build().unwrap();
    let error = turso.databases().upload_file("shop", files.database(1)).whole().await.unwrap_err();
    assert!(error.may_have_happened() && error.resume_point().is_none());
    assert_eq!(cloud.seen_at("/v1/upload").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn no_token_and_no_key_is_printed() {
    let captured = Capture::start();
    let files = Files::new();
    let mut bytes = database(2);
    bytes[20] = 28;
    let path = files.write("shop.db", bytes);
    let repeated = format!(r#"{{"error":"no: {} database-token-2 database-token-3"}}"#, super::KEY);
    let cloud = UploadCloud::new(4096)
        .trouble("/chunk/0", Trouble::Refused(503, repeated.clone()))
        .trouble("/chunk/1", Trouble::Refused(400, repeated.replace("database-token-2", "")));
    let turso = cloud.client().build().unwrap();
    let upload = turso.databases().upload_file("shop", &path).encryption(encryption()).retry(RetryPolicy::default());
    let mut printed = format!("{upload:?}");
    let error = upload.await.unwrap_err();
    printed = [printed, format!("{error} {error:?}"), captured.text()].concat();
    assert!(printed.contains("[redacted]"), "{printed}");
    assert!(!printed.contains(super::KEY), "{printed}");
    assert!(!printed.contains("no: [redacted] database-token-2 database"), "{printed}");
    assert!(!error.to_string().contains("database-token"), "{error}");
}

#[tokio::test]
async fn a_stored_point_that_does_not_fit_its_file_is_refused_before_anything_is_sent() {
    let files = Files::new();
    let path = files.database(4);
    let cloud = UploadCloud::new(4096).trouble("/chunk/2", refused(400));
    let turso = cloud.client().build().unwrap();
    let error = turso.databases().upload_file("shop", &path).await.unwrap_err();
    let stored = serde_json::to_value(error.resume_point().unwrap()).unwrap();
    let count = cloud.seen().len();
    for (field, value, words) in [
        ("chunks_done", serde_json::json!(5), "has only 4 pieces"),
        ("chunk_size", serde_json::json!(0), "must be from 1 to"),
        ("file_size", serde_json::json!(4096 * 5), "is not the file the upload began with"),
        ("modified", serde_json::json!(null), "is not the file the upload began with"),
    ] {
        let mut changed = stored.clone();
        changed[field] = value;
        let point: ResumePoint = serde_json::from_value(changed).unwrap();
        let error = turso.databases().upload_file("shop", &path).resume(point).await.unwrap_err();
        assert!(error.to_string().contains(words), "{field}: {error}");
        assert_eq!(cloud.seen().len(), count, "{field}");
    }
}

//! Progress only ever grows, and ends with all of the file.

use std::{
    pin::pin,
    sync::{Arc, Mutex},
};

use futures_util::{StreamExt as _, TryStreamExt as _};
use turso_cloud::{ResumePoint, UploadEvent, UploadProgress};

use super::new_shop;
use crate::support::{
    files::Files,
    upload_cloud::{Trouble, UploadCloud},
};

fn assert_grows(progress: &[UploadProgress], total: u64) {
    assert!(progress.is_sorted_by_key(|progress| progress.bytes_sent), "{progress:?}");
    assert!(progress.iter().all(|progress| progress.bytes_total == total), "{progress:?}");
    assert_eq!(progress.last().map(|progress| progress.bytes_sent), Some(total));
}

#[tokio::test(start_paused = true)]
async fn it_grows_to_the_end_also_where_a_piece_is_sent_twice() {
    let files = Files::new();
    let cloud = UploadCloud::new(300_000).trouble("/chunk/1", Trouble::Refused(503, String::new()));
    let turso = cloud.client().build().unwrap();
    let all = Arc::new(Mutex::new(vec![]));
    let noted = Arc::clone(&all);
    let upload = turso.databases().upload_file("shop", files.database(250));
    upload.on_progress(move |progress| noted.lock().unwrap().push(progress.clone())).await.unwrap();
    let all = all.lock().unwrap();
    assert!(all.len() > 1);
    assert_grows(&all, 250 * 4096);
}

#[tokio::test]
async fn a_whole_file_has_progress_too() {
    let files = Files::new();
    let turso = UploadCloud::new(1).client().build().unwrap();
    let all = Arc::new(Mutex::new(vec![]));
    let noted = Arc::clone(&all);
    let upload = turso.databases().upload_file("shop", files.database(250)).whole();
    upload.on_progress(move |progress| noted.lock().unwrap().push(progress.clone())).await.unwrap();
    assert_grows(&all.lock().unwrap(), 250 * 4096);
}

#[tokio::test]
async fn events_are_progress_and_then_the_result() {
    let files = Files::new();
    let turso = UploadCloud::new(4096).client().build().unwrap();
    let events = turso.databases().create_from_file(new_shop(), files.database(5)).events();
    let mut events: Vec<_> = events.try_collect().await.unwrap();
    assert!(matches!(events.pop(), Some(UploadEvent::Finished(created)) if created.name == "shop"));
    let progress: Vec<_> = events
        .into_iter()
        .map(|event| match event {
            UploadEvent::Progress(progress) => progress,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_grows(&progress, 5 * 4096);
    assert_eq!(progress.last().and_then(|p| p.resume_point.as_ref()).map(ResumePoint::chunks_done), Some(5));
}

#[tokio::test]
async fn an_upload_that_is_given_up_can_go_on_from_its_last_event() {
    let files = Files::new();
    let path = files.database(3);
    let cloud = UploadCloud::new(4096).trouble("/chunk/2", Trouble::Never);
    let turso = cloud.client().build().unwrap();
    let point = {
        let mut events = pin!(turso.databases().upload_file("shop", &path).events());
        loop {
            match events.next().await.unwrap().unwrap() {
                UploadEvent::Progress(UploadProgress { resume_point: Some(point), .. }) if point.chunks_done() == 2 => {
                    break point;
                }
                UploadEvent::Finished(()) => panic!("it ended"),
                _ => {}
            }
        }
    };
    turso.databases().upload_file("shop", &path).resume(point).await.unwrap();
    assert_eq!((cloud.seen_at("/chunk/0").len(), cloud.seen_at("/chunk/1").len()), (1, 1));
    assert_eq!((cloud.seen_at("/start").len(), cloud.seen_at("/finalize").len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_goes_on_begins_where_it_stopped_and_ends_with_all_of_the_file() {
    for (stopped_at, arrived) in [("/chunk/2", 2 * 4096), ("/finalize", 3 * 4096)] {
        let files = Files::new();
        let path = files.database(3);
        let cloud = UploadCloud::new(4096).trouble(stopped_at, Trouble::Refused(400, String::new()));
        let turso = cloud.client().build().unwrap();
        let error = turso.databases().upload_file("shop", &path).await.unwrap_err();
        let go_on = || turso.databases().upload_file("shop", &path).resume(error.resume_point().unwrap().clone());

        let _standing_still = cloud.clone().trouble(stopped_at, Trouble::Never);
        let first = pin!(go_on().events()).next().await.unwrap().unwrap();
        assert!(matches!(&first, UploadEvent::Progress(p) if p.bytes_sent == arrived), "{stopped_at}: {first:?}");

        let all = Arc::new(Mutex::new(vec![]));
        let noted = Arc::clone(&all);
        go_on().on_progress(move |progress| noted.lock().unwrap().push(progress.clone())).await.unwrap();
        assert_grows(&all.lock().unwrap(), 3 * 4096);
    }
}

#[tokio::test]
async fn an_error_ends_the_events() {
    let files = Files::new();
    let turso = UploadCloud::new(4096).client().build().unwrap();
    let events: Vec<_> = turso.databases().upload_file("shop", files.path("missing.db")).events().collect().await;
    assert!(matches!(&*events, [Err(error)] if error.is_file()), "{events:?}");
}

#[test]
fn uploads_work_without_a_runtime() {
    let files = Files::new();
    let (path, cloud) = (files.database(3), UploadCloud::new(4096));
    let turso = cloud.client().build_blocking().unwrap();
    assert_eq!(turso.databases().create_from_file(new_shop(), &path).send().unwrap().name, "shop");
    let events = turso.databases().upload_file("shop", &path).events().send().unwrap();
    assert!(matches!(events.last(), Some(Ok(UploadEvent::Finished(())))));
    assert_eq!(cloud.seen_at("/chunk/").len(), 6);
}

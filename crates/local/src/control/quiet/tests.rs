use std::sync::mpsc;

use tokio::{task::yield_now, time::advance};

use super::*;
use crate::{Cloud, store::StoreError};

/// A cloud, and the turn to write to its only database.
fn written_to() -> (Cloud, Turn) {
    let seed = "[[organization]]\nslug = \"acme\"\n[[organization.database]]\nname = \"orders\"";
    let cloud = Cloud::builder().seed_toml(seed).unwrap().build().unwrap();
    let turn = cloud.control().data.writers()[0].1.try_turn().unwrap();
    (cloud, turn)
}

#[tokio::test(start_paused = true)]
async fn who_writes_for_too_long_is_waited_for_no_longer_than_writers_wait() {
    let (cloud, _turn) = written_to();
    let began = Instant::now();
    assert!(matches!(cloud.fork().await, Err(CloudError::Busy)));
    assert_eq!(began.elapsed().as_secs(), PATIENCE.as_secs());
}

#[tokio::test(start_paused = true)]
async fn a_request_that_changes_the_state_for_too_long_holds_up_no_writer() {
    let (cloud, turn) = written_to();
    let ((begins, has_begun), (ends, end)) = (mpsc::channel(), mpsc::channel());
    let control = Arc::clone(&cloud.control());
    let changing = std::thread::spawn(move || {
        control.store.transact(|_| {
            begins.send(()).unwrap();
            end.recv().unwrap();
            Ok::<_, StoreError>(())
        })
    });
    has_begun.recv().unwrap();
    let forking = tokio::spawn({
        let cloud = cloud.clone();
        async move { cloud.fork().await }
    });
    yield_now().await;
    // It waits for the turn until there is next to no time left for the state.
    advance(Duration::from_millis(6990)).await;
    drop(turn);
    assert!(matches!(forking.await.unwrap(), Err(CloudError::Busy)));
    assert!(cloud.control().data.writers()[0].1.try_turn().is_some());
    ends.send(()).unwrap();
    changing.join().unwrap().unwrap();
    drop(cloud.fork().await.unwrap());
}

//! What may be asked, and by whom.

use serde_json::json;

use super::*;
use crate::data::tests::{claims, seed};
use crate::data::{KeyDigest, Rules, Subject, TokenClaims, mint};

#[tokio::test]
async fn a_revision_that_the_database_has_not_given_out_is_refused_by_name() {
    let host = host().await;
    let good = Copy::new(&host).await.revision;
    let check = good.rsplit('.').next().unwrap();
    let of_another = good.replace(&DATABASE[..8], "00000000");
    let bad = [
        "1".to_owned(),
        "xyz".to_owned(),
        "..".to_owned(),
        "\u{0}\u{ffff}".to_owned(),
        DATABASE.to_owned(),
        format!("{DATABASE}."),
        format!("{DATABASE}.1.1"),
        format!("{DATABASE}.+1.3.{check}"),
        format!("{DATABASE}.01.3.{check}"),
        format!("{DATABASE}.-1.3.{check}"),
        format!("{DATABASE}.4294967296.3.{check}"),
        format!("{DATABASE}.1.3.{}", check.to_uppercase() + "0"),
        format!("{good}.1"),
        "g1:o56".to_owned(),
        of_another.clone(),
    ];
    for revision in bad {
        for (field, name) in [(2, "server_revision"), (3, "client_revision")] {
            let (status, sentence) = refusal(&host, bytes(field, &revision)).await;
            assert_eq!(status, 400, "{revision}");
            assert!(sentence.starts_with(&format!("invalid {name}")), "{revision}: {sentence}");
        }
    }
    let (_, sentence) = refusal(&host, bytes(3, of_another)).await;
    assert_eq!(sentence, format!("invalid client_revision: it is of another database than {DATABASE}"));
}

/// As after a power failure, or forged: the name has the right form.
#[tokio::test]
async fn a_copy_of_a_commit_that_is_not_in_the_log_gets_all_pages() {
    let host = host().await;
    let mut copy = Copy::new(&host).await;
    let revision = copy.revision.clone();
    let [_, generation, frames, check] = revision.split('.').collect::<Vec<_>>()[..] else { panic!("{revision}") };
    host.run(&["INSERT INTO t VALUES (10)"]).await;
    for commit in [
        format!("{generation}.{frames}.0123456789abcdef"),
        format!("{generation}.4294967295.{check}"),
        format!("{generation}.0.{check}"),
        format!("{generation}.2.{check}"),
        format!("4294967295.{frames}.{check}"),
        format!("0.{frames}.{check}"),
    ] {
        copy.revision = format!("{DATABASE}.{commit}");
        let (status, sentence) = refusal(&host, bytes(2, &copy.revision)).await;
        assert_eq!((status, &*sentence), (400, "invalid server_revision: there is no such commit any more"));
        let news = copy.pull().await;
        assert!(copy.is_all_there_is(&news), "{commit}");
        assert_eq!(copy.sum(), 11);
    }
}

#[tokio::test]
async fn a_frame_in_the_middle_of_a_transaction_names_no_commit() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)", "INSERT INTO t VALUES (zeroblob(20000))"]).await;
    let frames = super::super::export::get(&host, "/sync/1/1/1000").await.1;
    let commits = frames.chunks(24 + PAGE).enumerate().filter(|(_, frame)| frame[4..8] != [0; 4]).count();
    let mut named = 0;
    for (index, frame) in frames.chunks(24 + PAGE).enumerate() {
        let check = u64::from_be_bytes(frame[16..24].try_into().unwrap());
        let revision = format!("{DATABASE}.1.{}.{check:016x}", index + 1);
        named += usize::from(ask(&host, bytes(2, revision)).await.0 == 200);
    }
    assert!(named == commits && commits < frames.len() / (24 + PAGE));
}

#[tokio::test]
async fn a_commit_later_than_the_one_to_get_to_counts_for_none() {
    let host = host().await;
    let mut copy = Copy::new(&host).await;
    let earlier = copy.revision.clone();
    host.run(&["INSERT INTO t VALUES (10)"]).await;
    copy.pull().await;
    let asked = [bytes(2, &earlier), bytes(3, &copy.revision)].concat();
    let news = copy.take(&ok(&host, asked).await);
    assert!(copy.is_all_there_is(&news));
    assert_eq!((copy.sum(), &copy.revision), (1, &earlier));
}

#[tokio::test]
async fn a_body_that_cannot_be_met_is_refused_by_what_is_wrong() {
    let host = host().await;
    let bitmap_of_65536_runs = [0x3b_u8, 0x30, 0xff, 0xff].repeat(20_000);
    for (body, part) in [
        (vec![0xff; 50], "Cannot deserialize client message from Protobuf"),
        (vec![0x1a, 0x7f, b'x'], "Cannot deserialize client message from Protobuf"),
        (number(3, 7), "Cannot deserialize client message from Protobuf"),
        (number(1, 1), "invalid encoding 1"),
        (number(1, 7), "invalid encoding 7"),
        (bytes(5, "no bitmap"), "invalid server_pages_selector"),
        (bytes(5, bitmap_of_65536_runs), "invalid server_pages_selector"),
    ] {
        let (status, sentence) = refusal(&host, body).await;
        assert!(status == 400 && sentence.starts_with(part), "{part}: {status} {sentence}");
    }
    assert_eq!(refusal(&host, vec![0; 11 * 1024 * 1024]).await.0, 413);
    assert_eq!(host.get("/pull-updates").await.0, 405);
}

/// Pages that the client has, a query, a log of logical changes, fields of versions to come.
#[tokio::test]
async fn who_asks_for_more_than_pages_gets_pages() {
    let host = host().await;
    let asked = [bytes(6, "pages"), bytes(7, "SELECT x FROM t"), number(8, 1), number(99, 5), bytes(100, "x")].concat();
    let answer = messages(&ok(&host, asked).await);
    assert_eq!(answer.len(), 4);
    assert!(all(&answer[0], 5).is_empty(), "a stream of pages");
}

#[tokio::test]
async fn who_may_read_all_of_a_database_may_copy_it() {
    let host = host().await;
    assert_eq!(ask(&host.read_only(), "").await.0, 200);
    assert_eq!(ask(&host.with_token(""), "").await.0, 401);
    let expired = TokenClaims { expires_at: Some(host.clock.now()), ..claims(&host.clock) };
    let expired = host.with_token(mint(&expired, &seed()).unwrap());
    host.clock.advance(Duration::from_secs(3600));
    assert_eq!(ask(&expired, "").await.0, 401);
    let other = TokenClaims { subject: Subject::Database { id: "other".to_owned() }, ..claims(&host.clock) };
    assert_eq!(ask(&host.with_token(mint(&other, &seed()).unwrap()), "").await.0, 401);
    let rules: Rules = serde_json::from_value(json!([{ "t": ["all"], "a": ["dr"] }])).unwrap();
    let held = TokenClaims { rules, ..claims(&host.clock) };
    assert_eq!(ask(&host.with_token(mint(&held, &seed()).unwrap()), "").await.0, 403);
    for (record, status) in [
        (DatabaseRecord { block_writes: true, ..record() }, 200),
        (DatabaseRecord { block_reads: true, ..record() }, 403),
        (DatabaseRecord { archived: true, ..record() }, 403),
        (DatabaseRecord { draft: true, ..record() }, 403),
        (DatabaseRecord { allowed_ips: crate::data::AllowList::new(&["192.0.2.1".to_owned()]), ..record() }, 403),
        (DatabaseRecord { encryption: Some(KeyDigest::from_bytes([1; 32])), ..record() }, 400),
    ] {
        host.plane.put(record);
        assert_eq!(ask(&host, "").await.0, status);
    }
}

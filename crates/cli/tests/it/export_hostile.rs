//! A database's host that says of its file what cannot be.
#![expect(clippy::unwrap_used, reason = "a folder that cannot be read fails its test")]

use std::fs;

use crate::{
    stand_in::stand_in,
    support::{Ended, Served, text},
};

const PAGE: usize = 4096;

/// A frame with the number of its page, and how many pages the database has behind it.
fn frame(page: u32, pages: u32) -> Vec<u8> {
    [&page.to_be_bytes()[..], &pages.to_be_bytes(), &[0; 16], &[7; PAGE]].concat()
}

/// An export of a file of two pages that has changed in this way since.
fn exported(served: &Served, spaces: usize, frames: Vec<u8>) -> Ended {
    let url = stand_in(served, move |path, _| match path {
        "/info" => (200, format!("{}{{\"current_generation\":1}}", " ".repeat(spaces)).into_bytes()),
        "/export/1" => (200, vec![0; 2 * PAGE]),
        _ => (200, frames.clone()),
    });
    let folder = served.folder.path().join("exported");
    fs::create_dir(&folder).unwrap();
    served.run(&["export", &url, "--out", &text(&folder.join("shop.db"))])
}

/// What one says that leaves nothing.
fn refused(spaces: usize, frames: Vec<u8>) -> String {
    let served = Served::new();
    let ended = exported(&served, spaces, frames);
    let left = fs::read_dir(served.folder.path().join("exported")).unwrap().count();
    assert_eq!((ended.code, left), (Some(1), 0), "{}", ended.stderr);
    ended.stderr
}

#[test]
fn a_page_that_the_file_cannot_have_is_written_nowhere() {
    let served = Served::new();
    let frames = [frame(2, 0), frame(u32::MAX, 0), frame(1, 2)].concat();
    let ended = exported(&served, 0, frames);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(fs::metadata(served.folder.path().join("exported/shop.db")).unwrap().len(), 2 * PAGE as u64);
    let said = refused(0, [frame(2, 0), frame(0, 2)].concat());
    assert!(said.contains("there cannot be a page 0"), "{said}");
}

#[test]
fn an_answer_that_is_a_few_words_is_read_up_to_a_bound() {
    let said = refused(1_000_000, Vec::new());
    assert!(said.contains("more than"), "{said}");
}

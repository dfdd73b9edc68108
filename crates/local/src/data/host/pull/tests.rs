use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use prost::Message as _;
use roaring::RoaringBitmap;

use super::ask::{Ask, revision};
use super::messages::{Header, Page, Raw, Request};
use crate::data::storage::history::Point;

fn any_point() -> impl Strategy<Value = Point> {
    (any::<u32>(), any::<u32>(), any::<u64>()).prop_map(|(generation, frames, check)| Point {
        generation,
        frames,
        check,
    })
}

fn read(request: &Request) -> Ask {
    Ask::read(&request.encode_to_vec(), "id").unwrap()
}

proptest! {
    #[test]
    fn no_bytes_make_reading_a_request_panic(bytes in vec(any::<u8>(), 0..200), selector in vec(any::<u8>(), 0..200)) {
        let _ = Ask::read(&bytes, "id");
        let _ = Ask::read(&Request { server_pages_selector: selector, ..Request::default() }.encode_to_vec(), "id");
    }

    #[test]
    fn every_commit_is_read_back_from_its_name(since in any_point(), at in any_point()) {
        let ask = read(&Request {
            client_revision: revision("id", since),
            server_revision: revision("id", at),
            ..Request::default()
        });
        prop_assert_eq!((ask.since, ask.at), (Some(since), Some(at)));
    }

    #[test]
    fn no_text_names_a_commit_but_the_name_of_it(text in "[ +0-9a-fx-]{1,4}[.][+0-9]{1,3}[.][0-9a-fA-F]{15,17}") {
        if let Ok(point) = text.parse::<Point>() {
            prop_assert_eq!(point.to_string(), text);
        }
    }

    #[test]
    fn the_selected_pages_are_wanted_and_no_others(pages in btree_set(0_u32..200_000, 1..100), other in 0_u32..200_000) {
        let mut server_pages_selector = Vec::new();
        pages.iter().collect::<RoaringBitmap>().serialize_into(&mut server_pages_selector).unwrap();
        let ask = read(&Request { server_pages_selector, ..Request::default() });
        prop_assert!(pages.iter().all(|page| ask.wants(*page)));
        prop_assert_eq!(ask.wants(other), pages.contains(&other));
    }

    #[test]
    fn a_header_and_its_pages_are_read_back(
        server_revision in any::<String>(),
        db_size in any::<u64>(),
        apply_mode in 0..2,
        pages in vec((any::<u64>(), vec(any::<u8>(), 0..100)), 0..10),
    ) {
        let header = Header { server_revision, db_size, raw_encoding: Some(Raw {}), apply_mode, protocol: 1 };
        let pages: Vec<_> =
            pages.into_iter().map(|(page_id, encoded_page)| Page { page_id, encoded_page }).collect();
        let mut bytes = header.encode_length_delimited_to_vec();
        for page in &pages {
            page.encode_length_delimited(&mut bytes).unwrap();
        }
        let mut rest = &bytes[..];
        prop_assert_eq!(Header::decode_length_delimited(&mut rest).unwrap(), header);
        for page in pages {
            prop_assert_eq!(Page::decode_length_delimited(&mut rest).unwrap(), page);
        }
        prop_assert!(rest.is_empty());
    }
}

#[test]
fn a_request_without_a_selector_wants_every_page() {
    let ask = read(&Request::default());
    assert!(ask.wants(0) && ask.wants(u32::MAX));
}

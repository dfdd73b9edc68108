//! What `api` says it sends is what it sends.
#![expect(clippy::unwrap_used, reason = "a program that cannot be run fails its test")]

use std::sync::mpsc;

use crate::{
    stand_in::stand_in,
    support::{Ended, Served},
};

/// How a run ended, and the bodies of what it sent.
fn sent(served: &Served, arguments: &[&str]) -> (Ended, Vec<String>) {
    let (sender, bodies) = mpsc::channel();
    let url = stand_in(served, move |_, body| {
        sender.send(String::from_utf8(body.to_vec()).unwrap()).unwrap();
        (200, b"{}".to_vec())
    });
    let ended = served.run(&[&["api", "POST", "/v1/x", "--api-url", &url], arguments].concat());
    (ended, bodies.try_iter().collect())
}

#[test]
fn a_body_is_sent_as_it_was_given() {
    let served = Served::new();
    let fields = ["n=12345678901234567890123", "f=1.10", "a=1e999", "t=it's", "l=[1, 2.50]", "q=\"7\"", "e="];
    let arguments: Vec<_> = fields.iter().flat_map(|field| ["-f", field]).collect();
    let body = r#"{"n":12345678901234567890123,"f":1.10,"a":1e999,"t":"it's","l":[1, 2.50],"q":"7","e":""}"#;
    let (ended, bodies) = sent(&served, &arguments);
    assert_eq!((ended.code, bodies), (Some(0), vec![body.to_owned()]), "{}", ended.stderr);
    let input = "{\"b\": 1.10, \"a\": 12345678901234567890123,\n \"a\": 2}\n";
    let (ended, bodies) = sent(&served, &["--input", &served.write("body.json", input)]);
    assert_eq!((ended.code, bodies), (Some(0), vec![input.to_owned()]), "{}", ended.stderr);
}

#[test]
fn a_body_that_is_none_is_not_sent() {
    let served = Served::new();
    let file = served.write("body.json", "{\"a\": 1,}");
    for (arguments, said) in [
        (&["-f", "a=1", "-f", "b=2", "-f", "a=1"][..], "-f a: there are several values for it"),
        (&["--input", &file], "does not hold JSON"),
    ] {
        let (ended, bodies) = sent(&served, arguments);
        assert!(ended.code == Some(2) && ended.stderr.contains(said), "{}", ended.stderr);
        assert!(bodies.is_empty());
    }
}

//! Whom `tursoctl` trusts, and when it reads the certificates of the system.

use std::{io, thread};

use turso_cloud_local::Cloud;

use crate::{
    sql,
    support::{ELSEWHERE, Ended, Served, make_pipe, text},
};

/// Lists databases where `file` holds all certificates of the system.
fn listed(served: &Served, origin: &str, file: &str, arguments: &[&str]) -> io::Result<Ended> {
    let mut command = served.command(&[&["db", "list"], arguments].concat());
    command.env("TURSO_API_BASEURL", origin).env("SSL_CERT_FILE", file).env_remove("SSL_CERT_DIR");
    Ok(Ended::of(command.output()?))
}

#[test]
fn plain_http_needs_no_certificates_of_the_system() {
    let served = sql::served(&["shop"]);
    let ended = listed(&served, &served.url(), "no-such-file", &[]).unwrap();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let url = served.access("shop").0;
    assert!(url.starts_with("http://"), "{url}");
    let mut command = served.command(&["sql", "shop", "SELECT 1"]);
    let ended = Ended::of(command.env("SSL_CERT_FILE", "no-such-file").env_remove("SSL_CERT_DIR").output().unwrap());
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
}

#[test]
fn a_server_is_trusted_by_the_certificates_of_the_system_or_by_those_that_are_given() {
    let served = Served::new();
    let trusted = served.write("ca.pem", &served.cloud.ca_certificate().unwrap());
    let other = served.write("other.pem", &Cloud::new().unwrap().ca_certificate().unwrap());
    let given = ["--cacert", &trusted];
    for (system, arguments) in [(&*trusted, &[][..]), (&other, &given), ("no-such-file", &given)] {
        let ended = listed(&served, &served.https_url(), system, arguments).unwrap();
        assert_eq!(ended.code, Some(0), "{system} {arguments:?}: {}", ended.stderr);
    }
    let refused = listed(&served, &served.https_url(), &other, &[]).unwrap();
    assert_eq!(refused.code, Some(9), "{}", refused.stderr);
}

#[test]
fn a_server_whose_authority_is_not_trusted_says_how_to_trust_it() {
    let served = sql::served(&["shop"]);
    let other = served.write("other.pem", &Cloud::new().unwrap().ca_certificate().unwrap());
    let url = served.https_url();
    for arguments in
        [&["sql", &url, "SELECT 1"][..], &["db", "list", "--api-url", &url], &["doctor", "--api-url", &url]]
    {
        let mut command = served.command(arguments);
        let ended = Ended::of(command.env("SSL_CERT_FILE", &other).env_remove("SSL_CERT_DIR").output().unwrap());
        let is_told = ended.stderr.contains("UnknownIssuer") && ended.stderr.contains("hint: --cacert FILE");
        assert!(is_told, "{arguments:?}: {}", ended.stderr);
    }
}

#[test]
fn a_file_without_a_certificate_is_named() {
    let served = sql::served(&["shop"]);
    let file = served.write("ca.pem", "no certificate");
    for command in [&["db", "list"][..], &["sql", &served.access("shop").0, "SELECT 1"]] {
        let ended = served.run(&[command, &["--cacert", &file]].concat());
        let said = format!("error: {file} holds no certificate in PEM\n");
        assert_eq!((ended.code, ended.stderr), (Some(2), said), "{command:?}");
    }
}

#[test]
fn without_any_certificates_https_fails_before_anything_is_sent() {
    let served = Served::new();
    let ended = listed(&served, &served.https_url(), "no-such-file", &[]).unwrap();
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    assert!(ended.stderr.contains("the HTTP client cannot be set up"), "{}", ended.stderr);
    assert!(served.cloud.requests().all().is_empty());
}

#[test]
fn a_proxy_that_is_reached_over_tls_is_trusted_by_the_certificates_of_the_system() {
    let served = Served::new();
    let trusted = served.write("ca.pem", &served.cloud.ca_certificate().unwrap());
    let other = served.write("other.pem", &Cloud::new().unwrap().ca_certificate().unwrap());
    for (system, code) in [(&trusted, 0), (&other, 9)] {
        let mut command = served.command(&["db", "list"]);
        command.env("TURSO_API_BASEURL", format!("http://{ELSEWHERE}")).env("HTTP_PROXY", served.https_url());
        command.env("SSL_CERT_FILE", system).env_remove("SSL_CERT_DIR");
        let ended = Ended::of(command.output().unwrap());
        assert_eq!(ended.code, Some(code), "{}", ended.stderr);
    }
}

#[test]
fn a_proxy_of_the_environment_is_not_asked_for_this_machine() {
    let served = sql::served(&["shop"]);
    for arguments in [&["db", "list"][..], &["sql", "shop", "SELECT 1"]] {
        let mut command = served.command(arguments);
        for variable in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
            // The discard service, which nobody runs.
            command.env(variable, "http://127.0.0.1:9");
        }
        let ended = Ended::of(command.env_remove("NO_PROXY").env_remove("no_proxy").output().unwrap());
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    }
}

/// As a shell makes them: `--cacert <(...)`.
#[test]
fn certificates_may_come_from_a_pipe_that_can_be_read_only_once() {
    let served = sql::served(&["shop"]);
    let pipe = served.config_folder().join("ca.pipe");
    std::fs::create_dir_all(served.config_folder()).unwrap();
    make_pipe(&pipe);
    let (certificate, writing) = (served.cloud.ca_certificate().unwrap(), pipe.clone());
    // Whoever reads it again finds nothing there.
    thread::spawn(move || [&*certificate, ""].iter().try_for_each(|text| std::fs::write(&writing, text)));
    let arguments = ["sql", "shop", "SELECT 40 + 2 AS answer", "-o", "name", "--cacert"];
    assert_eq!(served.done(&[&arguments[..], &[text(&pipe).as_str()]].concat()), "42\n");
}

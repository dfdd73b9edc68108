//! The file that `local start` writes when it is ready, and what was in it before.

use std::{fs, net::TcpListener};

use crate::support::Home;

const OURS: &str = "TURSO_API_BASEURL=http://127.0.0.1:8080\nTURSO_API_TOKEN=old\nTURSO_ORG=acme\n";

#[test]
fn a_file_with_anything_of_somebody_else_is_refused_before_a_cloud_is_begun() {
    let home = Home::new();
    let file = home.path().join(".env");
    // Whoever did not refuse would come as far as the port.
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let (data, address) = (home.path().join("cloud"), taken.local_addr().unwrap().to_string());
    let (ready, folder) = (file.to_str().unwrap(), data.to_str().unwrap());
    let start = ["local", "start", "--addr", &address, "--data-dir", folder, "--ready-file", ready];
    for before in [
        "STRIPE_KEY=sk_live_x\n",
        &format!("{OURS}STRIPE_KEY=sk_live_x\n"),
        &format!("# do not lose this\n{OURS}"),
        &format!("export {OURS}"),
        "TURSO_API_TOKEN=of-the-service\n",
        "TURSO_API_BASEURL=https://api.turso.tech\nTURSO_API_TOKEN=of-the-service\n",
        &format!("{OURS}TURSO_AUTH_TOKEN=of-a-database\n"),
        &format!("{OURS}TURSO_API_TOKEN=of-the-service\n"),
        "not lines of variables",
    ] {
        fs::write(&file, before).unwrap();
        for dry in [&[][..], &["--dry-run"]] {
            let (code, said) = home.failure(&[&start, dry].concat());
            assert!(code == 6 && said.contains(&format!("{ready} has other things in it")), "{before}: {said}");
            assert!(said.contains("--ready-file .env.turso"), "{said}");
            assert!(!said.contains("sk_live_x") && !said.contains("of-"), "{said}");
        }
        assert_eq!(fs::read_to_string(&file).unwrap(), before);
        assert!(!data.exists(), "a cloud was begun");
    }
    fs::write(&file, b"\xff").unwrap();
    assert_eq!(home.failure(&start).0, 6);
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    let (code, said) = home.failure(&start);
    assert!(code == 1 && said.contains(&format!("cannot write {ready}")) && !data.exists(), "{said}");
}

#[test]
fn what_an_earlier_cloud_has_written_is_replaced() {
    let data = tempfile::tempdir().unwrap();
    for before in [OURS, "", "\n"] {
        let mut home = Home::new();
        let file = home.path().join(".env.turso");
        fs::write(&file, before).unwrap();
        let options = ["--data-dir", data.path().to_str().unwrap(), "--ready-file", file.to_str().unwrap()];
        home.start(&options);
        let written = fs::read_to_string(&file).unwrap();
        assert!(written.starts_with("TURSO_API_BASEURL=http://127.0.0.1:") && !written.contains("=old"));
        assert!(written.contains("NODE_EXTRA_CA_CERTS="));
        home.cloud().kill().unwrap();
        home.take_cloud().wait().unwrap();
        home.start(&options);
        assert_ne!(fs::read_to_string(&file).unwrap(), written, "it has another port");
    }
}

//! The file by which a local cloud is found.

use std::fs;

use serde_json::json;

use crate::{stand_in::stand_in, support::Served};

#[test]
fn a_cloud_that_takes_a_name_while_the_one_before_is_looked_for_stays_known() {
    let served = Served::new();
    let folder = served.config_folder().join("state/local");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("default.json");
    let instance = |pid: u32, url: &str| {
        json!({"name": "default", "pid": pid, "url": url, "https_url": url, "organization": "acme", "token": "t",
            "local_token": "t", "certificate": folder.join("default.pem"), "data_dir": null})
        .to_string()
    };
    let newer = instance(2, "http://127.0.0.1:1");
    let (written, content) = (file.clone(), newer.clone());
    let url = stand_in(&served, move |_, _| {
        fs::write(&written, &content).unwrap();
        (404, Vec::new())
    });
    fs::write(&file, instance(1, &url)).unwrap();
    let ended = served.run(&["local", "requests"]);
    assert_eq!(ended.code, Some(5), "{}", ended.stderr);
    assert_eq!(fs::read_to_string(&file).unwrap(), newer);
}

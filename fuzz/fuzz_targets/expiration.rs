//! The grammar of lifetimes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use turso_cloud_contract::Expiration;

fuzz_target!(|text: &str| {
    if let Ok(expiration) = text.parse::<Expiration>() {
        expiration.check().expect("what can be read is within the limits");
        assert_eq!(expiration.to_string().parse::<Expiration>().expect("what was written can be read"), expiration);
    }
});

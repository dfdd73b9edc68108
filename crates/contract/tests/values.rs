//! Names, sizes, lifetimes, secrets and error bodies.

#![cfg(test)]

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use proptest::prelude::*;
use turso_cloud_contract::{
    ApiToken, ByteSize, DatabaseName, DatabaseToken, EncryptionKey, ErrorBody, Expiration, GroupName, LocationCode,
    OrganizationSlug, RequestPart as _,
    api_tokens::ApiTokensAnswer,
    database_tokens::{Authorization, NewToken, TokenAnswer},
    databases::{Database, Encryption, NewDatabase, NewDatabaseV3, QueriesSince, Seed, UsagePeriod},
    groups::{Extension, Extensions, NewGroup},
    jwks::JwksTemplateRequest,
    members::Role,
    organizations::{OrganizationsAnswer, OrganizationsV2Answer},
    uploads::UploadedDump,
};

/// Claims of a database token: `{"a":"rw","id":"1"}`.
const DATABASE_TOKEN: &str = "eyJhbGciOiJFZERTQSJ9.eyJhIjoicnciLCJpZCI6IjEifQ.c2ln";
/// Claims of an API token: `{"jti":"x"}`.
const API_TOKEN: &str = "eyJhbGciOiJFZERTQSJ9.eyJqdGkiOiJ4In0.c2ln";

#[test]
fn a_bad_name_is_refused_with_its_field_and_the_rule() {
    for (name, rule) in [
        ("", "must not be empty"),
        (".", "must not be a relative path"),
        ("..", "must not be a relative path"),
        ("../x", "only a-z, 0-9 and - are allowed, found '.' at character 1"),
        ("a/b", "only a-z, 0-9 and - are allowed, found '/' at character 2"),
        ("%2e%2e", "only a-z, 0-9 and - are allowed, found '%' at character 1"),
        ("a\nb", "must not contain a control character (at character 2)"),
        ("a\u{0}", "must not contain a control character (at character 2)"),
        ("größe", "only a-z, 0-9 and - are allowed, found 'ö' at character 3"),
        ("Orders", "only a-z, 0-9 and - are allowed, found 'O' at character 1"),
        (&"a".repeat(65), "at most 64 characters are allowed, found 65"),
    ] {
        let refused = DatabaseName::try_from(name).unwrap_err();
        assert_eq!((refused.field(), refused.rule()), ("database name", rule), "{name:?}");
        assert!(refused.to_string().starts_with("database name \""), "{refused}");
        assert!(!refused.to_string().contains('\n'), "{refused:?}");
    }
    assert_eq!(GroupName::try_from("a b").unwrap_err().field(), "group name");
    assert_eq!(OrganizationSlug::try_from("a b").unwrap_err().field(), "organization");
    assert_eq!(LocationCode::try_from("a b").unwrap_err().field(), "location");
}

#[test]
fn a_refused_value_is_shown_shortened() {
    let refused = DatabaseName::try_from("é".repeat(1_000)).unwrap_err();
    assert_eq!(refused.value().unwrap().chars().count(), 81);
}

#[test]
fn a_lifetime_is_read_as_the_service_reads_it() {
    for (text, seconds) in [
        ("2w1d30m", 1_297_800),
        ("52w", 31_449_600),
        ("3d", 259_200),
        ("1w2d6h3ns", 799_200),
        ("1.5h", 5_400),
        ("1000ms", 1),
        ("2500000µs", 2),
        ("15250w", 9_223_200_000),
    ] {
        assert_eq!(text.parse::<Expiration>().map(Expiration::as_secs), Ok(Some(seconds)), "{text}");
    }
    assert_eq!("never".parse(), Ok(Expiration::never()));
}

#[test]
fn a_bad_lifetime_is_refused_with_the_rule() {
    for (text, rule) in [
        ("0s", "must be at least one second"),
        ("999ms", "must be at least one second"),
        ("1y", "unknown unit \"y\", use w, d, h, m, s, ms, us or ns"),
        ("-1d", "expected a number with a unit, such as 7d or 2w1d30m, or never"),
        ("", "expected a number with a unit, such as 7d or 2w1d30m, or never"),
        ("7", "the last number has no unit, use w, d, h, m, s, ms, us or ns"),
        ("7d ", "unknown unit \"d \", use w, d, h, m, s, ms, us or ns"),
        ("15251w", "must be at most 2^63 nanoseconds (292 years)"),
        ("99999999999999999999999999999999999999999999w", "must be at most 2^63 nanoseconds (292 years)"),
    ] {
        let refused = text.parse::<Expiration>().unwrap_err();
        assert_eq!((refused.field(), refused.rule()), ("expiration", rule), "{text:?}");
    }
    assert!(Expiration::days(0).check().is_err());
    assert!(Expiration::weeks(u32::MAX).check().is_err());
}

#[test]
fn a_bad_size_is_refused_with_the_rule() {
    for (text, rule) in [
        ("", "must start with a number of bytes"),
        ("-1", "must start with a number of bytes"),
        ("1.5gb", "unknown unit \".5gb\", use b, kb, mb, gb, tb, kib, mib, gib or tib"),
        ("1eb", "unknown unit \"eb\", use b, kb, mb, gb, tb, kib, mib, gib or tib"),
        ("99999999999tb", "must be less than 2^64 bytes"),
    ] {
        let refused = text.parse::<ByteSize>().unwrap_err();
        assert_eq!((refused.field(), refused.rule()), ("size", rule), "{text:?}");
    }
    assert_eq!("1 GB".parse(), Ok(ByteSize::new(1_000_000_000)));
    assert_eq!(serde_json::to_string(&ByteSize::gib(1)).unwrap(), "\"1073741824\"");
}

#[test]
fn sizes_are_made_in_every_unit_of_their_text_and_added_up() {
    for size in [ByteSize::kib(3), ByteSize::mib(3), ByteSize::gib(3), ByteSize::tib(3), ByteSize::from(3)] {
        assert!(size.to_string().starts_with('3'), "{size}");
    }
    let sizes = [ByteSize::kib(1), ByteSize::from(24)];
    assert_eq!((sizes.iter().sum(), sizes.into_iter().sum()), (ByteSize::new(1048), ByteSize::new(1048)));
    // As the sizes themselves, a sum has a largest one, and goes no further.
    assert_eq!([ByteSize::tib(u64::MAX), ByteSize::from(1)].into_iter().sum::<ByteSize>(), ByteSize::new(u64::MAX));
}

proptest! {
    #[test]
    fn a_lifetime_reads_back_from_its_text(seconds in 1..9_223_372_036_u64) {
        let lifetime = Expiration::from(Duration::from_secs(seconds));
        prop_assert_eq!(lifetime.to_string().parse(), Ok(lifetime));
    }

    #[test]
    fn a_size_reads_back_from_its_text_and_its_json(bytes: u64) {
        let size = ByteSize::new(bytes);
        prop_assert_eq!(size.to_string().parse(), Ok(size));
        prop_assert_eq!(serde_json::from_str::<ByteSize>(&serde_json::to_string(&size).unwrap()).unwrap(), size);
    }

    #[test]
    fn no_text_makes_a_parser_panic(text in "\\PC*", digits in "[0-9.smhdw]*") {
        for text in [text, digits] {
            let _ = text.parse::<Expiration>();
            let _ = text.parse::<ByteSize>();
            let _ = DatabaseName::try_from(text.as_str());
            let _ = ApiToken::new(text.as_str());
        }
    }

    #[test]
    fn an_error_body_is_always_read(body: Vec<u8>) {
        let _ = ErrorBody::parse(&body);
    }
}

#[test]
fn a_database_on_this_machine_is_spoken_to_in_plain_http() {
    let url = |hostname: &str, location: &str| {
        let [name, group] = ["orders", "eu"];
        let id = "0eb771dd-6906-11ee-8553-eaa7715aeaf2".parse().unwrap();
        Database::new(name.parse().unwrap(), id, hostname, group.parse().unwrap(), location.parse().unwrap()).url()
    };
    let remote = "orders-acme.aws-eu-west-1.turso.io";
    assert_eq!(url(remote, "aws-eu-west-1"), format!("https://{remote}"));
    assert_eq!(url(remote, "local"), format!("http://{remote}"));
    for local in [
        "127.0.0.1:8080/db/orders-acme/",
        "127.1.2.3",
        "[::1]:8080",
        "localhost:8080",
        "localhost.:8080",
        "orders-acme.localhost",
    ] {
        assert_eq!(url(local, "aws-eu-west-1"), format!("http://{local}"));
    }
    for other in ["127.example.com", "localhost.example.com", "10.0.0.1:8080", "[::2]:80", "notlocalhost"] {
        assert_eq!(url(other, "aws-eu-west-1"), format!("https://{other}"));
    }
}

#[test]
fn a_secret_is_shown_only_by_expose() {
    let token = ApiToken::new(format!(" {API_TOKEN}\n")).unwrap();
    assert_eq!(token.expose(), API_TOKEN);
    assert_eq!(format!("{token:?}"), "ApiToken([redacted])");
    let answer: TokenAnswer = serde_json::from_str(&format!(r#"{{"jwt":"{DATABASE_TOKEN}"}}"#)).unwrap();
    assert_eq!(format!("{answer:?}"), "TokenAnswer { jwt: DatabaseToken([redacted]) }");
}

#[test]
fn a_token_that_cannot_work_is_refused_without_showing_it() {
    for (text, rule) in [
        ("  ", "it is empty"),
        ("planted secret", "only visible ASCII characters are allowed"),
        (
            DATABASE_TOKEN,
            "this is a database token, which opens a database's SQL endpoint; the Platform API needs an API token",
        ),
    ] {
        let refused = ApiToken::new(text).unwrap_err();
        assert_eq!((refused.rule(), refused.value()), (rule, None));
        assert!(!refused.to_string().contains("planted"));
    }
    // Wherever it comes from.
    for text in ["", "  ", "planted secret"] {
        let json = serde_json::to_string(text).unwrap();
        let api = serde_json::from_str::<ApiToken>(&json).unwrap_err().to_string();
        let database = serde_json::from_str::<DatabaseToken>(&json).unwrap_err().to_string();
        assert!(
            api.contains("API token is not valid") && database.contains("database token is not valid"),
            "{api} {database}"
        );
        assert!(!api.contains("planted") && !database.contains("planted"), "{api} {database}");
    }
    assert!(DatabaseToken::new(DATABASE_TOKEN).is_ok());
    let unset = ApiToken::from_env("TURSO_CLOUD_TEST_UNSET").unwrap_err();
    assert_eq!(
        unset.to_string(),
        "API token in the environment variable TURSO_CLOUD_TEST_UNSET is not valid: the variable is not set"
    );
}

#[test]
fn an_error_body_yields_its_sentence_in_every_known_form() {
    for (body, message, code) in [
        (r#"{"error":"group not found"}"#, Some("group not found"), None),
        (r#"{"code":"c","error":"text"}"#, Some("text"), Some("c")),
        (r#"{"error":{"code":"c","message":"text"}}"#, Some("text"), Some("c")),
        (r#"{"message":"text"}"#, Some("text"), None),
        (r#"{"errors":["a",{"message":"b"}]}"#, Some("a, b"), None),
        (r#""text""#, Some("text"), None),
        (r#"{"error":""}"#, None, None),
        ("null", None, None),
        ("", None, None),
        ("<html>", None, None),
    ] {
        let parsed = ErrorBody::parse(body.as_bytes());
        assert_eq!((parsed.message(), parsed.code()), (message, code), "{body}");
    }
    assert_eq!(ErrorBody::parse(br#"{"error":{"retry_after":7}}"#).retry_after(), Some(7));
}

#[test]
fn what_is_secret_in_the_url_of_a_dump_is_not_shown() {
    for (url, expected) in [
        ("https://dumps.example.com/shop.sql?signature=planted", "https://dumps.example.com/shop.sql"),
        ("https://dumps.example.com/shop.sql#planted", "https://dumps.example.com/shop.sql"),
        ("https://planted:planted@dumps.example.com:8443/a@b.sql", "https://dumps.example.com:8443/a@b.sql"),
        ("https://planted@dumps.example.com", "https://dumps.example.com"),
        ("https://planted:pla@nted@[::1]/shop.sql?planted", "https://[::1]/shop.sql"),
        (r"https:\\planted@dumps.example.com\shop.sql", r"https:\\dumps.example.com\shop.sql"),
        ("https:planted@dumps.example.com/shop.sql", "https:dumps.example.com/shop.sql"),
        ("planted@dumps.example.com:80/shop.sql", "dumps.example.com:80/shop.sql"),
        ("https://dumps.example.com/a@b", "https://dumps.example.com/a@b"),
        ("", ""),
    ] {
        let new = NewDatabase::new("shop", "default").seed(Seed::dump(url));
        let shown = format!("{new:?} {:?}", UploadedDump::new(url));
        assert_eq!(shown.matches(&format!("url: {expected:?}")).count(), 2, "{shown}");
        assert!(!shown.contains("planted"), "{shown}");
    }
}

#[test]
fn the_original_of_a_copy_may_be_older_than_the_rule_of_new_names() {
    let copy = |original: &str| NewDatabase::new("copy", "default").seed(Seed::database(original)).check();
    assert_eq!(copy("Old_Shop.2021"), Ok(()));
    for original in ["", "..", "a\nb"] {
        assert_eq!(copy(original).unwrap_err().field(), "database name", "{original:?}");
    }
    assert!(NewDatabase::new("Old_Shop.2021", "default").check().is_err());
}

#[test]
fn a_name_is_made_from_compared_with_and_looked_up_by_every_kind_of_text() {
    let (text, owned) = ("orders", "orders".to_owned());
    let name = DatabaseName::try_from(text).unwrap();
    let made = [
        DatabaseName::try_from(&text),
        DatabaseName::try_from(owned.clone()),
        DatabaseName::try_from(&owned),
        DatabaseName::try_from(Cow::Borrowed(text)),
        DatabaseName::try_from(Cow::<str>::Owned(owned.clone())),
    ];
    assert!(made.into_iter().all(|made| made.as_ref() == Ok(&name)));
    assert!(DatabaseName::try_from(&"no name").is_err() && DatabaseName::try_from(Cow::Borrowed("")).is_err());

    assert!(name == text && name == *text && name == owned && name == Cow::Borrowed(text));
    assert!(text == name && *text == name && owned == name && Cow::Borrowed(text) == name);
    assert!(name != "order" && "Orders" != name && String::new() != name);

    let hashed = HashMap::from([(name.clone(), 1)]);
    let sorted =
        BTreeMap::from([(name, 1), (DatabaseName::try_from("a-longer-name-than-fits-into-24-bytes").unwrap(), 2)]);
    assert_eq!((hashed.get("orders"), hashed.get("order")), (Some(&1), None));
    assert_eq!(sorted.get("orders"), Some(&1));
    assert_eq!(sorted.get("a-longer-name-than-fits-into-24-bytes"), Some(&2));
}

#[test]
fn an_open_enum_is_parsed_from_any_text() {
    assert_eq!("admin".parse(), Ok(Role::Admin));
    assert_eq!(Role::from("owner".to_owned()), Role::Owner);
    assert_eq!("guest".parse::<Role>().unwrap().as_ref(), "guest");
}

#[test]
fn an_open_enum_is_compared_with_its_text_on_the_wire() {
    let (known, unknown) = (Role::Admin, Role::from("guest"));
    let (admin, guest) = ("admin".to_owned(), "guest".to_owned());
    assert!(known == "admin" && known == *"admin" && known == admin && known != "guest");
    assert!("guest" == unknown && *"guest" == unknown && guest == unknown && "admin" != unknown);
}

#[test]
fn the_extensions_of_a_group_are_given_in_every_form_of_a_list() {
    let listed = [Extension::Vector, Extension::Uuid];
    let group = |extensions: Extensions| NewGroup::new("eu", "fra").extensions(extensions);
    let expected = group(Extensions::Only(listed.to_vec()));
    assert_eq!(NewGroup::new("eu", "fra").extensions(listed.clone()), expected);
    assert_eq!(NewGroup::new("eu", "fra").extensions(listed.to_vec()), expected);
    assert_eq!(group(["vector", "uuid"].into_iter().map(Extension::from).collect()), expected);
}

#[test]
fn lifetimes_are_ordered_by_length_and_never_is_the_longest() {
    let sorted =
        [Expiration::seconds(59), Expiration::minutes(1), Expiration::from(Duration::MAX), Expiration::never()];
    assert!(sorted.is_sorted() && sorted.windows(2).all(|pair| pair[0] < pair[1]));
}

#[test]
fn what_the_service_does_not_know_is_refused_with_its_field_and_value() {
    let key = || EncryptionKey::from_base64("MDEyMzQ1Njc4OWFiY2RlZg==").unwrap();
    let of = |cipher: &str| NewDatabase::new("orders", "default").encryption(Encryption::new(cipher.into(), key()));
    let by_id = |cipher: &str| NewDatabaseV3::new("orders", "1").encryption(Encryption::new(cipher.into(), key()));
    let mut token = NewToken::read_only();
    token.options.authorization = "admin".into();
    let group = |extension: &str| NewGroup::new("eu", "fra").extensions([Extension::from(extension)]);
    for (refused, sentence) in [
        (of("rot13").check(), r#"encryption cipher "rot13" is not valid: is not a cipher the service knows"#),
        (of("aes256gcm").check(), "encryption key is not valid: must have 32 bytes for aes256gcm"),
        (by_id("aegis256x4").check(), "encryption key is not valid: must have 32 bytes for aegis256x4"),
        (token.options.check(), r#"authorization "admin" is not valid: must be full-access or read-only"#),
        (
            JwksTemplateRequest::group("eu", "admin".into()).check(),
            r#"scope "admin" is not valid: must be full-access or read-only"#,
        ),
        (group("rot13").check(), r#"extension "rot13" is not valid: is not one the service knows"#),
    ] {
        assert_eq!(refused.unwrap_err().to_string(), sentence);
    }
    assert_eq!((of("aes128gcm").check(), by_id("aegis128l").check(), group("vec").check()), (Ok(()), Ok(()), Ok(())));
    for (template, field) in [
        (JwksTemplateRequest::database("My Shop", Authorization::ReadOnly), "database name"),
        (JwksTemplateRequest::group("", Authorization::ReadOnly), "group name"),
    ] {
        assert_eq!(template.check().unwrap_err().field(), field);
    }
}

#[test]
fn a_time_that_cannot_be_written_as_the_service_reads_it_is_refused_with_its_field() {
    let before_all_years: jiff::Timestamp = "-000001-12-31T23:59:59Z".parse().unwrap();
    let first: jiff::Timestamp = "0000-01-01T00:00:00Z".parse().unwrap();
    for (refused, field) in [
        (UsagePeriod::since(before_all_years).check(), "from"),
        (UsagePeriod::between(before_all_years, before_all_years).check(), "from"),
        (QueriesSince::new(before_all_years).check(), "from"),
        (
            NewDatabase::new("copy", "default").seed(Seed::database_at("orders", before_all_years)).check(),
            "seed.timestamp",
        ),
    ] {
        let told = format!("{field} \"-000001-12-31T23:59:59Z\" is not valid: must not be before the year 0");
        assert_eq!(refused.unwrap_err().to_string(), told);
    }
    assert_eq!(UsagePeriod::between(first, jiff::Timestamp::MAX).check(), Ok(()));
}

#[test]
fn a_secret_is_parsed_as_it_is_made() {
    assert_eq!(API_TOKEN.parse::<ApiToken>().unwrap(), ApiToken::new(API_TOKEN).unwrap());
    assert!(ApiToken::try_from(DATABASE_TOKEN).is_err() && DatabaseToken::try_from(DATABASE_TOKEN.to_owned()).is_ok());
    assert!(EncryptionKey::try_from("AAAA").is_err() && "MDEyMzQ1Njc4OWFiY2RlZg==".parse::<EncryptionKey>().is_ok());
}

#[test]
fn what_is_displayed_fills_the_width_it_is_given() {
    assert_eq!(
        format!("{:>6}|{:<6}|{:^6}", Expiration::days(9), Expiration::never(), Expiration::seconds(0)),
        "  1w2d|never |  0s  "
    );
    let Role::Unknown(guest) = Role::from("guest") else { panic!("it is not known") };
    assert_eq!(format!("{guest:>6}"), " guest");
}

#[test]
fn an_empty_text_in_the_place_of_a_name_spoils_no_listing() {
    let tokens = r#"{"tokens":[{"name":"ci","id":"clGFZ4STEe6fljpFzIum8A","organization":"","group":""}]}"#;
    let tokens: ApiTokensAnswer = serde_json::from_str(tokens).unwrap();
    assert_eq!((&tokens.tokens[0].organization, &tokens.tokens[0].group), (&None, &None));
    let organization = r#"{"id":"","name":"Acme","slug":"acme","type":"team"}"#;
    let old: OrganizationsAnswer = serde_json::from_str(&format!("[{organization}]")).unwrap();
    let new = format!(r#"{{"organizations":[{organization}]}}"#);
    let new: OrganizationsV2Answer = serde_json::from_str(&new).unwrap();
    assert_eq!((&old.organizations[0].id, &new.organizations[0].id), (&None, &None));
    let refused =
        serde_json::from_str::<ApiTokensAnswer>(r#"{"tokens":[{"name":"ci","id":"x","group":"a/../b\u0000"}]}"#);
    assert!(refused.unwrap_err().to_string().contains("group name"));
}

//! Golden answers, compared as text in both directions.
//!
//! `golden/Operation.json` is the shape this project writes: reading and writing it again gives the same text.
//! `golden/Operation~form.json` is another form the service has been seen to send: reading it and writing it
//! gives the text of `golden/Operation.json`. `golden/Operation+form.json` is one with more in it that is kept: it is
//! written back to the same text. `golden/SOURCES.tsv` says where each one comes from.
#![cfg(test)]

use std::{collections::BTreeSet, fs, path::PathBuf, thread};

use serde_json::json;
use turso_cloud_contract::{
    Endpoint,
    billing::{DatabaseUsage, Invoice, InvoicesAnswer, PlansAnswer, Quotas, SubscriptionAnswer, Timeline},
    endpoints, for_each_endpoint,
    groups::TransferredGroup,
};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn answers() -> Vec<String> {
    let names = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut answers: Vec<_> = names.filter_map(|name| name.strip_suffix(".json").map(str::to_owned)).collect();
    answers.sort();
    answers
}

fn text(answer: &str) -> String {
    fs::read_to_string(folder().join(format!("{answer}.json"))).unwrap()
}

/// Reads an answer and writes it again, as client and local cloud do.
fn rewrite<E: Endpoint>(text: &str) -> String {
    let json = if text.is_empty() { "null" } else { text };
    let answer: E::Answer = serde_json::from_str(json).unwrap_or_else(|e| panic!("{}: {e}", E::NAME));
    match serde_json::to_string_pretty(&answer).unwrap() {
        empty if empty == "null" => String::new(),
        json => format!("{json}\n"),
    }
}

fn rewrite_by_name(operation: &str, text: &str) -> String {
    macro_rules! by_name {
        ($($name:ident,)+) => {
            match operation {
                $(stringify!($name) => rewrite::<endpoints::$name>(text),)+
                _ => panic!("no operation is called {operation}"),
            }
        };
    }
    for_each_endpoint!(by_name)
}

#[test]
fn every_golden_answer_is_read_and_written_back_to_the_same_text() {
    for answer in answers() {
        let (operation, written) = match answer.split_once(['~', '+']) {
            Some((operation, _form)) if answer.contains('~') => (operation, operation),
            Some((operation, _form)) => (operation, &*answer),
            None => (&*answer, &*answer),
        };
        assert_eq!(rewrite_by_name(operation, &text(&answer)), text(written), "golden answer {answer}");
    }
}

/// In code that knows no more of an operation than what the trait says.
#[test]
fn the_answer_of_any_operation_can_be_shared_kept_and_logged() {
    fn logged_elsewhere<E: Endpoint>(text: &str) -> String {
        let answer: E::Answer = serde_json::from_str(text).unwrap();
        thread::scope(|scope| scope.spawn(|| format!("{:?}", answer.clone())).join().unwrap())
    }
    let logged = logged_elsewhere::<endpoints::DeleteDatabase>(&text("DeleteDatabase"));
    assert!(logged.contains("my-db"), "{logged}");
}

#[test]
fn every_golden_answer_names_its_source_and_date() {
    let sources = fs::read_to_string(folder().join("SOURCES.tsv")).unwrap();
    let mut named = BTreeSet::new();
    for row in sources.lines().skip(1) {
        let [answer, source, date] = row.split('\t').collect::<Vec<_>>()[..] else { panic!("three columns: {row}") };
        assert!(!source.is_empty(), "{answer} has a source");
        assert!(date.parse::<jiff::civil::Date>().is_ok(), "{answer} has a date");
        named.insert(answer.to_owned());
    }
    assert_eq!(named, answers().into_iter().collect());
}

/// What the service leaves out, sends as `null`, or adds later must not break a client.
#[test]
fn absent_null_and_unknown_fields_are_tolerated() {
    let thin = r#"{"databases":[{"Name":"a","DbId":"1","hostname":"a.io","primaryRegion":"fra","group":"g","regions":null,"new":{}}]}"#;
    let list: turso_cloud_contract::databases::DatabasesAnswer = serde_json::from_str(thin).unwrap();
    assert_eq!(list.databases[0].hostname, "a.io");
    assert!(list.databases[0].regions.is_empty());
    assert_eq!(rewrite::<endpoints::ListDatabases>(r#"{"databases":null}"#), "{\n  \"databases\": []\n}\n");
    assert_eq!(rewrite::<endpoints::ListOrganizations>("null"), "[]\n");
    for nothing in [r#"{"locations":null}"#, r#"{"locations":{}}"#] {
        assert_eq!(rewrite::<endpoints::ListLocations>(nothing), "{\n  \"locations\": {}\n}\n");
        assert_eq!(rewrite::<endpoints::ListOrganizationLocations>(nothing), "{\n  \"locations\": {}\n}\n");
    }
    assert_eq!(
        rewrite::<endpoints::GetBillingCustomer>(r#"{"name":null,"email":null,"tax_id":null,"billing_address":null}"#),
        rewrite::<endpoints::GetBillingCustomer>("{}")
    );
}

/// A cursor of the last page would lead to the first one, and a cipher would make a database ask for a key.
#[test]
fn an_empty_text_in_the_place_of_a_cursor_or_a_cipher_is_none() {
    let database =
        r#"{"Name":"a","DbId":"1","Hostname":"a.io","primaryRegion":"fra","group":"g","encryption_cipher":""}"#;
    for pagination in [r#"{"next":""}"#, r#"{"next":null}"#, "{}", "null"] {
        let json = format!(r#"{{"databases":[{database}],"pagination":{pagination}}}"#);
        let page: turso_cloud_contract::databases::DatabasesAnswer = serde_json::from_str(&json).unwrap();
        assert_eq!((page.pagination, &page.databases[0].encryption_cipher), (None, &None), "{pagination}");
    }
}

/// Whoever reads what is billed can do without most of it.
#[test]
fn what_is_missing_of_a_plan_a_price_a_subscription_or_an_invoice_does_not_hide_the_rest() {
    let timeline = |json: &str| {
        let answer: SubscriptionAnswer = serde_json::from_str(json).unwrap();
        answer.subscription.timeline
    };
    let nothing = Timeline::from("");
    assert_eq!(timeline(r#"{"subscription":{"plan":"starter"}}"#), nothing);
    assert_eq!(timeline(r#"{"subscription":{"plan":"starter","timeline":null}}"#), nothing);
    assert_eq!(timeline(r#"{"subscription":{"plan":"starter","timeline":""}}"#), nothing);
    for (plans, quotas) in [
        (
            r#"[{"name":"enterprise","price":null,"prices":[{"value":null,"timeline":null}],"quotas":null}]"#,
            Quotas::default(),
        ),
        (r#"[{"name":"enterprise","prices":[{}]}]"#, Quotas::default()),
    ] {
        let answer: PlansAnswer = serde_json::from_str(&format!(r#"{{"plans":{plans}}}"#)).unwrap();
        let plan = &answer.plans[0];
        assert_eq!((&plan.quotas, plan.price.as_str()), (&quotas, ""));
        assert_eq!((plan.prices[0].value.as_str(), &plan.prices[0].timeline), ("", &nothing));
    }
    for upcoming in [r#"[{"invoice_number":null,"amount_due":"4.99"}]"#, r#"[{"amount_due":"4.99"}]"#] {
        let answer: InvoicesAnswer = serde_json::from_str(&format!(r#"{{"invoices":{upcoming}}}"#)).unwrap();
        assert_eq!(answer.invoices, [Invoice::new("", "4.99", "")]);
    }
}

#[test]
fn what_is_not_documented_and_is_not_as_it_was_seen_is_left_out() {
    for (operation, form, field) in [
        ("ListGroups", "ListGroups+status", "/groups/0/status"),
        ("GetSubscription", "GetSubscription+live", "/subscription/current_billing_period_start"),
        ("ListInvoices", "ListInvoices+hosted", "/invoices/0/status"),
    ] {
        for other in [json!(null), json!(7), json!([1]), json!({"locations": [{}]})] {
            let mut answer: serde_json::Value = serde_json::from_str(&text(form)).unwrap();
            *answer.pointer_mut(field).unwrap() = other;
            // The other one of an invoice is as it was seen.
            if let Some(invoice) = answer.pointer_mut("/invoices/0").and_then(serde_json::Value::as_object_mut) {
                invoice.remove("hosted_invoice_url");
            }
            assert_eq!(rewrite_by_name(operation, &answer.to_string()), text(operation), "{answer}");
        }
    }
}

#[test]
fn numbers_of_usage_are_read_to_the_largest_there_is() {
    let largest = u64::MAX.to_string();
    let usage = text("GetOrganizationUsage").replace(": 12", &format!(": {largest}"));
    assert_eq!(usage.matches(&largest).count(), 4);
    assert_eq!(rewrite::<endpoints::GetOrganizationUsage>(&usage), usage);
}

#[test]
fn a_value_the_contract_does_not_know_is_kept() {
    let log = text("ListAuditLogs").replace("db-create", "db-teleport").replace("\"cli\"", "\"carrier pigeon\"");
    assert_eq!(rewrite::<endpoints::ListAuditLogs>(&log), log);
}

#[test]
fn a_missing_field_is_named() {
    let error = serde_json::from_str::<turso_cloud_contract::databases::DatabaseAnswer>(
        r#"{"database":{"Name":"a","DbId":"1","primaryRegion":"fra","group":"g"}}"#,
    );
    assert!(error.unwrap_err().to_string().contains("missing field `Hostname`"));
}

#[test]
fn a_wrong_field_of_a_transferred_group_is_named_in_both_forms() {
    for group in [text("TransferGroup"), text("TransferGroup~wrapped")] {
        let read = |json: &str| serde_json::from_str::<TransferredGroup>(json).unwrap_err().to_string();
        let wrong = read(&group.replace("\"archived\": false", "\"archived\": \"yes\""));
        assert!(wrong.starts_with("archived: invalid type: string \"yes\", expected a boolean"), "{wrong}");
        let wrong = read(&group.replace("\"aws-us-east-1\"\n", "7\n"));
        assert!(wrong.starts_with("locations[0]: invalid type: integer `7`"), "{wrong}");
        assert_eq!(read(&group.replace("\"uuid\"", "\"id\"")), "missing field `uuid`");
    }
}

#[test]
fn what_a_database_used_is_written_under_both_names() {
    let mut usage: DatabaseUsage = serde_json::from_str(r#"{"uuid":"1","total":{"rows_read":1}}"#).unwrap();
    usage.usage.rows_read = 2;
    let written = serde_json::to_value(&usage).unwrap();
    assert_eq!((&written["usage"]["rows_read"], &written["total"]["rows_read"]), (&2.into(), &2.into()));
}

//! Canned answers: those in the documented shape, with what the request names in place of what they name.

use serde_json::{Map, Value};
use turso_cloud_contract::{Endpoint, GroupName, PathReader, sample};

use super::{Failure, Reply, encode};

/// Fields of paths, what they are called in an answer, and which key of it holds the name where it is an object.
const NAMED: [(&str, &str, &str); 7] = [
    ("database", "database", "Name"),
    ("group", "group", "name"),
    ("organization", "organization", "slug"),
    ("username", "member", "username"),
    ("location", "location", "code"),
    ("instance", "instance", "name"),
    ("name", "name", "name"),
];

/// How the host of the documented database begins.
const LABEL: &str = "my-db-acme";

/// `made` is what the thing was created with that the request asks about.
pub(super) fn canned<E: Endpoint>(request: &E, made: Option<Map<String, Value>>) -> Reply {
    let sample = sample(E::NAME).ok_or_else(|| Failure::refused(404, "the mock knows no such operation"))?;
    // Some answers are empty.
    let Ok(mut answer) = serde_json::from_str::<Value>(sample) else { return Ok(sample.into()) };
    if let Some(answer) = answer.as_object_mut() {
        for (field, name) in names_of_path(request) {
            put_name(answer, field, &name);
        }
        if let Some(made) = made {
            put_body(answer, made);
        }
        if let Ok(Value::Object(body)) = serde_json::to_value(request.body()) {
            put_body(answer, body);
        }
        put_host(answer, request);
    }
    encode(&answer)
}

/// The fields of the path with their values. Version 3 of the API knows things by ids, which are nobody's names.
fn names_of_path<E: Endpoint>(request: &E) -> Vec<(&'static str, String)> {
    if E::PATH.starts_with("/v3/") {
        return Vec::new();
    }
    let path = request.path();
    let fields = E::PATH.split('/').zip(path.split('/')).filter_map(|(template, segment)| {
        let field = template.strip_prefix('{')?.strip_suffix('}')?;
        // Any name decodes its segment as every other.
        let name = PathReader::new(segment).segment::<GroupName>().ok()?;
        Some((field, name.into()))
    });
    fields.collect()
}

fn put_name(answer: &mut Map<String, Value>, field: &str, name: &str) {
    let Some((_, key, name_key)) = NAMED.into_iter().find(|(known, ..)| *known == field) else { return };
    match answer.get_mut(key) {
        Some(Value::String(text)) => name.clone_into(text),
        Some(Value::Object(thing)) => put(thing, name_key, name.into()),
        _ => {}
    }
}

/// What a request sets is what its answer has.
fn put_body(answer: &mut Map<String, Value>, body: Map<String, Value>) {
    for (field, value) in body {
        if let Some(name) = value.as_str() {
            put_name(answer, &field, name);
        }
        let thing = match answer.values().filter(|value| value.is_object()).count() {
            1 => answer.values_mut().find_map(Value::as_object_mut),
            _ => Some(&mut *answer),
        };
        let Some(thing) = thing else { continue };
        if field == "location" {
            put(thing, "primary", value.clone());
            put(thing, "locations", vec![value.clone()].into());
        }
        put(thing, &field, value);
    }
}

/// Replaces a value that is there by one of its kind, under a key in any case.
fn put(thing: &mut Map<String, Value>, key: &str, value: Value) {
    let found = thing.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(key));
    if let Some((_, old)) = found.filter(|(_, old)| std::mem::discriminant(*old) == std::mem::discriminant(&value)) {
        *old = value;
    }
}

/// The host of a database begins with its name and that of its organization.
fn put_host<E: Endpoint>(answer: &mut Map<String, Value>, request: &E) {
    let organization = names_of_path(request).into_iter().find(|(field, _)| *field == "organization");
    let (Some((_, organization)), Some(database)) = (organization, answer.get_mut("database")) else { return };
    let label = database["Name"].as_str().map(|name| format!("{name}-{organization}"));
    if let (Some(label), Some(Value::String(host))) = (label, database.get_mut("Hostname")) {
        *host = host.replacen(LABEL, &label, 1);
    }
}

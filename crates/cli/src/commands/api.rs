mod pages;

use std::collections::HashSet;

use anyhow::Result;
use http::Method;
use serde::de::IgnoredAny;

use super::input;
use crate::{args::ApiArgs, context::Context, exit::Failure, stdin::LONGEST_BODY};

/// Sends a request as it is given, and prints the answer as it comes.
pub(super) async fn run(cx: &Context, args: &ApiArgs) -> Result<()> {
    if args.paginate {
        if args.method != Method::GET {
            return Err(Failure::usage(format!("--paginate goes with GET, not with {}", args.method)).into());
        }
        return pages::run(cx, &args.path).await;
    }
    let mut request = cx.client()?.request(args.method.clone(), args.path.clone());
    if let Some(body) = body(args)? {
        request = request.body(body);
    }
    let answer = request.await;
    if cx.out().truth().is_lost() {
        // What would be answered is not known, not even whether it would be a refusal.
        return Ok(());
    }
    let answer = answer?;
    cx.out().bytes(answer.body())?;
    if answer.body().is_empty() || answer.body().ends_with(b"\n") { Ok(()) } else { cx.out().bytes(b"\n") }
}

/// The body as it was given: a number that no float holds, the order of fields and spaces stay.
fn body(args: &ApiArgs) -> Result<Option<String>> {
    if let Some(file) = &args.input {
        let text = input::read(file, LONGEST_BODY)?;
        return match serde_json::from_str::<IgnoredAny>(&text) {
            Ok(_) => Ok(Some(text)),
            Err(error) => {
                let problem = format!("{} does not hold JSON: {error}", file.display());
                Err(Failure::usage(problem).caused_by(error).into())
            }
        };
    }
    if args.body_fields.is_empty() {
        return Ok(None);
    }
    let mut fields = Vec::new();
    let mut seen = HashSet::new();
    for (key, value) in &args.body_fields {
        if !seen.insert(key) {
            return Err(Failure::usage(format!("-f {key}: there are several values for it")).into());
        }
        let is_json = serde_json::from_str::<IgnoredAny>(value).is_ok();
        let value = if is_json { value.trim().to_owned() } else { serde_json::to_string(value)? };
        fields.push(format!("{}:{value}", serde_json::to_string(key)?));
    }
    Ok(Some(format!("{{{}}}", fields.join(","))))
}

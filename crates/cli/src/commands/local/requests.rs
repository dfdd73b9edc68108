use anyhow::Result;
use futures_util::{Stream, stream};
use turso_cloud_local::{
    LoggedRequest,
    local_api::{Config, ConfigChange},
};

use super::remote::Remote;
use crate::{args::LocalRequests, context::Context, out::Place, output::Shape};

const REQUEST: Shape = Shape {
    noun: "request",
    name: "number",
    columns: &[
        ("number", "number"),
        ("time", "at"),
        ("operation", "operation"),
        ("method", "method"),
        ("url", "url"),
        ("status", "status"),
        ("microseconds", "duration_us"),
    ],
    wide: &[("database", "database"), ("client", "client"), ("peer", "peer"), ("fault", "fault")],
};

/// The seconds a request for news may take.
const WAIT: u64 = 20;

pub(super) async fn requests(cx: &Context, args: &LocalRequests) -> Result<()> {
    let remote = Remote::find(cx, &args.instance).await?;
    if let Some(keep) = args.keep_sql {
        let change = ConfigChange::keep_sql(keep.is_on());
        return remote.patch::<Config>("/_local/config", &change).await.map(drop);
    }
    if let Some(file) = &args.har {
        let place = Place::new(file, args.overwrite);
        place.check()?;
        if cx.is_dry_run() {
            cx.notice(format_args!("this would write an archive {place}"));
            return Ok(());
        }
        let archive = remote.bytes("/_local/requests/har").await?;
        return place.write(&archive).await;
    }
    if args.follow {
        return cx.out().lines(&REQUEST, follow(&remote, args)).await;
    }
    let requests: Vec<LoggedRequest> = remote.get(&path(args, 0, 0)).await?;
    cx.out().list(&REQUEST, &requests)
}

/// Those there are and those that come, until the cloud ends.
fn follow<'a>(remote: &'a Remote, args: &'a LocalRequests) -> impl Stream<Item = Result<LoggedRequest>> + 'a {
    let pages = stream::try_unfold(0, move |after| async move {
        let page: Vec<LoggedRequest> = remote.get(&path(args, after, WAIT)).await?;
        let last = page.last().map_or(after, |request| request.number);
        Ok::<_, anyhow::Error>(Some((stream::iter(page.into_iter().map(Ok)), last)))
    });
    futures_util::TryStreamExt::try_flatten(pages)
}

fn path(args: &LocalRequests, after: u64, wait: u64) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("after", &after.to_string()).append_pair("wait", &wait.to_string());
    if let Some(operation) = &args.operation {
        query.append_pair("operation", operation);
    }
    if let Some(database) = &args.database {
        query.append_pair("database", database);
    }
    if args.unknown {
        query.append_pair("unknown", "true");
    }
    format!("/_local/requests?{}", query.finish())
}

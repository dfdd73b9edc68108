use std::{fs, io};

use anyhow::{Context as _, Result};

use super::instance::Instances;
use crate::{
    args::LocalLogs,
    context::Context,
    exit::{Failure, Kind},
};

/// What a cloud in the foreground writes is on its own standard error.
pub(super) fn logs(cx: &Context, args: &LocalLogs) -> Result<()> {
    let file = Instances::find()?.file(&args.instance.name, "log")?;
    match fs::read(&file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let message = format!("no local cloud named {} was started with --detach", args.instance.name);
            Err(Failure::new(Kind::NotFound, message).into())
        }
        text => cx.out().bytes(&text.with_context(|| format!("cannot read {}", file.display()))?),
    }
}

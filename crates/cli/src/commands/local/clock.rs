use anyhow::Result;
use turso_cloud_local::local_api::{ClockChange, ClockReading};

use super::remote::Remote;
use crate::{
    args::{LocalClock, LocalName},
    context::Context,
    output::Shape,
};

const CLOCK: Shape = Shape { noun: "clock", name: "now", columns: &[("now", "now"), ("frozen", "frozen")], wide: &[] };

const PATH: &str = "/_local/clock";

pub(super) async fn run(cx: &Context, command: &LocalClock) -> Result<()> {
    match command {
        LocalClock::Show(name) => {
            let reading: ClockReading = Remote::find(cx, name).await?.get(PATH).await?;
            cx.out().value(&CLOCK, &reading)
        }
        LocalClock::Advance { by, instance } => change(cx, instance, ClockChange::advance(by)).await,
        LocalClock::Set { to, instance } => change(cx, instance, ClockChange::set(*to)).await,
        LocalClock::Freeze(name) => change(cx, name, ClockChange::frozen(true)).await,
        LocalClock::Resume(name) => change(cx, name, ClockChange::frozen(false)).await,
    }
}

async fn change(cx: &Context, name: &LocalName, change: ClockChange) -> Result<()> {
    match Remote::find(cx, name).await?.patch::<ClockReading>(PATH, &change).await? {
        Some(reading) => cx.out().value(&CLOCK, &reading),
        None => Ok(()),
    }
}

//! Counts what is taken and given back, and says whether there is more.
//!
//! Each thread counts for itself and tells the others now and then, because the engine takes memory so often that a number
//! common to all threads would be what they mostly wait for.

use std::cell::Cell;
use std::sync::atomic::{AtomicIsize, Ordering};

use super::{LIMIT, allocator};

/// How much a thread takes or gives back before it tells the others.
const STEP: isize = 64 * 1024;

/// How much is taken out of the engine's caches at a time, for that takes a lock.
const RELEASED: isize = 16 * STEP;

/// What a statement that is stepped is given in any case: the engine's search in indexes of vectors ends the process where
/// it finds no memory, and takes no more at a time unless it is for thousands of neighbours. The statement is stopped soon
/// after.
const NEVER_REFUSED: isize = 64 * 1024;

/// What is taken, but for what the threads have not told yet.
static TAKEN: AtomicIsize = AtomicIsize::new(0);

thread_local! {
    static THREAD: Thread = const { Thread { untold: Cell::new(0), run: Cell::new(Run::UNBOUNDED) } };
}

struct Thread {
    untold: Cell<isize>,
    run: Cell<Run>,
}

/// What the thread does at the moment.
#[derive(Clone, Copy)]
struct Run {
    /// What it has taken and not given back. What others had taken, and it gave back, makes it less than nothing.
    used: isize,
    /// What it may have taken without asking again.
    room: isize,
    /// What it is given in any case.
    small: isize,
    /// Whether it was refused something, or has taken more than it may.
    is_exhausted: bool,
}

impl Run {
    const UNBOUNDED: Self = Self { used: 0, room: isize::MAX, small: 0, is_exhausted: false };

    const BOUNDED: Self = Self { room: isize::MIN, ..Self::UNBOUNDED };

    fn is_bounded(self) -> bool {
        self.room != Self::UNBOUNDED.room
    }
}

/// Runs something for a client, which may take no more memory than it leaves to others. Says whether it wanted more.
pub(crate) fn bounded<T>(work: impl FnOnce() -> T) -> (T, bool) {
    within(Run::BOUNDED, || {
        let done = work();
        (done, THREAD.with(|thread| thread.run.get().is_exhausted))
    })
}

/// Steps a statement of what is bounded, which has to [ask](has_enough) now and then.
pub(crate) fn stepping<T>(work: impl FnOnce() -> T) -> T {
    within(Run { small: NEVER_REFUSED, ..THREAD.with(|thread| thread.run.get()) }, work)
}

/// Whether what runs has not taken more than it may.
pub(crate) fn has_enough() -> bool {
    THREAD.try_with(Thread::may_have).unwrap_or(true)
}

/// Does a part of it that takes little, and cannot do without.
pub(crate) fn unbounded<T>(work: impl FnOnce() -> T) -> T {
    within(Run::UNBOUNDED, work)
}

fn within<T>(run: Run, work: impl FnOnce() -> T) -> T {
    /// Goes back to what the thread did before, after a panic too.
    struct Before(Run, isize);

    impl Drop for Before {
        fn drop(&mut self) {
            THREAD.with(|thread| {
                let ended = thread.run.get();
                let used = self.0.used.saturating_add(ended.used.saturating_sub(self.1));
                let is_exhausted = self.0.is_exhausted || ended.is_exhausted;
                thread.run.set(Run { used, is_exhausted, ..self.0 });
            });
        }
    }

    let _before = Before(THREAD.with(|thread| thread.run.replace(run)), run.used);
    work()
}

/// Whether so many bytes may be taken.
pub(super) fn may_take(bytes: usize) -> bool {
    let bytes = isize::try_from(bytes).unwrap_or(isize::MAX);
    THREAD.try_with(|thread| thread.may_take(bytes)).unwrap_or(true)
}

/// Whether what has so many bytes may have so many more. What keeps answers is held to what is left outside of a run, too.
pub(super) fn may_grow(has: usize, bytes: usize) -> bool {
    let [has, bytes] = [has, bytes].map(|bytes| isize::try_from(bytes).unwrap_or(isize::MAX));
    let leaves_enough = |thread: &Thread| {
        // In a run, what it has is a part of what the run has.
        let run = thread.run.get();
        let used = if run.is_bounded() { run.used.max(has) } else { has };
        thread.leaves_enough(used.saturating_add(bytes))
    };
    THREAD.try_with(leaves_enough).unwrap_or(true)
}

/// So many bytes were taken.
pub(super) fn take(bytes: usize) {
    count(isize::try_from(bytes).unwrap_or(isize::MAX));
}

/// So many bytes were given back.
pub(super) fn give_back(bytes: usize) {
    count(isize::try_from(bytes).map_or(isize::MIN, |bytes| -bytes));
}

fn count(bytes: isize) {
    if THREAD.try_with(|thread| thread.count(bytes)).is_err() {
        // The thread ends.
        TAKEN.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// How much is left for everybody.
fn left() -> isize {
    LIMIT.cast_signed().saturating_sub(TAKEN.load(Ordering::Relaxed))
}

impl Thread {
    fn may_take(&self, bytes: isize) -> bool {
        let run = self.run.get();
        run.used.saturating_add(bytes) <= run.room || bytes < run.small || self.has_room(run, bytes)
    }

    fn may_have(&self) -> bool {
        let run = self.run.get();
        run.used <= run.room || self.has_room(run, 0)
    }

    fn has_room(&self, run: Run, bytes: isize) -> bool {
        let wanted = run.used.saturating_add(bytes);
        let has_room = self.leaves_enough(wanted);
        self.run.set(if has_room {
            Run { room: wanted.saturating_add(STEP), ..run }
        } else {
            Run { is_exhausted: true, ..run }
        });
        has_room
    }

    /// Whether there is as much for the others as is wanted by one.
    fn leaves_enough(&self, wanted: isize) -> bool {
        self.tell();
        let short = wanted.saturating_sub(left());
        if short > 0 {
            self.release(short);
        }
        wanted <= left()
    }

    /// Has the engine forget pages that it could read again.
    fn release(&self, bytes: isize) {
        // They are not what this run has taken.
        let run = self.run.replace(Run::UNBOUNDED);
        allocator::release(bytes.max(RELEASED));
        self.run.set(run);
        self.tell();
    }

    fn count(&self, bytes: isize) {
        let run = self.run.get();
        self.run.set(Run { used: run.used.saturating_add(bytes), ..run });
        self.untold.set(self.untold.get().saturating_add(bytes));
        if self.untold.get().unsigned_abs() >= STEP.unsigned_abs() {
            self.tell();
        }
    }

    fn tell(&self) {
        let untold = self.untold.take();
        if untold != 0 {
            TAKEN.fetch_add(untold, Ordering::Relaxed);
        }
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.tell();
    }
}

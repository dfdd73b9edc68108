//! Counts what is taken and given back, and says whether there is more.
//!
//! Each thread counts for itself and adds to the common sum now and then: the engine allocates so often that threads would
//! mostly wait for one shared number.

use std::cell::Cell;
use std::sync::atomic::{AtomicIsize, Ordering};

use super::{LIMIT, allocator, kept};

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

/// Takes so many bytes, if they are left.
pub(super) fn reserve(bytes: usize) -> bool {
    let bytes = signed(bytes);
    THREAD.try_with(|thread| thread.reserve(bytes)).unwrap_or(true)
}

/// Takes so many bytes more for what has some, if they are left. What keeps answers is held to that outside of a run, too.
pub(super) fn reserve_more(has: usize, bytes: usize) -> bool {
    let [has, bytes] = [has, bytes].map(signed);
    THREAD.try_with(|thread| thread.reserve_more(has, bytes)).unwrap_or(true)
}

/// What was so many bytes turned out to be others.
pub(super) fn settle(reserved: usize, taken: usize) {
    if reserved != taken {
        count(signed(taken) - signed(reserved));
    }
}

/// Takes so many bytes, whatever is left.
pub(super) fn take(bytes: usize) {
    count(signed(bytes));
}

/// Gives so many bytes back.
pub(super) fn give_back(bytes: usize) {
    count(-signed(bytes));
}

fn signed(bytes: usize) -> isize {
    isize::try_from(bytes).unwrap_or(isize::MAX)
}

fn count(bytes: isize) {
    if THREAD.try_with(|thread| thread.count(bytes)).is_err() {
        // The thread ends.
        TAKEN.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// How much everybody has taken.
pub(super) fn taken() -> isize {
    TAKEN.load(Ordering::Relaxed)
}

/// How much is left for everybody.
fn left() -> isize {
    LIMIT.cast_signed().saturating_sub(taken())
}

impl Thread {
    /// They are taken before it is asked whether they may be: others who ask at the same time have to know of them.
    fn reserve(&self, bytes: isize) -> bool {
        self.count(bytes);
        let may_have = bytes < self.run.get().small || self.may_have();
        if !may_have {
            self.count(-bytes);
        }
        may_have
    }

    fn reserve_more(&self, has: isize, bytes: isize) -> bool {
        self.count(bytes);
        // In a run, what it has is a part of what the run has.
        let run = self.run.get();
        let has = has.saturating_add(bytes);
        let may_have = self.leaves_enough(if run.is_bounded() { run.used.max(has) } else { has });
        if !may_have {
            self.count(-bytes);
        }
        may_have
    }

    /// Whether the run may have what it has.
    fn may_have(&self) -> bool {
        let run = self.run.get();
        if run.used <= run.room {
            return true;
        }
        let has_room = self.leaves_enough(run.used);
        self.run.set(if has_room {
            Run { room: run.used.saturating_add(STEP), ..run }
        } else {
            Run { is_exhausted: true, ..run }
        });
        has_room
    }

    /// Whether there is as much for the others as one has.
    fn leaves_enough(&self, has: isize) -> bool {
        self.tell();
        let short = has.saturating_sub(left());
        if short > 0 {
            self.release(short);
        }
        has <= left()
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
            kept::note(TAKEN.fetch_add(untold, Ordering::Relaxed).saturating_add(untold));
        }
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.tell();
    }
}

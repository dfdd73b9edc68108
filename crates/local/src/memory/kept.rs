//! What the C library keeps of the memory that is given back to it.
//!
//! glibc takes a large block from the system, and gives it back when it is freed. What it calls large grows to the largest
//! block that was ever freed, up to 32 MiB, and each of its arenas keeps twice as much; there are eight for each processor.
//! Together they keep more than all statements may take. With a size that is set it grows no more: `mallopt(3)`.
//!
//! Small blocks stay where they are as long as one behind them is in use. They have to be asked for: `malloc_trim(3)`.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicIsize, Ordering};
use std::thread::{self, Thread};
use std::time::Duration;

use super::account;

/// So much has to be given back before the system gets it: asking takes milliseconds, in which others wait for memory.
const MUCH: isize = 32 * 1024 * 1024;

/// How long nobody has to want it again.
const REST: Duration = Duration::from_secs(1);

/// The most that was taken since the system was last given something.
static MOST: AtomicIsize = AtomicIsize::new(0);

/// The thread that has it given back, where the C library can be told.
static KEEPER: OnceLock<Thread> = OnceLock::new();

/// Has the whole process keep little of what it frees.
pub(super) fn limit() {
    if !c_library::keep_no_large_blocks() {
        return;
    }
    match thread::Builder::new().name("memory".to_owned()).spawn(give_back_what_is_free) {
        Ok(keeper) => _ = KEEPER.set(keeper.thread().clone()),
        Err(error) => tracing::warn!(%error, "memory that is free stays with the process"),
    }
}

/// Takes note of how much is taken now. It may be called where memory is taken or given back: it does neither.
pub(super) fn note(taken: isize) {
    if MOST.load(Ordering::Relaxed) < taken {
        MOST.fetch_max(taken, Ordering::Relaxed);
    } else if is_much_less(taken)
        && let Some(keeper) = KEEPER.get()
    {
        keeper.unpark();
    }
}

fn is_much_less(taken: isize) -> bool {
    MOST.load(Ordering::Relaxed).saturating_sub(taken) >= MUCH
}

fn give_back_what_is_free() {
    loop {
        thread::park();
        thread::sleep(REST);
        let taken = account::taken();
        if is_much_less(taken) {
            MOST.store(taken, Ordering::Relaxed);
            c_library::give_back_what_is_free();
        }
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod c_library {
    #![expect(unsafe_code, reason = "the C library is told by functions of its own")]

    /// Blocks of so many bytes are the system's again when they are freed.
    const LARGE: libc::c_int = 1024 * 1024;

    /// Says whether it can be told.
    pub(super) fn keep_no_large_blocks() -> bool {
        // SAFETY: the function takes two numbers, and a lock before it uses them.
        unsafe {
            libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE);
            libc::mallopt(libc::M_TRIM_THRESHOLD, 2 * LARGE);
        }
        true
    }

    pub(super) fn give_back_what_is_free() {
        // SAFETY: the function takes a number, and the lock of each arena before it looks at it.
        unsafe { libc::malloc_trim(0) };
    }
}

/// Others keep what they keep.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
mod c_library {
    pub(super) fn keep_no_large_blocks() -> bool {
        false
    }

    pub(super) fn give_back_what_is_free() {}
}

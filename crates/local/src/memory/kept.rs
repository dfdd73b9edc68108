//! What the C library keeps of the memory that is given back to it.
//!
//! glibc takes a large block from the system, and gives it back when it is freed. What it calls large grows to the largest
//! block that was ever freed, up to 32 MiB, and each of its arenas keeps twice as much; there are eight for each processor.
//! Together they keep more than all statements may take. With a size that is set it grows no more: `mallopt(3)`.
#![cfg_attr(
    all(target_os = "linux", target_env = "gnu"),
    expect(unsafe_code, reason = "the C library is told by a function of its own")
)]

/// Blocks of so many bytes are the system's again when they are freed.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const LARGE: libc::c_int = 1024 * 1024;

/// Has the whole process keep little of what it frees. Other C libraries keep what they keep.
pub(super) fn limit() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: the function takes two numbers, and a lock before it uses them.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE);
        libc::mallopt(libc::M_TRIM_THRESHOLD, 2 * LARGE);
    }
}

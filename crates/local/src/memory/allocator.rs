//! Stands between the engine and what it takes its memory from.
#![expect(unsafe_code, reason = "the C engine is given functions for its memory as pointers")]

use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::OnceLock;

use libsql_ffi::{
    SQLITE_CONFIG_GETMALLOC, SQLITE_CONFIG_MALLOC, SQLITE_CONFIG_MEMSTATUS, SQLITE_OK, sqlite3_config,
    sqlite3_initialize, sqlite3_mem_methods, sqlite3_release_memory,
};

use super::account;

/// What the engine takes its memory from.
static ITS_OWN: OnceLock<Allocator> = OnceLock::new();

/// All of it is memory of the C library, whose size is known from a block.
struct Allocator {
    malloc: unsafe extern "C" fn(c_int) -> *mut c_void,
    free: unsafe extern "C" fn(*mut c_void),
    realloc: unsafe extern "C" fn(*mut c_void, c_int) -> *mut c_void,
    size: unsafe extern "C" fn(*mut c_void) -> c_int,
}

/// Has every allocation of the engine counted; says whether that was still possible.
pub(super) fn install() -> bool {
    let mut methods = sqlite3_mem_methods {
        xMalloc: None,
        xFree: None,
        xRealloc: None,
        xSize: None,
        xRoundup: None,
        xInit: None,
        xShutdown: None,
        pAppData: ptr::null_mut(),
    };
    // The engine's own account takes a lock for each allocation, in which it must not be asked to release memory.
    //
    // SAFETY: the options are given what they ask for, an integer and a structure to be written. An engine that is in use
    // refuses both. One that another thread puts to use at this moment reads single pointers of a structure that is
    // written: whichever it finds, old or new, they are the same allocator's, so that they can be mixed.
    let codes = unsafe {
        [sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0), sqlite3_config(SQLITE_CONFIG_GETMALLOC, &raw mut methods)]
    };
    let sqlite3_mem_methods { xMalloc, xFree, xRealloc, xSize, .. } = methods;
    let (Some(malloc), Some(free), Some(realloc), Some(size)) = (xMalloc, xFree, xRealloc, xSize) else { return false };
    let is_set = ITS_OWN.set(Allocator { malloc, free, realloc, size }).is_ok();
    if codes != [SQLITE_OK; 2] || !is_set {
        return false;
    }
    let counting = sqlite3_mem_methods {
        xMalloc: Some(counting_malloc),
        xFree: Some(counting_free),
        xRealloc: Some(counting_realloc),
        ..methods
    };
    // SAFETY: as above; the engine copies the structure, and the functions have the types it asks for and do what its own
    // do, or refuse. From its initialization on, nobody can change any of it.
    unsafe {
        sqlite3_config(SQLITE_CONFIG_MALLOC, &raw const counting) == SQLITE_OK && sqlite3_initialize() == SQLITE_OK
    }
}

/// Has the engine forget pages of about so many bytes that it could read again.
pub(super) fn release(bytes: isize) {
    let bytes = c_int::try_from(bytes).unwrap_or(c_int::MAX);
    // SAFETY: the call takes no pointer. It takes the lock of the page cache, which the engine does not hold where it asks
    // for memory, for it would call this itself there; and no other, since its account is off where this is counted.
    unsafe { sqlite3_release_memory(bytes) };
}

unsafe extern "C" fn counting_malloc(bytes: c_int) -> *mut c_void {
    let reserved = unsigned(bytes);
    let Some(own) = ITS_OWN.get().filter(|_| account::reserve(reserved)) else { return ptr::null_mut() };
    // SAFETY: the engine asks for more than nothing, as it would ask its own allocator.
    let block = unsafe { (own.malloc)(bytes) };
    account::settle(reserved, if block.is_null() { 0 } else { own.size_of(block) });
    block
}

unsafe extern "C" fn counting_free(block: *mut c_void) {
    let Some(own) = ITS_OWN.get() else { return };
    account::give_back(own.size_of(block));
    // SAFETY: the engine gives back a block that it was given, and does not use it again.
    unsafe { (own.free)(block) };
}

unsafe extern "C" fn counting_realloc(block: *mut c_void, bytes: c_int) -> *mut c_void {
    let Some(own) = ITS_OWN.get() else { return ptr::null_mut() };
    let before = own.size_of(block);
    let reserved = unsigned(bytes).saturating_sub(before);
    if !account::reserve(reserved) {
        return ptr::null_mut();
    }
    // SAFETY: the block is one that the engine was given, of which it uses only what comes back, if something does.
    let moved = unsafe { (own.realloc)(block, bytes) };
    account::settle(before + reserved, if moved.is_null() { before } else { own.size_of(moved) });
    moved
}

impl Allocator {
    /// The size of a block of it that is in use.
    fn size_of(&self, block: *mut c_void) -> usize {
        // SAFETY: the functions above call this with blocks only that the allocator has given and not taken back.
        unsigned(unsafe { (self.size)(block) })
    }
}

fn unsigned(bytes: c_int) -> usize {
    usize::try_from(bytes).unwrap_or_default()
}

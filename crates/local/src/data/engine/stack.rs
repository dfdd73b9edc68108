//! Room for the recursion of the engine.
//!
//! It calls itself for each `%` of a pattern, each step of a JSON path, each view behind a view and each subquery in a
//! subquery. On the 2 MiB of a thread of tokio a few thousands of them end the process, whoever sent the statement.

use std::cell::RefCell;

use corosensei::on_stack;
use corosensei::stack::DefaultStack;

/// Addresses only: memory is taken page by page, as it is used, and kept as long as the thread.
const BYTES: usize = 256 << 20;

thread_local! {
    /// Kept, because making one takes as long as a small statement.
    static ROOMY: RefCell<Option<DefaultStack>> = const { RefCell::new(None) };
}

/// Runs something that may run statements.
pub(crate) fn with_room<T>(work: impl FnOnce() -> T) -> T {
    ROOMY.with(|kept| {
        // One that is in use is the one that this runs on already.
        let Ok(mut kept) = kept.try_borrow_mut() else { return work() };
        let stack = match kept.take().map_or_else(|| DefaultStack::new(BYTES), Ok) {
            Ok(stack) => kept.insert(stack),
            Err(error) => {
                tracing::warn!(%error, "statements have only the stack of their thread");
                return work();
            }
        };
        on_stack(stack, work)
    })
}

#[cfg(test)]
mod tests {
    use super::with_room;

    #[test]
    fn there_is_room_inside_of_room_and_after_a_panic() {
        fn deep(left: usize) -> usize {
            let page = std::hint::black_box([1_u8; 4096]);
            usize::from(page[left % 4096]) + if left == 0 { 0 } else { deep(left - 1) }
        }
        let panicked = std::panic::catch_unwind(|| with_room(|| panic!("on purpose")));
        assert!(panicked.is_err());
        assert_eq!(with_room(|| with_room(|| deep(10_000))), 10_001);
    }
}

//! Who stops a statement that runs: whoever waits for its answer, by going away, and those who want its stream.

use std::sync::Arc;

use parking_lot::Mutex;

use crate::data::engine::Interrupter;

/// Interrupts the running statement when the request that waits for its answer goes away.
pub(crate) struct InterruptOnDrop {
    interrupter: Option<Interrupter>,
    stopper: Stopper,
}

/// Interrupts the statement of a stream whose answer nobody wants, for those who want the stream.
#[derive(Clone, Default)]
pub(crate) struct Stopper(Arc<Mutex<Option<Interrupter>>>);

impl Stopper {
    /// Says whether there was one to interrupt, which is still to be waited for.
    pub(crate) fn stop(&self) -> bool {
        self.0.lock().as_ref().map(Interrupter::interrupt).is_some()
    }
}

impl InterruptOnDrop {
    /// Guards what is going to run on the connection that this stops.
    pub(crate) fn new(interrupter: Interrupter) -> Self {
        interrupter.reset();
        Self { interrupter: Some(interrupter), stopper: Stopper::default() }
    }

    /// Lets others interrupt it, too.
    pub(crate) fn stopped_by(mut self, stopper: &Stopper) -> Self {
        self.stopper = stopper.clone();
        self.stopper.0.lock().clone_from(&self.interrupter);
        self
    }

    /// The statement has ended, and the connection is still of use.
    pub(crate) fn disarm(mut self) {
        if let Some(interrupter) = self.interrupter.take() {
            interrupter.reset();
        }
    }
}

impl Drop for InterruptOnDrop {
    fn drop(&mut self) {
        *self.stopper.0.lock() = None;
        if let Some(interrupter) = &self.interrupter {
            interrupter.interrupt();
        }
    }
}

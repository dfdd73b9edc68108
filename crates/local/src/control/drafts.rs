//! Databases that wait for their file. The data plane takes the file; here it is written down that it came.

use std::sync::Arc;

use super::{Control, record};
use crate::{data::NotActivated, store::StoreError};

impl Control {
    /// Listens to the data plane for as long as the control plane lives.
    pub(super) fn watch_drafts(self: &Arc<Self>) {
        let control = Arc::downgrade(self);
        self.data.when_activated(move |id| match control.upgrade() {
            Some(control) => control.activate(id),
            None => Err(NotActivated::Internal),
        });
    }

    fn activate(&self, id: &str) -> Result<(), NotActivated> {
        let activated = self.store.transact_then(
            |transaction| transaction.activate_database(id),
            |database| database.iter().for_each(|database| self.data.put(record(database))),
        );
        match activated {
            Ok(database) => database.map(drop).ok_or(NotActivated::NoDraft),
            Err(error) => Err(internal(&error)),
        }
    }
}

fn internal(error: &StoreError) -> NotActivated {
    tracing::error!(error = error as &dyn std::error::Error, "an uploaded database could not be written down");
    NotActivated::Internal
}

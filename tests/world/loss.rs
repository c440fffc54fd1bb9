//! Updates that the books lose, and how they come back.

use std::collections::BTreeMap;

use banking::AccountNumber;
use imports::{BatchIndex, Batches, ControlTotals, Files, Import, ImportId, ImportList};
use ledger::{Books, Change, StoredBooks, Versioned};

use crate::{Message, World, finish};

impl World {
    /// Posts all batches of an import again, as `millrace imports repost` does.
    ///
    /// # Panics
    ///
    /// If it has no batches.
    #[allow(clippy::unwrap_used, reason = "for tests")]
    pub fn repost(&mut self, key: &str, version: &str) {
        let id = ImportId::of(key, version);
        let list = finish(self.files.read(&Import::index_key(id), None, 0..u64::MAX)).unwrap().unwrap();
        let index: BatchIndex = serde_json::from_slice(&list).unwrap();
        self.messages.extend(index.all(id).into_iter().map(Message::Post));
        self.run();
    }

    /// Takes an account's totals back to what they were, as if the updates since had been lost.
    ///
    /// # Panics
    ///
    /// If there is no such account number, or it has no totals.
    #[allow(clippy::unwrap_used, reason = "for tests")]
    pub fn lose_updates_since(&self, account: &str, before: &StoredBooks) {
        let account: AccountNumber = account.parse().unwrap();
        let version = self.books.all().remove(&account).unwrap().totals.unwrap().version;
        let totals = Versioned { version, bytes: before.totals.clone().unwrap().bytes };
        finish(self.books.write(&account, &Change { totals, months: BTreeMap::new() })).unwrap();
    }

    /// All that is kept of an account.
    ///
    /// # Panics
    ///
    /// If there is no such account.
    #[allow(clippy::unwrap_used, reason = "for tests")]
    pub fn stored_books(&self, account: &str) -> StoredBooks {
        self.books.all().remove(&account.parse::<AccountNumber>().unwrap()).unwrap()
    }

    /// What the imports report as posted, and what the books have.
    pub fn control_totals(&self) -> (ControlTotals, ControlTotals) {
        let (mut reported, mut kept) = (ControlTotals::default(), ControlTotals::default());
        for (_, outcome) in self.listed().iter().flat_map(|it| finish(self.imports.finished(it.id)).unwrap_or_default())
        {
            reported.add_outcome(&outcome);
        }
        for figures in self.books.all().values().filter_map(|it| it.figures().ok()) {
            kept.add_figures(&figures);
        }
        (reported, kept)
    }

    /// All imports, the latest first.
    pub(crate) fn listed(&self) -> Vec<Import> {
        finish(self.imports.recent(None, 1_000)).unwrap_or_default().imports.into_iter().flatten().collect()
    }
}

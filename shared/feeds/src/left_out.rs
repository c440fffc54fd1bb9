//! What is in no book although nothing is missing: rejected rows, and sides without a registered account.

use imports::{ImportId, ImportStats, Kind};
use money::group_thousands;
use serde::{Deserialize, Serialize};

use crate::{EntryProof, Feed, Posting, RowProof};

/// The maximum number of imports in each list.
const MAX_IMPORTS: usize = 20;

/// The latest imports of a feed with rows or sides that are in no book, the latest last; at most 20 of each. The
/// figures have the counts.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct LeftOut {
    /// Imports with rejected rows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rejected: Vec<ImportId>,
    /// Imports with transfers that have one registered account only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unregistered: Vec<ImportId>,
}

impl LeftOut {
    /// Whether it names no import.
    pub fn is_empty(&self) -> bool {
        self.rejected.is_empty() && self.unregistered.is_empty()
    }

    /// Adds the import of `posting`, if it left something out.
    pub(crate) fn add(&mut self, posting: &Posting) {
        let Some((id, found)) = posting.import.as_ref().and_then(|it| Some((it.id, it.found.as_ref()?))) else {
            return;
        };
        if found.rows_rejected > 0 {
            add(&mut self.rejected, id);
        }
        if has_unregistered_sides(found) {
            add(&mut self.unregistered, id);
        }
    }

    /// The counts of rows and sides that are in no book, the latest imports with them, and the remedy.
    pub(crate) fn notes(&self, feed: Feed, rows: RowProof, entries: EntryProof) -> Vec<String> {
        let mut notes = Vec::new();
        if rows.rejected > 0 {
            notes.push(format!(
                "{} rows were rejected and are in no book{}: `millrace imports <import>` shows the reasons. If only an \
                 account was not registered and now is: `millrace imports again <import>`",
                group_thousands(&rows.rejected.to_string()),
                named(&self.rejected)
            ));
        }
        // A transfer has two sides; an entry is one of them.
        let sides = rows.taken.saturating_mul(2).saturating_sub(entries.made);
        if feed.kind() == Kind::Transfers && sides > 0 {
            notes.push(format!(
                "{} sides of transfers have no entry: accounts of others, or accounts that were not registered at \
                 the import{}. If one is registered now: `millrace imports again <import>`",
                group_thousands(&sides.to_string()),
                named(&self.unregistered)
            ));
        }
        notes
    }
}

fn add(imports: &mut Vec<ImportId>, import: ImportId) {
    imports.push(import);
    imports.drain(..imports.len().saturating_sub(MAX_IMPORTS));
}

fn has_unregistered_sides(found: &ImportStats) -> bool {
    found.transfers.iter().any(|it| it.both_rows < it.taken_rows)
}

fn named(imports: &[ImportId]) -> String {
    let imports: Vec<String> = imports.iter().rev().map(ToString::to_string).collect();
    if imports.is_empty() { String::new() } else { format!(" (the latest imports: {})", imports.join(", ")) }
}

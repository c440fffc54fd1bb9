//! Distinguishes ids from placeholders.

use crate::Warning;
use crate::rejects::cut;
use crate::rows::TakenRows;

/// The placeholders for a missing id, in any case: of ISO 20022 `NOTPROVIDED`, of MT940 `NONREF`.
const NO_IDS: [&[u8]; 5] = [b"NOTPROVIDED", b"NONREF", b"N/A", b"-", b"0"];
/// In a file with fewer rows, a shared id may be a coincidence.
const FEW_ROWS: usize = 10;

/// The id, or nothing if it is a placeholder.
pub(crate) fn id_or_none(id: &[u8]) -> &[u8] {
    if NO_IDS.iter().any(|it| id.eq_ignore_ascii_case(it)) { &[] } else { id }
}

/// A warning if more than half of at least ten rows have the same id.
pub(crate) fn shared_id(rows: &TakenRows) -> Option<Warning> {
    if rows.rows().len() < FEW_ROWS {
        return None;
    }
    // Boyer and Moore: only the remaining id can be the id of the majority.
    let (mut most, mut votes) = (&[][..], 0_u64);
    for id in rows.rows().iter().map(|row| rows.id_of(row)) {
        if votes == 0 {
            (most, votes) = (id, 1);
        } else if id == most {
            votes = votes.saturating_add(1);
        } else {
            votes = votes.saturating_sub(1);
        }
    }
    let count = rows.rows().iter().filter(|row| rows.id_of(row) == most).count();
    let is_most = count > rows.rows().len().saturating_sub(count);
    (is_most && !most.is_empty()).then(|| Warning {
        what: format!(
            "most rows have the id `{}`: if it identifies nothing, leave it empty, or transfers of one moment count as \
             one batch payment",
            cut(most, 40)
        ),
        rows: u64::try_from(count).unwrap_or(u64::MAX),
    })
}

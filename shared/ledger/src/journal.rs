use calendar::Month;

use crate::codec::{self, CodecError};
use crate::totals::fold;
use crate::{Entry, MonthTotals};

/// All entries of one account in one calendar month, in order, marked, with their figures.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JournalMonth {
    month: Month,
    entries: Vec<Entry>,
    totals: MonthTotals,
}

impl JournalMonth {
    /// A month of entries that are sorted, merged and marked already.
    pub(crate) fn of(month: Month, entries: Vec<Entry>) -> Self {
        let totals = fold(&entries);
        Self { month, entries, totals }
    }

    /// Which month it is.
    pub fn month(&self) -> Month {
        self.month
    }

    /// Its entries, in order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Its figures: the fold of its entries.
    pub fn totals(&self) -> &MonthTotals {
        &self.totals
    }

    pub(crate) fn into_entries(self) -> Vec<Entry> {
        self.entries
    }

    /// Its bytes. The same entries give the same bytes.
    pub fn encode(&self) -> Vec<u8> {
        codec::encode_month(&self.totals, &self.entries)
    }

    /// Reads [`JournalMonth::encode`]. An entry of another month, a wrong order or figures that are not the fold
    /// of the entries are errors: broken books are told, not mended.
    pub fn decode(month: Month, bytes: &[u8]) -> Result<Self, CodecError> {
        let (totals, entries) = codec::decode_month(bytes)?;
        let ordered = entries.is_sorted();
        if !ordered || entries.iter().any(|entry| entry.at.date().month() != month) {
            return Err(CodecError::Broken("entries of another month, or out of order"));
        }
        if fold(&entries) != totals {
            return Err(CodecError::Broken("the month's figures are not the fold of its entries"));
        }
        Ok(Self { month, entries, totals })
    }
}

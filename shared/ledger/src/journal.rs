use calendar::Month;

use crate::codec::{self, CodecError};
use crate::totals::fold;
use crate::{Entry, Splits};

/// All entries of one account in one calendar month, in order, marked, with their figures.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JournalMonth {
    month: Month,
    entries: Vec<Entry>,
    totals: Splits,
}

impl JournalMonth {
    /// A month from entries that are already sorted, merged and marked.
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
    pub fn totals(&self) -> &Splits {
        &self.totals
    }

    pub(crate) fn into_entries(self) -> Vec<Entry> {
        self.entries
    }

    /// Its bytes. The same entries give the same bytes.
    pub fn encode(&self) -> Vec<u8> {
        codec::encode_month(&self.totals, &self.entries)
    }

    /// Reads [`JournalMonth::encode`]. An entry of another month, a wrong order or figures that differ from the fold of
    /// the entries are errors: corrupt books are reported, never repaired.
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

#[cfg(test)]
mod tests {
    use money::Currency;

    use super::*;
    use crate::{Mark, Side};

    fn row(at: &str, minor: i64) -> Entry {
        Entry {
            at: at.parse().unwrap(),
            source: "account".into(),
            id: None,
            ordinal: 0,
            amount_minor: minor,
            currency: Currency::EUR,
            side: Side::None,
            counterparty: None,
            text: None,
            mark: Mark::Clean,
        }
    }

    fn decode(entries: &[Entry], totals_of: &[Entry]) -> Result<JournalMonth, CodecError> {
        JournalMonth::decode("2026-07".parse().unwrap(), &codec::encode_month(&fold(totals_of), entries))
    }

    #[test]
    fn a_month_is_read_only_if_it_is_one() {
        let july = [row("2026-07-01", 5), row("2026-07-02", -7), row("2026-07-31", 0)];
        let decoded = decode(&july, &july).unwrap();
        assert_eq!((decoded.entries(), decoded.totals()), (&july[..], &fold(&july)));
        assert_eq!(decoded.month().to_string(), "2026-07");

        let broken = |what: &'static str| Err(CodecError::Broken(what));
        let order = "entries of another month, or out of order";
        let [first, second, third] = july.clone();
        assert_eq!(decode(&[second.clone(), first.clone(), third.clone()], &july), broken(order));
        for other in [row("2026-06-30", 1), row("2026-08-01", 1)] {
            let mut entries = [july.to_vec(), vec![other]].concat();
            entries.sort();
            assert_eq!(decode(&entries, &entries), broken(order));
        }
        let fold = "the month's figures are not the fold of its entries";
        assert_eq!(decode(&july, &[first, second]), broken(fold));
        assert_eq!(decode(std::slice::from_ref(&third), &[row("2026-07-31", 1)]), broken(fold));
        assert_eq!(decode(&[], &[third]), broken(fold));
    }
}

use calendar::Moment;
use ledger::{Entry, Mark, Side};
use money::Currency;

use crate::intern::Interner;

/// No account, no text.
pub(crate) const NONE: u32 = u32::MAX;

/// One accepted row, in 48 bytes; ids and texts are stored separately.
#[derive(Clone, Copy)]
pub(crate) struct TakenRow {
    pub(crate) at: Moment,
    pub(crate) amount_minor: i64,
    /// The account of a row of one account, the payer of a transfer.
    pub(crate) account: u32,
    /// The counterparty of a row of one account, the beneficiary of a transfer.
    pub(crate) other: u32,
    pub(crate) text: u32,
    pub(crate) id_from: u32,
    pub(crate) id_length: u8,
    pub(crate) currency: u8,
}

/// The accepted rows of a file: memory grows with the entries, not with the text.
#[derive(Default)]
pub(crate) struct TakenRows {
    rows: Vec<TakenRow>,
    ids: Vec<u8>,
    pub(crate) texts: Interner,
    currencies: Vec<Currency>,
}

impl TakenRows {
    /// Stores a row's id and returns its offset and length. `None` if there is no room.
    pub(crate) fn keep_id(&mut self, id: &[u8]) -> Option<(u32, u8)> {
        let from = u32::try_from(self.ids.len()).ok()?;
        let length = u8::try_from(id.len()).ok()?;
        self.ids.extend_from_slice(id);
        Some((from, length))
    }

    /// The index of a currency among those of the file. `None` if there are more than 255, which ISO 4217 does not
    /// have.
    pub(crate) fn currency(&mut self, currency: Currency) -> Option<u8> {
        let place = self.currencies.iter().position(|it| *it == currency).unwrap_or_else(|| {
            self.currencies.push(currency);
            self.currencies.len().saturating_sub(1)
        });
        u8::try_from(place).ok()
    }

    /// The number of currencies of the rows so far.
    pub(crate) fn currencies(&self) -> usize {
        self.currencies.len()
    }

    pub(crate) fn push(&mut self, row: TakenRow) {
        self.rows.push(row);
    }

    pub(crate) fn rows(&self) -> &[TakenRow] {
        &self.rows
    }

    pub(crate) fn currency_of(&self, row: &TakenRow) -> Currency {
        self.currencies.get(usize::from(row.currency)).copied().unwrap_or(Currency::EUR)
    }

    /// The id of a row; empty if it has none.
    pub(crate) fn id_of(&self, row: &TakenRow) -> &[u8] {
        let from = usize::try_from(row.id_from).unwrap_or(0);
        self.ids.get(from..from.saturating_add(usize::from(row.id_length))).unwrap_or_default()
    }

    /// The text of a row, if it has one.
    pub(crate) fn text_of(&self, row: &TakenRow) -> Option<&[u8]> {
        (row.text != NONE).then(|| self.texts.get(row.text))
    }

    /// The entry of `row` on one side.
    pub(crate) fn entry(&self, row: &TakenRow, side: Side, source: &str, other: Option<&str>) -> Entry {
        let boxed = |bytes: &[u8]| std::str::from_utf8(bytes).ok().map(Box::<str>::from);
        let id = self.id_of(row);
        Entry {
            at: row.at,
            source: source.into(),
            id: if id.is_empty() { None } else { boxed(id) },
            ordinal: 0,
            amount_minor: amount_of(row, side),
            currency: self.currency_of(row),
            side,
            counterparty: other.map(Box::from),
            text: self.text_of(row).and_then(boxed),
            mark: Mark::Clean,
        }
    }
}

/// The signed amount of a row for the account on one side.
pub(crate) fn amount_of(row: &TakenRow, side: Side) -> i64 {
    if side == Side::Payer { row.amount_minor.saturating_neg() } else { row.amount_minor }
}

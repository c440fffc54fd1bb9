use std::cmp::Ordering;
use std::fmt;

use calendar::Moment;
use money::{Currency, Money};

/// One signed movement on one account: above zero is a credit, below a debit, as the account holder sees it.
///
/// Entries are sorted by time and then by all other fields, so a set of entries has exactly one order.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Entry {
    /// When it happened.
    pub at: Moment,
    /// The kind of file or feed it came from: `account`, `holders`, `sepa`, a profile's name.
    pub source: Box<str>,
    /// The source's own id of the transaction.
    pub id: Option<Box<str>>,
    /// For an entry without an id: zero-based index among identical rows of its file.
    pub ordinal: u32,
    /// Minor units, signed.
    pub amount_minor: i64,
    /// Their currency.
    pub currency: Currency,
    /// The side of the transfer, if the entry is part of one.
    pub side: Side,
    /// The other account of a transfer.
    pub counterparty: Option<Box<str>>,
    /// The purpose that the bank states.
    pub text: Option<Box<str>>,
    /// Whether it counts; the merge derives this from the whole month.
    pub mark: Mark,
}

/// Which side of a transfer an entry is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Side {
    /// Not a transfer: a row of an account's own file.
    #[default]
    None,
    /// The account paid.
    Payer,
    /// The account was paid.
    Beneficiary,
}

/// Whether an entry counts in the clean view (product page, "Dirty transfers").
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Mark {
    /// It counts.
    #[default]
    Clean,
    /// Same id, payer, beneficiary and time as another transfer, but something else differs.
    BatchPayment,
    /// One of its accounts does not start with an ISO 3166 country code.
    InvalidIban,
}

impl Mark {
    /// Its name in tables and documents.
    pub fn name(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::BatchPayment => "batch-payment",
            Self::InvalidIban => "invalid-iban",
        }
    }
}

impl Entry {
    /// The amount with its currency.
    pub fn amount(&self) -> Money {
        Money::new(self.amount_minor, self.currency)
    }

    /// The identity of an entry. With an id: source, id, both accounts, time, amount and currency;
    /// without: time, amount, text, counterparty and the index among identical rows. A row of an account's own file
    /// that has an id but no counterparty also equals a row that has both: the merge keeps the row with the
    /// counterparty.
    pub fn same(&self, other: &Self) -> bool {
        self.at == other.at
            && self.source == other.source
            && self.id == other.id
            && self.ordinal == other.ordinal
            && self.amount_minor == other.amount_minor
            && self.currency == other.currency
            && self.side == other.side
            && self.counterparty == other.counterparty
            && (self.id.is_some() || self.text == other.text)
    }

    fn has_no_text(&self) -> bool {
        self.text.as_deref().is_none_or(str::is_empty)
    }

    /// Whether two entries are rows of one transfer, by the sender's id.
    pub(crate) fn same_transfer(&self, other: &Self) -> bool {
        self.side != Side::None
            && self.id.is_some()
            && self.at == other.at
            && self.source == other.source
            && self.id == other.id
            && self.side == other.side
            && self.counterparty == other.counterparty
    }
}

impl Ord for Entry {
    // Rows of one transfer are adjacent. The text comes last because it is not part of the identity of an entry with an
    // id; the mark is derived and not compared. An entry with a text precedes one without, so that the merge, which
    // keeps the first of identical entries, keeps the text.
    fn cmp(&self, other: &Self) -> Ordering {
        self.at
            .cmp(&other.at)
            .then_with(|| self.source.cmp(&other.source))
            .then_with(|| self.id.cmp(&other.id))
            .then_with(|| self.side.cmp(&other.side))
            .then_with(|| self.counterparty.cmp(&other.counterparty))
            .then_with(|| self.ordinal.cmp(&other.ordinal))
            .then_with(|| self.amount_minor.cmp(&other.amount_minor))
            .then_with(|| self.currency.cmp(&other.currency))
            .then_with(|| self.has_no_text().cmp(&other.has_no_text()))
            .then_with(|| self.text.cmp(&other.text))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.at, self.amount(), self.mark.name())?;
        if let Some(id) = &self.id {
            write!(f, " #{id}")?;
        }
        if self.ordinal > 0 {
            write!(f, " ({})", self.ordinal)?;
        }
        Ok(())
    }
}

/// The id of a posting: 96 bits of the import's id, then the number of its batch. The books remember the last postings
/// of an account, so that a posting repeated after a crash reports the same count.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PostingId(pub [u8; 16]);

impl PostingId {
    /// The posting of a batch of an import.
    pub fn new(import: [u8; 16], batch: u32) -> Self {
        let mut id = import;
        id.iter_mut().skip(IMPORT_BYTES).zip(batch.to_be_bytes()).for_each(|(to, from)| *to = from);
        Self(id)
    }

    /// What names the import.
    pub(crate) fn import(&self) -> &[u8] {
        self.0.get(..IMPORT_BYTES).unwrap_or_default()
    }
}

/// The number of bytes of a posting's id that identify the import.
const IMPORT_BYTES: usize = 12;

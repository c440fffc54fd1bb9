use std::cmp::Ordering;
use std::fmt;

use calendar::Moment;
use money::{Currency, Money};

/// One signed movement on one account: above zero is a credit, below a debit, as the account holder sees it.
///
/// Entries order by the time they happened and then by everything else, so a set of entries has one order.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Entry {
    /// When it happened.
    pub at: Moment,
    /// The kind of file or feed it came from: `account`, `holders`, `sepa`, a profile's name.
    pub source: Box<str>,
    /// The source's own id of the transaction.
    pub id: Option<Box<str>>,
    /// For an entry without an id: the how manieth of its equals in its file it is, from 0.
    pub ordinal: u32,
    /// Minor units, signed.
    pub amount_minor: i64,
    /// Their currency.
    pub currency: Currency,
    /// Which side of a transfer it is, if it is one.
    pub side: Side,
    /// The other account of a transfer.
    pub counterparty: Option<Box<str>>,
    /// What the bank says it is for.
    pub text: Option<Box<str>>,
    /// Whether it counts; found by the merge, over the whole month.
    pub mark: Mark,
}

/// Which side of a transfer an entry is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Side {
    /// No transfer: a row of an account's own file.
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
    /// The word for it in tables and documents.
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

    /// What makes two entries the same one. With an id: source, id, both accounts, time, amount and currency;
    /// without: time, amount, text, counterparty and the ordinal among its equals. A row of an account's own file that
    /// has an id but no counterparty is also the same as one that has both: the merge keeps the fuller one.
    pub(crate) fn same(&self, other: &Self) -> bool {
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

    /// Whether two entries are rows of one transfer as its sender numbered it.
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
    // Rows of one transfer lie next to each other; the text comes last, for it is no part of the identity of an
    // entry with an id; the mark is derived and takes no part. An entry with a text comes before one without, so that
    // the merge, which keeps the first of the same entries, keeps the text.
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

/// Under what entries are posted: 96 bits of the import's id, then the number of its batch. The books remember the last
/// few postings of an account, so that one repeated after a crash reports the same count.
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

/// How many bytes of a posting's id name the import.
const IMPORT_BYTES: usize = 12;

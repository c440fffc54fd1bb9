//! Decides which column of a file means what.

use std::collections::BTreeMap;

use banking::AccountNumber;
use money::Currency;

use crate::Kind;
use crate::profile::{Document, OneOrMore, SignDocument};
use crate::suggest::NoSuggestion;
use crate::suggest::columns::Columns;
use crate::suggest::sample::Sample;
use crate::suggest::values::{Amounts, date_formats};
use crate::suggest::words::{self, plain_word};

/// The maximum number of columns of an entry's text.
const MAX_TEXTS: usize = 4;
/// The maximum number of distinct words for the sign.
const MAX_SIGN_WORDS: usize = 8;

/// The columns of a file by their meaning.
pub(super) struct Roles {
    pub(super) kind: Kind,
    date: usize,
    date_format: String,
    amounts: Amounts,
    amount: AmountColumns,
    currency: Option<usize>,
    id: Option<usize>,
    account: Option<usize>,
    counterparty: Option<usize>,
    parties: Option<(usize, usize)>,
    texts: Vec<usize>,
}

enum AmountColumns {
    /// With its sign, or of one sign.
    One(usize),
    /// Without a sign, and the words for it in another column.
    WithWords { amount: usize, sign: usize, credit: Vec<String>, debit: Vec<String> },
    /// A column of credits and one of debits.
    Two { credit: usize, debit: usize, debit_has_minus: bool },
}

impl Roles {
    /// Finds the columns, and notes what to check.
    pub(super) fn of(sample: &Sample, notes: &mut Vec<String>) -> Result<Self, NoSuggestion> {
        let missing = |what| NoSuggestion::NoColumn { what, found: format!("`{}`", sample.names.join("`, `")) };
        let mut columns = Columns::of(sample);
        let is_date = |at: usize| sample.is_full(at) && !date_formats(&sample.values(at)).is_empty();
        let date = columns.find(words::DATE, is_date).or_else(|| columns.unused().find(|at| is_date(*at)));
        let date = columns.take(date).ok_or_else(|| missing("dates"))?;
        let date_format = date_format(&sample.values(date), notes);
        // A later date, such as that of the value, has no meaning here.
        for other in columns.unused().filter(|at| is_date(*at) && !is_amount(sample, *at)).collect::<Vec<_>>() {
            columns.take(Some(other));
        }
        let id = id(&mut columns, notes);
        let balance = columns.find(words::BALANCE, |at| is_amount(sample, at));
        columns.take(balance);
        let (amount, amounts) =
            amount(&mut columns, notes).ok_or_else(|| missing("amounts such as 60.5 or 1.234,56"))?;
        let is_currency = |at: usize| {
            let values = sample.values(at);
            !values.is_empty() && values.iter().all(|it| Currency::parse(it.as_bytes()).is_ok())
        };
        let currency = columns.unused().find(|at| is_currency(*at));
        columns.take(currency);
        let parties = parties(&mut columns);
        let (account, counterparty) = accounts(&mut columns);
        let kind = match (parties, account) {
            (Some(_), _) => Kind::Transfers,
            (None, Some(_)) => Kind::Holders,
            (None, None) => Kind::Account,
        };
        let texts = texts(&columns);
        Ok(Self { kind, date, date_format, amounts, amount, currency, id, account, counterparty, parties, texts })
    }

    /// The profile of these columns.
    pub(super) fn document(&self, sample: &Sample, notes: &mut Vec<String>) -> Document {
        let name = |at: usize| sample.names.get(at).cloned().unwrap_or_default();
        let (sign, amount) = match &self.amount {
            AmountColumns::One(at) => (None, Some(*at)),
            AmountColumns::WithWords { amount, sign, credit, debit } => {
                let (column, credit, debit) = (Some(name(*sign)), Some(credit.clone()), Some(debit.clone()));
                (Some(SignDocument { column, credit, debit, ..SignDocument::default() }), Some(*amount))
            }
            AmountColumns::Two { credit, debit, debit_has_minus } => {
                let (credit_column, debit_column) = (Some(name(*credit)), Some(name(*debit)));
                let debit_has_minus = debit_has_minus.then_some(true);
                (Some(SignDocument { credit_column, debit_column, debit_has_minus, ..SignDocument::default() }), None)
            }
        };
        let mut columns = BTreeMap::new();
        let (id, date, amount_name) = match self.kind {
            Kind::Transfers => ("id", "timestamp", "amount"),
            Kind::Holders => ("operation_id", "transaction_ts", "transaction"),
            _ => ("id", "date", "transaction"),
        };
        let one = [
            (id, self.id),
            (date, Some(self.date)),
            (amount_name, amount),
            ("currency", self.currency),
            ("account_number", self.account.filter(|_| self.kind == Kind::Holders)),
            ("counterparty", self.counterparty.filter(|_| self.kind == Kind::Holders)),
            ("payer", self.parties.map(|it| it.0)),
            ("beneficiary", self.parties.map(|it| it.1)),
        ];
        for (role, at) in one {
            columns.extend(at.map(|at| (role.to_owned(), OneOrMore::One(name(at)))));
        }
        let mut texts = self.texts.clone();
        // A file of one account has no column for the counterparty.
        texts.extend(self.counterparty.filter(|_| self.kind == Kind::Account));
        texts.sort_unstable();
        if !texts.is_empty() {
            columns.insert("text".to_owned(), OneOrMore::More(texts.into_iter().map(name).collect()));
        }
        self.note_kind(sample, notes);
        Document {
            kind: self.kind.name().to_owned(),
            delimiter: char::from(sample.delimiter).to_string(),
            quote: Some("\"".to_owned()),
            encoding: sample.encoding.to_owned(),
            decimal_mark: self.amounts.decimal_mark.char().to_string(),
            thousands_mark: self.amounts.thousands_mark.map(|it| it.to_string()),
            date_format: self.date_format.clone(),
            currency: self.fixed_currency(sample, notes),
            skip_lines: Some(sample.skip_lines).filter(|it| *it > 0),
            columns,
            sign,
        }
    }

    fn note_kind(&self, sample: &Sample, notes: &mut Vec<String>) {
        let name = |at: usize| sample.names.get(at).map_or("", String::as_str);
        if self.kind == Kind::Account {
            notes.push(
                "the entries are of one account: give it with `millrace import FILE --account NUMBER`".to_owned(),
            );
        }
        if let (Kind::Holders, Some(account)) = (self.kind, self.account) {
            notes.push(format!("`{}` is taken for the account of each row", name(account)));
        }
        if let AmountColumns::WithWords { sign, .. } = &self.amount {
            notes.push(format!("check the words of `{}` for credits and debits", name(*sign)));
        }
        if sample.encoding != "utf-8" {
            notes.push("the file is not UTF-8; if letters of its texts are wrong, name another `encoding`".to_owned());
        }
    }

    /// The currency of all amounts, from the name of the amounts' column.
    fn fixed_currency(&self, sample: &Sample, notes: &mut Vec<String>) -> Option<String> {
        if self.currency.is_some() {
            return None;
        }
        let (AmountColumns::One(at)
        | AmountColumns::WithWords { amount: at, .. }
        | AmountColumns::Two { credit: at, .. }) = &self.amount;
        let name = sample.names.get(*at).map_or("", String::as_str);
        let code = |it: &str| Currency::parse(it.as_bytes()).ok().map(|it| it.code().to_owned());
        let symbols = [("€", "EUR"), ("£", "GBP"), ("$", "USD")];
        let symbol = || symbols.iter().find(|(symbol, _)| name.contains(symbol)).map(|(_, code)| (*code).to_owned());
        let found = name.split(|it: char| !it.is_alphanumeric()).find_map(code).or_else(symbol);
        if found.is_none() {
            let what = "nothing in the file states the currency: add `currency` to the profile, such as \"currency\": \
                        \"EUR\", or give --currency with each import; otherwise it is the stack's";
            notes.push(what.to_owned());
        }
        found
    }
}

fn is_amount(sample: &Sample, at: usize) -> bool {
    Amounts::of(&sample.values(at)).is_some()
}

fn date_format(dates: &[&str], notes: &mut Vec<String>) -> String {
    let formats = date_formats(dates);
    if let [first, second, ..] = formats.as_slice() {
        notes.push(format!("the dates fit `{first}`, but also `{second}`: check `date_format`"));
    }
    formats.into_iter().next().unwrap_or_default()
}

/// A column with a different value in each row, which is not their number.
fn id(columns: &mut Columns<'_>, notes: &mut Vec<String>) -> Option<usize> {
    let sample = columns.sample;
    let is_unique = |at: usize| sample.is_full(at) && sample.distinct(at).len() == sample.rows.len();
    let id = columns.take(columns.find(words::ID, is_unique))?;
    let numbers: Option<Vec<u64>> = sample.values(id).iter().map(|it| it.parse().ok()).collect();
    let counts = |it: &[u64]| {
        it.len() > 1 && it.first().is_some_and(|it| *it <= 1) && it.is_sorted_by(|a, b| a.checked_add(1) == Some(*b))
    };
    if numbers.is_some_and(|it| counts(&it)) {
        let name = sample.names.get(id).map_or("", String::as_str);
        notes.push(format!("`{name}` only counts the rows, so it is not used as their id"));
        return None;
    }
    Some(id)
}

fn amount(columns: &mut Columns<'_>, notes: &mut Vec<String>) -> Option<(AmountColumns, Amounts)> {
    let sample = columns.sample;
    if let Some(two) = two_columns(columns) {
        return Some(two);
    }
    let fits = |at: usize| sample.is_full(at) && is_amount(sample, at);
    let has_decimals = |at: usize| fits(at) && sample.values(at).iter().any(|it| it.contains(['.', ',']));
    let amount = columns.find(words::AMOUNT, fits).or_else(|| columns.unused().find(|at| has_decimals(*at)))?;
    columns.take(Some(amount));
    let values = sample.values(amount);
    let amounts = Amounts::of(&values)?;
    if values.iter().any(|it| it.starts_with('-')) {
        return Some((AmountColumns::One(amount), amounts));
    }
    let Some((sign, credit, debit)) = sign_words(columns, notes) else {
        let name = sample.names.get(amount).map_or("", String::as_str);
        notes.push(format!("`{name}` has no negative amount: if another column states debits, add `sign`"));
        return Some((AmountColumns::One(amount), amounts));
    };
    columns.take(Some(sign));
    Some((AmountColumns::WithWords { amount, sign, credit, debit }, amounts))
}

/// A column of credits and one of debits: no row has both.
fn two_columns(columns: &mut Columns<'_>) -> Option<(AmountColumns, Amounts)> {
    let sample = columns.sample;
    let fits = |at: usize| is_amount(sample, at);
    let (credit, debit) = (columns.find(words::CREDIT, fits)?, columns.find(words::DEBIT, fits)?);
    let has = |row: &[String], at: usize| row.get(at).is_some_and(|it| !it.is_empty());
    if credit == debit || !sample.rows.iter().all(|row| has(row, credit) != has(row, debit)) {
        return None;
    }
    let debits = sample.values(debit);
    let amounts = Amounts::of(&[sample.values(credit), debits.clone()].concat())?;
    let debit_has_minus = debits.iter().all(|it| it.starts_with('-'));
    columns.take(Some(credit));
    columns.take(Some(debit));
    Some((AmountColumns::Two { credit, debit, debit_has_minus }, amounts))
}

/// A column of words for credits and debits, and these words.
fn sign_words(columns: &Columns<'_>, notes: &mut Vec<String>) -> Option<(usize, Vec<String>, Vec<String>)> {
    let sample = columns.sample;
    let known = |known: &[&str], at: usize| -> Vec<String> {
        let is_known = |it: &&str| known.contains(&plain_word(it).as_str());
        sample.distinct(at).into_iter().filter(is_known).map(str::to_owned).collect()
    };
    let fits = |at: usize| {
        let few = sample.is_full(at) && sample.distinct(at).len() <= MAX_SIGN_WORDS;
        few && !known(words::CREDIT_WORDS, at).is_empty() && !known(words::DEBIT_WORDS, at).is_empty()
    };
    let sign = columns.find(words::SIGN, fits)?;
    let (credit, debit) = (known(words::CREDIT_WORDS, sign), known(words::DEBIT_WORDS, sign));
    let words = sample.distinct(sign).into_iter().map(str::to_owned);
    let other: Vec<String> = words.filter(|it| !credit.contains(it) && !debit.contains(it)).collect();
    if !other.is_empty() {
        let name = sample.names.get(sign).map_or("", String::as_str);
        notes.push(format!("`{name}` also has `{}`: add each to `credit` or `debit`", other.join("`, `")));
    }
    Some((sign, credit, debit))
}

fn parties(columns: &mut Columns<'_>) -> Option<(usize, usize)> {
    let sample = columns.sample;
    let fits = |at: usize| sample.is_full(at) && are_accounts(sample, at);
    let parties = columns.find(words::PAYER, fits).zip(columns.find(words::BENEFICIARY, fits))?;
    columns.take(Some(parties.0));
    columns.take(Some(parties.1));
    Some(parties)
}

/// The account of each row and the counterparty's account.
fn accounts(columns: &mut Columns<'_>) -> (Option<usize>, Option<usize>) {
    let sample = columns.sample;
    let fits = |at: usize| are_accounts(sample, at);
    let named = columns.find(words::COUNTERPARTY, fits);
    columns.take(named);
    let own = |at: usize| sample.is_full(at) && fits(at);
    let is_constant = |at: usize| own(at) && sample.distinct(at).len() == 1;
    let account = columns.find(words::ACCOUNT, own).or_else(|| columns.find(words::ANY_ACCOUNT, is_constant));
    columns.take(account);
    let other = named.or_else(|| columns.find(words::ANY_ACCOUNT, fits));
    columns.take(other);
    (account, other)
}

/// Whether all values of a column could be account numbers, and each has a digit.
fn are_accounts(sample: &Sample, at: usize) -> bool {
    let values = sample.values(at);
    let is_account =
        |it: &&str| it.parse::<AccountNumber>().is_ok() && it.contains(|letter: char| letter.is_ascii_digit());
    !values.is_empty() && values.iter().all(is_account)
}

/// The columns that describe an entry; without one of a known name, the one with the longest texts.
fn texts(columns: &Columns<'_>) -> Vec<usize> {
    let sample = columns.sample;
    let is_text = |at: &usize| !sample.values(*at).is_empty() && !is_amount(sample, *at);
    let mut texts: Vec<usize> = columns.all(words::TEXT).into_iter().filter(is_text).take(MAX_TEXTS).collect();
    if texts.is_empty() {
        let length = |at: &usize| sample.values(*at).iter().map(|it| it.len()).sum::<usize>();
        texts.extend(columns.unused().filter(is_text).max_by_key(length));
    }
    texts
}

//! Reads the rows of account, holders and transfers files. This is the hot path: no allocation per row.

use banking::IbanCheck;
use calendar::Date;
use customers::Registration;
use money::{Currency, parse_minor};

use crate::accounts::Accounts;
use crate::assumed_years::AssumedYears;
use crate::bounds::Bounds;
use crate::format::fields::Fields;
use crate::holders::{Holders, NewlySeen};
use crate::ids::{id_or_none, shared_id};
use crate::layout::{Layout, Sign};
use crate::row_error::{NotTaken, RowError, is_clean};
use crate::rows::{NONE, TakenRow, TakenRows};
use crate::sums::RowSums;
use crate::thousands::{MAX_AMOUNT_BYTES, without_thousands_marks};
use crate::{Column, Kind, Warning};

/// The maximum length of an entry's id and text, in bytes.
const MAX_ID_BYTES: usize = 255;
const MAX_TEXT_BYTES: usize = 500;

/// A file of entries, during and after reading.
pub(crate) struct EntryFile {
    pub(crate) accounts: Accounts,
    pub(crate) rows: TakenRows,
    bounds: Bounds,
    holders: Holders,
    column_map: EntryColumns,
    /// The account, for a file of one account.
    one_account: Option<u32>,
    wrong_checksums: u64,
    /// For the dates of accepted rows.
    pub(crate) assumed_years: AssumedYears,
    /// The sums of the rejected rows of a file of transfers.
    pub(crate) rejected: RowSums,
    last_currency: Option<([u8; 3], u8, u32)>,
    text: Vec<u8>,
}

/// The column indexes of an entry, resolved once.
struct EntryColumns {
    id: Option<usize>,
    date: usize,
    amount: usize,
    debit: Option<usize>,
    sign: Option<usize>,
    currency: Option<usize>,
    account: Option<usize>,
    payer: Option<usize>,
    beneficiary: Option<usize>,
    counterparty: Option<usize>,
}

impl EntryFile {
    /// `one_account` is the account and its holder, for a file of one account.
    pub(crate) fn new(layout: &Layout, one_account: Option<Registration>, uploaded_on: Date) -> Self {
        let find = |column| layout.column_map.find(column);
        let mut accounts = Accounts::default();
        let mut holders = Holders::default();
        let one_account = one_account.and_then(|it| holders.add_one(&mut accounts, it));
        Self {
            accounts,
            rows: TakenRows::default(),
            bounds: Bounds::new(uploaded_on),
            holders,
            column_map: EntryColumns {
                id: find(Column::Id),
                date: find(Column::Date).unwrap_or(usize::MAX),
                amount: find(Column::Amount).unwrap_or(usize::MAX),
                debit: find(Column::Debit),
                sign: find(Column::Sign),
                currency: find(Column::Currency),
                account: find(Column::Account),
                payer: find(Column::Payer),
                beneficiary: find(Column::Beneficiary),
                counterparty: find(Column::Counterparty),
            },
            one_account,
            wrong_checksums: 0,
            assumed_years: AssumedYears::default(),
            rejected: RowSums::default(),
            last_currency: None,
            text: Vec::new(),
        }
    }

    /// Accepts a row, or returns its error, or that it must wait. A waiting row leaves no trace.
    pub(crate) fn take(&mut self, layout: &Layout, fields: &Fields, row: &[u8]) -> Result<(), NotTaken> {
        let field = |index: usize| fields.get(row, index);
        let date = self.column_map.date;
        let at = layout.dates.read(field(date)).map_err(|error| RowError::field(date, error))?;
        self.bounds.check_date(at).map_err(|error| RowError::field(date, error))?;
        let assumes_year = layout.dates.assumes_year(field(date));
        let (currency, decimals) = self.currency(layout, fields, row)?;
        let amount_minor = self.amount(layout, fields, row, decimals)?;
        let id = id_or_none(self.column_map.id.map_or(&[][..], field));
        if id.len() > MAX_ID_BYTES || !is_clean(id) {
            let what = "not an id: UTF-8 of at most 255 bytes without control characters";
            return Err(RowError::field(self.column_map.id.unwrap_or(0), what).into());
        }
        let mut newly_seen = None;
        let (account, other) = match layout.kind {
            Kind::Transfers => self.parties(amount_minor, fields, row)?,
            _ => (self.account(layout, fields, row, &mut newly_seen)?, self.counterparty(fields, row)?),
        };
        let text = self.text(layout, fields, row)?;
        let no_room = || RowError::row("the file has too many distinct texts");
        let (id_from, id_length) = self.rows.keep_id(id).ok_or_else(no_room)?;
        let row = TakenRow { at, amount_minor, account, other, text, id_from, id_length, currency };
        let is_transfer = layout.kind == Kind::Transfers;
        let accounts = |row: &TakenRow| {
            let parties = [(row.account, true), (row.other, is_transfer)].into_iter();
            let parties = parties.filter_map(|(account, has_entry)| has_entry.then_some(account));
            parties.filter(|account| !is_transfer || self.accounts.is_registered(*account))
        };
        let taken = self.bounds.take(self.rows.rows(), &row, self.rows.currencies(), accounts);
        taken.map_err(RowError::row)?;
        self.bounds.note_date(at);
        self.rows.push(row);
        if let Some(seen) = newly_seen {
            self.holders.keep(&mut self.accounts, *seen);
        }
        if assumes_year {
            self.assumed_years.add(at.date());
        }
        Ok(())
    }

    /// Records the amount of a rejected transfer, if it can be read.
    pub(crate) fn reject(&mut self, layout: &Layout, fields: &Fields, row: &[u8]) {
        let code = self.column_map.currency.map_or(&[][..], |it| fields.get(row, it));
        let Some(currency) = Currency::parse(code).ok().filter(|_| layout.kind == Kind::Transfers) else { return };
        if let Ok(minor) = self.amount(layout, fields, row, currency.decimals()) {
            self.rejected.reject(currency, minor);
        }
    }

    fn currency(&mut self, layout: &Layout, fields: &Fields, row: &[u8]) -> Result<(u8, u32), RowError> {
        let code = self.column_map.currency.map_or(&[][..], |it| fields.get(row, it));
        if let Some((_, place, decimals)) = self.last_currency.filter(|(last, ..)| last == code) {
            return Ok((place, decimals));
        }
        let currency = match self.column_map.currency {
            Some(index) if !code.is_empty() || layout.kind == Kind::Transfers => {
                Currency::parse(code).map_err(|error| RowError::field(index, error))?
            }
            _ => layout.currency,
        };
        let place = self.rows.currency(currency).ok_or_else(|| RowError::row("too many currencies"))?;
        if let Ok(code) = <[u8; 3]>::try_from(code) {
            self.last_currency = Some((code, place, currency.decimals()));
        }
        Ok((place, currency.decimals()))
    }

    fn amount(&self, layout: &Layout, fields: &Fields, row: &[u8], decimals: u32) -> Result<i64, RowError> {
        let index = self.column_map.amount;
        let read = |index: usize| {
            let mut buffer = [0; MAX_AMOUNT_BYTES];
            let text = without_thousands_marks(fields.get(row, index), layout.thousands_mark, &mut buffer);
            let minor = text.and_then(|text| parse_minor(text, decimals, layout.decimal_mark));
            minor.map_err(|error| RowError::field(index, error))
        };
        let unsigned = |index: usize| match fields.get(row, index).first() {
            Some(b'+' | b'-') => Err(RowError::field(index, "has a sign, but the sign is in another column")),
            _ => read(index),
        };
        match &layout.sign {
            Sign::Amount => read(index),
            Sign::Words { credit, debit } => {
                let place = self.column_map.sign.unwrap_or(usize::MAX);
                let word = fields.get(row, place);
                let is = |words: &[String]| words.iter().any(|it| it.as_bytes() == word);
                match (is(credit), is(debit)) {
                    (true, _) => unsigned(index),
                    (_, true) => unsigned(index).map(i64::saturating_neg),
                    _ => Err(RowError::field(place, "neither a word for a credit nor one for a debit")),
                }
            }
            Sign::TwoColumns { debit_has_minus } => {
                let debit = self.column_map.debit.unwrap_or(usize::MAX);
                match (fields.get(row, index), fields.get(row, debit)) {
                    (_, []) => unsigned(index),
                    ([], [b'-', ..]) if *debit_has_minus => read(debit),
                    ([], _) if *debit_has_minus => Err(RowError::field(debit, "has no minus sign")),
                    ([], _) => unsigned(debit).map(i64::saturating_neg),
                    _ => Err(RowError::field(debit, "there is a credit and a debit in one row")),
                }
            }
        }
    }

    /// The account of a row. A holder that the file names for the first time goes to `newly_seen` until the row is
    /// accepted.
    fn account(
        &mut self,
        layout: &Layout,
        fields: &Fields,
        row: &[u8],
        newly_seen: &mut Option<Box<NewlySeen>>,
    ) -> Result<u32, NotTaken> {
        if let Some(account) = self.one_account {
            return Ok(account);
        }
        let index = self.column_map.account.unwrap_or(usize::MAX);
        let text = fields.get(row, index);
        let account = self.accounts.number(text);
        if self.accounts.in_register(account).is_none() {
            return Err(NotTaken::Waits);
        }
        let seen = self.holders.see(&self.accounts, account, layout, fields, row);
        *newly_seen = seen.map_err(|wrong| match wrong.field {
            Some(_) => wrong,
            None => RowError::field(index, wrong.what),
        })?;
        Ok(account)
    }

    /// The two accounts of a transfer; at least one must be registered.
    fn parties(&mut self, amount_minor: i64, fields: &Fields, row: &[u8]) -> Result<(u32, u32), NotTaken> {
        if amount_minor < 0 {
            let what = "a transfer's amount has no minus; payer and beneficiary say its direction";
            return Err(RowError::field(self.column_map.amount, what).into());
        }
        let mut party = |place: Option<usize>| {
            let index = place.unwrap_or(usize::MAX);
            let text = fields.get(row, index);
            if text.len() > 64 || !is_clean(text) {
                return Err(RowError::field(
                    index,
                    "not an account number: at most 64 bytes without control characters",
                ));
            }
            Ok(self.accounts.number(text))
        };
        let (payer, beneficiary) = (party(self.column_map.payer)?, party(self.column_map.beneficiary)?);
        match [payer, beneficiary].map(|it| self.accounts.in_register(it)) {
            [None, _] | [_, None] => return Err(NotTaken::Waits),
            [Some(true), _] | [_, Some(true)] => {}
            _ => return Err(RowError::row("neither payer nor beneficiary is an account in the register").into()),
        }
        let checksum_wrong = [payer, beneficiary].iter().any(|it| self.accounts.iban(*it) == IbanCheck::WrongChecksum);
        self.wrong_checksums = self.wrong_checksums.saturating_add(u64::from(checksum_wrong));
        Ok((payer, beneficiary))
    }

    fn counterparty(&mut self, fields: &Fields, row: &[u8]) -> Result<u32, RowError> {
        let Some(index) = self.column_map.counterparty else {
            return Ok(NONE);
        };
        match fields.get(row, index) {
            [] => Ok(NONE),
            text if text.len() <= 64 && is_clean(text) => Ok(self.accounts.number(text)),
            _ => Err(RowError::field(index, "not an account number: at most 64 bytes without control characters")),
        }
    }

    fn text(&mut self, layout: &Layout, fields: &Fields, row: &[u8]) -> Result<u32, RowError> {
        self.text.clear();
        for part in layout.column_map.texts.iter().map(|it| fields.get(row, *it)).filter(|it| !it.is_empty()) {
            if !self.text.is_empty() {
                self.text.push(b' ');
            }
            self.text.extend_from_slice(part);
        }
        if self.text.is_empty() {
            return Ok(NONE);
        }
        if self.text.len() > MAX_TEXT_BYTES || !is_clean(&self.text) {
            let index = layout.column_map.texts.first().copied().unwrap_or(0);
            return Err(RowError::field(index, "not a text: UTF-8 of at most 500 bytes without control characters"));
        }
        Ok(self.rows.texts.intern(&self.text))
    }

    /// For a file of one account: its number.
    pub(crate) fn one_account(&self) -> Option<&str> {
        self.one_account.map(|it| self.accounts.name(it))
    }

    /// The number of customers that the file names.
    pub(crate) fn customers(&self) -> u64 {
        self.holders.named()
    }

    /// The number of customers to register so far.
    pub(crate) fn new_customers(&self) -> usize {
        self.holders.new_customers()
    }

    /// Drops the holders that the file names: none of its rows was accepted.
    pub(crate) fn forget_holders(&mut self) {
        self.holders = Holders::default();
    }

    /// New customers and accounts, and the warnings.
    pub(crate) fn registrations(&mut self) -> (Vec<Registration>, Vec<Warning>) {
        let mut warnings = self.holders.warnings(&self.accounts);
        if self.wrong_checksums > 0 {
            let what = "an IBAN's check digits are invalid".to_owned();
            warnings.push(Warning { what, rows: self.wrong_checksums });
        }
        warnings.extend(self.bounds.warning());
        warnings.extend(shared_id(&self.rows));
        warnings.extend(self.assumed_years.warning());
        (self.holders.registrations(&self.accounts), warnings)
    }
}

use money::{Currency, DecimalMark, parse_minor};

use super::xml::Xml;
use crate::ids::id_or_none;

/// The maximum length of an entry's text, in bytes: longer ones are cut.
const MAX_TEXT_BYTES: usize = 500;

/// An entry of a statement (`Ntry`), while it is read: one booking, even if it consists of many transactions.
#[derive(Default)]
pub(crate) struct Entry {
    /// Its first line.
    pub(crate) line: u64,
    status: String,
    is_reversal: bool,
    booked_on: String,
    valued_on: String,
    amount: String,
    currency: String,
    sign: String,
    /// The bank's reference (`AcctSvcrRef`).
    bank_reference: String,
    information: String,
    /// The number of transactions in its details, and the number that a batch states.
    transactions: u64,
    batch_size: u64,
    /// Of its first transaction: debtor and creditor, each with name (or that of the ultimate one) and
    /// account, the remittance information, and the payer's reference.
    debtor: [String; 2],
    creditor: [String; 2],
    remittance: String,
    structured: String,
    end_to_end: String,
    id: String,
    counterparty: String,
    text: String,
}

impl Entry {
    pub(crate) fn at(line: u64) -> Self {
        Self { line, ..Self::default() }
    }

    pub(crate) fn begin_transaction(&mut self) {
        self.transactions = self.transactions.saturating_add(1);
    }

    /// Only booked entries are in the balance. Pending ones come again when they are booked.
    pub(crate) fn is_booked(&self) -> bool {
        self.status == "BOOK"
    }

    /// Reads an element by its path in the entry.
    pub(crate) fn read(&mut self, path: &str, xml: &Xml) {
        let value = xml.value();
        if let Some(path) = path.strip_prefix("NtryDtls/TxDtls/").filter(|_| self.transactions == 1) {
            return self.read_transaction(path, value);
        }
        match path {
            "Amt" => {
                self.amount = decimal(value);
                xml.attribute("Ccy").unwrap_or_default().clone_into(&mut self.currency);
            }
            "CdtDbtInd" => value.clone_into(&mut self.sign),
            "RvslInd" => self.is_reversal = matches!(value, "true" | "1"),
            // Versions 02 to 04 have the code itself, later ones an element for it.
            "Sts" | "Sts/Cd" if !value.is_empty() => value.clone_into(&mut self.status),
            "BookgDt/Dt" => self.booked_on = date(value),
            "BookgDt/DtTm" => value.clone_into(&mut self.booked_on),
            "ValDt/Dt" => self.valued_on = date(value),
            "ValDt/DtTm" => value.clone_into(&mut self.valued_on),
            "AcctSvcrRef" => value.clone_into(&mut self.bank_reference),
            "AddtlNtryInf" => value.clone_into(&mut self.information),
            "NtryDtls/Btch/NbOfTxs" => self.batch_size = value.parse().unwrap_or(0),
            _ => {}
        }
    }

    fn read_transaction(&mut self, path: &str, value: &str) {
        let ([debtor, debtor_account], [creditor, creditor_account]) = (&mut self.debtor, &mut self.creditor);
        let target = match path {
            // Since version 08, a party is in an element of its own.
            "RltdPties/Dbtr/Nm" | "RltdPties/Dbtr/Pty/Nm" => debtor,
            "RltdPties/Cdtr/Nm" | "RltdPties/Cdtr/Pty/Nm" => creditor,
            "RltdPties/UltmtDbtr/Nm" | "RltdPties/UltmtDbtr/Pty/Nm" if debtor.is_empty() => debtor,
            "RltdPties/UltmtCdtr/Nm" | "RltdPties/UltmtCdtr/Pty/Nm" if creditor.is_empty() => creditor,
            "RltdPties/DbtrAcct/Id/IBAN" | "RltdPties/DbtrAcct/Id/Othr/Id" => debtor_account,
            "RltdPties/CdtrAcct/Id/IBAN" | "RltdPties/CdtrAcct/Id/Othr/Id" => creditor_account,
            "RmtInf/Strd/CdtrRefInf/Ref" => &mut self.structured,
            "Refs/EndToEndId" => &mut self.end_to_end,
            "RmtInf/Ustrd" => return append(&mut self.remittance, value),
            _ => return,
        };
        value.clone_into(target);
    }

    /// Its currency and signed amount, if they are valid.
    pub(crate) fn signed(&self) -> Option<(Currency, i64)> {
        signed(&self.amount, &self.currency, &self.sign)
    }

    /// The fields of its row after those of its statement.
    pub(crate) fn fields(&mut self) -> [&String; 7] {
        // Not `NtryRef`: banks also put the number of the entry in its statement there, or an account or a participant's
        // number, which many entries share.
        self.id = plain(&self.bank_reference);
        // A reversal of a debit is a credit: the counterparty is the same as before.
        let is_from_debtor = (self.sign == "CRDT") != self.is_reversal;
        let [name, account] = if is_from_debtor { &self.debtor } else { &self.creditor };
        let transactions = self.transactions.max(self.batch_size);
        let mut text = String::new();
        if self.is_reversal {
            append(&mut text, "Reversal:");
        }
        if transactions > 1 {
            append(&mut text, &format!("{transactions} transactions"));
            self.counterparty.clear();
        } else {
            let remittance = if self.remittance.is_empty() { &self.structured } else { &self.remittance };
            append(&mut text, name);
            append(&mut text, remittance);
            if !id_or_none(self.end_to_end.as_bytes()).is_empty() {
                append(&mut text, &self.end_to_end);
            }
            self.counterparty = plain(account);
        }
        append(&mut text, &self.information);
        text = plain(&text);
        text.truncate(text.floor_char_boundary(MAX_TEXT_BYTES));
        self.text = text.trim_end().to_owned();
        if self.booked_on.is_empty() {
            self.booked_on = std::mem::take(&mut self.valued_on);
        }
        if self.currency.is_empty() {
            // Not the default currency of other files.
            "?".clone_into(&mut self.currency);
        }
        [&self.booked_on, &self.amount, &self.currency, &self.sign, &self.id, &self.counterparty, &self.text]
    }
}

/// The currency and the signed amount, if they are valid.
pub(crate) fn signed(amount: &str, currency: &str, sign: &str) -> Option<(Currency, i64)> {
    let currency: Currency = currency.parse().ok()?;
    let minor = parse_minor(decimal(amount).as_bytes(), currency.decimals(), DecimalMark::Point).ok()?;
    match sign {
        "CRDT" => Some((currency, minor)),
        "DBIT" => Some((currency, minor.saturating_neg())),
        _ => None,
    }
}

/// A decimal of XML as the amounts of other files are written: `8.850` is `8.85`, `.5` is `0.5`, `7.` is `7`.
fn decimal(text: &str) -> String {
    let Some((whole, fraction)) = text.split_once('.') else { return plain(text) };
    let (whole, fraction) = (if whole.is_empty() { "0" } else { whole }, fraction.trim_end_matches('0'));
    plain(&if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") })
}

/// A date of XML without its time zone, which does not move the day.
fn date(text: &str) -> String {
    let (day, zone) = text.split_at_checked(10).unwrap_or((text, ""));
    plain(if zone.starts_with(['Z', '+', '-']) { day } else { text })
}

fn append(text: &mut String, part: &str) {
    if !text.is_empty() && !part.is_empty() {
        text.push(' ');
    }
    if text.len() <= MAX_TEXT_BYTES {
        text.push_str(part);
    }
}

/// A text with single spaces, because tabs delimit fields and line breaks end rows.
pub(super) fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

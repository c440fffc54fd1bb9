//! The names of columns and the words for credits and debits, as banks write them in English, German, French and Czech.
//! All in the form of [`plain`].

pub(super) const DATE: &[&str] = &[
    "buchungstag",
    "buchungsdatum",
    "booking date",
    "transaction date",
    "date operation",
    "date de l operation",
    "dateop",
    "date comptable",
    "date de comptabilisation",
    "posting date",
    "completed date",
    "buchung",
    "date",
    "datum",
    "timestamp",
    "time",
    "wertstellung",
    "valutadatum",
    "valuta",
    "date de valeur",
    "value date",
];
pub(super) const AMOUNT: &[&str] =
    &["betrag", "amount", "montant", "umsatz", "transaction", "importe", "importo", "castka", "value", "summe"];
pub(super) const CREDIT: &[&str] =
    &["credit", "credit amount", "haben", "gutschrift", "paid in", "money in", "eingang", "deposit", "deposits"];
pub(super) const DEBIT: &[&str] = &[
    "debit",
    "debit amount",
    "soll",
    "lastschrift",
    "belastung",
    "paid out",
    "money out",
    "ausgang",
    "withdrawal",
    "withdrawals",
];
pub(super) const BALANCE: &[&str] = &["saldo", "solde", "balance", "kontostand", "accountbalance"];
pub(super) const ID: &[&str] = &[
    "id",
    "trans id",
    "transaction id",
    "transactionid",
    "operation id",
    "umsatz id",
    "transaktions id",
    "transaktionsnummer",
    "transaction reference",
    "reference number",
    "fitid",
];
/// Names of the account of the file's owner.
pub(super) const ACCOUNT: &[&str] =
    &["account id", "account number", "accountnum", "auftragskonto", "numero de compte", "numero compte"];
/// Names of an account that may be the owner's or the counterparty's.
pub(super) const ANY_ACCOUNT: &[&str] = &["account", "konto", "kontonummer", "iban", "compte"];
pub(super) const COUNTERPARTY: &[&str] = &[
    "kontonummer iban",
    "iban zahlungsbeteiligter",
    "gegenkonto",
    "counterparty iban",
    "counterparty account",
    "counterparty",
    "iban contrepartie",
    "compte contrepartie",
    "iban empfanger",
    "iban beguenstigter",
];
pub(super) const PAYER: &[&str] =
    &["payer", "payer iban", "sender", "sender iban", "debtor", "debtor iban", "debtor account"];
pub(super) const BENEFICIARY: &[&str] = &[
    "beneficiary",
    "beneficiary iban",
    "receiver",
    "receiver iban",
    "recipient",
    "recipient iban",
    "creditor",
    "creditor iban",
    "creditor account",
];
pub(super) const TEXT: &[&str] = &[
    "verwendungszweck",
    "buchungstext",
    "beschreibung",
    "zweck",
    "vorgang",
    "auftraggeber",
    "empfanger",
    "empfaenger",
    "beguenstigter",
    "zahlungsempfanger",
    "zahlungspflichtiger",
    "name",
    "description",
    "memo",
    "details",
    "narrative",
    "reference",
    "payee",
    "merchant",
    "counter party",
    "notes",
    "libelle",
    "label",
    "communication",
    "operation",
    "k symbol",
    "text",
];
pub(super) const SIGN: &[&str] = &[
    "soll haben",
    "s h",
    "credit debit",
    "debit credit",
    "credit debit indicator",
    "cdtdbtind",
    "dr cr",
    "cr dr",
    "d c",
    "sens",
    "richtung",
    "direction",
    "umsatztyp",
    "transaction type",
    "type",
    "typ",
];
pub(super) const CREDIT_WORDS: &[&str] =
    &["c", "cr", "cre", "crdt", "credit", "h", "haben", "gutschrift", "in", "incoming", "eingang", "+", "prijem"];
pub(super) const DEBIT_WORDS: &[&str] = &[
    "d",
    "dr",
    "deb",
    "dbit",
    "debit",
    "s",
    "soll",
    "lastschrift",
    "belastung",
    "out",
    "outgoing",
    "ausgang",
    "-",
    "vydaj",
    "vyber",
];

/// A name in lower case without accents, its words separated by one space: `Zahlungspflichtige*r` becomes
/// `zahlungspflichtige r`.
pub(super) fn plain(name: &str) -> String {
    let letters = name.to_lowercase().chars().map(without_accent).collect::<String>();
    letters.split(|it: char| !it.is_alphanumeric()).filter(|it| !it.is_empty()).collect::<Vec<_>>().join(" ")
}

/// A word for a credit or a debit, which may consist of a sign.
pub(super) fn plain_word(word: &str) -> String {
    let plain = plain(word);
    if plain.is_empty() { word.trim().to_owned() } else { plain }
}

fn without_accent(letter: char) -> char {
    match letter {
        'à' | 'á' | 'â' | 'ä' | 'å' => 'a',
        'ç' | 'č' => 'c',
        'è' | 'é' | 'ê' | 'ë' | 'ě' => 'e',
        'ì' | 'í' | 'î' | 'ï' => 'i',
        'ñ' | 'ň' => 'n',
        'ò' | 'ó' | 'ô' | 'ö' => 'o',
        'ř' => 'r',
        'š' => 's',
        'ù' | 'ú' | 'û' | 'ü' | 'ů' => 'u',
        'ý' => 'y',
        'ž' => 'z',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_case_accents_and_signs() {
        for (name, expected) in [
            ("Zahlungspflichtige*r", "zahlungspflichtige r"),
            ("Währung", "wahrung"),
            ("Débit", "debit"),
            ("trans_id", "trans id"),
            ("Kontonummer/IBAN", "kontonummer iban"),
            ("Amount (GBP)", "amount gbp"),
        ] {
            assert_eq!(plain(name), expected);
        }
        assert_eq!((plain_word("+"), plain_word("Výběr")), ("+".to_owned(), "vyber".to_owned()));
    }
}

/// The result of checking the text of an IBAN.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IbanCheck {
    /// Country, length, structure and check digits are right.
    Valid,
    /// It starts with a country, but its structure or check digits are invalid: a warning.
    WrongChecksum,
    /// It does not start with an ISO 3166 two-letter country code: dirty (product page, "Dirty transfers").
    NoCountry,
}

/// The ISO 3166-1 alpha-2 code at the start of a text.
pub fn country_of(account: &str) -> Option<&str> {
    let code = account.get(..2)?;
    rust_iso3166::from_alpha2(code).map(|_| code)
}

/// Checks an IBAN without spaces and in upper case (ISO 13616, check digits after ISO 7064 MOD 97-10).
pub fn check_iban(account: &str) -> IbanCheck {
    if country_of(account).is_none() {
        return IbanCheck::NoCountry;
    }
    match account.parse::<iban::Iban>() {
        Ok(_) => IbanCheck::Valid,
        Err(_) => IbanCheck::WrongChecksum,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ibans_are_checked() {
        for (text, expected) in [
            ("DE89370400440532013000", IbanCheck::Valid),
            ("AT611904300234573201", IbanCheck::Valid),
            ("DE89370400440532013001", IbanCheck::WrongChecksum),
            ("DE8937040044053201300", IbanCheck::WrongChecksum),
            ("US123", IbanCheck::WrongChecksum),
            ("XX89370400440532013000", IbanCheck::NoCountry),
            ("1289370400440532013000", IbanCheck::NoCountry),
            ("D", IbanCheck::NoCountry),
            ("", IbanCheck::NoCountry),
        ] {
            assert_eq!(check_iban(text), expected, "{text}");
        }
    }

    #[test]
    fn the_country_is_the_one_an_iban_begins_with() {
        for (text, country) in
            [("DE89", Some("DE")), ("AT", Some("AT")), ("XX89", None), ("de89", None), ("D", None), ("ÅÄ", None)]
        {
            assert_eq!(country_of(text), country, "{text}");
        }
    }
}

//! Files of companies.

use banking::{AccountNumber, IbanCheck, check_iban};
use customers::{Account, Customer, CustomerId, CustomerKind, EmailAddress, Registration};

use crate::format::fields::Fields;
use crate::ids::id_or_none;
use crate::layout::Layout;
use crate::row_error::{RowError, is_clean};
use crate::{Column, Warning};

/// The companies of a file that is being read.
#[derive(Default)]
pub(crate) struct CustomerFile {
    registrations: Vec<Registration>,
    wrong_checksums: u64,
}

impl CustomerFile {
    /// The number of companies so far.
    pub(crate) fn new_customers(&self) -> usize {
        self.registrations.len()
    }

    pub(crate) fn take(&mut self, layout: &Layout, fields: &Fields, row: &[u8]) -> Result<(), RowError> {
        let place = |column: Column| layout.column_map.find(column).unwrap_or(usize::MAX);
        let text = |column: Column| {
            let bytes = fields.get(row, place(column));
            match std::str::from_utf8(bytes) {
                Ok(text) if bytes.len() <= 500 && is_clean(bytes) => Ok(text),
                _ => Err(RowError::field(
                    place(column),
                    "not a text: UTF-8 of at most 500 bytes without control characters",
                )),
            }
        };
        let optional = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let id = text(Column::Id)?;
        // Companies may be numbered from 0.
        if id != "0" && id_or_none(id.as_bytes()).is_empty() {
            return Err(RowError::field(place(Column::Id), "a company needs an id"));
        }
        let email = match text(Column::Email)? {
            "" => None,
            email => Some(EmailAddress::parse(email).map_err(|error| RowError::field(place(Column::Email), error))?),
        };
        let customer = Customer {
            id: CustomerId::of_company(id),
            kind: CustomerKind::Company,
            name: optional(text(Column::Name)?),
            born_on: None,
            email,
            owner: optional(text(Column::Owner)?),
            address: optional(text(Column::Address)?),
            first_email: None,
        };
        let mut accounts = Vec::new();
        for iban in ibans(&String::from_utf8_lossy(fields.get(row, place(Column::Ibans)))) {
            let number = iban.map_err(|error| RowError::field(place(Column::Ibans), error))?;
            match check_iban(number.as_str()) {
                IbanCheck::NoCountry => {
                    return Err(RowError::field(place(Column::Ibans), "an IBAN starts with no country of ISO 3166"));
                }
                IbanCheck::WrongChecksum => self.wrong_checksums = self.wrong_checksums.saturating_add(1),
                IbanCheck::Valid => {}
            }
            accounts.push(Account { number, customer: customer.id, r#type: None });
        }
        self.registrations.push(Registration { customer, accounts });
        Ok(())
    }

    pub(crate) fn finish(self) -> (Vec<Registration>, Vec<Warning>) {
        let what = "an IBAN's check digits are invalid".to_owned();
        let rows = self.wrong_checksums;
        (self.registrations, if rows > 0 { vec![Warning { what, rows }] } else { Vec::new() })
    }
}

/// The IBANs of a list in any of the usual notations: separated by `;`, `,`, `|` or spaces, in brackets or braces,
/// quoted, or in groups of four characters.
fn ibans(list: &str) -> Vec<Result<AccountNumber, banking::AccountNumberError>> {
    let plain: String = list.chars().filter(|it| !"[]{}()\"'".contains(*it)).collect();
    let mut found = Vec::new();
    for part in plain.split([';', ',', '|', '\n']).map(str::trim).filter(|it| !it.is_empty()) {
        let words: Vec<&str> = part.split_whitespace().collect();
        // Consecutive groups of four form one IBAN; each longer word is an IBAN.
        if words.iter().all(|it| it.len() > 4) {
            found.extend(words.into_iter().map(str::parse));
        } else {
            found.push(part.parse());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_ibans_in_the_usual_notations() {
        let (a, b) = ("DE89370400440532013000", "FR1420041010050500013M02606");
        for list in [
            format!("{a};{b}"),
            format!("{a},{b}"),
            format!("{a}|{b}"),
            format!("{a} {b}"),
            format!("[\"{a}\", \"{b}\"]"),
            format!("['{a}', '{b}']"),
            format!("{{{a},{b}}}"),
            "DE89 3704 0044 0532 0130 00; FR14 2004 1010 0505 0001 3M02 606".to_owned(),
        ] {
            let read: Vec<_> = ibans(&list).into_iter().map(|it| it.unwrap().as_str().to_owned()).collect();
            assert_eq!(read, [a, b], "{list}");
        }
        // All groups have four characters.
        assert_eq!(ibans("AT61 1904 3002 3457 3201"), ["AT611904300234573201".parse()]);
        assert!(ibans(" ").is_empty());
        assert!(ibans("[]").is_empty());
    }
}

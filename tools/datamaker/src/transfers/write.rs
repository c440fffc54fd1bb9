//! Writes transfers without allocations, because there are tens of millions.

use super::{CURRENCIES, FIRST_NUMBER, Maker, Party, Transfer};
use crate::lines::Lines;

impl Maker<'_> {
    pub(super) fn write(&self, transfer: &Transfer, lines: &Lines, out: &mut Vec<u8>) {
        let mut digits = itoa::Buffer::new();
        out.extend_from_slice(lines.before(0));
        out.extend_from_slice(self.feed.prefix().as_bytes());
        out.extend_from_slice(digits.format(FIRST_NUMBER + transfer.number).as_bytes());
        out.extend_from_slice(lines.before(1));
        self.write_party(transfer.payer, transfer.invalid, out);
        out.extend_from_slice(lines.before(2));
        self.write_party(transfer.beneficiary, transfer.invalid, out);
        out.extend_from_slice(lines.before(3));
        let (currency, decimals) = CURRENCIES.get(transfer.currency).copied().unwrap_or(("EUR", 2));
        write_amount(transfer.minor, decimals, out, &mut digits);
        out.extend_from_slice(lines.before(4));
        out.extend_from_slice(currency.as_bytes());
        out.extend_from_slice(lines.before(5));
        let day = self.feeds.calendar.get(transfer.day).map_or("", |(day, _)| day.as_str());
        out.extend_from_slice(day.as_bytes());
        out.push(b'T');
        write_pair(transfer.second / 3600, b':', out);
        write_pair(transfer.second / 60 % 60, b':', out);
        write_pair(transfer.second % 60, b'Z', out);
        out.extend_from_slice(lines.end());
    }

    fn write_party(&self, party: Party, invalid: bool, out: &mut Vec<u8>) {
        let (country, rest) = self.iban(party, invalid);
        out.extend_from_slice(country.as_bytes());
        out.extend_from_slice(rest.as_bytes());
    }

    pub(super) fn party(&self, party: Party, invalid: bool) -> String {
        let (country, rest) = self.iban(party, invalid);
        format!("{country}{rest}")
    }

    /// A party's IBAN: the country, and the rest.
    fn iban(&self, party: Party, invalid: bool) -> (&str, &str) {
        let (ibans, place) = match party {
            Party::Account(place) => (&self.feeds.companies.ibans, place),
            Party::Outsider(place) => (&self.feeds.outsiders, place),
        };
        let (country, rest) = ibans.get(place).and_then(|it| it.split_at_checked(2)).unwrap_or_default();
        // `XX` is not a country code (ISO 3166-1 reserves it for users).
        let is_invalid = invalid && matches!(party, Party::Outsider(_));
        (if is_invalid { "XX" } else { country }, rest)
    }
}

fn write_amount(minor: u64, decimals: u32, out: &mut Vec<u8>, digits: &mut itoa::Buffer) {
    let unit = 10_u64.pow(decimals);
    out.extend_from_slice(digits.format(minor / unit).as_bytes());
    if decimals > 0 {
        out.push(b'.');
        let mut rest = minor % unit;
        let mut unit = unit / 10;
        while unit > 0 {
            out.push(digit(rest / unit));
            rest %= unit;
            unit /= 10;
        }
    }
}

fn write_pair(number: u64, behind: u8, out: &mut Vec<u8>) {
    out.extend_from_slice(&[digit(number / 10), digit(number % 10), behind]);
}

fn digit(number: u64) -> u8 {
    b'0' + u8::try_from(number % 10).unwrap_or(0)
}

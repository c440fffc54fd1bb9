//! IBANs that are valid for their country: length, structure and check digits (ISO 13616, the SWIFT registry).

use crate::noise::Noise;

/// Countries with the structure of their basic account number: `n` a digit, `a` a letter, `c` either.
const COUNTRIES: [(&str, &str); 24] = [
    ("DE", "nnnnnnnnnnnnnnnnnn"),
    ("FR", "nnnnnnnnnncccccccccccnn"),
    ("NL", "aaaannnnnnnnnn"),
    ("ES", "nnnnnnnnnnnnnnnnnnnn"),
    ("IT", "annnnnnnnnncccccccccccc"),
    ("AT", "nnnnnnnnnnnnnnnn"),
    ("BE", "nnnnnnnnnnnn"),
    ("PT", "nnnnnnnnnnnnnnnnnnnnn"),
    ("FI", "nnnnnnnnnnnnnn"),
    ("IE", "aaaannnnnnnnnnnnnn"),
    ("LT", "nnnnnnnnnnnnnnnn"),
    ("LU", "nnnccccccccccccc"),
    ("GB", "aaaannnnnnnnnnnnnn"),
    ("CH", "nnnnncccccccccccc"),
    ("PL", "nnnnnnnnnnnnnnnnnnnnnnnn"),
    ("CZ", "nnnnnnnnnnnnnnnnnnnn"),
    ("SE", "nnnnnnnnnnnnnnnnnnnn"),
    ("DK", "nnnnnnnnnnnnnn"),
    ("NO", "nnnnnnnnnnn"),
    ("TR", "nnnnnncccccccccccccccc"),
    ("AE", "nnnnnnnnnnnnnnnnnnn"),
    ("SA", "nncccccccccccccccccc"),
    ("IL", "nnnnnnnnnnnnnnnnnnn"),
    ("BR", "nnnnnnnnnnnnnnnnnnnnnnnac"),
];
/// The first `EURO_AREA` countries use SEPA with the euro.
const WITH_EURO: u64 = 12;

/// An IBAN of a country of the euro area.
pub(crate) fn in_the_euro_area(noise: &mut Noise) -> String {
    let place = noise.below(WITH_EURO);
    of_country(place, noise)
}

/// An IBAN from anywhere.
pub(crate) fn anywhere(noise: &mut Noise) -> String {
    let place = noise.below(u64::try_from(COUNTRIES.len()).unwrap_or(1));
    of_country(place, noise)
}

fn of_country(place: u64, noise: &mut Noise) -> String {
    let place = usize::try_from(place).unwrap_or(0);
    let (country, structure) = COUNTRIES.get(place).copied().unwrap_or(("DE", "nnnnnnnnnnnnnnnnnn"));
    let character = |kind: char| {
        let letter = |at: u64| char::from(b'A' + u8::try_from(at).unwrap_or(0));
        let digit = |at: u64| char::from(b'0' + u8::try_from(at).unwrap_or(0));
        match kind {
            'a' => letter(noise.below(26)),
            'c' if noise.below(3) == 0 => letter(noise.below(26)),
            _ => digit(noise.below(10)),
        }
    };
    let basic: String = structure.chars().map(character).collect();
    format!("{country}{:02}{basic}", check_digits(country, &basic))
}

/// ISO 7064 MOD 97-10 over the rearranged number, letters as 10 to 35.
fn check_digits(country: &str, basic: &str) -> u64 {
    let remainder = basic.bytes().chain(country.bytes()).chain(*b"00").fold(0, |remainder, byte| {
        if byte.is_ascii_digit() {
            (remainder * 10 + u64::from(byte - b'0')) % 97
        } else {
            (remainder * 100 + u64::from(byte - b'A') + 10) % 97
        }
    });
    98 - remainder
}

#[cfg(test)]
mod tests {
    use banking::{IbanCheck, check_iban};

    use super::*;

    #[test]
    fn every_country_s_are_valid() {
        for number in 0..5_000 {
            let mut noise = Noise::new(1, 1, number);
            let place = number % u64::try_from(COUNTRIES.len()).unwrap();
            let iban = of_country(place, &mut noise);
            assert_eq!(check_iban(&iban), IbanCheck::Valid, "{iban}");
        }
    }
}

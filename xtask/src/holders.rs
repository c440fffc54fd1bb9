//! The file that `demo` imports: holders and a year of their transactions, the same bytes each time.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The columns of a holders file.
const HEADER: &str = "account_number,first_name,last_name,dob,email,type,operation_id,transaction_ts,transaction";

/// The example of the product page: total balance 39.74, average credit 35.25, average debit −15.38.
const EXAMPLE: [(&str, &str); 4] = [
    ("2024-07-15T09:00:00Z", "+60.5"),
    ("2024-07-28T09:00:00Z", "-10.3"),
    ("2024-08-02T09:00:00Z", "-20.46"),
    ("2024-08-13T09:00:00Z", "+10"),
];

const FIRST_NAMES: [&str; 12] =
    ["Ada", "Bruno", "Chiara", "Dario", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Katya", "Lars"];
const LAST_NAMES: [&str; 8] = ["Almeida", "Brandt", "Costa", "Duval", "Eriksen", "Fischer", "Greco", "Haas"];
const ACCOUNTS: u64 = 24;
const ROWS_PER_ACCOUNT: u64 = 15;

/// A holders file and the expected number of mails for each address.
pub(crate) struct Holders {
    /// The file.
    pub(crate) csv: String,
    /// Its rows, without the header.
    pub(crate) rows: usize,
    /// Accounts for each mail address.
    pub(crate) mails: BTreeMap<String, usize>,
    /// The address of the holder with the four rows of the product page's example.
    pub(crate) example: String,
}

/// Makes the file.
pub(crate) fn make() -> Holders {
    let mut holders = Holders { csv: format!("{HEADER}\n"), rows: 0, mails: BTreeMap::new(), example: String::new() };
    for number in 0..ACCOUNTS {
        let account = Account::numbered(number);
        if number == 0 {
            holders.example.clone_from(&account.email);
            for (at, amount) in EXAMPLE {
                holders.add(&account, at, amount);
            }
        } else {
            account.add_year(number, &mut holders);
        }
        let mails = holders.mails.entry(account.email).or_default();
        *mails = mails.saturating_add(1);
    }
    holders
}

impl Holders {
    fn add(&mut self, account: &Account, at: &str, amount: &str) {
        self.rows = self.rows.saturating_add(1);
        let Account { iban, first_name, last_name, born_on, email } = account;
        let row = self.rows;
        let _ =
            writeln!(self.csv, "{iban},{first_name},{last_name},{born_on},{email},checking,OP-{row:06},{at},{amount}");
    }
}

struct Account {
    iban: String,
    first_name: &'static str,
    last_name: &'static str,
    born_on: String,
    email: String,
}

impl Account {
    /// Every sixth account belongs to the previous holder.
    fn numbered(number: u64) -> Self {
        let holder = if number % 6 == 5 { number.saturating_sub(1) } else { number };
        let mut noise = Noise(holder.wrapping_add(2024));
        let first_name = noise.one_of(&FIRST_NAMES);
        let last_name = noise.one_of(&LAST_NAMES);
        let born_on = format!("{}-{:02}-{:02}", noise.between(1950, 2004), noise.between(1, 12), noise.between(1, 28));
        let email = format!("{first_name}.{last_name}.{holder}@example.com").to_lowercase();
        let iban = iban(number, &mut Noise(number.wrapping_add(7_000)));
        Self { iban, first_name, last_name, born_on, email }
    }

    /// A salary each month and smaller payments, in chronological order.
    fn add_year(&self, number: u64, holders: &mut Holders) {
        let mut noise = Noise(number.wrapping_add(9_000));
        let salary = noise.between(180_000, 420_000);
        for row in 0..ROWS_PER_ACCOUNT {
            let month = row.saturating_mul(12).checked_div(ROWS_PER_ACCOUNT).unwrap_or_default().saturating_add(1);
            let is_salary = row % 3 == 0;
            let day = if is_salary { 1 } else { noise.between(10, 28) };
            let at = format!("2024-{month:02}-{day:02}T{:02}:{:02}:00Z", noise.between(7, 19), noise.between(0, 59));
            let (sign, cents) = match is_salary {
                true => ('+', salary),
                false if noise.between(0, 4) == 0 => ('+', noise.between(500, 20_000)),
                false => ('-', noise.between(300, 95_000)),
            };
            let (euros, cents) = (cents.checked_div(100).unwrap_or_default(), cents % 100);
            holders.add(self, &at, &format!("{sign}{euros}.{cents:02}"));
        }
    }
}

/// A valid IBAN of a country without additional check digits in its account numbers.
fn iban(number: u64, noise: &mut Noise) -> String {
    let mut digits = |count: usize| -> String {
        (0..count).filter_map(|_| char::from_digit(u32::try_from(noise.between(0, 9)).ok()?, 10)).collect()
    };
    let (country, domestic) = match number % 4 {
        0 => ("DE", digits(18)),
        1 => ("AT", digits(16)),
        2 => ("LT", digits(16)),
        _ => ("NL", format!("MILL{}", digits(10))),
    };
    let remainder = format!("{domestic}{country}00").chars().filter_map(|character| character.to_digit(36)).fold(
        0_u32,
        |sum, value| {
            let shifted = sum.saturating_mul(if value > 9 { 100 } else { 10 });
            shifted.saturating_add(value) % 97
        },
    );
    format!("{country}{:02}{domestic}", 98_u32.saturating_sub(remainder))
}

/// `SplitMix64`: the same numbers on every machine, without a dependency.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from `low` to `high`, both included.
    fn between(&mut self, low: u64, high: u64) -> u64 {
        let span = high.saturating_sub(low).saturating_add(1);
        low.saturating_add(self.next().checked_rem(span).unwrap_or_default())
    }

    fn one_of(&mut self, names: &[&'static str]) -> &'static str {
        let last = u64::try_from(names.len()).unwrap_or_default().saturating_sub(1);
        let chosen = usize::try_from(self.between(0, last)).unwrap_or_default();
        names.get(chosen).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_the_same_each_time_and_has_a_few_hundred_rows() {
        let holders = make();
        assert_eq!(holders.csv, make().csv);
        assert_eq!(holders.csv.lines().count(), holders.rows + 1);
        assert!((300..400).contains(&holders.rows), "{}", holders.rows);
        assert_eq!(holders.mails.values().sum::<usize>(), 24);
        assert!(holders.csv.lines().all(|line| line.split(',').count() == 9));
    }

    #[test]
    fn every_account_number_is_a_valid_iban_and_has_one_holder() {
        let mut holder_of = BTreeMap::new();
        for line in make().csv.lines().skip(1) {
            let fields: Vec<_> = line.split(',').collect();
            let valid = fields[0].parse::<iban::Iban>();
            assert!(valid.is_ok(), "{}: {valid:?}", fields[0]);
            let holder = fields[1..5].join(" ");
            assert_eq!(holder_of.entry(fields[0].to_owned()).or_insert(holder.clone()), &holder);
        }
        assert_eq!(holder_of.len(), 24);
    }
}

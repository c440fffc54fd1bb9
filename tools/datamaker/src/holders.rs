//! People, their accounts and transactions: a salary each month, and payments.

use std::io::{self, Write};

use calendar::Date;

use crate::lines::{Format, Lines};
use crate::noise::Noise;
use crate::{Plan, iban};

const KIND: u64 = 6;
const COLUMNS: [&str; 9] = [
    "account_number",
    "first_name",
    "last_name",
    "dob",
    "email",
    "type",
    "operation_id",
    "transaction_ts",
    "transaction",
];
const FIRST_NAMES: [&str; 12] =
    ["Ada", "Bruno", "Chiara", "Dario", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Katya", "Lars"];
const LAST_NAMES: [&str; 10] =
    ["Almeida", "Brandt", "Costa", "Duval", "Eriksen", "Fischer", "Greco", "Haas", "Ivanov", "Jansen"];
/// Days between two salaries, and between two payments at most.
const SALARY_DAYS: u64 = 30;
const PAYMENT_DAYS: u64 = 12;

/// Writes the transactions of everyone, by person and account, in chronological order.
pub(crate) fn write(plan: Plan, format: Format, out: &mut impl Write) -> io::Result<()> {
    let lines = Lines::new(format, &COLUMNS);
    out.write_all(lines.header())?;
    for number in 0..plan.people {
        let mut noise = Noise::new(plan.seed, KIND, number);
        let person = Person::new(number, &mut noise);
        for account in 0..=u64::from(noise.below(3) == 0) {
            person.write_account(account, plan, &mut noise, &lines, out)?;
        }
    }
    out.flush()
}

struct Person {
    number: u64,
    first_name: &'static str,
    last_name: &'static str,
    born_on: String,
    email: String,
}

impl Person {
    fn new(number: u64, noise: &mut Noise) -> Self {
        let first_name = noise.one_of(&FIRST_NAMES).copied().unwrap_or_default();
        let last_name = noise.one_of(&LAST_NAMES).copied().unwrap_or_default();
        let born_on = format!("{}-{:02}-{:02}", 1950 + noise.below(55), 1 + noise.below(12), 1 + noise.below(28));
        let email = format!("{first_name}.{last_name}.{number}@example.com").to_lowercase();
        Self { number, first_name, last_name, born_on, email }
    }

    fn write_account(
        &self,
        account: u64,
        plan: Plan,
        noise: &mut Noise,
        lines: &Lines,
        out: &mut impl Write,
    ) -> io::Result<()> {
        let iban = iban::in_the_euro_area(noise);
        let kind = if account == 0 { "checking" } else { "savings" };
        let salary = 180_000 + noise.below(240_000);
        let (mut day, mut salary_day, mut row) = (noise.below(PAYMENT_DAYS), noise.below(SALARY_DAYS), 0);
        while day.min(salary_day) < plan.days {
            let (on, sign, minor) = if salary_day <= day {
                salary_day += SALARY_DAYS;
                (salary_day - SALARY_DAYS, '+', salary)
            } else {
                let on = day;
                day += 1 + noise.below(PAYMENT_DAYS);
                (on, '-', 100 + noise.below(30_000))
            };
            let id = format!("OP{:06}{account}{row:04}", self.number);
            let second = noise.below(86_400);
            let [hour, minute, second] = [second / 3600, second / 60 % 60, second % 60];
            let at = format!("{}T{hour:02}:{minute:02}:{second:02}Z", date(plan.first_day, on));
            let amount = format!("{sign}{}.{:02}", minor / 100, minor % 100);
            let Self { first_name, last_name, born_on, email, .. } = self;
            lines.write([&iban, first_name, last_name, born_on, email, kind, &id, &at, &amount], out)?;
            row += 1;
        }
        Ok(())
    }
}

/// A day by its zero-based index.
pub(crate) fn date(first_day: Date, day: u64) -> Date {
    i32::try_from(day).ok().and_then(|day| first_day.plus_days(day).ok()).unwrap_or(first_day)
}

//! Invoices between companies, in dollars: when they are due, and when they were paid. Some companies pay late.

use std::io::{self, Write};

use crate::Plan;
use crate::holders::date;
use crate::lines::{Format, Lines};
use crate::noise::Noise;

const KIND: u64 = 7;
const HABITS: u64 = 8;
const COLUMNS: [&str; 7] = ["invoice_id", "issue_date", "issuer_id", "receiver_id", "amount", "due_date", "paid_date"];
/// Invoices that each company issues.
const OF_EACH: u64 = 24;
/// Days to pay in.
const TERMS: [u64; 3] = [14, 30, 60];

/// Writes the invoices of every company. One that has not been paid by the end of the plan has no `paid_date`.
pub(crate) fn write(plan: Plan, format: Format, out: &mut impl Write) -> io::Result<()> {
    let lines = Lines::new(format, &COLUMNS);
    out.write_all(lines.header())?;
    for number in 0..plan.companies * OF_EACH {
        let mut noise = Noise::new(plan.seed, KIND, number);
        let issuer = number / OF_EACH;
        // A company never invoices itself.
        let receiver = (issuer + 1 + noise.below(plan.companies.saturating_sub(1).max(1))) % plan.companies.max(1);
        let digits = 4 + u32::try_from(noise.below(4)).unwrap_or(0);
        let minor = 5_000 + noise.below(10_u64.pow(digits));
        let issued = noise.below(plan.days.max(1));
        let due = issued + noise.one_of(&TERMS).copied().unwrap_or_default();
        // Each company pays between a week early and an individual maximum delay.
        let latest = Noise::new(plan.seed, HABITS, receiver).below(40);
        let paid = (due + noise.below(7 + latest + 1)).saturating_sub(7).max(issued);
        let [issue_date, due_date, paid_date] = [issued, due, paid].map(|day| date(plan.first_day, day).to_string());
        let paid_date = if paid < plan.days { paid_date } else { String::new() };
        let (issuer, receiver) = (format!("C{issuer:06}"), format!("C{receiver:06}"));
        let amount = format!("{}.{:02}", minor / 100, minor % 100);
        let id = format!("INV{number:08}");
        lines.write([&id, &issue_date, &issuer, &receiver, &amount, &due_date, &paid_date], out)?;
    }
    out.flush()
}

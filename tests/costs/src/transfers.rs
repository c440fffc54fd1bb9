//! Transfers to measure with: the same bytes for the same figures.

use std::io::{self, Write};

use banking::AccountNumber;
use clap::Args;

/// Which transfers.
#[derive(Args, Clone, Copy)]
pub(crate) struct Transfers {
    /// How many
    #[arg(long, default_value_t = 1_000_000)]
    pub(crate) rows: u64,
    /// Between how many accounts
    #[arg(long, default_value_t = 20_000)]
    pub(crate) accounts: u64,
    /// What they are drawn from
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}

/// All of them fall into March 2024.
const FIRST_SECOND: u64 = 1_709_251_200;
const SECONDS: u64 = 31 * 86_400;

impl Transfers {
    /// The IBAN of an account: German, of valid structure and check digits.
    fn iban(self, number: u64) -> String {
        let mut noise = Noise(self.seed ^ (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let basic = format!("{:08}{:010}", noise.below(100_000_000), number + 1);
        // "DE00" moved to the end, letters as numbers: D 13, E 14 (ISO 13616).
        let remainder =
            format!("{basic}131400").bytes().fold(0, |rest, digit| (rest * 10 + u64::from(digit - b'0')) % 97);
        format!("DE{:02}{basic}", 98 - remainder)
    }

    /// Every account there is.
    pub(crate) fn ibans(self) -> Vec<String> {
        (0..self.accounts).map(|it| self.iban(it)).collect()
    }

    /// The same as the register has them.
    pub(crate) fn register(self) -> impl Iterator<Item = AccountNumber> {
        self.ibans().into_iter().filter_map(|it| it.parse().ok())
    }

    /// Writes header and rows `from..to`, in the order of their time.
    pub(crate) fn write(self, ibans: &[String], rows: std::ops::Range<u64>, to: &mut impl Write) -> io::Result<()> {
        writeln!(to, "id,payer,beneficiary,amount,currency,timestamp")?;
        for row in rows {
            let mut noise = Noise(self.seed.wrapping_mul(0xd134_2543_de82_ef95) ^ row);
            let payer = noise.below(self.accounts);
            let beneficiary = (payer + 1 + noise.below(self.accounts.saturating_sub(1))) % self.accounts;
            let magnitude = 10_u64.pow(u32::try_from(3 + noise.below(4)).unwrap_or(3));
            let cents = 100 + noise.below(magnitude);
            let second = FIRST_SECOND
                + u64::try_from(u128::from(row) * u128::from(SECONDS) / u128::from(self.rows)).unwrap_or(0);
            let (payer, beneficiary) = (iban_at(ibans, payer), iban_at(ibans, beneficiary));
            let (units, cents) = (cents / 100, cents % 100);
            writeln!(to, "{:010},{payer},{beneficiary},{units}.{cents:02},EUR,{}", 1_000_000_000 + row, time(second))?;
        }
        Ok(())
    }
}

fn iban_at(ibans: &[String], number: u64) -> &str {
    usize::try_from(number).ok().and_then(|it| ibans.get(it)).map_or("", String::as_str)
}

fn time(second: u64) -> String {
    let micros = i64::try_from(second * 1_000_000).unwrap_or(0);
    calendar::Moment::instant(micros).map(|it| it.to_string()).unwrap_or_default()
}

/// The generator called `SplitMix64`.
struct Noise(u64);

impl Noise {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let mixed = mixed ^ (mixed >> 31);
        u64::try_from((u128::from(mixed) * u128::from(limit)) >> 64).unwrap_or(0)
    }
}

use calendar::Date;

use crate::Warning;

/// The years that the import assumed for dates without a year, over the accepted rows.
#[derive(Clone, Copy, Default)]
pub(crate) struct AssumedYears {
    rows: u64,
    /// The first and the last of the years.
    years: Option<(i32, i32)>,
}

impl AssumedYears {
    /// Counts a row with the assumed date `date`.
    pub(crate) fn add(&mut self, date: Date) {
        let (year, _, _) = date.civil();
        self.rows = self.rows.saturating_add(1);
        self.years = Some(self.years.map_or((year, year), |(first, last)| (first.min(year), last.max(year))));
    }

    /// Whether any year was assumed.
    pub(crate) fn any(self) -> bool {
        self.rows > 0
    }

    /// The warnings for the report.
    pub(crate) fn warning(self) -> Option<Warning> {
        let (first, last) = self.years?;
        let years = if first == last { first.to_string() } else { format!("{first} to {last}") };
        let what = format!("the date has no year, {years} was assumed; give the `year` with the upload");
        Some(Warning { what, rows: self.rows })
    }
}

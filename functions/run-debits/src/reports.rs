use std::sync::atomic::{AtomicBool, Ordering};

use advances::Report;
use advances::ports::{PortError, ReportSource};
use calendar::Date;
use lambda_kit::Chain;

/// The processor's reports. One that cannot be read is not available yet: it is read again by the next run, and what is
/// due is collected meanwhile. Without it nothing is timed out.
///
/// After the first failure no other day is requested: each could take a whole time-out.
pub(crate) struct Tolerant<'a, R> {
    reports: &'a R,
    has_failed: AtomicBool,
}

impl<'a, R> Tolerant<'a, R> {
    pub(crate) fn new(reports: &'a R) -> Self {
        Self { reports, has_failed: AtomicBool::new(false) }
    }
}

impl<R: ReportSource + Sync> ReportSource for Tolerant<'_, R> {
    async fn report(&self, day: Date) -> Result<Option<Report>, PortError> {
        if self.has_failed.load(Ordering::Relaxed) {
            return Ok(None);
        }
        self.reports.report(day).await.or_else(|error| {
            self.has_failed.store(true, Ordering::Relaxed);
            tracing::error!(reports_unreadable = 1, error = %Chain(&error), "the report of {day} cannot be read");
            Ok(None)
        })
    }
}

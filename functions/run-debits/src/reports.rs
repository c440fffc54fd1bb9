use advances::Report;
use advances::ports::{PortError, ReportSource};
use calendar::Date;
use lambda_kit::Chain;

/// The processor's reports. One that cannot be read is not available yet: it is read again by the next run, and what is
/// due is collected meanwhile. Without it nothing is timed out.
pub(crate) struct Tolerant<'a, R>(pub(crate) &'a R);

impl<R: ReportSource + Sync> ReportSource for Tolerant<'_, R> {
    async fn report(&self, day: Date) -> Result<Option<Report>, PortError> {
        self.0.report(day).await.or_else(|error| {
            tracing::error!(reports_unreadable = 1, error = %Chain(&error), "the report of {day} cannot be read");
            Ok(None)
        })
    }
}

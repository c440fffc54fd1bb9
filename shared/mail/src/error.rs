/// Why reading or writing the records failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SummariesError {
    /// Temporarily unavailable: retry.
    #[error("the summaries cannot be reached")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Stored data is corrupt: an operator must investigate.
    #[error("a stored summary cannot be read")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
}

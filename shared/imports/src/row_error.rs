use crate::layout::Layout;

/// Why a row is rejected: the field, if known, and the problem.
pub(crate) struct RowError {
    pub(crate) field: Option<usize>,
    pub(crate) what: String,
}

impl RowError {
    pub(crate) fn row(what: impl Into<String>) -> Self {
        Self { field: None, what: what.into() }
    }

    #[allow(clippy::needless_pass_by_value, reason = "`map_err` passes errors by value")]
    pub(crate) fn field(field: usize, what: impl ToString) -> Self {
        Self { field: Some(field), what: what.to_string() }
    }

    /// The reason for the report: `transaction: not an amount`.
    pub(crate) fn reason(&self, layout: &Layout) -> String {
        self.field
            .map_or_else(|| self.what.clone(), |field| format!("{}: {}", layout.column_map.name(field), self.what))
    }
}

/// Why a row is rejected or must wait.
pub(crate) enum NotTaken {
    RowError(RowError),
    /// Its accounts must be looked up first.
    Waits,
}

impl From<RowError> for NotTaken {
    fn from(wrong: RowError) -> Self {
        Self::RowError(wrong)
    }
}

/// Whether a text is valid: UTF-8 without control characters.
pub(crate) fn is_clean(text: &[u8]) -> bool {
    let ascii = text.iter().all(|it| (0x20..0x7f).contains(it));
    ascii || std::str::from_utf8(text).is_ok_and(|it| !it.chars().any(char::is_control))
}

//! What every format yields.

use calendar::Date;

use crate::context::ImportContext;
use crate::format::fields::Row;
use crate::layout::Layout;
use crate::{Refusal, Warning};

/// A file format: takes a text in pieces of any size and yields its layout, then its rows. The memory does not depend
/// on the length of the text.
pub(crate) trait Format: Send {
    /// Adds the next piece of the text, after `layout` or `next_row` has returned `None`.
    fn feed(&mut self, piece: &[u8]);

    /// Ends the text.
    fn end(&mut self);

    /// The layout of the rows, once; `None` if it needs more text. Dates without a year are not after `reference`.
    fn layout(&mut self, context: &mut ImportContext, reference: Date) -> Result<Option<Layout>, Refusal>;

    /// The next row; `None` if it needs more text.
    fn next_row(&mut self) -> Result<Option<Row<'_>>, Refusal>;

    /// Warnings about the whole file, after its last row.
    fn warnings(&mut self) -> Vec<Warning> {
        Vec::new()
    }
}

//! The summary mail: what it says, how it looks, and what has become of it.
//!
//! [`render`] makes a [`Mail`] of a [`Summary`]: HTML with a plain-text part, a logo and charts, and the same bytes
//! each time. [`SummaryMail`] is the record of one summary of one account after one import; it decides what a
//! delivery of the request does, so that a crash costs at most one repeat of the same text. The ports are in
//! [`outbox`], [`mailer`], [`gate`], [`tally`] and [`events`].
//!
//! Mail is never exactly once: between "the carrier took it" and "we wrote that down" there is always a moment at
//! which a process can stop.

mod chart;
pub mod events;
pub mod gate;
pub mod mailer;
mod mime;
pub mod outbox;
mod page;
mod record;
mod reference;
mod render;
mod summary;
pub mod tally;
#[cfg(feature = "testing")]
pub mod testing;
mod text;
mod unsubscribe;
mod words;

pub use customers::{EmailAddress as Address, EmailError as AddressError};
pub use record::{Intent, MAX_ATTEMPTS, MailState, Next, SummaryKey, SummaryMail, TransitionError};
pub use reference::{Reference, ReferenceError};
pub use render::{Envelope, Image, Mail, RenderMailError, render};
pub use summary::{CurrencySummary, LastEntry, MonthLine, Summary};
pub use unsubscribe::{UnsubscribeKey, UnsubscribeKeyError, UnsubscribeKeys, UnsubscribeKeysError, UnsubscribeLinks};

//! The summary mail: its content, its rendering and its state.
//!
//! [`render`] renders a [`Summary`] to a [`Mail`]: HTML with a plain-text part, a logo and charts. The result is
//! deterministic. [`SummaryMail`] is the record of one summary of one account after one import; it decides the effect
//! of each delivery of the request, so that a crash causes at most one repeated mail with the same text. The ports are
//! in [`outbox`], [`mailer`], [`gate`], [`tally`] and [`events`].
//!
//! Exactly-once delivery of mail is impossible: a process can always stop between the provider's acceptance and the
//! write that records it.

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
pub use summary::{CurrencySummary, LastEntry, MonthLine, NotIncluded, Summary};
pub use unsubscribe::{UnsubscribeKey, UnsubscribeKeyError, UnsubscribeKeys, UnsubscribeKeysError, UnsubscribeLinks};

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
mod error;
pub mod events;
pub mod gate;
pub mod mailer;
mod message;
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

pub use customers::EmailAddress;
pub use message::{Envelope, Image, Mail};
pub use record::{Intent, MAX_ATTEMPTS, MailState, Next, SummaryMail, TransitionError};
pub use reference::{Reference, ReferenceError, SummaryKey};
pub use render::{RenderMailError, render};
pub use summary::{CurrencySummary, LastEntry, MonthLine, NotIncluded, Summary};
pub use unsubscribe::{UnsubscribeKey, UnsubscribeKeyError, UnsubscribeKeys, UnsubscribeKeysError, UnsubscribeLinks};

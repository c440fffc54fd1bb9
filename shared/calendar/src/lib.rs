//! Business dates, calendar months and moments, and how files write them.
//!
//! All times are UTC. Nothing here reads a clock: dates come in as values.

mod bucket;
mod clock;
mod date;
mod format;
mod moment;
mod month;

pub use bucket::{Bucket, UnknownBucket};
pub use clock::{Clock, Timer};
pub use date::{Date, DateError};
pub use format::{DateFormat, DateFormatError};
pub use moment::{Moment, parse_moment, parse_month_day};
pub use month::Month;

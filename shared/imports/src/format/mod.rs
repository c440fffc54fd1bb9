//! The formats of files. A format is a [`rows::Format`] that [`sniff`] recognises by the first bytes.

pub(crate) mod camt;
pub(crate) mod csv;
pub(crate) mod fields;
pub(crate) mod rows;
pub(crate) mod sniff;

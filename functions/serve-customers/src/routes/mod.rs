//! The routes: each calls the ports and builds a document.

pub(crate) mod accounts;
pub(crate) mod companies;
pub(crate) mod company_entries;
pub(crate) mod customers;
pub(crate) mod feeds;
pub(crate) mod imports;
pub(crate) mod portfolio;
pub(crate) mod unsubscribe;

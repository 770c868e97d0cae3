//! What somebody hands on who must answer for a revocation: lists of credentials, feeds for security tools, and a page
//! that shows an audit. All of it is made from what the core `enterprise-credentials` says of a history. There is no
//! I/O here and no clock: everything is written to what the caller gives.
//!
//! | concern | item |
//! | --- | --- |
//! | what became of each credential, as CSV or as JSON lines | [`list`] |
//! | each recorded event in a format of others | [`feed`] |
//! | an audit as one page of HTML | [`page`] |
//! | a service's own list of credentials, read from CSV | [`inventory`] |
//! | a log compared with such a list | [`reconciliation`] |
//! | a history made of such a list, to plan on | [`made`] |
//! | a number as a person reads it | [`count`](fn@count) |

mod count;

pub mod feed;
pub mod inventory;
pub mod list;
pub mod made;
pub mod page;
pub mod reconciliation;

pub use count::count;

//! The evidence.

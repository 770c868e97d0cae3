//! The oracle of `enterprise-credentials` as a C library. Requests and answers are the JSON of
//! [`enterprise_credentials::oracle`]. The header, `include/enterprise_credentials.h`, is its manual.
//!
//! Two things need `unsafe` here: the request is read where the caller has it, and the length of the answer is written
//! where the caller wants it. An oracle is a number in a table, and an answer stays in one, so neither a number nor an
//! address that a caller gives back is believed.

mod answers;
mod exports;
mod oracles;

pub use exports::{
    EC_ABI_VERSION, EcOracle, ec_abi_version, ec_answer_free, ec_live, ec_oracle_call, ec_oracle_free, ec_oracle_new,
};

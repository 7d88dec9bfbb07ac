//! The one integration binary: a file per story or contract, each on both databases where that makes sense.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "the helpers of tests fail like tests: with the place and the value"
)]

mod canaries;
mod cli;
mod contract;
mod http;
mod import;
mod layering;
mod matrix;
mod policies;
mod process;
mod roster;
mod state_command_role;
mod store_core;
mod stories;
mod support;
mod three_sweepers;

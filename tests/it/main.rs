//! The one integration binary: a file per story or contract, each on both databases where that makes sense.

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

//! The one integration binary: a file per story or contract, each on both databases where that makes sense.

mod cli;
mod contract;
mod http;
mod layering;
mod policies;
mod store_core;
mod support;

//! Who and what an implementation consists of.

pub mod implementations;

//! What the integration tests share.

pub mod app;
pub mod cluster;
pub mod contract;
pub mod database;
pub mod mail;
pub mod proxy;

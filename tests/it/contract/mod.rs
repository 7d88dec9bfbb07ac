//! The contract of the repositories: every test runs on both databases.

mod audit;
mod authority;
mod bench;
mod facts;
mod fixture;
mod guards;
mod idempotency;
mod licensing;
mod people;
mod roster;
mod schema;
mod search;
mod visibility;

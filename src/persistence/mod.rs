//! The only diesel code: connections, transactions, migrations and repositories.

pub mod backend;

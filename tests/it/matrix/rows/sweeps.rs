//! Sweeps.

use super::{LIST, NAMED, ONE, Row, row};

pub const ROWS: &[Row] = &[
    row("list_sweeps", "A-H--U--", LIST),
    row("get_sweep", "A-H--U--", ONE).of("$sweep"),
    row("run_sweep", "A-------", NAMED).sending(r#"{"implementation_id": "$implementation"}"#),
];

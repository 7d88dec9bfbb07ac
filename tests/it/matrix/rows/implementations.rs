//! Implementations and their rules.

use super::{ABOVE, LISTED, ONE, OPEN, Row, SHARED, row};

pub const ROWS: &[Row] = &[
    row("list_implementations", "ATHSEUFI", LISTED),
    row("get_implementation", "ATHSEUFI", SHARED).of("$implementation"),
    row("create_implementation", "A-------", ABOVE).sending(
        r#"{"code": "mohmis", "name": "Missouri", "time_zone": "America/Chicago", "support_contact": "x"}"#,
    ),
    row("change_implementation", "A-------", ONE)
        .of("$implementation")
        .sending(r#"{"expected_version": 1, "name": "HAND"}"#),
    row("list_policies", "ATHSEUFI", SHARED).of("$implementation"),
    row("get_policy", "ATHSEUFI", SHARED).of("$implementation"),
    row("get_policy_impact", "A-------", ONE).of("$implementation"),
    row("list_courses", "ATHSEUFI", SHARED).of("$implementation"),
    row("list_agreements", "ATHSEUFI", SHARED).of("$implementation"),
    row("post_policy", "A-------", ONE).of("$implementation").asking("dry_run=true")
        .sending(r#"{"preset": "hand"}"#),
    row("list_policy_presets", "ATHSEUFI", OPEN),
    row("get_policy_preset", "ATHSEUFI", OPEN),
];

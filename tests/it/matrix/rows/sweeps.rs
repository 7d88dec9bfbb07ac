//! Sweeps, what is due, and its calendars.

use super::{DECIDED, LIST, NAMED, ONE, Row, row};

pub const ROWS: &[Row] = &[
    row("list_due_items", "ATHSEU--", LIST),
    row("list_calendar_feeds", "A-HS-U--", LIST),
    row("get_calendar_feed", "A-HS-U--", ONE).of("$calendar_feed"),
    row("create_calendar_feed", "A-HS----", NAMED)
        .sending(r#"{"organization_id": "$organization"}"#),
    row("revoke_calendar_feed", "A-HS----", ONE)
        .of("$calendar_feed")
        .sending(DECIDED),
    row("list_sweeps", "A-H--U--", LIST),
    row("get_sweep", "A-H--U--", ONE).of("$sweep"),
    row("run_sweep", "A-------", NAMED).sending(r#"{"implementation_id": "$implementation"}"#),
];

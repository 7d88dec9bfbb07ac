//! Sweeps, the circuit breaker, what is due, and its calendars.

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
    row("list_absence_holds", "A-H--U--", LIST),
    row("get_absence_hold", "A-H--U--", ONE).of("$absence_hold"),
    row("stop_absence_hold", "A-------", ONE)
        .of("$absence_hold")
        .sending(r#"{"expected_version": 1, "report": {"reason": "The vendor repairs it."}}"#),
    row("proceed_absence_hold", "A-------", ONE)
        .of("$absence_hold")
        .sending(r#"{"expected_version": 2, "report": {"reason": "The vendor repaired it."}}"#),
    row("open_absence_hold", "A-------", NAMED).sending(
        r#"{"implementation_id": "$implementation", "report": {"reason": "The file was empty."}}"#,
    ),
    row("list_batch_approvals", "A-H--U--", LIST),
    row("approve_batch", "A-------", NAMED).sending(
        r#"{"implementation_id": "$implementation", "rule": "term", "on": "2027-06-30",
            "report": {"reason": "All end with June."}}"#,
    ),
];

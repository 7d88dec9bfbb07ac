//! What staff decide about licenses and people: holds, leaves, returns, contested ends, bars.

use super::{DECIDED, LIST, NAMED, ONE, Row, row};

const REASON: &str = r#"{"expected_version": 1, "report": {"reason": "It was looked into."}}"#;

pub const ROWS: &[Row] = &[
    row("list_holds", "ATHSEU--", LIST),
    row("get_hold", "ATHSEU--", ONE).of("$hold"),
    row("open_hold", "A-------", NAMED)
        .sending(r#"{"license_id": "$held_license", "cause": "unreachable"}"#),
    row("lift_hold", "A-------", ONE)
        .of("$open_hold")
        .sending(REASON),
    row("list_leaves", "ATHSEU--", LIST),
    row("get_leave", "ATHSEU--", ONE).of("$leave"),
    row("record_leave", "A-HS----", NAMED).sending(
        r#"{"person_id": "$colleague", "organization_id": "$organization", "from_on": "2026-03-10",
            "until_on": "2026-03-20"}"#,
    ),
    row("return_from_leave", "A-HS----", ONE)
        .of("$leave")
        .sending(r#"{"expected_version": 1, "returned_on": "2026-03-05"}"#)
        .refused_by_state(),
    row("cancel_leave", "A-HS----", ONE)
        .of("$leave")
        .sending(DECIDED),
    row("reactivate_license", "A-------", ONE)
        .of("$held_license")
        .sending(r#"{"expected_version": 4}"#)
        .refused_by_state(),
    row("reinstate_license", "A-------", ONE)
        .of("$held_license")
        .sending(REASON)
        .refused_by_state(),
    row("list_emergency_restorations", "ATHSEU--", LIST),
    row("get_emergency_restoration", "ATHSEU--", ONE).of("$own_restoration"),
    row("restore_license_in_emergency", "A-H-----", ONE)
        .of("$held_license")
        .sending(r#"{"report": {"reason": "She answers again.", "ticket_reference": "HD-1"}}"#),
    row("confirm_emergency_restoration", "A-H-----", ONE)
        .of("$restoration")
        .sending(REASON),
    row("list_bars", "A-H--U--", LIST),
    row("get_bar", "A-H--U--", ONE).of("$bar"),
    row("bar_person", "A-------", NAMED)
        .sending(r#"{"person_id": "$supervisor", "report": {"reason": "Sold a password."}}"#),
    row("lift_bar", "A-------", ONE).of("$bar").sending(REASON),
];

/// What staff and supervisors do about what somebody unverified said.
pub const DEPARTURE_NOTICES: &[Row] = &[
    row("list_departure_notices", "A-HS-U--", LIST),
    row("get_departure_notice", "A-HS-U--", ONE).of("$departure_notice"),
    row("record_departure_notice", "A-H-----", NAMED).sending(
        r#"{"person_id": "$applicant", "organization_id": "$organization", "ended_on": "2026-02-27",
            "report": {"reported_by": {"name": "A caller"}}}"#,
    ),
    row("confirm_departure_notice", "A-HS----", ONE)
        .of("$departure_notice")
        .sending(r#"{"expected_version": 1, "report": {"reported_by": {"person_id": "$supervisor"}}}"#),
    row("reject_departure_notice", "A-HS----", ONE)
        .of("$other_departure_notice")
        .sending(
            r#"{"expected_version": 1,
                "report": {"reason": "At work today.", "reported_by": {"person_id": "$supervisor"}}}"#,
        ),
];

/// What settles errors, after everything that the errors touch.
pub const CORRECTIONS: &[Row] = &[
    row("list_facts", "ATHSEU-I", LIST),
    row("list_fact_withdrawals", "ATHSEU-I", LIST),
    row("get_fact_withdrawal", "ATHSEU-I", ONE).of("$fact_withdrawal"),
    row("withdraw_fact", "ATHS---I", NAMED)
        .sending(r#"{"fact_id": "$mistaken_booking", "reason": "Booked twice."}"#),
    row("list_contested_items", "A-H--U--", LIST),
    row("get_contested_item", "A-H--U--", ONE).of("$contested_license"),
    row("uphold_contested_item", "A-------", ONE)
        .of("$contested_license")
        .sending(REASON),
    row("correct_departure_person", "A-------", ONE)
        .of("$departure")
        .sending(
            r#"{"expected_version": 1, "meant_person_id": "$colleague", "report": {"reason": "A namesake."}}"#,
        ),
];

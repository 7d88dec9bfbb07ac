//! Practice cases, bookings, and what staff decide for one person.

use super::{LIST, NAMED, ONE, Row, row};

pub const ROWS: &[Row] = &[
    row("list_practice_case_submissions", "ATHSEU-I", LIST),
    row("get_practice_case_submission", "ATHSEU-I", ONE).of("$submission"),
    row("submit_practice_cases", "ATHSE--I", NAMED)
        .sending(r#"{"person_id": "$person", "practice_set": "intake"}"#)
        .refused_by_state(),
    row("list_practice_case_results", "ATHSEU-I", LIST),
    row("get_practice_case_result", "ATHSEU-I", ONE).of("$practice_result"),
    row("record_practice_case_result", "AT------", NAMED)
        .sending(r#"{"submission_id": "$submission", "result": "failed"}"#)
        .refused_by_state(),
    row("list_training_bookings", "ATHSEU-I", LIST),
    row("get_training_booking", "ATHSEU-I", ONE).of("$booking"),
    row("book_training", "ATHSE--I", NAMED).sending(
        r#"{"person_id": "$person", "course": "hand_policy_and_procedure", "scheduled_at": "2026-04-02T18:00:00Z"}"#,
    ),
    row("settle_training_booking", "ATH----I", ONE)
        .of("$booking")
        .sending(r#"{"expected_version": 1, "result": "cancelled"}"#),
    row("list_waivers", "ATHSEU-I", LIST),
    row("get_waiver", "ATHSEU-I", ONE).of("$waiver"),
    row("waive_requirement", "A-------", NAMED).sending(
        r#"{"person_id": "$applicant", "organization_id": "$organization", "requirement": "agreement:user_agreement",
            "reason": "Signed another one."}"#,
    ),
    row("list_extra_requirements", "ATHSEU-I", LIST),
    row("get_extra_requirement", "ATHSEU-I", ONE).of("$extra"),
    row("add_requirement", "A-------", NAMED).sending(
        r#"{"license_request_id": "$open_request", "requirement": "course:agency_administration",
            "reason": "Is new to it."}"#,
    ),
];

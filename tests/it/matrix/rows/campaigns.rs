//! Recertification campaigns.

use super::{LIST, NAMED, ONE, Row, row};

pub const ROWS: &[Row] = &[
    row("list_recertification_campaigns", "ATH--U--", LIST),
    row("get_recertification_campaign", "ATH--U--", ONE).of("$campaign"),
    row("list_recertification_campaign_people", "ATH--U--", ONE).of("$campaign"),
    row("start_recertification_campaign", "A-------", NAMED)
        .sending(
            r#"{"implementation_id": "$implementation", "title": "HUD data elements FY2026",
                "items": [{"kind": "course", "course": "hmis_user_training_series"}],
                "opens_on": "2026-09-01", "deadline_on": "2026-09-30",
                "report": {"reason": "HUD's data elements change."}}"#,
        )
        .refused_by_state(),
    row("extend_recertification_campaign", "A-------", ONE)
        .of("$campaign")
        .sending(
            r#"{"expected_version": 1, "deadline_on": "2027-01-31", "report": {"reason": "It was offline."}}"#,
        ),
    row("suspend_all_for_recertification_campaign", "A-------", ONE)
        .of("$campaign")
        .sending(r#"{"expected_version": 2, "report": {"reason": "Reports are due."}}"#),
    row("suspend_for_recertification_campaign", "A-------", ONE)
        .of("$campaign")
        .sending(
            r#"{"expected_version": 3, "license_id": "$other_license", "report": {"reason": "Asked three times."}}"#,
        )
        .refused_by_state(),
    row("excuse_from_recertification_campaign", "A-------", ONE)
        .of("$campaign")
        .sending(
            r#"{"expected_version": 3, "person_id": "$supervisor", "report": {"reason": "Teaches the course."}}"#,
        ),
    row("cancel_recertification_campaign", "A-------", ONE)
        .of("$campaign")
        .sending(r#"{"expected_version": 3, "report": {"reason": "HUD took it back."}}"#),
];

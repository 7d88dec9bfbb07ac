//! Licenses, their ends, and access.

use super::{DECIDED, LIST, NAMED, ONE, Row, row};

pub const ROWS: &[Row] = &[
    row("list_licenses", "ATHSEU--", LIST),
    row("get_license", "ATHSEU--", ONE).of("$license"),
    row("explain_license", "ATHSEU--", ONE).of("$license"),
    row("get_license_history", "ATHSEU--", ONE).of("$license"),
    row("list_license_changes", "ATHSEU-I", LIST),
    row("get_license_change", "ATHSEU-I", ONE).of("$license_change"),
    row("change_license", "A-HS----", NAMED)
        .sending(r#"{"license_id": "$other_license", "license_type": "end_user"}"#)
        .refused_by_state(),
    row("list_license_renewals", "ATHSEU-I", LIST),
    row("get_license_renewal", "ATHSEU-I", ONE).of("$license_renewal"),
    row("renew_license", "A-HSE---", NAMED)
        .sending(r#"{"license_id": "$license"}"#)
        .refused_by_state(),
    row("list_keep_requests", "ATHSEU-I", LIST),
    row("get_keep_request", "ATHSEU-I", ONE).of("$keep_request"),
    row("keep_license", "A-HS----", NAMED)
        .sending(
            r#"{"license_id": "$license", "report": {"reason": "Back soon.", "reported_by": {"name": "Sam"}}}"#,
        )
        .refused_by_state(),
    row("list_add_ons", "ATHSEU-I", LIST),
    row("get_add_on", "ATHSEU-I", ONE).of("$add_on"),
    row("confirm_add_on", "A-------", ONE)
        .of("$add_on")
        .sending(DECIDED)
        .refused_by_state(),
    row("end_add_on", "A-HS----", ONE)
        .of("$add_on")
        .sending(DECIDED)
        .refused_by_state(),
    row("list_departures", "ATHSEU-I", LIST),
    row("get_departure", "ATHSEU-I", ONE).of("$departure"),
    row("list_deactivations", "ATHSEU-I", LIST),
    row("get_deactivation", "ATHSEU-I", ONE).of("$departure"),
    row("reschedule_departure", "A-HS----", ONE)
        .of("$future_departure")
        .sending(r#"{"expected_version": 1, "ended_on": "2026-05-05"}"#),
    row("cancel_departure", "A-HS----", ONE)
        .of("$future_departure")
        .sending(r#"{"expected_version": 2}"#),
    row("reschedule_deactivation", "A-HS----", ONE)
        .of("$future_deactivation")
        .sending(r#"{"expected_version": 1, "effective_on": "2026-05-05"}"#),
    row("cancel_deactivation", "A-HS----", ONE)
        .of("$future_deactivation")
        .sending(r#"{"expected_version": 2}"#),
    row("deactivate_license", "A-HS----", NAMED)
        .sending(r#"{"license_id": "$other_license", "cause": "no_longer_needed"}"#),
    row("report_departure", "A-HS----", NAMED).sending(
        r#"{"person_id": "$colleague", "organization_id": "$organization", "ended_on": "2026-03-01"}"#,
    ),
    row("get_seats", "ATHS-U--", NAMED)
        .asking("implementation=$implementation&organization=$organization"),
    row("decide_access", "A-H--UF-", NAMED)
        .asking("implementation=$implementation&system=hmis_user_id&external_id=41"),
];

//! License requests.

use super::{DECIDED, LIST, NAMED, ONE, Row, row};

pub const ROWS: &[Row] = &[
    row("list_license_requests", "ATHSEU-I", LIST),
    row("get_license_request", "ATHSEU-I", ONE).of("$request"),
    row("get_license_request_checklist", "ATHSEU-I", ONE).of("$request"),
    row("explain_license_request", "ATHSEU-I", ONE).of("$request"),
    row("submit_license_request", "A-HS----", NAMED).sending(
        r#"{"organization_id": "$organization", "license_type": "end_user", "job_role": "case_manager",
            "person": {"given_name": "Ada", "family_name": "Kowalczyk", "email": "a.kowalczyk@corktown.example"},
            "project_ids": ["$project"], "attestations": [{"code": "job_need"}], "requested_by": "$supervisor"}"#,
    )
    .where_the_policy_says("-T-----I"),
    row("confirm_license_request", "A-------", ONE)
        .of("$open_request")
        .sending(DECIDED)
        .where_the_policy_says("-THS----")
        .refused_by_state(),
    row("settle_license_request_match", "A-H-----", ONE)
        .of("$matched_request")
        .sending(
            r#"{"expected_version": 1, "person_id": "$double", "same": false, "reason": "A namesake."}"#,
        ),
    row("approve_license_request", "A-------", ONE)
        .of("$open_request")
        .sending(DECIDED)
        .where_the_policy_says("-THS----"),
    row("reclassify_license_request", "A-------", ONE)
        .of("$open_request")
        .sending(r#"{"expected_version": 2, "class": "returning", "reason": "A license before our records."}"#),
    row("extend_license_request_deadline", "A-------", ONE)
        .of("$open_request")
        .sending(
            r#"{"expected_version": 3, "deadline": "request_lapse", "until_on": "2026-12-31", "reason": "She was ill."}"#,
        ),
    row("activate_license_request", "A-------", ONE)
        .of("$open_request")
        .sending(r#"{"expected_version": 4}"#)
        .refused_by_state(),
    row("deny_license_request", "A-------", ONE)
        .of("$other_request")
        .sending(r#"{"expected_version": 1, "reason": "No data entry."}"#),
    row("withdraw_license_request", "A-HS----", ONE).of("$third_request").sending(DECIDED),
];

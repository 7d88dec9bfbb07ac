//! Login sources, logins, signals and notices.

use super::{LIST, NAMED, ONE, Row, row};

pub const ROWS: &[Row] = &[
    row("list_notices", "ATHSEU-I", LIST),
    row("get_notice", "ATHSEU-I", ONE).of("$notice"),
    row("record_notice", "A-H----I", NAMED).sending(
        r#"{"license_id": "$other_license", "rule": "recertification",
            "requirement": "course:hmis_user_training_series", "anchor_on": "2026-03-01",
            "named_on": "2027-03-10", "channel": "letter", "sent_at": "2026-03-02T18:00:30Z"}"#,
    ),
    row("bounce_notice", "A-H----I", ONE)
        .of("$notice")
        .sending("{}"),
    row("give_notice", "A-H----I", ONE)
        .of("$queued_notice")
        .sending(r#"{"channel": "phone", "named_on": "2027-03-10"}"#),
    row("list_message_templates", "A-H--U--", ONE).of("$implementation"),
    row("get_message_template", "A-H--U--", ONE).of("$implementation"),
    row("replace_message_template", "A-------", ONE)
        .of("$implementation")
        .sending(r#"{"expected_version": 1}"#),
    row("preview_message_template", "A-------", ONE)
        .of("$implementation")
        .sending(
            r#"{"text": {"subject": "s", "plain": "{{what}}{{by_when}}{{how_back}}{{whom_to_ask}}",
                "html": "{{what}}{{by_when}}{{how_back}}{{whom_to_ask}}"}}"#,
        ),
    row("list_messages", "A-H--U--", LIST),
    row("get_message", "A-H--U--", ONE).of("$message"),
    row("retry_message", "A-------", ONE)
        .of("$message")
        .sending(r#"{"expected_version": 1}"#),
    row("bounce_message", "A-H-----", ONE)
        .of("$sent_message")
        .sending(r"{}"),
    row("list_login_sources", "A-H--UF-", LIST),
    row("get_login_source", "A-H--UF-", ONE).of("$login_source"),
    row("create_login_source", "A-------", NAMED).sending(
        r#"{"implementation_id": "$implementation", "code": "nightly", "name": "File", "kind": "nightly_file"}"#,
    ),
    row("record_login_heartbeat", "A-H---F-", ONE)
        .of("$login_source")
        .sending(r#"{"complete_through": "2026-03-02T18:00:00Z"}"#),
    row("record_login_events", "A-H---F-", NAMED).sending(
        r#"{"login_source_id": "$login_source", "source_event_id": "matrix",
            "occurred_at": "2026-03-02T18:00:00Z", "external_id": {"system": "hmis_user_id", "value": "41"}}"#,
    ),
    row("list_login_events", "A-H--U--", LIST),
    row("get_login_event", "A-H--U--", ONE).of("$login_event"),
    row("list_access_signals", "A-H--U--", LIST),
    row("get_access_signal", "A-H--U--", ONE).of("$access_signal"),
    row("close_access_signal", "A-H-----", ONE)
        .of("$access_signal")
        .sending(r#"{"expected_version": 1, "outcome": "explained", "reason": "She was trained on site."}"#),
    row("take_login_source_out_of_service", "A-------", ONE)
        .of("$login_source")
        .sending(r#"{"expected_version": 1, "reason": "The vendor moves."}"#),
    row("return_login_source_to_service", "A-------", ONE)
        .of("$login_source")
        .sending(r#"{"expected_version": 2, "reason": "The vendor has moved."}"#),
];

//! Signatures, trainings and acknowledgements.

use super::{LIST, NAMED, ONE, Row, row};

pub const ROWS: &[Row] = &[
    row("list_agreement_signatures", "ATHSEU-I", LIST),
    row("get_agreement_signature", "ATHSEU-I", ONE).of("$signature"),
    row("record_agreement_signature", "A-HSE---", NAMED).sending(
        r#"{"person_id": "$person", "organization_id": "$organization", "agreement": "user_agreement",
            "party": "end_user", "signed_on": "2026-03-02"}"#,
    ),
    row("list_training_completions", "ATHSEU-I", LIST),
    row("get_training_completion", "ATHSEU-I", ONE).of("$training"),
    row("record_training_completion", "ATH----I", NAMED).sending(
        r#"{"person_id": "$person", "course": "hand_policy_and_procedure", "outcome": "pass",
            "completed_on": "2026-03-02"}"#,
    ),
    row("list_acknowledgements", "ATHSEU-I", LIST),
    row("get_acknowledgement", "ATHSEU-I", ONE).of("$acknowledgement"),
    row("record_acknowledgement", "ATHSE--I", NAMED)
        .sending(r#"{"person_id": "$person", "acknowledgement": "privacy_notice"}"#),
];

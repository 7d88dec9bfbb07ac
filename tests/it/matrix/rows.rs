//! Who may do what: one row for each operation that takes a credential, written out by hand.

use hmis_licensing::application::actor::Role::{
    self, Auditor, EndUser, HelpDesk, HmisFrontend, Integration, Supervisor, SystemAdmin, Trainer,
};

/// What somebody is told who has a permitted role elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Elsewhere {
    /// What does not belong to any organization, or to the whole implementation: he sees it too.
    Sees,
    /// The list, without anything of ours.
    Nothing,
    /// As if the id of the path did not exist.
    NotFound,
    /// As if the ids of the body or query did not exist.
    Unknown,
    /// His role there does not reach so far, which is no secret.
    Forbidden,
}

/// One operation. `$words` in path, query and body stand for ids of the world.
pub struct Row {
    pub operation: &'static str,
    pub permitted: &'static [Role],
    /// The id in the path.
    pub id: &'static str,
    pub query: &'static str,
    pub body: &'static str,
    /// For a supervisor of another organization of the implementation, where supervisors are permitted.
    pub organization: Elsewhere,
    /// For a `system_admin` of another implementation, where he is permitted.
    pub implementation: Elsewhere,
}

const fn row(
    operation: &'static str,
    permitted: &'static [Role],
    (organization, implementation): (Elsewhere, Elsewhere),
) -> Row {
    Row {
        operation,
        permitted,
        id: "",
        query: "",
        body: "",
        organization,
        implementation,
    }
}

impl Row {
    const fn of(self, id: &'static str) -> Self {
        Self { id, ..self }
    }

    const fn asking(self, query: &'static str) -> Self {
        Self { query, ..self }
    }

    const fn sending(self, body: &'static str) -> Self {
        Self { body, ..self }
    }
}

use Elsewhere::{Forbidden, NotFound, Nothing, Sees, Unknown};

const SHARED: (Elsewhere, Elsewhere) = (Sees, NotFound);
const LIST: (Elsewhere, Elsewhere) = (Nothing, Nothing);
const ONE: (Elsewhere, Elsewhere) = (NotFound, NotFound);
const NAMED: (Elsewhere, Elsewhere) = (Unknown, Unknown);

const DECIDED: &str = r#"{"expected_version": 1}"#;

/// In an order in which the operations of one role can follow upon each other.
pub const ROWS: &[Row] = &[
    row(
        "list_implementations",
        &[
            SystemAdmin,
            Trainer,
            HelpDesk,
            Supervisor,
            EndUser,
            Auditor,
            HmisFrontend,
            Integration,
        ],
        (Sees, Nothing),
    ),
    row(
        "get_implementation",
        &[
            SystemAdmin,
            Trainer,
            HelpDesk,
            Supervisor,
            EndUser,
            Auditor,
            HmisFrontend,
            Integration,
        ],
        SHARED,
    )
    .of("$implementation"),
    row("create_implementation", &[SystemAdmin], (Forbidden, Forbidden)).sending(
        r#"{"code": "mohmis", "name": "Missouri", "time_zone": "America/Chicago", "support_contact": "x"}"#,
    ),
    row("change_implementation", &[SystemAdmin], ONE)
        .of("$implementation")
        .sending(r#"{"expected_version": 1, "name": "HAND"}"#),
    row(
        "list_policies",
        &[
            SystemAdmin,
            Trainer,
            HelpDesk,
            Supervisor,
            EndUser,
            Auditor,
            HmisFrontend,
            Integration,
        ],
        SHARED,
    )
    .of("$implementation"),
    row(
        "get_policy",
        &[
            SystemAdmin,
            Trainer,
            HelpDesk,
            Supervisor,
            EndUser,
            Auditor,
            HmisFrontend,
            Integration,
        ],
        SHARED,
    )
    .of("$implementation"),
    row(
        "list_courses",
        &[
            SystemAdmin,
            Trainer,
            HelpDesk,
            Supervisor,
            EndUser,
            Auditor,
            HmisFrontend,
            Integration,
        ],
        SHARED,
    )
    .of("$implementation"),
    row(
        "list_agreements",
        &[
            SystemAdmin,
            Trainer,
            HelpDesk,
            Supervisor,
            EndUser,
            Auditor,
            HmisFrontend,
            Integration,
        ],
        SHARED,
    )
    .of("$implementation"),
    row("post_policy", &[SystemAdmin], ONE)
        .of("$implementation")
        .asking("dry_run=true")
        .sending(r#"{"preset": "hand"}"#),
    row(
        "list_policy_presets",
        &[
            SystemAdmin,
            Trainer,
            HelpDesk,
            Supervisor,
            EndUser,
            Auditor,
            HmisFrontend,
            Integration,
        ],
        (Sees, Sees),
    ),
    row(
        "get_policy_preset",
        &[
            SystemAdmin,
            Trainer,
            HelpDesk,
            Supervisor,
            EndUser,
            Auditor,
            HmisFrontend,
            Integration,
        ],
        (Sees, Sees),
    ),
    // The roster.
    row(
        "list_organizations",
        &[SystemAdmin, Trainer, HelpDesk, Supervisor, Auditor, Integration],
        LIST,
    ),
    row(
        "get_organization",
        &[SystemAdmin, Trainer, HelpDesk, Supervisor, Auditor, Integration],
        ONE,
    )
    .of("$organization"),
    row("create_organization", &[SystemAdmin], NAMED).sending(
        r#"{"implementation_id": "$implementation", "name": "New Agency",
            "participation": {"from_on": "2026-03-01"}}"#,
    ),
    row("change_organization", &[SystemAdmin], ONE)
        .of("$organization")
        .sending(r#"{"expected_version": 1, "name": "Corktown Shelter"}"#),
    row("record_participation", &[SystemAdmin], ONE)
        .of("$organization")
        .sending(r#"{"from_on": "2026-03-01"}"#),
    row(
        "list_organization_contacts",
        &[SystemAdmin, Trainer, HelpDesk, Supervisor, Auditor, Integration],
        LIST,
    ),
    row(
        "get_organization_contact",
        &[SystemAdmin, Trainer, HelpDesk, Supervisor, Auditor, Integration],
        ONE,
    )
    .of("$contact"),
    row("create_organization_contact", &[SystemAdmin], NAMED).sending(
        r#"{"organization_id": "$organization", "duty": "billing_contact", "name": "Ada Kowalczyk"}"#,
    ),
    row("end_organization_contact", &[SystemAdmin], ONE)
        .of("$contact")
        .sending(DECIDED),
    row(
        "list_projects",
        &[SystemAdmin, Trainer, HelpDesk, Supervisor, Auditor, Integration],
        LIST,
    ),
    row(
        "get_project",
        &[SystemAdmin, Trainer, HelpDesk, Supervisor, Auditor, Integration],
        ONE,
    )
    .of("$project"),
    row("create_project", &[SystemAdmin], NAMED)
        .sending(r#"{"organization_id": "$organization", "name": "Warming Center"}"#),
    row("change_project", &[SystemAdmin], ONE)
        .of("$project")
        .sending(r#"{"expected_version": 1, "name": "Night Shelter"}"#),
    row(
        "list_people",
        &[SystemAdmin, Trainer, HelpDesk, Supervisor, EndUser, Auditor, Integration],
        LIST,
    ),
    row(
        "get_person",
        &[SystemAdmin, Trainer, HelpDesk, Supervisor, EndUser, Auditor, Integration],
        ONE,
    )
    .of("$person"),
    row(
        "explain_person",
        &[SystemAdmin, Trainer, HelpDesk, Supervisor, EndUser, Auditor],
        ONE,
    )
    .of("$person"),
    row("create_person", &[SystemAdmin, HelpDesk], NAMED).sending(
        r#"{"implementation_id": "$implementation", "given_name": "Ada", "family_name": "Kowalczyk",
            "emails": [{"email": "a.kowalczyk@corktown.example", "organization_id": "$organization"}]}"#,
    ),
    row("change_person", &[SystemAdmin, HelpDesk], ONE)
        .of("$colleague")
        .sending(r#"{"expected_version": 1, "given_name": "Toby"}"#),
    row("add_person_email", &[SystemAdmin, HelpDesk], ONE)
        .of("$colleague")
        .sending(r#"{"email": "t.l@corktown.example", "organization_id": "$organization"}"#),
    row("add_person_external_id", &[SystemAdmin, HelpDesk], ONE)
        .of("$colleague")
        .sending(r#"{"system": "lms_learner_id", "value": "77"}"#),
    row("list_staff_roles", &[SystemAdmin, HelpDesk, Auditor], LIST),
    row("get_staff_role", &[SystemAdmin, HelpDesk, Auditor], ONE).of("$staff_role"),
    row("grant_staff_role", &[SystemAdmin], NAMED).sending(
        r#"{"principal": {"issuer": "https://login.example.org", "subject": "tobias"}, "role": "supervisor",
            "implementation_id": "$implementation", "organization_id": "$organization", "person_id": "$colleague"}"#,
    ),
    row("revoke_staff_role", &[SystemAdmin], ONE)
        .of("$staff_role")
        .sending(DECIDED),
    row("list_audit_records", &[SystemAdmin, Auditor], LIST),
    // Requests.
    row(
        "list_license_requests",
        &[SystemAdmin, Trainer, HelpDesk, Supervisor, EndUser, Auditor, Integration],
        LIST,
    ),
    row(
        "get_license_request",
        &[SystemAdmin, Trainer, HelpDesk, Supervisor, EndUser, Auditor, Integration],
        ONE,
    )
    .of("$request"),
    row(
        "get_license_request_checklist",
        &[SystemAdmin, Trainer, HelpDesk, Supervisor, EndUser, Auditor, Integration],
        ONE,
    )
    .of("$request"),
    row(
        "explain_license_request",
        &[SystemAdmin, Trainer, HelpDesk, Supervisor, EndUser, Auditor, Integration],
        ONE,
    )
    .of("$request"),
    row("submit_license_request", &[SystemAdmin, HelpDesk, Supervisor], NAMED).sending(
        r#"{"organization_id": "$organization", "license_type": "end_user", "job_role": "case_manager",
            "person": {"given_name": "Ada", "family_name": "Kowalczyk", "email": "a.kowalczyk@corktown.example"},
            "project_ids": ["$project"], "attestations": [{"code": "job_need"}], "requested_by": "$supervisor"}"#,
    ),
    row("approve_license_request", &[SystemAdmin], ONE)
        .of("$open_request")
        .sending(DECIDED),
    row("activate_license_request", &[SystemAdmin], ONE)
        .of("$open_request")
        .sending(r#"{"expected_version": 2}"#),
    row("deny_license_request", &[SystemAdmin], ONE)
        .of("$other_request")
        .sending(r#"{"expected_version": 1, "reason": "No data entry."}"#),
    row("withdraw_license_request", &[SystemAdmin, HelpDesk, Supervisor], ONE)
        .of("$third_request")
        .sending(DECIDED),
    // Evidence.
    row(
        "list_agreement_signatures",
        &[SystemAdmin, Trainer, HelpDesk, Supervisor, EndUser, Auditor, Integration],
        LIST,
    ),
    row(
        "get_agreement_signature",
        &[SystemAdmin, Trainer, HelpDesk, Supervisor, EndUser, Auditor, Integration],
        ONE,
    )
    .of("$signature"),
    row(
        "record_agreement_signature",
        &[SystemAdmin, HelpDesk, Supervisor, EndUser],
        NAMED,
    )
    .sending(
        r#"{"person_id": "$person", "organization_id": "$organization", "agreement": "user_agreement",
            "party": "end_user", "signed_on": "2026-03-02"}"#,
    ),
    row(
        "list_training_completions",
        &[SystemAdmin, Trainer, HelpDesk, Supervisor, EndUser, Auditor, Integration],
        LIST,
    ),
    row(
        "get_training_completion",
        &[SystemAdmin, Trainer, HelpDesk, Supervisor, EndUser, Auditor, Integration],
        ONE,
    )
    .of("$training"),
    row(
        "record_training_completion",
        &[SystemAdmin, Trainer, HelpDesk, Integration],
        NAMED,
    )
    .sending(
        r#"{"person_id": "$person", "course": "hand_policy_and_procedure", "outcome": "pass",
            "completed_on": "2026-03-02"}"#,
    ),
    // Licenses and their ends.
    row(
        "list_licenses",
        &[SystemAdmin, Trainer, HelpDesk, Supervisor, EndUser, Auditor],
        LIST,
    ),
    row(
        "get_license",
        &[SystemAdmin, Trainer, HelpDesk, Supervisor, EndUser, Auditor],
        ONE,
    )
    .of("$license"),
    row(
        "explain_license",
        &[SystemAdmin, Trainer, HelpDesk, Supervisor, EndUser, Auditor],
        ONE,
    )
    .of("$license"),
    row(
        "get_license_history",
        &[SystemAdmin, Trainer, HelpDesk, Supervisor, EndUser, Auditor],
        ONE,
    )
    .of("$license"),
    row(
        "list_departures",
        &[SystemAdmin, Trainer, HelpDesk, Supervisor, EndUser, Auditor, Integration],
        LIST,
    ),
    row(
        "get_departure",
        &[SystemAdmin, Trainer, HelpDesk, Supervisor, EndUser, Auditor, Integration],
        ONE,
    )
    .of("$departure"),
    row(
        "list_deactivations",
        &[SystemAdmin, Trainer, HelpDesk, Supervisor, EndUser, Auditor, Integration],
        LIST,
    ),
    row(
        "get_deactivation",
        &[SystemAdmin, Trainer, HelpDesk, Supervisor, EndUser, Auditor, Integration],
        ONE,
    )
    .of("$departure"),
    row("reschedule_departure", &[SystemAdmin, HelpDesk, Supervisor], ONE)
        .of("$future_departure")
        .sending(r#"{"expected_version": 1, "ended_on": "2026-05-05"}"#),
    row("cancel_departure", &[SystemAdmin, HelpDesk, Supervisor], ONE)
        .of("$future_departure")
        .sending(r#"{"expected_version": 2}"#),
    row("reschedule_deactivation", &[SystemAdmin, HelpDesk, Supervisor], ONE)
        .of("$future_deactivation")
        .sending(r#"{"expected_version": 1, "effective_on": "2026-05-05"}"#),
    row("cancel_deactivation", &[SystemAdmin, HelpDesk, Supervisor], ONE)
        .of("$future_deactivation")
        .sending(r#"{"expected_version": 2}"#),
    row("deactivate_license", &[SystemAdmin, HelpDesk, Supervisor], NAMED)
        .sending(r#"{"license_id": "$other_license", "cause": "no_longer_needed"}"#),
    row("report_departure", &[SystemAdmin, HelpDesk, Supervisor], NAMED).sending(
        r#"{"person_id": "$colleague", "organization_id": "$organization", "ended_on": "2026-03-01"}"#,
    ),
    row(
        "decide_access",
        &[SystemAdmin, HelpDesk, Auditor, HmisFrontend],
        NAMED,
    )
    .asking("implementation=$implementation&system=hmis_user_id&external_id=41"),
];

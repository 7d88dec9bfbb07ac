//! The roster, staff roles and the audit record.

use super::{DECIDED, LIST, NAMED, ONE, Row, row};

pub const ROWS: &[Row] = &[
    row("list_organizations", "ATHS-U-I", LIST),
    row("get_organization", "ATHS-U-I", ONE).of("$organization"),
    row("create_organization", "A-------", NAMED).sending(
        r#"{"implementation_id": "$implementation", "name": "New Agency",
            "participation": {"from_on": "2026-03-01"}}"#,
    ),
    row("change_organization", "A-------", ONE)
        .of("$organization")
        .sending(r#"{"expected_version": 1, "name": "Corktown Shelter"}"#),
    row("record_participation", "A-------", ONE)
        .of("$organization")
        .sending(r#"{"from_on": "2026-03-01"}"#),
    row("list_organization_contacts", "ATHS-U-I", LIST),
    row("get_organization_contact", "ATHS-U-I", ONE).of("$contact"),
    row("create_organization_contact", "A-------", NAMED).sending(
        r#"{"organization_id": "$organization", "duty": "billing_contact", "name": "Ada Kowalczyk"}"#,
    ),
    row("end_organization_contact", "A-------", ONE).of("$contact").sending(DECIDED),
    row("list_projects", "ATHS-U-I", LIST),
    row("get_project", "ATHS-U-I", ONE).of("$project"),
    row("create_project", "A-------", NAMED)
        .sending(r#"{"organization_id": "$organization", "name": "Warming Center"}"#),
    row("change_project", "A-------", ONE)
        .of("$project")
        .sending(r#"{"expected_version": 1, "name": "Night Shelter"}"#),
    row("list_people", "ATHSEU-I", LIST),
    row("get_person", "ATHSEU-I", ONE).of("$person"),
    row("explain_person", "ATHSEU--", ONE).of("$person"),
    row("create_person", "A-H-----", NAMED).sending(
        r#"{"implementation_id": "$implementation", "given_name": "Ada", "family_name": "Kowalczyk",
            "emails": [{"email": "a.kowalczyk@corktown.example", "organization_id": "$organization"}]}"#,
    ),
    row("change_person", "A-H-----", ONE)
        .of("$colleague")
        .sending(r#"{"expected_version": 1, "given_name": "Toby"}"#),
    row("add_person_email", "A-H-----", ONE)
        .of("$colleague")
        .sending(r#"{"email": "t.l@corktown.example", "organization_id": "$organization"}"#),
    row("add_person_external_id", "A-H-----", ONE)
        .of("$colleague")
        .sending(r#"{"system": "lms_learner_id", "value": "77"}"#),
    row("get_person_history", "ATHSEU-I", ONE).of("$person"),
    row("confirm_person_email", "A-H-----", ONE).of("$colleague").sending(
        r#"{"email": "t.lindqvist@riverside-hmis.example", "organization_id": "$organization"}"#,
    ),
    row("retire_person_email", "A-H-----", ONE).of("$colleague").sending(
        r#"{"expected_version": 3, "email": "t.lindqvist@riverside-hmis.example", "organization_id": "$organization"}"#,
    ),
    row("close_person_external_id", "A-H-----", ONE)
        .of("$colleague")
        .sending(r#"{"expected_version": 4, "system": "lms_learner_id", "value": "77"}"#),
    row("settle_person_external_id", "A-H-----", ONE).of("$colleague").sending(
        r#"{"expected_version": 5, "system": "lms_learner_id", "value": "77", "reason": "The account was deleted."}"#,
    ),
    row("list_person_merges", "A-H--U--", LIST),
    row("get_person_merge", "A-H--U--", ONE).of("$merge"),
    row("merge_people", "A-------", NAMED).sending(
        r#"{"survivor_id": "$twin", "duplicate_id": "$double", "report": {"reason": "Recorded twice."}}"#,
    ),
    row("undo_person_merge", "A-------", ONE).of("$merge").sending(
        r#"{"expected_version": 1, "report": {"reason": "Two sisters."}}"#,
    ),
    row("list_staff_roles", "A-H--U--", LIST),
    row("get_staff_role", "A-H--U--", ONE).of("$staff_role"),
    row("grant_staff_role", "A-------", NAMED).sending(
        r#"{"principal": {"issuer": "https://login.example.org", "subject": "tobias"}, "role": "supervisor",
            "implementation_id": "$implementation", "organization_id": "$organization", "person_id": "$colleague"}"#,
    ),
    row("revoke_staff_role", "A-------", ONE).of("$staff_role").sending(DECIDED),
    row("list_delegations", "A-HSEU--", LIST),
    row("get_delegation", "A-HSEU--", ONE).of("$delegation"),
    row("name_deputy", "A--S----", NAMED).sending(
        r#"{"organization_id": "$organization", "supervisor_id": "$supervisor", "deputy_id": "$colleague",
            "from_on": "2026-05-01", "until_on": "2026-05-10", "reason": "Vacation."}"#,
    ),
    row("end_delegation", "A--S----", ONE).of("$open_delegation").sending(DECIDED),
    row("list_audit_records", "A----U--", LIST),
];

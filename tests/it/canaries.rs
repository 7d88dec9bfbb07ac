//! Personal words go where they belong and nowhere else: each operation that takes a body is sent words that can be
//! recognized, good and bad ones, and none of them may be found in the log, in a problem or in an audit record.

use std::sync::{LazyLock, Mutex, Once};

use actix_web::http::Method;
use hmis_licensing::application::actor::Role;
use hmis_licensing::http::openapi::Document;
use log::{LevelFilter, Log, Metadata, Record};
use serde_json::{Value, json};

use crate::matrix::world::World;
use crate::support::app::Answer;
use crate::support::database::on_sqlite;

/// Every canary holds this, in whatever case.
const CANARY: &str = "canary";

/// What was logged in this process.
static LOGGED: LazyLock<Mutex<String>> = LazyLock::new(Mutex::default);

struct Capture;

impl Log for Capture {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        use std::fmt::Write;
        let mut logged = LOGGED.lock().unwrap();
        let (level, target) = (record.level(), record.target());
        writeln!(logged, "{level} {target} {}", record.args()).unwrap();
    }

    fn flush(&self) {}
}

/// Captures everything that an operator can turn on, down to debugging.
fn capture() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        log::set_boxed_logger(Box::new(Capture)).expect("no other logger");
        log::set_max_level(LevelFilter::Debug);
    });
}

/// A body for each operation that takes one, with canaries wherever a caller can write freely. `$words` as in the
/// matrix.
const BODIES: &[(&str, &str, &str)] = &[
    (
        "run_sweep",
        "",
        r#"{"implementation_id": "$implementation"}"#,
    ),
    (
        "start_recertification_campaign",
        "",
        r#"{"implementation_id": "$implementation", "title": "Canary elements",
            "items": [{"kind": "acknowledgement", "code": "canary", "title": "Canary was read"}],
            "opens_on": "2026-09-01", "deadline_on": "2026-09-30",
            "report": {"reason": "Canary changed."}}"#,
    ),
    (
        "extend_recertification_campaign",
        "$campaign",
        r#"{"expected_version": 1, "deadline_on": "2027-01-31", "report": {"reason": "Canary was offline."}}"#,
    ),
    (
        "suspend_all_for_recertification_campaign",
        "$campaign",
        r#"{"expected_version": 2, "report": {"reason": "Canary is late."}}"#,
    ),
    (
        "suspend_for_recertification_campaign",
        "$campaign",
        r#"{"expected_version": 3, "license_id": "$other_license", "report": {"reason": "Canary is late."}}"#,
    ),
    (
        "excuse_from_recertification_campaign",
        "$campaign",
        r#"{"expected_version": 3, "person_id": "$supervisor", "report": {"reason": "Canary teaches."}}"#,
    ),
    (
        "cancel_recertification_campaign",
        "$campaign",
        r#"{"expected_version": 3, "report": {"reason": "Canary took it back."}}"#,
    ),
    (
        "stop_absence_hold",
        "$absence_hold",
        r#"{"expected_version": 1, "report": {"reason": "Canary repairs it."}}"#,
    ),
    (
        "proceed_absence_hold",
        "$absence_hold",
        r#"{"expected_version": 2, "report": {"reason": "Canary repaired it."}}"#,
    ),
    (
        "open_absence_hold",
        "",
        r#"{"implementation_id": "$implementation", "report": {"reason": "Canary's file was empty."}}"#,
    ),
    (
        "approve_batch",
        "",
        r#"{"implementation_id": "$implementation", "rule": "term", "on": "2027-06-30",
            "report": {"reason": "Canary knows."}}"#,
    ),
    (
        "create_calendar_feed",
        "",
        r#"{"organization_id": "$organization"}"#,
    ),
    (
        "revoke_calendar_feed",
        "$calendar_feed",
        r#"{"expected_version": 1}"#,
    ),
    (
        "merge_people",
        "",
        r#"{"survivor_id": "$twin", "duplicate_id": "$double",
            "report": {"reason": "Canary was recorded twice.", "ticket_reference": "canary-12"}}"#,
    ),
    (
        "undo_person_merge",
        "$merge",
        r#"{"expected_version": 1, "report": {"reason": "Canary has a sister."}}"#,
    ),
    (
        "create_login_source",
        "",
        r#"{"implementation_id": "$implementation", "code": "canary_file", "name": "Canary file",
            "kind": "nightly_file"}"#,
    ),
    (
        "record_login_heartbeat",
        "$login_source",
        r#"{"complete_through": "2026-03-02T18:00:00Z"}"#,
    ),
    (
        "record_login_events",
        "",
        r#"{"login_source_id": "$login_source", "source_event_id": "canary-10",
            "occurred_at": "2026-03-02T18:00:00Z", "external_id": {"system": "username", "value": "canary"}}"#,
    ),
    (
        "close_access_signal",
        "$access_signal",
        r#"{"expected_version": 1, "outcome": "incident", "reason": "Canary shared a password."}"#,
    ),
    (
        "record_notice",
        "",
        r#"{"license_id": "$other_license", "rule": "recertification",
            "requirement": "course:hmis_user_training_series", "anchor_on": "2026-03-01",
            "named_on": "2027-03-10", "channel": "letter", "sent_at": "2026-03-02T18:00:30Z",
            "report": {"reason": "Canary was written to.", "ticket_reference": "canary-11"}}"#,
    ),
    (
        "give_notice",
        "$queued_notice",
        r#"{"channel": "phone", "named_on": "2027-03-10",
            "report": {"reason": "Canary was called.", "ticket_reference": "canary-13"}}"#,
    ),
    (
        "replace_message_template",
        "$implementation",
        r#"{"expected_version": 1, "text": {"subject": "Canary",
            "plain": "{{what}}{{by_when}}{{how_back}}{{whom_to_ask}} Canary",
            "html": "{{what}}{{by_when}}{{how_back}}{{whom_to_ask}} Canary"}}"#,
    ),
    (
        "preview_message_template",
        "$implementation",
        r#"{"text": {"subject": "Canary",
            "plain": "{{what}}{{by_when}}{{how_back}}{{whom_to_ask}} Canary",
            "html": "{{what}}{{by_when}}{{how_back}}{{whom_to_ask}} Canary"}}"#,
    ),
    ("retry_message", "$message", r#"{"expected_version": 1}"#),
    (
        "bounce_message",
        "$sent_message",
        r#"{"report": {"reason": "Canary moved."}}"#,
    ),
    (
        "bounce_notice",
        "$notice",
        r#"{"report": {"reason": "Canary moved."}}"#,
    ),
    (
        "take_login_source_out_of_service",
        "$login_source",
        r#"{"expected_version": 1, "reason": "Canary Systems moves the site."}"#,
    ),
    (
        "return_login_source_to_service",
        "$login_source",
        r#"{"expected_version": 2, "reason": "Canary Systems has moved."}"#,
    ),
    (
        "create_implementation",
        "",
        r#"{"code": "canary-code", "name": "Canary HMIS", "time_zone": "America/Chicago",
            "support_contact": "canary@canary.example"}"#,
    ),
    (
        "change_implementation",
        "$implementation",
        r#"{"expected_version": 1, "name": "Canary HMIS", "support_contact": "canary@canary.example"}"#,
    ),
    ("post_policy", "$implementation", r#"{"preset": "canary"}"#),
    (
        "create_organization",
        "",
        r#"{"implementation_id": "$implementation", "name": "Canary House",
            "participation": {"from_on": "2026-03-01"},
            "external_ids": [{"system": "vendor_agency", "value": "canary-1"}]}"#,
    ),
    (
        "change_organization",
        "$organization",
        r#"{"expected_version": 1, "name": "Canary Shelter"}"#,
    ),
    (
        "record_participation",
        "$organization",
        r#"{"from_on": "2026-03-01"}"#,
    ),
    (
        "create_organization_contact",
        "",
        r#"{"organization_id": "$organization", "duty": "billing_contact", "name": "Canary Kowalczyk",
            "email": "canary@canary.example", "phone": "canary 555"}"#,
    ),
    (
        "end_organization_contact",
        "$contact",
        r#"{"expected_version": 1, "to_on": "2026-03-09"}"#,
    ),
    (
        "create_project",
        "",
        r#"{"organization_id": "$organization", "name": "Canary Center",
            "external_ids": [{"system": "vendor_project", "value": "canary-2"}]}"#,
    ),
    (
        "change_project",
        "$project",
        r#"{"expected_version": 1, "name": "Canary Night Shelter"}"#,
    ),
    (
        "create_person",
        "",
        r#"{"implementation_id": "$implementation", "given_name": "Canaria", "family_name": "Canary",
            "emails": [{"email": "canary@canary.example", "organization_id": "$organization"}],
            "external_ids": [{"system": "username", "value": "canary-3"}]}"#,
    ),
    (
        "change_person",
        "$colleague",
        r#"{"expected_version": 1, "given_name": "Canary", "family_name": "Mc Canary"}"#,
    ),
    (
        "add_person_email",
        "$colleague",
        r#"{"email": "other.canary@canary.example", "organization_id": "$organization"}"#,
    ),
    (
        "add_person_external_id",
        "$colleague",
        r#"{"system": "lms_learner_id", "value": "canary-4"}"#,
    ),
    (
        "confirm_person_email",
        "$colleague",
        r#"{"email": "t.lindqvist@riverside-hmis.example", "organization_id": "$organization"}"#,
    ),
    (
        "retire_person_email",
        "$colleague",
        r#"{"expected_version": 3, "email": "other.canary@canary.example", "organization_id": "$organization"}"#,
    ),
    (
        "close_person_external_id",
        "$colleague",
        r#"{"expected_version": 4, "system": "lms_learner_id", "value": "canary-4"}"#,
    ),
    (
        "settle_person_external_id",
        "$colleague",
        r#"{"expected_version": 5, "system": "lms_learner_id", "value": "canary-4", "reason": "Canary flew away."}"#,
    ),
    (
        "grant_staff_role",
        "",
        r#"{"principal": {"issuer": "https://canary.example", "subject": "canary@canary.example",
                          "display_name": "Canary Tobias"},
            "role": "supervisor", "implementation_id": "$implementation", "organization_id": "$organization",
            "person_id": "$colleague"}"#,
    ),
    (
        "revoke_staff_role",
        "$staff_role",
        r#"{"expected_version": 1}"#,
    ),
    (
        "name_deputy",
        "",
        r#"{"organization_id": "$organization", "supervisor_id": "$supervisor", "deputy_id": "$colleague",
            "from_on": "2026-05-01", "until_on": "2026-05-10", "reason": "Canary is on vacation."}"#,
    ),
    (
        "end_delegation",
        "$open_delegation",
        r#"{"expected_version": 1}"#,
    ),
    (
        "submit_license_request",
        "",
        r#"{"organization_id": "$organization", "license_type": "end_user",
            "person": {"given_name": "Canaria", "family_name": "Canary", "email": "canary@canary.example"},
            "attestations": [{"code": "job_need"}], "requested_by": "$supervisor",
            "report": {"reason": "Canary is new here.", "ticket_reference": "canary-7",
                       "reported_by": {"name": "Canary Clerk", "contact": "canary@canary.example"}}}"#,
    ),
    (
        "confirm_license_request",
        "$open_request",
        r#"{"expected_version": 1, "report": {"reason": "Canary asked herself.", "ticket_reference": "canary-13"}}"#,
    ),
    (
        "settle_license_request_match",
        "$matched_request",
        r#"{"expected_version": 1, "person_id": "$double", "same": false,
            "reason": "Canary is a namesake.", "ticket_reference": "canary-15"}"#,
    ),
    (
        "approve_license_request",
        "$open_request",
        r#"{"expected_version": 1, "report": {"reason": "Canary is fine.", "ticket_reference": "canary-8"}}"#,
    ),
    (
        "reclassify_license_request",
        "$open_request",
        r#"{"expected_version": 2, "class": "returning", "reason": "Canary was here before."}"#,
    ),
    (
        "extend_license_request_deadline",
        "$open_request",
        r#"{"expected_version": 3, "deadline": "request_lapse", "until_on": "2026-12-31",
            "reason": "Canary was ill.", "ticket_reference": "canary-12"}"#,
    ),
    (
        "change_license",
        "",
        r#"{"license_id": "$other_license", "license_type": "end_user", "report": {"reason": "Canary reads."}}"#,
    ),
    (
        "renew_license",
        "",
        r#"{"license_id": "$license", "by": "staff", "report": {"reason": "Canary sings on.",
            "ticket_reference": "canary-21"}}"#,
    ),
    (
        "keep_license",
        "",
        r#"{"license_id": "$license", "report": {"reason": "Canary comes back.",
            "reported_by": {"name": "Canary", "contact": "canary@canary.example"}}}"#,
    ),
    (
        "record_acknowledgement",
        "",
        r#"{"person_id": "$person", "acknowledgement": "privacy_notice", "report": {"reason": "Canary read it.",
            "reported_by": {"name": "Canary", "contact": "canary@canary.example"}}}"#,
    ),
    (
        "confirm_add_on",
        "$add_on",
        r#"{"expected_version": 1, "report": {"reason": "Canary still writes reports."}}"#,
    ),
    (
        "end_add_on",
        "$add_on",
        r#"{"expected_version": 1, "report": {"reason": "Canary writes no reports.", "ticket_reference": "canary-4"}}"#,
    ),
    (
        "activate_license_request",
        "$open_request",
        r#"{"expected_version": 4, "report": {"reason": "Canary is ready."}}"#,
    ),
    (
        "deny_license_request",
        "$other_request",
        r#"{"expected_version": 1, "reason": "Canary enters no data."}"#,
    ),
    (
        "withdraw_license_request",
        "$third_request",
        r#"{"expected_version": 1, "report": {"reason": "Canary took another job.",
            "reported_by": {"name": "Canary Clerk", "contact": "canary@canary.example"}}}"#,
    ),
    (
        "record_agreement_signature",
        "",
        r#"{"person_id": "$person", "organization_id": "$organization", "agreement": "user_agreement",
            "party": "end_user", "signed_on": "2026-03-02", "report": {"reason": "Canary signed on paper."}}"#,
    ),
    (
        "record_training_completion",
        "",
        r#"{"person_id": "$person", "course": "hand_policy_and_procedure", "outcome": "pass",
            "completed_on": "2026-03-02", "edition": "canary", "report": {"reason": "Canary passed."}}"#,
    ),
    (
        "waive_requirement",
        "",
        r#"{"person_id": "$applicant", "organization_id": "$organization", "requirement": "agreement:user_agreement",
            "reason": "Canary signed another one.", "ticket_reference": "canary-10"}"#,
    ),
    (
        "add_requirement",
        "",
        r#"{"license_request_id": "$open_request", "requirement": "course:agency_administration",
            "reason": "Canary is new to it.", "ticket_reference": "canary-11"}"#,
    ),
    (
        "book_training",
        "",
        r#"{"person_id": "$person", "course": "hand_policy_and_procedure", "scheduled_at": "2026-04-02T18:00:00Z",
            "report": {"reason": "Canary asked for it."}}"#,
    ),
    (
        "settle_training_booking",
        "$booking",
        r#"{"expected_version": 1, "result": "cancelled", "report": {"reason": "Canary fell ill."}}"#,
    ),
    (
        "submit_practice_cases",
        "",
        r#"{"person_id": "$person", "practice_set": "canary", "report": {"reason": "Canary is done."}}"#,
    ),
    (
        "record_practice_case_result",
        "",
        r#"{"submission_id": "$submission", "result": "returned", "findings": ["Canary forgot the exit."],
            "supersedes": "$practice_result", "report": {"reason": "Canary did better."}}"#,
    ),
    (
        "reschedule_departure",
        "$future_departure",
        r#"{"expected_version": 1, "ended_on": "2026-05-05", "report": {"reason": "Canary stays longer."}}"#,
    ),
    (
        "cancel_departure",
        "$future_departure",
        r#"{"expected_version": 2, "report": {"reason": "Canary stays."}}"#,
    ),
    (
        "reschedule_deactivation",
        "$future_deactivation",
        r#"{"expected_version": 1, "effective_on": "2026-05-05", "report": {"reason": "Canary again."}}"#,
    ),
    (
        "cancel_deactivation",
        "$future_deactivation",
        r#"{"expected_version": 2, "report": {"reason": "Canary stays."}}"#,
    ),
    (
        "deactivate_license",
        "",
        r#"{"license_id": "$other_license", "cause": "violation",
            "report": {"reason": "Canary shared a password.", "ticket_reference": "canary-9",
                       "reported_by": {"name": "Canary Clerk", "contact": "canary@canary.example"}}}"#,
    ),
    (
        "report_departure",
        "",
        r#"{"person_id": "$colleague", "organization_id": "$organization", "ended_on": "2026-03-01",
            "report": {"reason": "Canary left.", "reported_by": {"name": "Canary Clerk"}}}"#,
    ),
    (
        "open_hold",
        "",
        r#"{"license_id": "$held_license", "cause": "unreachable",
            "report": {"reason": "Canary does not answer.", "ticket_reference": "canary-12"}}"#,
    ),
    (
        "lift_hold",
        "$open_hold",
        r#"{"expected_version": 1, "report": {"reason": "Canary called back."}}"#,
    ),
    (
        "record_departure_notice",
        "",
        r#"{"person_id": "$person", "organization_id": "$organization", "ended_on": "2026-02-27",
            "report": {"reason": "Canary was told.", "reported_by": {"name": "Canary Clerk", "contact": "canary 555"}}}"#,
    ),
    (
        "confirm_departure_notice",
        "$departure_notice",
        r#"{"expected_version": 1, "ended_on": "2026-02-27",
            "report": {"reason": "Canary left.", "reported_by": {"person_id": "$supervisor"}}}"#,
    ),
    (
        "reject_departure_notice",
        "$other_departure_notice",
        r#"{"expected_version": 1,
            "report": {"reason": "Canary is at work.", "reported_by": {"person_id": "$supervisor"}}}"#,
    ),
    (
        "record_leave",
        "",
        r#"{"person_id": "$applicant", "organization_id": "$organization", "from_on": "2026-03-10",
            "until_on": "2026-03-20", "report": {"reason": "Canary is away.",
            "reported_by": {"name": "Canary Clerk", "contact": "canary@canary.example"}}}"#,
    ),
    (
        "return_from_leave",
        "$leave",
        r#"{"expected_version": 1, "returned_on": "2026-03-05", "report": {"reason": "Canary is back."}}"#,
    ),
    (
        "cancel_leave",
        "$leave",
        r#"{"expected_version": 1, "report": {"reason": "Canary stays."}}"#,
    ),
    (
        "reactivate_license",
        "$held_license",
        r#"{"expected_version": 4, "report": {"reason": "Canary is back."}}"#,
    ),
    (
        "reinstate_license",
        "$held_license",
        r#"{"expected_version": 4, "report": {"reason": "Canary never left."}}"#,
    ),
    (
        "restore_license_in_emergency",
        "$held_license",
        r#"{"report": {"reason": "Canary works tonight.", "ticket_reference": "canary-72",
            "reported_by": {"name": "Canary Clerk", "contact": "canary@canary.example"}}}"#,
    ),
    (
        "confirm_emergency_restoration",
        "$restoration",
        r#"{"expected_version": 1, "report": {"reason": "Canary called back."}}"#,
    ),
    (
        "bar_person",
        "",
        r#"{"person_id": "$supervisor", "report": {"reason": "Canary sold a password."}}"#,
    ),
    (
        "lift_bar",
        "$bar",
        r#"{"expected_version": 1, "report": {"reason": "Canary was somebody else."}}"#,
    ),
    (
        "uphold_contested_item",
        "$license",
        r#"{"expected_version": 1, "report": {"reason": "Canary had left."}}"#,
    ),
    (
        "withdraw_fact",
        "",
        r#"{"fact_id": "$mistaken_booking", "reason": "Canary was booked twice.",
            "report": {"ticket_reference": "canary-14", "reported_by": {"name": "Canary Clerk"}}}"#,
    ),
    (
        "correct_departure_person",
        "$departure",
        r#"{"expected_version": 1, "meant_person_id": "$colleague", "report": {"reason": "Canary is a namesake."}}"#,
    ),
];

/// What the state of the world refuses, though the body is good.
const REFUSED_BY_STATE: &[&str] = &[
    "start_recertification_campaign",
    "suspend_for_recertification_campaign",
    "post_policy",
    "confirm_license_request",
    "change_license",
    "renew_license",
    "keep_license",
    "confirm_add_on",
    "end_add_on",
    "activate_license_request",
    "submit_practice_cases",
    "record_leave",
    "return_from_leave",
    "reactivate_license",
    "reinstate_license",
];

/// Pointers to every value inside a body that holds no others.
fn leaves(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                leaves(member, &format!("{at}/{name}"), found);
            }
        }
        Value::Array(entries) => {
            for (index, entry) in entries.iter().enumerate() {
                leaves(entry, &format!("{at}/{index}"), found);
            }
        }
        _ => found.push(at.to_owned()),
    }
}

/// The body itself, and what can be wrong with it, as texts.
fn spoilt(body: &Value) -> Vec<String> {
    let mut texts = vec![body.to_string()];
    let mut pointers = Vec::new();
    leaves(body, "", &mut pointers);
    for pointer in pointers {
        for wrong in [
            json!("canary@@ canary"),
            json!(format!("canary {}", "x".repeat(2_000))),
            json!("canary\u{0}\u{202e}"),
            json!({ "given_name": "canary" }),
            json!(["canary"]),
        ] {
            let mut body = body.clone();
            *body.pointer_mut(&pointer).unwrap() = wrong;
            texts.push(body.to_string());
        }
    }
    let mut extra = body.clone();
    extra["unheard_of"] = json!("canary");
    texts.push(extra.to_string());
    let text = body.to_string();
    let inner = text.trim_end_matches('}');
    texts.push(format!(
        "{inner}, \"name\": \"canary\", \"name\": \"canary\"}}"
    ));
    texts.push(format!("{inner}, \"canary"));
    texts.push("\"canary\"".to_owned());
    texts
}

fn is_clean(text: &str) -> bool {
    !text.to_lowercase().contains(CANARY)
}

#[track_caller]
fn assert_clean(what: &str, answer: &Answer) {
    let problem = answer.status.is_client_error() || answer.status.is_server_error();
    assert!(
        !answer.status.is_server_error(),
        "{what}: {} {}",
        answer.status,
        answer.text
    );
    assert!(
        !problem || is_clean(&answer.text),
        "{what}: {}",
        answer.text
    );
    if problem {
        for (name, value) in answer.headers() {
            assert!(is_clean(value), "{what}: {name}: {value}");
        }
    }
}

#[test]
fn no_personal_word_is_logged_or_told_in_a_problem_or_an_audit_record() {
    capture();
    on_sqlite(|database| async move {
        let world = World::new(&database).await;
        let (app, admin) = (&world.app, world.administrator.clone());
        let supervisor = world.ours(Role::Supervisor).await;
        let document: Value = serde_json::from_str(Document::new().text()).unwrap();
        let mut missing = Vec::new();
        let mut undone = Vec::new();
        let mut refused = 0;
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let name = operation["operationId"].as_str().unwrap();
                if method == "get" {
                    continue;
                }
                if !BODIES.iter().any(|(operation, ..)| *operation == name) {
                    missing.push(name.to_owned());
                }
                assert!(
                    ["post", "put", "patch"].contains(&method.as_str()),
                    "{method} {path}"
                );
            }
        }
        assert!(missing.is_empty(), "without a body here: {missing:?}");
        for (name, id, body) in BODIES {
            let (method, path) = find(&document, name);
            let path = path
                .replace("{id}", &world.fill(id))
                .replace("{name}", "inactivity");
            let body: Value = serde_json::from_str(&world.fill(body)).unwrap();
            let send = async |token: &str, query: &str, key: &str, text: String| {
                let call = app
                    .request(method.clone(), &format!("{path}{query}"))
                    .header("User-Agent", "canary-agent")
                    .header("Cookie", "canary=canary")
                    .bearer(token);
                let call = if key.is_empty() {
                    call
                } else {
                    call.header("Idempotency-Key", key)
                };
                call.text(text).send().await
            };
            // The good one first, under a key that is then used for all the others too.
            let good = body.to_string();
            let key = format!("\"canary-{name}\"");
            let answer = send(&admin, "", &key, good.clone()).await;
            if !answer.status.is_success() {
                undone.push(*name);
            }
            assert_clean(name, &answer);
            for text in spoilt(&body) {
                for (token, key) in [(&*admin, ""), (&*admin, &*key), (&*supervisor, "")] {
                    let answer = send(token, "", key, text.clone()).await;
                    refused += usize::from(!answer.status.is_success());
                    assert_clean(&format!("{name} {text}"), &answer);
                }
            }
            for (token, query, key) in [
                ("canary.canary.canary", "", ""),
                (&admin, "?dry_run=canary", ""),
                (&admin, "?unheard_of=canary", ""),
                (&admin, "", "\"canary canary"),
            ] {
                let answer = send(token, query, key, good.clone()).await;
                assert_clean(&format!("{name} {query}{key}"), &answer);
            }
        }
        assert_eq!(undone, REFUSED_BY_STATE);
        assert!(refused > 1_000, "{refused} of the bad ones were refused");
        // Reading by personal words.
        for query in [
            "name=canary",
            "email=canary%40canary.example",
            "system=username&external_id=canary-3",
            "email=canary&limit=canary",
            "cursor=canary",
            "organization_id=canary",
        ] {
            let call = app.get(&format!("/v1/people?{query}")).bearer(&admin);
            assert_clean(query, &call.send().await);
        }
        // Secret addresses are in the path, which is never logged.
        let feed = json!({ "organization_id": world.id("organization") });
        let feed = world.post("/v1/calendar-feeds", &feed).await;
        let address = feed["url"].as_str().unwrap().to_owned();
        assert_eq!(app.get(&address).send().await.status, 200);
        let misspelt = format!("{}/{address}", "/calendar/canary");
        for wrong in [
            "/calendar/canary.ics",
            "/calendar/hlcal_canary.ics?canary=canary",
            &misspelt,
        ] {
            let answer = app.get(wrong).send().await;
            assert_eq!(answer.status, 404);
            assert_clean(wrong, &answer);
        }
        let secret = address
            .trim_start_matches("/calendar/")
            .trim_end_matches(".ics");
        app.app.housekeeping().await.unwrap();
        let records = audit_records(&world).await;
        assert!(
            records.len() > BODIES.len() + 20,
            "{} records",
            records.len()
        );
        for record in &records {
            assert!(is_clean(record), "{record}");
            for token in [&*admin, &*supervisor, secret] {
                assert!(!record.contains(token));
            }
        }
        // They did arrive where they belong.
        let found = app.get("/v1/people?name=canar").bearer(&admin);
        assert!(!is_clean(&found.send().await.text));
        let logged = LOGGED.lock().unwrap();
        assert!(logged.contains("POST /v1/people"), "requests are logged");
        let told: Vec<&str> = logged.lines().filter(|line| !is_clean(line)).collect();
        assert!(told.is_empty(), "{told:#?}");
        assert!(
            logged.contains("GET /calendar/{secret}.ics"),
            "by its route"
        );
        for token in [&*admin, &*supervisor, secret] {
            assert!(!logged.contains(token), "a secret is logged");
        }
    });
}

fn find(document: &Value, name: &str) -> (Method, String) {
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if operation["operationId"] == name {
                return (method.to_uppercase().parse().unwrap(), path.clone());
            }
        }
    }
    panic!("{name} is no operation");
}

/// The canonical text of every record of every log.
async fn audit_records(world: &World) -> Vec<String> {
    let mut records = Vec::new();
    let mut path = "/v1/audit-records?limit=100".to_owned();
    loop {
        let call = world.app.get(&path).bearer(&world.administrator);
        let page = call.send().await.expect(200);
        let rows = page["data"].as_array().unwrap();
        records.extend(
            rows.iter()
                .map(|row| row["record"].as_str().unwrap().to_owned()),
        );
        match page["page"]["next_cursor"].as_str() {
            None => return records,
            Some(cursor) => path = format!("/v1/audit-records?limit=100&cursor={cursor}"),
        }
    }
}

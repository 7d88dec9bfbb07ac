mod groups;
mod implementation;
mod license_types;

use serde_json::{Value, json};

use super::*;
use crate::domain::policy::preset;

/// Alaska's policy with Detroit's inactivity, recertification and more, so that every rule is somewhere.
fn document() -> Value {
    let hand = serde_json::to_value(&preset("hand").expect("hand").document).expect("JSON");
    let mut whole =
        serde_json::to_value(&preset("akhmis").expect("akhmis").document).expect("JSON");
    whole["job_roles"] = hand["job_roles"].clone();
    whole["agreements"]["participation"] = json!({
        "title": "Participation agreement", "version": "2026", "scope": "organization",
        "parties": ["authorized_signer", "lead"],
        "validity": {"kind": "yearly", "date": {
            "due": {"month": 6, "day": 30}, "opens": {"month": 5, "day": 1},
            "newcomers_from": {"month": 3, "day": 1}
        }},
        "new_version_days": 60, "on_lapse": "list"
    });
    whole["organizations"] = json!({"obligations": [
        {"item": {"kind": "agreement", "agreement": "participation"}, "while_missing": "hold"},
        {"item": {"kind": "contact", "duty": "security_officer"}, "while_missing": "no_new_requests"}
    ]});
    whole["violations"] = json!({
        "kinds": {"sharing_password": {"title": "Sharing a password", "enters_at": 1}},
        "counted_for_months": 24,
        "offences": [
            {"number": 1, "consequence": {"kind": "suspend", "days": 30,
                "cure": {"kind": "course", "course": "refresher"}, "then": "lift"}},
            {"number": 2, "consequence": {"kind": "bar"}}
        ],
        "decided_by": "system_admin"
    });
    whole["seats"]["caps"] = json!([
        {"scope": {"kind": "implementation"}, "seats": 100},
        {"scope": {"kind": "each_organization"}, "license_types": ["end_user"], "seats": 10}
    ]);
    whole["organization_groups"] = json!({
        "alaska": {"title": "Balance of state"},
        "interior": {"title": "Interior", "within": "alaska", "members": [member(1)]}
    });
    let license = &mut whole["license_types"]["end_user"];
    license["inactivity"] = hand["license_types"]["end_user"]["inactivity"].clone();
    license["inactivity"]["return_ladder"] = json!([
        {"up_to": {"days": 90}, "then": {"kind": "reactivate_if_current", "otherwise": "new"}},
        {"up_to": {"days": 180}, "then": {"kind": "requirement_set", "set": "returning"}},
        {"then": {"kind": "as_new"}}
    ]);
    license["recertification"] = json!({
        "schedule": {"kind": "rolling", "months": 12, "early_window": {"months": 2}},
        "items": [
            {"kind": "course", "course": "refresher"},
            {"kind": "courses_of", "count": 1, "courses": ["refresher", "privacy_and_security"]},
            {"kind": "acknowledgement", "code": "data_standards", "title": "Data standards"}
        ],
        "reminders": [30], "on_miss": "suspend"
    });
    license["term"] = json!({
        "ends": {"kind": "after", "length": {"months": 24}},
        "renewal_grace": {"days": 30}, "renewed_by": ["supervisor"]
    });
    license["standing_conditions"] = json!({"error_rate": {
        "title": "Error rate", "subject": "person", "threshold": 5.0, "broken": "above",
        "valid_for": {"days": 100}, "cure_within": {"days": 30}, "on_miss": "suspend"
    }});
    whole
}

fn member(number: u8) -> Value {
    json!({"organization_id": format!("0190b5a0-0000-7000-8000-{number:012}")})
}

/// Sets, or with null removes, what a pointer points to.
fn set(whole: &mut Value, pointer: &str, to: Value) {
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    match whole.pointer_mut(parent) {
        Some(Value::Object(object)) if to.is_null() => {
            object.remove(key).expect("something to remove");
        }
        Some(Value::Object(object)) => {
            object.insert(key.to_owned(), to);
        }
        Some(Value::Array(list)) if key == "-" => list.push(to),
        Some(Value::Array(list)) => list[key.parse::<usize>().expect("an index")] = to,
        _ => panic!("{pointer} has no parent"),
    }
}

fn pointers(whole: Value) -> Vec<String> {
    let document: PolicyDocument = serde_json::from_value(whole).expect("a document");
    document
        .validate()
        .into_iter()
        .map(|fault| fault.pointer)
        .collect()
}

/// Each change alone is refused, and just there.
fn refused(prefix: &str, cases: Vec<(&str, Value, &[&str])>) {
    for (pointer, to, expected) in cases {
        let mut whole = document();
        set(&mut whole, &format!("{prefix}{pointer}"), to.clone());
        let expected: Vec<String> = expected
            .iter()
            .map(|fault| format!("{prefix}{fault}"))
            .collect();
        assert_eq!(pointers(whole), expected, "{prefix}{pointer} := {to}");
    }
}

#[test]
fn the_document_of_these_tests_is_right() {
    assert_eq!(pointers(document()), Vec::<String>::new());
}

#[test]
fn every_fault_is_named_at_once() {
    let mut whole = document();
    set(&mut whole, "/time_zone", json!("Nowhere"));
    set(&mut whole, "/courses/refresher/pass_mark", json!(150));
    set(
        &mut whole,
        "/license_types/end_user/inactivity/off_rule/grace",
        json!({"days": 40}),
    );
    assert_eq!(
        pointers(whole),
        [
            "/courses/refresher/pass_mark",
            "/license_types/end_user/inactivity/off_rule/grace",
            "/time_zone"
        ]
    );
}

#[test]
fn faults_never_repeat_what_was_given() {
    let mut whole = document();
    set(&mut whole, "/time_zone", json!("canary-zone"));
    set(
        &mut whole,
        "/courses/refresher/equivalents",
        json!(["canary_course"]),
    );
    set(
        &mut whole,
        "/overrides",
        json!([{"group": "alaska", "changes": {"canary_key": 1}}]),
    );
    let document: PolicyDocument = serde_json::from_value(whole).expect("a document");
    let faults = document.validate();
    assert_eq!(faults.len(), 3);
    assert!(faults.iter().all(|fault| !fault.detail.contains("canary")));
}

#[test]
fn shapes_that_are_no_document_are_not_read() {
    let text = serde_json::to_string(&document()).expect("JSON");
    let reads = |text: &str| serde_json::from_str::<PolicyDocument>(text).is_ok();
    assert!(reads(&text));
    for (from, to) in [
        ("\"time_zone\":", "\"timezone\":"),
        ("\"kind\":\"base\"", "\"kind\":\"base\",\"extra\":1"),
        ("\"kind\":\"job_need\"", "\"kind\":\"job_need\",\"extra\":1"),
        ("\"refresher\":{", "\"new_end_user\":{"),
        (
            "\"grace\":{\"days\":5}",
            "\"grace\":{\"days\":5,\"months\":1}",
        ),
        ("\"grace\":{\"days\":5}", "\"grace\":{\"days\":-5}"),
        ("\"grace\":{\"days\":5}", "\"grace\":5"),
        ("\"off_action\":\"deactivate\"", "\"off_action\":\"delete\""),
    ] {
        assert!(text.contains(from), "{from}");
        assert!(!reads(&text.replacen(from, to, 1)), "{to}");
    }
}

#[test]
fn pointers_escape_as_the_standard_says() {
    let pointer = Pointer::root().key("a/b").key("m~n").index(3);
    assert_eq!(pointer.to_string(), "/a~1b/m~0n/3");
}

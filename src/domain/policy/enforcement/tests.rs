use std::collections::BTreeSet;

use super::*;
use crate::domain::policy::{NoticedEnd, preset};

fn codes(name: &str) -> BTreeSet<&'static str> {
    let document = &preset(name).expect("a preset").document;
    not_enforced(document)
        .iter()
        .map(|found| found.rule.code)
        .collect()
}

#[test]
fn each_rule_has_one_code_and_one_title() {
    let codes: BTreeSet<_> = RULES.iter().map(|rule| rule.code).collect();
    let titles: BTreeSet<_> = RULES.iter().map(|rule| rule.title).collect();
    assert_eq!((codes.len(), titles.len()), (RULES.len(), RULES.len()));
}

#[test]
fn every_member_of_a_document_belongs_to_a_rule() {
    for name in ["hand", "akhmis"] {
        let document = &preset(name).expect("a preset").document;
        let whole = serde_json::to_value(document).expect("JSON");
        for key in whole.as_object().expect("an object").keys() {
            assert!(rule_at(&format!("/{key}")).is_some(), "{key}");
        }
        for (code, license_type) in whole["license_types"].as_object().expect("an object") {
            for key in license_type.as_object().expect("an object").keys() {
                let pointer = format!("/license_types/{code}/{key}");
                assert!(rule_at(&pointer).is_some(), "{pointer}");
            }
        }
    }
}

#[test]
fn what_waits_is_named_where_it_stands() {
    let document = &preset("akhmis").expect("akhmis").document;
    let found = not_enforced(document);
    assert!(found.iter().all(|found| !found.rule.worked));
    let whole = serde_json::to_value(document).expect("JSON");
    for found in found {
        assert!(whole.pointer(&found.pointer).is_some(), "{}", found.pointer);
    }
}

#[test]
fn a_rule_that_a_document_does_not_hold_is_not_named() {
    let hand = codes("hand");
    let akhmis = codes("akhmis");
    for code in [
        "practice",
        "onboarding",
        "campaigns",
        "fees",
        "stale_list",
        "add_on_upkeep",
    ] {
        let waits = RULES.iter().any(|rule| rule.code == code && !rule.worked);
        assert!(!hand.contains(code), "{code}");
        assert_eq!(akhmis.contains(code), waits, "{code}");
    }
    for code in [
        "violations",
        "two_persons",
        "standing_conditions",
        "keep_requests",
    ] {
        assert!(!hand.contains(code) && !akhmis.contains(code), "{code}");
    }
}

#[test]
fn a_rule_by_value_is_named_only_for_that_value() {
    let mut document = preset("hand").expect("hand").document.clone();
    let of = |document: &crate::domain::policy::PolicyDocument| {
        not_enforced(document)
            .iter()
            .any(|found| found.pointer == "/requests/work_email")
    };
    let waits = RULES
        .iter()
        .any(|rule| rule.code == "work_email" && !rule.worked);
    assert!(!of(&document));
    document.requests.work_email = crate::domain::policy::WorkEmail::Required;
    assert!(!of(&document));
    document.requests.work_email = crate::domain::policy::WorkEmail::Confirmed;
    assert_eq!(of(&document), waits);
}

#[test]
fn a_pointer_finds_its_narrowest_rule() {
    for (pointer, code) in [
        (
            "/license_types/end_user/inactivity/off_rule/limit",
            "inactivity",
        ),
        (
            "/license_types/end_user/inactivity/login_serves",
            "license_types",
        ),
        (
            "/license_types/end_user/inactivity/return_ladder/0/up_to",
            "return_ladder",
        ),
        ("/license_types/end_user/title", "license_types"),
        ("/holidays/extras", "calendar"),
        ("/requests/attestations/0", "requests"),
    ] {
        assert_eq!(
            rule_at(pointer).map(|rule| rule.code),
            Some(code),
            "{pointer}"
        );
    }
    assert_eq!(rule_at("/nowhere"), None);
}

fn pointers_of(document: &crate::domain::policy::PolicyDocument, code: &str) -> Vec<String> {
    not_enforced(document)
        .into_iter()
        .filter(|found| found.rule.code == code)
        .map(|found| found.pointer)
        .collect()
}

#[test]
fn what_overrides_state_is_named_where_it_stands() {
    let mut document = preset("hand").expect("hand").document.clone();
    assert!(pointers_of(&document, "two_persons").is_empty());
    document
        .overrides
        .push(crate::domain::policy::GroupOverride {
            group: "north".to_owned(),
            changes: serde_json::from_str(
                r#"{"two_persons": {"bars": true}, "organizations": null}"#,
            )
            .expect("an object"),
        });
    assert_eq!(
        pointers_of(&document, "two_persons"),
        ["/overrides/0/changes/two_persons"]
    );
    assert!(pointers_of(&document, "organization_obligations").is_empty());
}

#[test]
fn hands_policy_says_what_is_not_worked_yet() {
    let waiting: Vec<_> = codes("hand").into_iter().collect();
    assert_eq!(waiting, ["projects"]);
}

#[test]
fn a_notice_of_what_never_happens_yet_is_named() {
    let mut document = preset("hand").expect("hand").document.clone();
    for (end, code) in [
        (NoticedEnd::SeatReduction, "seat_reductions"),
        (NoticedEnd::LastProjectRemoved, "projects"),
        (
            NoticedEnd::OrganizationSuspended,
            "organization_obligations",
        ),
        (NoticedEnd::FeeUnpaid, "fees"),
        (NoticedEnd::StandingCondition, "standing_conditions"),
    ] {
        let pointer = format!("/notices/minimum_days/{}", end.as_str());
        assert!(!pointers_of(&document, code).contains(&pointer), "{code}");
        document.notices.minimum_days.insert(end, 10);
        assert!(pointers_of(&document, code).contains(&pointer), "{code}");
    }
    document
        .notices
        .minimum_days
        .insert(NoticedEnd::Inactivity, 10);
    let named = not_enforced(&document);
    let inactivity = "/notices/minimum_days/inactivity";
    assert!(!named.iter().any(|found| found.pointer == inactivity));
}

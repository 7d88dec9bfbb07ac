use serde_json::{Value, json};

use super::*;
use crate::domain::policy::preset;

/// A document that holds something of every kind that can get shorter.
fn document() -> Value {
    let mut whole =
        serde_json::to_value(&preset("akhmis").expect("akhmis").document).expect("JSON");
    let hand = serde_json::to_value(&preset("hand").expect("hand").document).expect("JSON");
    let license = &mut whole["license_types"]["end_user"];
    license["inactivity"] = hand["license_types"]["end_user"]["inactivity"].clone();
    license["inactivity"]["return_ladder"] = json!([
        {"up_to": {"days": 90}, "then": {"kind": "reactivate_if_current", "otherwise": "new"}},
        {"then": {"kind": "as_new"}}
    ]);
    license["recertification"] = json!({
        "schedule": {"kind": "rolling", "months": 12},
        "items": [{"kind": "course", "course": "refresher"}],
        "on_miss": "suspend"
    });
    license["term"] = json!({
        "ends": {"kind": "after", "length": {"months": 24}},
        "renewal_grace": {"days": 30},
        "renewed_by": ["supervisor"],
        "enforced_from": "2026-06-01"
    });
    whole["courses"]["refresher"]["validity"] = json!({"length": {"months": 24}});
    whole["notices"] = json!({"minimum_days": {"term": 10}});
    whole
}

fn read(value: &Value) -> PolicyDocument {
    let document: PolicyDocument = serde_json::from_value(value.clone()).expect("a document");
    assert_eq!(document.validate(), []);
    document
}

/// Pointers that the change shortens, and those that its undoing does.
fn both_ways(pointer: &str, to: &Value) -> (Vec<String>, Vec<String>) {
    let old = document();
    let mut new = old.clone();
    set(&mut new, pointer, to);
    let (old, new) = (read(&old), read(&new));
    (shortens(&old, &new), shortens(&new, &old))
}

/// Sets, or with null removes, what a pointer points to.
fn set(whole: &mut Value, pointer: &str, to: &Value) {
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    let parent = whole.pointer_mut(parent).expect("its parent");
    match (parent, to) {
        (Value::Object(object), Value::Null) => {
            object.remove(key);
        }
        (Value::Object(object), to) => {
            object.insert(key.to_owned(), to.clone());
        }
        (Value::Array(list), to) => list[key.parse::<usize>().expect("an index")] = to.clone(),
        _ => panic!("{pointer} has no parent"),
    }
}

const TYPE: &str = "/license_types/end_user";

#[test]
fn less_of_anything_is_named_and_more_of_it_is_not() {
    let cases = [
        ("/inactivity/off_rule/limit", json!({"days": 40}), true),
        ("/inactivity/off_rule/limit_inclusive", json!(true), false),
        ("/inactivity/off_rule/grace", json!({"days": 4}), false),
        ("/inactivity/off_action", json!("suspend"), true),
        ("/inactivity/keep_requests", json!(2), true),
        (
            "/inactivity/return_ladder/0/up_to",
            json!({"days": 60}),
            false,
        ),
        ("/inactivity/login_serves", json!("license"), false),
        ("/inactivity/first_login_within", json!({"days": 3}), false),
        ("/inactivity/move_to_business_day", json!(true), true),
        ("/recertification/schedule/months", json!(6), false),
        ("/recertification/on_miss", json!("deactivate"), false),
        ("/campaigns/on_miss", json!("suspend"), false),
        ("/term/ends/length", json!({"months": 12}), false),
        ("/term/renewal_grace", Value::Null, false),
        ("/term/enforced_from", json!("2026-05-31"), false),
        ("/term/enforced_from", Value::Null, false),
        ("/onboarding/staff_time_counts", json!(true), false),
        (
            "/onboarding/deadlines/0/length",
            json!({"business_days": 10}),
            false,
        ),
        ("/practice/max_attempts", json!(3), false),
    ];
    for (rule, to, longer) in cases {
        let pointer = format!("{TYPE}{rule}");
        let (there, back) = both_ways(&pointer, &to);
        let (shorter, other) = if longer { (back, there) } else { (there, back) };
        assert!(shorter.contains(&pointer), "{pointer}: {shorter:?}");
        assert_eq!(other, Vec::<String>::new(), "{pointer}");
    }
    for (pointer, to, longer) in [
        (
            "/agreements/end_user_agreement/validity/length",
            json!({"months": 6}),
            false,
        ),
        (
            "/agreements/end_user_agreement/new_version_days",
            json!(31),
            true,
        ),
        (
            "/agreements/end_user_agreement/on_lapse",
            json!("deactivate"),
            false,
        ),
        (
            "/courses/refresher/validity/length",
            json!({"months": 25}),
            true,
        ),
        ("/courses/refresher/validity", Value::Null, true),
        ("/courses/refresher/max_attempts", json!(3), false),
        ("/requests/lapses_after", json!({"days": 60}), false),
        ("/ends_of_need/departure_notice_hours", json!(12), false),
        ("/projects/last_project_removed", json!("suspend"), false),
        ("/projects/wind_down_days", json!(10), false),
        ("/suspension/maximum/length", json!({"days": 120}), true),
        ("/suspension/maximum/then", json!("deactivate"), false),
        ("/notices/minimum_days/term", json!(9), false),
        ("/holidays/us_federal", json!(false), false),
        ("/holidays/extras", json!(["2026-10-19"]), true),
    ] {
        let (there, back) = both_ways(pointer, &to);
        let (shorter, other) = if longer { (back, there) } else { (there, back) };
        assert!(
            shorter.iter().any(|found| found.starts_with(pointer)),
            "{pointer}: {shorter:?}"
        );
        assert_eq!(other, Vec::<String>::new(), "{pointer}");
    }
}

#[test]
fn a_grace_is_also_the_notice_before_the_end_it_guards() {
    let (there, _) = both_ways(
        &format!("{TYPE}/inactivity/off_rule/grace"),
        &json!({"days": 4}),
    );
    assert_eq!(
        there,
        [
            "/license_types/end_user/inactivity/off_rule/grace",
            "/notices/minimum_days/inactivity"
        ]
    );
}

#[test]
fn units_that_no_calendar_orders_count_as_shorter() {
    let pointer = "/license_types/end_user/term/ends/length";
    // 24 months have 730 or 731 days.
    let (to_days, _) = both_ways(pointer, &json!({"days": 730}));
    assert_eq!(to_days, [pointer]);
    let (to_more, _) = both_ways(pointer, &json!({"days": 750}));
    assert_eq!(to_more, Vec::<String>::new());
}

#[test]
fn a_rule_introduced_shortens_and_a_rule_removed_does_not() {
    for rule in ["/recertification", "/term", "/onboarding"] {
        let (removed, introduced) = both_ways(&format!("{TYPE}{rule}"), &Value::Null);
        assert_eq!(removed, Vec::<String>::new(), "{rule}");
        assert!(
            introduced
                .iter()
                .any(|found| found.starts_with(&format!("{TYPE}{rule}"))),
            "{rule}: {introduced:?}"
        );
    }
    let (removed, introduced) = both_ways(&format!("{TYPE}/inactivity/off_rule"), &Value::Null);
    assert_eq!(removed, Vec::<String>::new());
    assert_eq!(
        introduced,
        ["/license_types/end_user/inactivity/off_rule/limit"]
    );
}

#[test]
fn what_nobody_had_is_not_shortened() {
    let (there, back) = both_ways(
        "/courses/extra",
        &json!({"title": "Extra", "validity": {"length": {"days": 10}}, "max_attempts": 1}),
    );
    assert_eq!((there, back), (vec![], vec![]));
    let (there, back) = both_ways("/courses/refresher/title", &json!("Refresher, renamed"));
    assert_eq!((there, back), (vec![], vec![]));
}

#[test]
fn deadlines_are_the_same_by_code_whatever_their_place() {
    let old = document();
    let mut new = old.clone();
    new["license_types"]["end_user"]["onboarding"]["deadlines"]
        .as_array_mut()
        .expect("a list")
        .reverse();
    assert_eq!(shortens(&read(&old), &read(&new)), Vec::<String>::new());
    new["license_types"]["end_user"]["onboarding"]["deadlines"][0]["length"] =
        json!({"business_days": 19});
    assert_eq!(
        shortens(&read(&old), &read(&new)),
        ["/license_types/end_user/onboarding/deadlines/0/length"]
    );
}

#[test]
fn what_an_override_shortens_for_one_group_counts() {
    let old = document();
    let mut new = old.clone();
    new["organization_groups"] = json!({"anchorage": {
        "title": "Anchorage CoC",
        "members": [{"organization_id": "0190b5a0-0000-7000-8000-000000000001"}]
    }});
    new["overrides"] = json!([{
        "group": "anchorage",
        "changes": {"license_types": {"end_user": {"inactivity": {"off_rule": {
            "limit": {"days": 20}, "steps": [{"after": {"days": 20}, "tells": ["user"]}]
        }}}}}
    }]);
    let (old, new) = (read(&old), read(&new));
    assert_eq!(
        shortens(&old, &new),
        [
            "/license_types/end_user/inactivity/off_rule/limit",
            "/license_types/end_user/inactivity/off_rule/steps/0/after"
        ]
    );
    assert_eq!(shortens(&new, &old), Vec::<String>::new());
}

#[test]
fn a_rule_of_its_own_that_gives_way_to_a_stricter_general_one_shortens() {
    let general = json!({"days": 30});
    let cases: [(&str, Value, &str); 6] = [
        (
            "/license_types/end_user/requests",
            json!({"requesters": [{"from": {"kind": "supervisor"}}],
                   "approval": [], "activation": {"by": "staff"},
                   "lapses_after": {"days": 90}}),
            "/lapses_after",
        ),
        (
            "/license_types/end_user/agreement_terms/end_user_agreement",
            json!({"new_version_days": 60}),
            "/new_version_days",
        ),
        (
            "/license_types/end_user/agreement_terms/end_user_agreement",
            json!({"validity": {"kind": "rolling", "length": {"months": 24}}}),
            "/validity/length",
        ),
        (
            "/suspension/by_cause/leave",
            json!({"length": {"days": 200}, "then": "list"}),
            "/length",
        ),
        (
            "/license_types/end_user/requirement_sets/returning/courses/0/validity",
            json!({"length": {"months": 36}}),
            "/length",
        ),
        (
            "/license_types/end_user/requirement_sets/returning/courses/0/max_attempts",
            json!(5),
            "",
        ),
    ];
    for (own, rule, member) in cases {
        let mut without = document();
        set(&mut without, "/requests/lapses_after", &general);
        set(
            &mut without,
            "/agreements/end_user_agreement/new_version_days",
            &json!(30),
        );
        let course = without["license_types"]["end_user"]["requirement_sets"]["returning"]["courses"]
            [0]["course"]
            .clone();
        let course = format!("/courses/{}", course.as_str().expect("a course"));
        let validity = json!({"length": {"months": 12}});
        set(&mut without, &format!("{course}/validity"), &validity);
        set(&mut without, &format!("{course}/max_attempts"), &json!(3));
        let mut with = without.clone();
        if own.contains("/agreement_terms/") {
            set(
                &mut with,
                "/license_types/end_user/agreement_terms",
                &json!({}),
            );
        }
        if own.contains("/by_cause/") {
            set(&mut with, "/suspension/by_cause", &json!({}));
        }
        set(&mut with, own, &rule);
        let found = shortens(&read(&with), &read(&without));
        assert_eq!(found, [format!("{own}{member}")]);
        // A general rule that asks for less takes nothing away.
        assert!(!shortens(&read(&without), &read(&with)).contains(&format!("{own}{member}")));
    }
}

#[test]
fn a_shorter_wait_for_the_login_sources_shortens_also_where_it_was_a_day_unsaid() {
    let pointer = format!("{TYPE}/inactivity/login_report_lag_hours");
    let (there, back) = both_ways(&pointer, &json!(12));
    assert_eq!((there, back), (vec![pointer], vec![]));
}

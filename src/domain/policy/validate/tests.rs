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
fn what_holds_for_the_implementation() {
    refused(
        "",
        vec![
            ("/time_zone", json!("Alaska/Nome"), &["/time_zone"]),
            ("/time_zone", json!("EST+5"), &["/time_zone"]),
            (
                "/organizations/obligations/0/item/agreement",
                json!("end_user_agreement"),
                &["/organizations/obligations/0/item/agreement"],
            ),
            (
                "/organizations/obligations/-",
                json!({"item": {"kind": "requester_course", "course": "none"}, "while_missing": "list"}),
                &["/organizations/obligations/2/item/course"],
            ),
            (
                "/organizations/obligations/-",
                json!({"item": {"kind": "contact", "duty": "security_officer"}, "while_missing": "list"}),
                &["/organizations/obligations/2/item"],
            ),
            (
                "/notices",
                json!({"minimum_days": {"term": 400}}),
                &["/notices/minimum_days/term"],
            ),
            (
                "/ends_of_need/departure_notice_hours",
                json!(9000),
                &["/ends_of_need/departure_notice_hours"],
            ),
            (
                "/suspension/maximum/length",
                json!({"days": 0}),
                &["/suspension/maximum/length"],
            ),
            (
                "/suspension/by_cause",
                json!({"leave": {"length": {"months": 200}, "then": "list"}}),
                &["/suspension/by_cause/leave/length"],
            ),
            (
                "/seats/caps/-",
                json!({"scope": {"kind": "implementation"}, "seats": 90}),
                &["/seats/caps/2"],
            ),
            ("/seats/caps/1/seats", json!(101), &["/seats/caps/1/seats"]),
            (
                "/seats/caps/1/license_types",
                json!(["nothing"]),
                &["/seats/caps/1/license_types"],
            ),
            (
                "/seats/needed_at",
                json!({"kind": "approval", "none_free": "queue", "reservation_days": 0}),
                &["/seats/needed_at/reservation_days"],
            ),
            (
                "/seats/after_end",
                json!({"kind": "successor", "days": 0}),
                &["/seats/after_end/days"],
            ),
            (
                "/violations/kinds/sharing_password/enters_at",
                json!(3),
                &["/violations/kinds/sharing_password/enters_at"],
            ),
            (
                "/violations/offences/1/number",
                json!(1),
                &["/violations/offences/1/number"],
            ),
            (
                "/violations/offences/0/number",
                json!(2),
                &[
                    "/violations/offences/0/number",
                    "/violations/offences/1/number",
                ],
            ),
            (
                "/violations/offences/0/consequence",
                json!({"kind": "suspend", "then": "lift"}),
                &["/violations/offences/0/consequence"],
            ),
            (
                "/violations/offences/0/consequence/cure/course",
                json!("none"),
                &["/violations/offences/0/consequence/cure/course"],
            ),
        ],
    );
}

#[test]
fn courses_agreements_and_practice() {
    refused(
        "",
        vec![
            (
                "/courses/refresher/pass_mark",
                json!(101),
                &["/courses/refresher/pass_mark"],
            ),
            (
                "/courses/refresher/max_attempts",
                json!(0),
                &["/courses/refresher/max_attempts"],
            ),
            (
                "/courses/refresher/title",
                json!("  "),
                &["/courses/refresher/title"],
            ),
            (
                "/courses/Upper Case",
                json!({"title": "Upper"}),
                &["/courses/Upper Case"],
            ),
            (
                "/courses/refresher/validity",
                json!({}),
                &["/courses/refresher/validity"],
            ),
            (
                "/courses/refresher/validity",
                json!({"length": {"months": 6}, "until_activation": {"months": 7}}),
                &["/courses/refresher/validity/until_activation"],
            ),
            (
                "/courses/refresher/equivalents",
                json!(["refresher"]),
                &["/courses/refresher/equivalents"],
            ),
            (
                "/courses/refresher/equivalents",
                json!(["unknown"]),
                &["/courses/refresher/equivalents"],
            ),
            (
                "/courses/refresher/accepted_editions",
                json!(["2024"]),
                &["/courses/refresher/accepted_editions"],
            ),
            (
                "/agreements/end_user_agreement/parties",
                json!([]),
                &["/agreements/end_user_agreement/parties"],
            ),
            (
                "/agreements/participation/parties",
                json!(["end_user"]),
                &["/agreements/participation/parties"],
            ),
            (
                "/agreements/participation/validity/date/due",
                json!({"month": 2, "day": 29}),
                &["/agreements/participation/validity/date/due"],
            ),
            (
                "/agreements/participation/validity/date/opens",
                json!({"month": 13, "day": 1}),
                &["/agreements/participation/validity/date/opens"],
            ),
            (
                "/agreements/end_user_agreement/new_version_days",
                json!(1000),
                &["/agreements/end_user_agreement/new_version_days"],
            ),
            (
                "/practice_sets/practice_shelter/workflow",
                json!("none"),
                &["/practice_sets/practice_shelter/workflow"],
            ),
            (
                "/practice_sets/practice_shelter/cases",
                json!(0),
                &["/practice_sets/practice_shelter/cases"],
            ),
            (
                "/workflows/shelter/project_types",
                json!([5]),
                &["/workflows/shelter/project_types"],
            ),
        ],
    );
    let mut elsewhere = document();
    set(
        &mut elsewhere,
        "/courses/refresher/equivalents",
        json!(["hand:data_quality"]),
    );
    assert_eq!(pointers(elsewhere), Vec::<String>::new());
}

#[test]
fn requests() {
    refused(
        "/requests",
        vec![
            ("/requesters", json!([]), &["/requesters"]),
            (
                "/requesters/-",
                json!({"from": {"kind": "trainee"}}),
                &["/requesters/1/confirmation"],
            ),
            (
                "/requesters/-",
                json!({"from": {"kind": "course_passed", "course": "none"},
                    "confirmation": {"by": [], "within_days": 0}}),
                &[
                    "/requesters/1/confirmation/by",
                    "/requesters/1/confirmation/within_days",
                    "/requesters/1/from/course",
                ],
            ),
            (
                "/requesters/-",
                json!({"from": {"kind": "help_desk_for_supervisor"}}),
                &["/requesters/1"],
            ),
            (
                "/attestations/-",
                json!({"kind": "job_need"}),
                &["/attestations/3"],
            ),
            (
                "/attestations/2/maximum_age",
                json!({"months": 0}),
                &["/attestations/2/maximum_age"],
            ),
            (
                "/approval/0/job_roles",
                json!(["astronaut"]),
                &["/approval/0/job_roles"],
            ),
            (
                "/approval/0/groups",
                json!(["none"]),
                &["/approval/0/groups"],
            ),
            ("/lapses_after", json!({"days": 9999}), &["/lapses_after"]),
        ],
    );
}

#[test]
fn license_types_and_their_classes() {
    refused(
        "/license_types",
        vec![
            (
                "/business_objects/license/depends_on",
                json!(["business_objects"]),
                &["/business_objects/license/depends_on"],
            ),
            (
                "/business_objects/license/depends_on",
                json!([]),
                &["/business_objects/license/depends_on"],
            ),
            (
                "/business_objects/inactivity",
                json!({"off_action": "list", "login_serves": "person"}),
                &["/business_objects/inactivity"],
            ),
            (
                "/business_objects/classes/new",
                json!({"kind": "set", "set": "own"}),
                &["/business_objects/classes/new"],
            ),
            (
                "/end_user/classes/new",
                Value::Null,
                &[
                    "/end_user/classes/additional/class",
                    "/end_user/classes/new",
                ],
            ),
            (
                "/end_user/classes/returning",
                Value::Null,
                &["/end_user/classes/returning"],
            ),
            (
                "/end_user/classes/new/set",
                json!("none"),
                &["/end_user/classes/new/set"],
            ),
            (
                "/end_user/classes/additional/class",
                json!("additional"),
                &["/end_user/classes/additional/class"],
            ),
            (
                "/end_user/classes/new",
                json!({"kind": "return_ladder", "otherwise": "new"}),
                &["/end_user/classes/new"],
            ),
            (
                "/end_user/transfer_within_months",
                json!(6),
                &["/end_user/classes/transfer"],
            ),
            (
                "/end_user/agreement_terms",
                json!({"none": {}, "end_user_agreement": {"parties": []}}),
                &[
                    "/end_user/agreement_terms/end_user_agreement/parties",
                    "/end_user/agreement_terms/none",
                ],
            ),
            (
                "/end_user/standing_conditions/error_rate/valid_for",
                json!({"days": 0}),
                &["/end_user/standing_conditions/error_rate/valid_for"],
            ),
        ],
    );
    let mut add_on_of_an_add_on = document();
    let second = json!({
        "title": "More", "license": {"kind": "add_on", "depends_on": ["business_objects"]},
        "requirement_sets": {"own": {}}, "classes": {"add_on": {"kind": "set", "set": "own"}}
    });
    set(&mut add_on_of_an_add_on, "/license_types/more", second);
    assert_eq!(
        pointers(add_on_of_an_add_on),
        ["/license_types/more/license/depends_on"]
    );

    let mut no_base = document();
    set(&mut no_base, "/license_types", json!({}));
    set(&mut no_base, "/seats/caps", json!([]));
    set(&mut no_base, "/fees", Value::Null);
    assert_eq!(pointers(no_base), ["/license_types"]);

    let mut second_base = document();
    let mut read_only = second_base["license_types"]["end_user"].clone();
    read_only["classes"]["type_change"] = json!({"kind": "same_as", "class": "new"});
    set(&mut second_base, "/license_types/read_only", read_only);
    assert_eq!(
        pointers(second_base),
        ["/license_types/end_user/classes/type_change"]
    );
}

#[test]
fn requirement_sets() {
    refused(
        "/license_types/end_user/requirement_sets/new",
        vec![
            (
                "/agreements/0/agreement",
                json!("none"),
                &["/agreements/0/agreement"],
            ),
            (
                "/agreements/0/agreement",
                json!("participation"),
                &["/agreements/0/agreement"],
            ),
            ("/courses/0/course", json!("none"), &["/courses/0/course"]),
            (
                "/courses/0/pass_mark",
                json!(200),
                &["/courses/0/pass_mark"],
            ),
            (
                "/courses/2/project_types",
                json!([99]),
                &["/courses/2/project_types"],
            ),
            (
                "/courses/0/job_roles",
                json!(["astronaut"]),
                &["/courses/0/job_roles"],
            ),
            (
                "/courses/-",
                json!({"course": "refresher", "on_lapse": "reopen_step"}),
                &["/courses/7/on_lapse"],
            ),
            (
                "/courses/-",
                json!({"course": "new_end_user", "job_roles": ["case_manager"]}),
                &["/courses/7"],
            ),
            (
                "/practice/0/practice_set",
                json!("none"),
                &["/practice/0/practice_set"],
            ),
            ("/order", json!(["initial", "workflow"]), &["/order"]),
            (
                "/order",
                json!(["initial", "initial", "workflow", "practice", "last"]),
                &["/order/1", "/order/4"],
            ),
        ],
    );
    refused(
        "/license_types/end_user",
        vec![(
            "/practice",
            Value::Null,
            &[
                "/onboarding/deadlines/2/goal",
                "/onboarding/deadlines/2/start",
                "/onboarding/deadlines/3/goal",
                "/onboarding/deadlines/3/start",
                "/onboarding/deadlines/4/goal",
                "/requirement_sets/new/practice",
                "/requirement_sets/returning/practice",
            ],
        )],
    );
}

#[test]
fn onboarding_deadlines() {
    refused(
        "/license_types/end_user/onboarding/deadlines",
        vec![
            ("/1/code", json!("initial_steps"), &["/1/code"]),
            ("/0/length", json!({"days": 0}), &["/0/length"]),
            ("/0/classes", json!(["add_on"]), &["/0/classes"]),
            ("/1/goal/courses", json!([]), &["/1/goal/courses"]),
            (
                "/1/goal",
                json!({"kind": "signed", "agreements": ["none"]}),
                &["/1/goal/agreements"],
            ),
            (
                "/1/goal",
                json!({"kind": "initial_steps_done"}),
                &["/1/goal"],
            ),
            ("/4/start/step", json!("none"), &["/4/start/step"]),
            (
                "/4/goal",
                json!({"kind": "step_done", "step": "workflow"}),
                &["/4/goal"],
            ),
            (
                "/4/on_miss",
                json!({"kind": "reset_step", "step": "none"}),
                &["/4/on_miss/step"],
            ),
        ],
    );
    refused(
        "/license_types/end_user/onboarding",
        vec![("/deadlines", json!([]), &["/deadlines"])],
    );
}

#[test]
fn inactivity() {
    let step = |days: u16| json!({"after": {"days": days}, "tells": ["user"]});
    refused(
        "/license_types/end_user/inactivity",
        vec![
            ("/off_rule/grace", json!({"days": 31}), &["/off_rule/grace"]),
            // Twenty-one business days can be more than 30 days.
            (
                "/off_rule/grace",
                json!({"business_days": 21}),
                &["/off_rule/grace"],
            ),
            (
                "/off_rule/limit",
                json!({"days": 29}),
                &["/off_rule/steps/0/after"],
            ),
            (
                "/off_rule/limit",
                json!({"days": 0}),
                &[
                    "/off_rule/grace",
                    "/off_rule/limit",
                    "/off_rule/steps/0/after",
                ],
            ),
            (
                "/off_rule/limit",
                json!({"months": 121}),
                &["/off_rule/limit"],
            ),
            (
                "/off_rule/steps",
                json!([step(20), step(20), step(10), step(30)]),
                &["/off_rule/steps/1/after", "/off_rule/steps/2/after"],
            ),
            (
                "/off_rule/steps/0/tells",
                json!([]),
                &["/off_rule/steps/0/tells"],
            ),
            ("/keep_requests", json!(1), &[]),
            (
                "/return_ladder/0/up_to",
                json!({"days": 180}),
                &["/return_ladder/1/up_to"],
            ),
            (
                "/return_ladder/2/up_to",
                json!({"days": 365}),
                &["/return_ladder/2/up_to"],
            ),
            (
                "/return_ladder/1/up_to",
                Value::Null,
                &["/return_ladder/1/up_to"],
            ),
            (
                "/return_ladder/1/then/set",
                json!("none"),
                &["/return_ladder/1/then/set"],
            ),
            (
                "/first_login_within",
                json!({"days": 31}),
                &["/first_login_within"],
            ),
            ("/first_login_within", json!({"days": 0}), &[]),
            (
                "/login_report_lag_hours",
                json!(200),
                &["/login_report_lag_hours"],
            ),
            (
                "/stale_list_after",
                json!({"days": 90}),
                &["/stale_list_after"],
            ),
            ("/restarted_by", json!(["Not A Code"]), &["/restarted_by"]),
        ],
    );
    let mut without_limit = document();
    set(
        &mut without_limit,
        "/license_types/end_user/inactivity/off_rule",
        Value::Null,
    );
    set(
        &mut without_limit,
        "/license_types/end_user/inactivity/keep_requests",
        json!(1),
    );
    assert_eq!(
        pointers(without_limit),
        ["/license_types/end_user/inactivity/keep_requests"]
    );
}

#[test]
fn without_steps_the_notice_is_the_grace() {
    let with = |minimum: Option<u16>, grace: u16| {
        let mut whole = document();
        let rule = "/license_types/end_user/inactivity/off_rule";
        set(&mut whole, &format!("{rule}/steps"), Value::Null);
        set(&mut whole, &format!("{rule}/grace"), json!({"days": grace}));
        if let Some(days) = minimum {
            set(
                &mut whole,
                "/notices",
                json!({"minimum_days": {"inactivity": days}}),
            );
        }
        pointers(whole)
    };
    let fault = ["/license_types/end_user/inactivity/off_rule/grace"];
    assert_eq!(with(None, 5), Vec::<String>::new());
    assert_eq!(with(Some(5), 5), Vec::<String>::new());
    assert_eq!(
        with(Some(0), 0),
        Vec::<String>::new(),
        "no notice is needed at all"
    );
    assert_eq!(with(Some(0), 5), fault);
    assert_eq!(with(Some(10), 5), fault);
}

#[test]
fn terms_and_recertification() {
    refused(
        "/license_types/end_user",
        vec![
            (
                "/term/renewal_grace",
                json!({"months": 25}),
                &["/term/renewal_grace"],
            ),
            ("/term/renewed_by", json!([]), &["/term/renewed_by"]),
            ("/term/reminders", json!([0]), &["/term/reminders"]),
            ("/term/reminders", json!([800]), &["/term/reminders"]),
            (
                "/term/ends/length",
                json!({"months": 0}),
                &["/term/ends/length", "/term/renewal_grace"],
            ),
            (
                "/recertification/schedule/months",
                json!(0),
                &[
                    "/recertification/reminders",
                    "/recertification/schedule/early_window",
                    "/recertification/schedule/months",
                ],
            ),
            (
                "/recertification/schedule/early_window",
                json!({"months": 13}),
                &["/recertification/schedule/early_window"],
            ),
            (
                "/recertification/schedule",
                json!({"kind": "fixed_yearly", "date": {
                    "due": {"month": 4, "day": 31}, "opens": {"month": 1, "day": 0},
                    "newcomers_from": {"month": 0, "day": 1}
                }}),
                &[
                    "/recertification/schedule/date/due",
                    "/recertification/schedule/date/newcomers_from",
                    "/recertification/schedule/date/opens",
                ],
            ),
            (
                "/recertification/items",
                json!([]),
                &["/recertification/items"],
            ),
            (
                "/recertification/items/1/count",
                json!(3),
                &["/recertification/items/1/count"],
            ),
            (
                "/recertification/items/0/course",
                json!("none"),
                &["/recertification/items/0/course"],
            ),
            (
                "/recertification/items/-",
                json!({"kind": "acknowledgement", "code": "data_standards", "title": "Again"}),
                &["/recertification/items/3/code"],
            ),
            (
                "/recertification/items/-",
                json!({"kind": "course", "course": "refresher"}),
                &["/recertification/items/3"],
            ),
            (
                "/campaigns/reminders",
                json!([400]),
                &["/campaigns/reminders"],
            ),
        ],
    );
}

#[test]
fn fees() {
    let share = |points: u16| json!({"payer": "ahfc", "basis_points": points});
    let dated = |points: u16, from: &str, until: &str| json!({"payer": "ahfc", "basis_points": points, "from_on": from, "until_on": until});
    refused(
        "/fees/lines/end_user",
        vec![
            ("/payers", json!([share(9999)]), &["/payers"]),
            ("/payers", json!([share(6000), share(6000)]), &["/payers"]),
            ("/payers/0/payer", json!("none"), &["/payers/0/payer"]),
            (
                "/payers",
                json!([share(0), share(10000)]),
                &["/payers/0/basis_points"],
            ),
            (
                "/payers",
                json!([dated(10000, "2026-07-01", "2026-06-30"), share(10000)]),
                &["/payers/0/until_on"],
            ),
            // On the last day of the first both pay.
            (
                "/payers",
                json!([
                    dated(10000, "2026-01-01", "2026-06-30"),
                    dated(10000, "2026-06-30", "2026-12-31")
                ]),
                &["/payers"],
            ),
            (
                "/payers",
                json!([
                    dated(10000, "2026-01-01", "2026-06-30"),
                    dated(10000, "2026-07-01", "2026-12-31")
                ]),
                &[],
            ),
            // A grant pays the first twenty seats, the organization the others.
            (
                "/payers",
                json!([{"payer": "ahfc", "basis_points": 10000, "first_seats": 20}, {"basis_points": 10000}]),
                &[],
            ),
            (
                "/payers/0/first_seats",
                json!(0),
                &["/payers", "/payers/0/first_seats"],
            ),
            (
                "/basis",
                json!({"kind": "license", "license_types": ["business_objects"]}),
                &["/basis/license_types"],
            ),
            (
                "/basis",
                json!({"kind": "add_on", "license_types": ["end_user"]}),
                &["/basis/license_types"],
            ),
            (
                "/basis",
                json!({"kind": "training_passed", "courses": ["refresher"]}),
                &["/term"],
            ),
            ("/term", json!({"kind": "quarter_of_training"}), &["/term"]),
            (
                "/term",
                json!({"kind": "fixed_date", "starts": {"month": 2, "day": 30}}),
                &["/term/starts"],
            ),
            ("/groups", json!(["none"]), &["/groups"]),
            (
                "/unpaid",
                json!({"after_days": 400, "then": "hold"}),
                &["/unpaid/after_days"],
            ),
        ],
    );
    let mut once = document();
    set(
        &mut once,
        "/fees/lines/end_user/term",
        json!({"kind": "once"}),
    );
    set(&mut once, "/fees/lines/end_user/proration", json!("by_day"));
    assert_eq!(pointers(once), ["/fees/lines/end_user/proration"]);
}

#[test]
fn groups_and_overrides() {
    refused(
        "",
        vec![
            (
                "/organization_groups/alaska/within",
                json!("interior"),
                &[
                    "/organization_groups/alaska/within",
                    "/organization_groups/interior/within",
                ],
            ),
            (
                "/organization_groups/interior/within",
                json!("none"),
                &["/organization_groups/interior/within"],
            ),
            (
                "/organization_groups/interior/members/-",
                member(1),
                &["/organization_groups/interior/members/1"],
            ),
            (
                "/organization_groups/interior/members/0/from_on",
                json!("2026-02-01"),
                &[],
            ),
            (
                "/overrides",
                json!([{"group": "none", "changes": {"suspension": {}}}]),
                &["/overrides/0/group"],
            ),
            (
                "/overrides",
                json!([{"group": "alaska", "changes": {}}]),
                &["/overrides/0/changes"],
            ),
            (
                "/overrides",
                json!([{"group": "alaska", "changes": {"time_zone": "America/Nome"}}]),
                &["/overrides/0/changes/time_zone"],
            ),
            (
                "/overrides",
                json!([{"group": "alaska", "changes": {"ends_of_need": {"hours": 4}}}]),
                &["/overrides/0/changes"],
            ),
            (
                "/overrides",
                json!([{"group": "interior", "changes": {"license_types": {"end_user": {"inactivity":
                    {"off_rule": {"grace": {"days": 40}}}}}}}]),
                &["/overrides/0/changes/license_types/end_user/inactivity/off_rule/grace"],
            ),
            // The narrower group wins.
            (
                "/overrides",
                json!([
                    {"group": "interior", "changes": {"projects": {"wind_down_days": 10}}},
                    {"group": "alaska", "changes": {"projects": {"wind_down_days": 20}}}
                ]),
                &[],
            ),
            // One group cannot change a rule twice, but two rules.
            (
                "/overrides",
                json!([
                    {"group": "interior", "changes": {"projects": {"wind_down_days": 10}}},
                    {"group": "interior", "changes": {"projects": {"wind_down_days": 20}}}
                ]),
                &["/overrides/1/changes/projects/wind_down_days"],
            ),
            (
                "/overrides",
                json!([
                    {"group": "interior", "changes": {"projects": {"wind_down_days": 10}}},
                    {"group": "interior", "changes": {"projects": {"last_project_removed": "suspend"}}}
                ]),
                &[],
            ),
        ],
    );
}

#[test]
fn two_groups_of_equal_rank_are_refused_only_where_they_meet() {
    let with = |until: &str, from: &str| {
        let mut whole = document();
        let mut before = member(1);
        before["until_on"] = json!(until);
        let mut after = member(1);
        after["from_on"] = json!(from);
        whole["organization_groups"] = json!({
            "north": {"title": "North", "members": [before]},
            "south": {"title": "South", "members": [after]}
        });
        whole["overrides"] = json!([
            {"group": "north", "changes": {"projects": {"wind_down_days": 10}}},
            {"group": "south", "changes": {"projects": {"wind_down_days": 20}}}
        ]);
        pointers(whole)
    };
    assert_eq!(with("2026-06-30", "2026-07-01"), Vec::<String>::new());
    assert_eq!(
        with("2026-07-01", "2026-07-01"),
        ["/overrides/1/changes/projects/wind_down_days"]
    );
}

#[test]
fn an_organization_has_the_rules_of_its_narrowest_group_of_the_day() {
    let mut whole = document();
    whole["organization_groups"]["interior"]["members"][0]["from_on"] = json!("2026-07-01");
    whole["organization_groups"]["alaska"]["members"] = json!([member(1), member(2)]);
    whole["overrides"] = json!([
        {"group": "interior", "changes": {"projects": {"wind_down_days": 10}}},
        {"group": "alaska", "changes": {"projects": {"wind_down_days": 20}, "violations": null}}
    ]);
    let document: PolicyDocument = serde_json::from_value(whole).expect("a document");
    assert_eq!(document.validate(), []);
    let organization = |number: u8| {
        member(number)["organization_id"]
            .as_str()
            .expect("an id")
            .parse()
            .expect("an id")
    };
    let on = |number: u8, day: &str| {
        let day = day.parse().expect("a day");
        let document = document.for_organization(organization(number), day);
        (
            document.projects.wind_down_days,
            document.violations.is_some(),
        )
    };
    assert_eq!(on(1, "2026-06-30"), (20, false));
    assert_eq!(on(1, "2026-07-01"), (10, false));
    assert_eq!(on(2, "2026-07-01"), (20, false));
    assert_eq!(on(3, "2026-07-01"), (30, true));
    let change = document.next_group_change(organization(1), "2026-06-30".parse().expect("a day"));
    assert_eq!(change, "2026-07-01".parse().ok());
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

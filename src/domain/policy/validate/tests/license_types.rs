//! License types and their rules.

use serde_json::{Value, json};

use super::{document, pointers, refused, set};

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

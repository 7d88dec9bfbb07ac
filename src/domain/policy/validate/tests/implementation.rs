//! What holds for the implementation: catalogs, requests, ends, seats, violations, fees.

use serde_json::json;

use super::{document, pointers, refused, set};

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

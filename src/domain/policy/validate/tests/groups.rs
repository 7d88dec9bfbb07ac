//! Groups of organizations and their overrides.

use serde_json::json;

use super::{PolicyDocument, document, member, pointers, refused};

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
fn the_members_of_a_group_are_those_whose_groups_it_is_among() {
    let mut whole = document();
    whole["organization_groups"] = json!({
        "alaska": {"title": "Balance of state", "members": [member(1)]},
        "interior": {"title": "Interior", "within": "alaska", "members": [member(2), member(3)]},
        "fairbanks": {"title": "Fairbanks", "within": "interior", "members": [member(3), member(4)]},
        "lost": {"title": "Lost", "within": "none", "members": [member(5)]},
        "ring": {"title": "Ring", "within": "ring", "members": [member(6)]},
    });
    let members = &mut whole["organization_groups"]["interior"]["members"];
    members[0]["from_on"] = json!("2026-07-01");
    members[1]["until_on"] = json!("2026-06-30");
    let document: PolicyDocument = serde_json::from_value(whole).expect("a document");
    let organization = |number: u8| {
        member(number)["organization_id"]
            .as_str()
            .expect("an id")
            .parse()
            .expect("an id")
    };
    let on = |group: &str, day: &str| -> Vec<u8> {
        let day = day.parse().expect("a day");
        let found = document.members_of(group, day);
        for number in 1..=7 {
            let groups = document.groups_of(organization(number), day);
            assert_eq!(
                found.contains(&organization(number)),
                groups.contains_key(group),
                "{group}, {number}"
            );
        }
        (1..=7)
            .filter(|number| found.contains(&organization(*number)))
            .collect()
    };
    assert_eq!(on("alaska", "2026-06-30"), [1, 3, 4]);
    assert_eq!(on("alaska", "2026-07-01"), [1, 2, 3, 4]);
    assert_eq!(on("interior", "2026-06-30"), [3, 4]);
    assert_eq!(on("interior", "2026-07-01"), [2, 3, 4]);
    assert_eq!(on("fairbanks", "2026-07-01"), [3, 4]);
    for group in ["lost", "ring", "none", "unknown"] {
        assert!(on(group, "2026-07-01").is_empty(), "{group}");
    }
}

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::domain::policy::{PolicyDocument, preset};

fn organization(number: u128) -> OrganizationId {
    OrganizationId(Uuid::from_u128(number))
}

fn day() -> NaiveDate {
    "2026-03-02".parse().unwrap()
}

fn at(minutes: i64) -> DateTime<Utc> {
    "2026-03-02T12:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::minutes(minutes)
}

/// HAND's policy with a second base type, these caps, and organization 1 in the region `east` of the continuum `coc`,
/// to which 2 belongs directly.
fn document(caps: &Value) -> PolicyDocument {
    let mut document = preset("hand").unwrap().document.clone();
    let read_only = document.license_types["end_user"].clone();
    document.license_types.insert("read_only".into(), read_only);
    let groups = json!({
        "coc": { "title": "Continuum", "members": [{ "organization_id": organization(2) }] },
        "east": {
            "title": "East", "within": "coc",
            "members": [{ "organization_id": organization(1), "until_on": "2026-03-31" }],
        },
    });
    document.organization_groups = serde_json::from_value(groups).unwrap();
    document.seats.caps = serde_json::from_value(caps.clone()).unwrap();
    document
}

fn waits(number: u128, organization_number: u128, minutes: i64) -> WaitlistEntry {
    WaitlistEntry {
        request_id: RequestId(Uuid::from_u128(number)),
        place: Place::Seat,
        implementation_id: ImplementationId(Uuid::nil()),
        organization_id: organization(organization_number),
        person_id: PersonId(Uuid::from_u128(number)),
        license_type: "end_user".into(),
        changes_from: None,
        joined_at: at(minutes),
        may_take: true,
        reserved_at: None,
        reserved_until: None,
    }
}

fn runs(number: u128, license_type: &str, licenses: u32) -> Running {
    Running {
        organization_id: organization(number),
        license_type: license_type.into(),
        licenses,
    }
}

fn kept(number: u128, organization_number: u128) -> KeptSeat {
    KeptSeat {
        license_id: LicenseId(Uuid::from_u128(number)),
        implementation_id: ImplementationId(Uuid::nil()),
        organization_id: organization(organization_number),
        license_type: "end_user".into(),
        kept_at: at(0),
        until: None,
    }
}

/// The numbers of the requests that get a seat now.
fn served(document: &PolicyDocument, tally: &Tally, on: NaiveDate) -> Vec<u128> {
    tally
        .due(&mut Pools::new(document, on), &BTreeSet::new())
        .into_iter()
        .map(|given| given.request.0.as_u128())
        .collect()
}

fn scopes(
    document: &PolicyDocument,
    number: u128,
    license_type: &str,
    on: NaiveDate,
) -> Vec<String> {
    document
        .pools(Place::Seat, organization(number), license_type, on)
        .iter()
        .map(|pool| match &pool.scope {
            PoolScope::Implementation => format!("all {}", pool.places),
            PoolScope::Group {
                group,
                organizations,
            } => {
                format!("{group} {} of {}", pool.places, organizations.len())
            }
            PoolScope::Organization(id) => format!("{} {}", id.0.as_u128(), pool.places),
        })
        .collect()
}

#[test]
fn a_request_falls_under_the_narrowest_cap_of_each_kind() {
    let document = document(&json!([
        { "scope": { "kind": "implementation" }, "seats": 50 },
        { "scope": { "kind": "implementation" }, "license_types": ["read_only"], "seats": 9 },
        { "scope": { "kind": "group", "group": "coc" }, "seats": 20 },
        { "scope": { "kind": "group", "group": "east" }, "seats": 5 },
        { "scope": { "kind": "each_organization" }, "seats": 3 },
        { "scope": { "kind": "organization", "organization_id": organization(2) }, "seats": 7 },
    ]));
    let april = "2026-04-01".parse().unwrap();
    for (number, license_type, on, expected) in [
        (1, "end_user", day(), vec!["all 50", "east 5 of 1", "1 3"]),
        (
            1,
            "read_only",
            day(),
            vec!["all 50", "all 9", "east 5 of 1", "1 3"],
        ),
        // It left the region, and with it the continuum.
        (1, "end_user", april, vec!["all 50", "1 3"]),
        // Those of the region are none of the continuum's: their own cap is narrower.
        (2, "end_user", day(), vec!["all 50", "coc 20 of 1", "2 7"]),
        (3, "end_user", day(), vec!["all 50", "3 3"]),
        (3, "unknown", day(), vec![]),
    ] {
        assert_eq!(
            scopes(&document, number, license_type, on),
            expected,
            "{number} {license_type} {on}"
        );
    }
}

#[test]
fn the_line_is_served_in_order_and_nobody_waits_behind_whoever_cannot_take_it() {
    let document = document(&json!([
        { "scope": { "kind": "implementation" }, "seats": 4 },
        { "scope": { "kind": "organization", "organization_id": organization(1) }, "seats": 1 },
    ]));
    let renewing = WaitlistEntry {
        may_take: false,
        ..waits(13, 2, 2)
    };
    let tally = Tally {
        running: vec![runs(1, "end_user", 1), runs(2, "end_user", 1)],
        // 11 finds its organization full, 13 renews a training.
        entries: vec![
            waits(15, 3, 4),
            waits(11, 1, 0),
            waits(14, 2, 3),
            renewing,
            waits(12, 2, 1),
        ],
        kept: Vec::new(),
    };
    assert_eq!(served(&document, &tally, day()), [12, 14]);
    let mut pools = Pools::new(&document, day());
    let places = |request: u128, pools: &mut Pools<'_>| {
        let turn = tally
            .turn(RequestId(Uuid::from_u128(request)), pools)
            .unwrap();
        (turn.position, turn.waiting)
    };
    assert_eq!(places(11, &mut pools), (1, 1));
    // Of the whole implementation, where two are free.
    assert_eq!(places(15, &mut pools), (5, 5));
}

#[test]
fn one_joined_at_the_same_instant_is_told_apart_by_id() {
    let document = document(&json!([{ "scope": { "kind": "implementation" }, "seats": 1 }]));
    let tally = Tally {
        entries: vec![waits(22, 1, 0), waits(21, 1, 0)],
        ..Tally::default()
    };
    assert_eq!(served(&document, &tally, day()), [21]);
}

#[test]
fn a_cap_that_only_reports_yet_keeps_nobody_waiting() {
    let document = document(&json!([
        { "scope": { "kind": "implementation" }, "seats": 0, "enforced_from": "2026-03-10" },
    ]));
    let tally = Tally {
        entries: vec![waits(1, 1, 0)],
        ..Tally::default()
    };
    assert_eq!(served(&document, &tally, day()), [1]);
    assert!(served(&document, &tally, "2026-03-10".parse().unwrap()).is_empty());
}

#[test]
fn a_change_of_type_takes_a_seat_only_where_the_old_type_had_none() {
    let document = document(&json!([
        { "scope": { "kind": "implementation" }, "seats": 2 },
        { "scope": { "kind": "implementation" }, "license_types": ["end_user"], "seats": 1 },
    ]));
    let changing = WaitlistEntry {
        changes_from: Some("read_only".into()),
        ..waits(1, 1, 0)
    };
    let mut tally = Tally {
        running: vec![runs(1, "read_only", 1), runs(2, "read_only", 1)],
        entries: vec![changing],
        kept: Vec::new(),
    };
    // The implementation is full, and loses no seat by it.
    assert_eq!(served(&document, &tally, day()), [1]);
    tally.running[1] = runs(2, "end_user", 1);
    assert!(served(&document, &tally, day()).is_empty());
}

#[test]
fn what_an_organization_keeps_is_free_for_its_own_requests_only() {
    let document = document(&json!([{ "scope": { "kind": "implementation" }, "seats": 2 }]));
    let mut tally = Tally {
        running: vec![runs(3, "end_user", 1)],
        entries: vec![waits(1, 2, 0), waits(2, 1, 1)],
        kept: vec![kept(7, 1)],
    };
    let mut pools = Pools::new(&document, day());
    let given = tally.due(&mut pools, &BTreeSet::new());
    assert_eq!(given.len(), 1);
    assert_eq!(given[0].request.0.as_u128(), 2);
    assert_eq!(given[0].kept, Some(LicenseId(Uuid::from_u128(7))));
    let pool = &document.pools(Place::Seat, organization(1), "end_user", day())[0];
    let figures = tally.figures(pool);
    assert_eq!((figures.filled, figures.held, figures.kept), (1, 0, 1));
    assert_eq!((figures.vacant, figures.above, figures.waiting), (0, 0, 2));
    // Whoever is in no line comes after the line.
    assert_eq!(
        tally.left_for(&mut pools, organization(1), "end_user", None),
        None
    );
    tally.entries.clear();
    assert_eq!(
        tally.left_for(&mut pools, organization(1), "end_user", None),
        Some(Some(LicenseId(Uuid::from_u128(7))))
    );
    assert_eq!(
        tally.left_for(&mut pools, organization(2), "end_user", None),
        None
    );
}

#[test]
fn licenses_above_a_lowered_cap_are_shown_and_freed_seats_given_to_nobody_until_it_is_met() {
    let document = document(&json!([{ "scope": { "kind": "each_organization" }, "seats": 1 }]));
    let tally = Tally {
        running: vec![runs(1, "end_user", 3)],
        entries: vec![waits(1, 1, 0)],
        kept: Vec::new(),
    };
    let pool = &document.pools(Place::Seat, organization(1), "end_user", day())[0];
    let figures = tally.figures(pool);
    assert_eq!((figures.vacant, figures.above), (0, 2));
    assert!(served(&document, &tally, day()).is_empty());
}

//! Random policies.

use chrono::{Days, NaiveDate};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::support::*;
use crate::domain::calendar::Length;

pub const ZONES: [&str; 5] = [
    "America/Detroit",
    "America/Anchorage",
    // Clocks change at midnight.
    "America/Havana",
    "Africa/Cairo",
    "Pacific/Honolulu",
];

/// The numbers of one policy version.
#[derive(Clone, Debug)]
pub struct Numbers {
    limit: Length,
    /// None, one, or two.
    steps: u8,
    /// Days after the first activation before which the rule only reports.
    enforced: Option<u16>,
    grace: u16,
    business_days: bool,
    off_action: &'static str,
    minimum: Option<u16>,
    months: u16,
    validity: Option<u16>,
    on_miss: &'static str,
    on_lapse: &'static str,
    version: &'static str,
    lag: u16,
    to_business_day: bool,
    /// The term, and its grace where it has one.
    term: Option<Value>,
    /// Recertification and the agreement fall due at a date of the year.
    yearly: Option<(u8, u8, u8)>,
    add_on_months: u16,
    add_on_miss: &'static str,
    first_login: Option<u16>,
    keep_requests: u16,
    stale_list: Option<u16>,
    /// The longest suspension, and what follows.
    suspension: Option<(u16, &'static str)>,
    /// The organization joins a group, so many days after the first activation, with a limit of its own and one step.
    group: Option<(u16, u16)>,
}

impl Numbers {
    /// Every limit that the version states.
    pub fn limits(&self) -> Vec<Length> {
        let group = self.group.map(|(_, limit)| Length::Days(limit));
        [Some(self.limit), group].into_iter().flatten().collect()
    }

    pub fn version(&self) -> &'static str {
        self.version
    }
}

fn limit() -> impl Strategy<Value = Length> {
    prop_oneof![
        4 => (4_u16..40).prop_map(Length::Days),
        1 => (4_u16..25).prop_map(Length::BusinessDays),
        1 => (1_u16..3).prop_map(Length::Months),
    ]
}

pub fn numbers() -> impl Strategy<Value = Numbers> {
    let action = prop::sample::select(vec!["deactivate", "suspend", "list"]);
    (
        (
            limit(),
            prop::sample::select(vec![0_u8, 1, 1, 2, 2]),
            0_u16..6,
            any::<bool>(),
            prop::option::weighted(0.15, 0_u16..120),
        ),
        (
            action.clone(),
            prop::option::of(0_u16..8),
            1_u16..6,
            prop::option::of(1_u16..8),
        ),
        (action.clone(), action, prop::sample::select(vec!["1", "2"])),
        (
            0_u16..48,
            any::<bool>(),
            prop::option::of(term()),
            prop::option::of(months()),
        ),
        (
            1_u16..6,
            prop::sample::select(vec!["deactivate", "suspend", "list"]),
            prop::option::weighted(0.2, 0_u16..10),
            0_u16..3,
            prop::option::weighted(0.3, 10_u16..60),
        ),
        (
            prop::option::weighted(
                0.5,
                (3_u16..60, prop::sample::select(vec!["deactivate", "list"])),
            ),
            prop::option::weighted(0.2, (0_u16..120, 4_u16..40)),
        ),
    )
        .prop_map(
            |(
                (limit, steps, grace, business_days, enforced),
                (off_action, minimum, months, validity),
                (on_miss, on_lapse, version),
                (lag, to_business_day, term, yearly),
                (add_on_months, add_on_miss, first_login, keep_requests, stale_list),
                (suspension, group),
            )| Numbers {
                limit,
                steps,
                enforced,
                grace,
                business_days,
                off_action,
                minimum,
                months,
                validity,
                on_miss,
                on_lapse,
                version,
                lag,
                to_business_day,
                term,
                yearly,
                add_on_months,
                add_on_miss,
                first_login,
                keep_requests,
                stale_list,
                suspension,
                group,
            },
        )
}

fn months() -> impl Strategy<Value = (u8, u8, u8)> {
    (1_u8..=12, 1_u8..=12, 1_u8..=12)
}

/// A date of the year, from the months of its due day, its opening and its cut-off.
fn date((due, opens, newcomers_from): (u8, u8, u8)) -> Value {
    json!({
        "due": {"month": due, "day": 28},
        "opens": {"month": opens, "day": 1},
        "newcomers_from": {"month": newcomers_from, "day": 15},
    })
}

fn term() -> impl Strategy<Value = Value> {
    let length = prop_oneof![
        (1_u16..6).prop_map(|months| json!({"months": months})),
        (5_u16..120).prop_map(|days| json!({"days": days})),
        (5_u16..60).prop_map(|days| json!({"business_days": days})),
    ];
    let ends = prop_oneof![
        2 => length.prop_map(|length| json!({"kind": "after", "length": length})),
        1 => months().prop_map(|months| json!({"kind": "yearly", "date": date(months)})),
    ];
    (ends, prop::option::of(1_u16..5)).prop_map(|(ends, grace)| match grace {
        Some(days) => {
            json!({"ends": ends, "renewed_by": ["supervisor"], "renewal_grace": {"days": days}})
        }
        None => json!({"ends": ends, "renewed_by": ["supervisor"]}),
    })
}

/// The document of a version, where the license began on a day.
pub fn policy(zone: &str, numbers: &Numbers, began_on: NaiveDate) -> Value {
    let type_ = "/license_types/end_user";
    let step = |after: Length| json!({"after": after, "tells": ["user"]});
    let half = match numbers.limit {
        Length::Days(days) => Length::Days(days / 2),
        Length::BusinessDays(days) => Length::BusinessDays(days / 2),
        Length::Months(_) => Length::Days(14),
    };
    let steps: Vec<Value> = match numbers.steps {
        0 => Vec::new(),
        1 => vec![step(numbers.limit)],
        _ => vec![step(half), step(numbers.limit)],
    };
    let later = |days: u16| began_on + Days::new(u64::from(days));
    let grace = if numbers.business_days {
        json!({"business_days": numbers.grace})
    } else {
        json!({"days": numbers.grace})
    };
    let minimum = match numbers.minimum {
        Some(days) => json!({"minimum_days":
            {"recertification": days, "agreement": days, "waiver": days, "inactivity": days, "term": days,
             "suspension_too_long": days, "unreachable": days}}),
        None => Value::Null,
    };
    let validity = match (numbers.validity, numbers.yearly) {
        (Some(months), None) => json!({"kind": "rolling", "length": {"months": months}}),
        (Some(_), Some(months)) => json!({"kind": "yearly", "date": date(months)}),
        (None, _) => Value::Null,
    };
    let schedule = match numbers.yearly {
        Some(months) => json!({"kind": "fixed_yearly", "date": date(months)}),
        None => json!({"kind": "rolling", "months": numbers.months}),
    };
    let days = |days: Option<u16>| days.map_or(Value::Null, |days| json!({"days": days}));
    let mut off_rule = if numbers.stale_list.is_some() {
        Value::Null
    } else {
        json!({"limit": numbers.limit, "steps": steps, "grace": grace})
    };
    if let (Some(days), false) = (numbers.enforced, off_rule.is_null()) {
        set(&mut off_rule, "/enforced_from", json!(later(days)));
    }
    let mut document = hand_with(&[
        (
            &format!("{type_}/classes/type_change"),
            json!({"kind": "same_as", "class": "new"}),
        ),
        (
            "/suspension/maximum",
            numbers.suspension.map_or(
                Value::Null,
                |(days, then)| json!({"length": {"days": days}, "then": then}),
            ),
        ),
        ("/courses/reports", json!({"title": "Reports"})),
        (
            "/license_types/reports",
            json!({
                "title": "Reports",
                "license": {"kind": "add_on", "depends_on": ["end_user", "read_only"]},
                "requirement_sets": {"own": {"courses": [{"course": "reports"}]}},
                "classes": {"add_on": {"kind": "set", "set": "own"}},
                "recertification": {
                    "schedule": {"kind": "rolling", "months": numbers.add_on_months},
                    "items": [{"kind": "course", "course": "reports"}],
                    "on_miss": numbers.add_on_miss,
                },
            }),
        ),
        (
            &format!("{type_}/inactivity/first_login_within"),
            days(numbers.first_login),
        ),
        (
            &format!("{type_}/inactivity/keep_requests"),
            json!(numbers.keep_requests),
        ),
        (
            &format!("{type_}/inactivity/restarted_by"),
            json!(["report_run"]),
        ),
        (
            &format!("{type_}/inactivity/stale_list_after"),
            days(numbers.stale_list),
        ),
        ("/time_zone", json!(zone)),
        ("/notices", minimum),
        (&format!("{type_}/inactivity/off_rule"), off_rule),
        (
            &format!("{type_}/inactivity/off_action"),
            json!(numbers.off_action),
        ),
        (
            &format!("{type_}/inactivity/login_report_lag_hours"),
            json!(numbers.lag),
        ),
        (
            &format!("{type_}/inactivity/move_to_business_day"),
            json!(numbers.to_business_day),
        ),
        (&format!("{type_}/recertification/schedule"), schedule),
        (
            &format!("{type_}/term"),
            numbers.term.clone().unwrap_or(Value::Null),
        ),
        (
            &format!("{type_}/campaigns"),
            json!({"reminders": [3], "on_miss": numbers.on_miss}),
        ),
        (
            &format!("{type_}/recertification/on_miss"),
            json!(numbers.on_miss),
        ),
        ("/agreements/user_agreement/validity", validity),
        ("/agreements/user_agreement/version", json!(numbers.version)),
        (
            "/agreements/user_agreement/on_lapse",
            json!(numbers.on_lapse),
        ),
    ]);
    // Another base type: the same, without recertification.
    let mut read_only = document.pointer(type_).unwrap().clone();
    set(&mut read_only, "/recertification", Value::Null);
    set(&mut document, "/license_types/read_only", read_only);
    if let (Some((days, limit)), false) = (numbers.group, numbers.stale_list.is_some()) {
        let after = json!({"limit": {"days": limit}, "steps": [step(Length::Days(limit))]});
        set(
            &mut document,
            "/organization_groups",
            json!({"north": {"title": "North", "members": [
                {"organization_id": HERE.0, "from_on": later(days), "until_on": later(days + 60)},
            ]}}),
        );
        let changes = json!({"license_types": {"end_user": {"inactivity": {"off_rule": after}}}});
        set(
            &mut document,
            "/overrides",
            json!([{"group": "north", "changes": changes}]),
        );
    }
    document
}

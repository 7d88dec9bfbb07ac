//! Random policies and random histories under them.

use std::collections::BTreeSet;

use chrono::{Days, TimeDelta};
use chrono_tz::Tz;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::support::*;
use crate::domain::absence_hold::AbsenceDecision;
use crate::domain::calendar::{Instant, Precision, local_day};
use crate::domain::campaign::{Campaign, CampaignAsks, CampaignItem};
use crate::domain::evaluate::Heartbeat;
use crate::domain::fact::{Fact, FactBody, HoldCause, NoticeRule, RenewalDecision};
use crate::domain::ids::PolicyId;
use crate::domain::policy::{Party, PolicyVersion, Renewer};

const ZONES: [&str; 5] = [
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
    limit: u16,
    two_steps: bool,
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
}

fn numbers() -> impl Strategy<Value = Numbers> {
    let action = prop::sample::select(vec!["deactivate", "suspend", "list"]);
    (
        (4_u16..40, any::<bool>(), 0_u16..6, any::<bool>()),
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
    )
        .prop_map(
            |(
                (limit, two_steps, grace, business_days),
                (off_action, minimum, months, validity),
                (on_miss, on_lapse, version),
                (lag, to_business_day, term, yearly),
                (add_on_months, add_on_miss, first_login, keep_requests, stale_list),
            )| Numbers {
                limit,
                two_steps,
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

fn policy(zone: &str, numbers: &Numbers) -> Value {
    let type_ = "/license_types/end_user";
    let last = json!({"after": {"days": numbers.limit}, "tells": ["user"]});
    let steps = if numbers.two_steps {
        json!([{"after": {"days": numbers.limit / 2}, "tells": ["user"]}, last])
    } else {
        json!([last])
    };
    let grace = if numbers.business_days {
        json!({"business_days": numbers.grace})
    } else {
        json!({"days": numbers.grace})
    };
    let minimum = match numbers.minimum {
        Some(days) => json!({"minimum_days":
            {"recertification": days, "agreement": days, "waiver": days, "inactivity": days, "term": days}}),
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
    let off_rule = if numbers.stale_list.is_some() {
        Value::Null
    } else {
        json!({"limit": {"days": numbers.limit}, "steps": steps, "grace": grace})
    };
    hand_with(&[
        ("/courses/reports", json!({"title": "Reports"})),
        (
            "/license_types/reports",
            json!({
                "title": "Reports",
                "license": {"kind": "add_on", "depends_on": ["end_user"]},
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
    ])
}

#[derive(Clone, Debug)]
enum Event {
    Login {
        late_minutes: i64,
    },
    LoginElsewhere,
    Activity(bool),
    Keep {
        late_minutes: i64,
    },
    AddOn,
    ConfirmAddOn,
    PassReports,
    Notice {
        rule: u8,
        step: usize,
        named_in: u64,
    },
    Pass(bool),
    Renew {
        late_minutes: i64,
        declined: bool,
    },
    Sign,
    Waive {
        days: u64,
    },
    Hold {
        ahead: i64,
        minutes: Option<i64>,
    },
    Leave {
        ahead: i64,
        minutes: Option<i64>,
    },
    Back,
    Uphold,
    Lift,
    Depart {
        ahead: i64,
    },
    Cancel,
    Move {
        ahead: i64,
    },
    Return(bool),
    Restore {
        hours: i64,
    },
    ConfirmRestoration,
    Bounce,
    Correct(prop::sample::Index),
    Heartbeat {
        behind: i64,
    },
    Campaign {
        opens_in: u64,
        days: u64,
    },
    OfCampaign(u8),
    HoldAbsences {
        hours: i64,
    },
    DecideAbsences(bool),
}

fn events() -> impl Strategy<Value = Event> {
    let minutes = || prop_oneof![Just(0_i64), 0_i64..30_000];
    prop_oneof![
        4 => prop_oneof![Just(0_i64), 0_i64..6_000].prop_map(|late_minutes| Event::Login { late_minutes }),
        1 => Just(Event::LoginElsewhere),
        1 => any::<bool>().prop_map(Event::Activity),
        1 => prop_oneof![Just(0_i64), 0_i64..6_000].prop_map(|late_minutes| Event::Keep { late_minutes }),
        2 => Just(Event::AddOn),
        1 => Just(Event::ConfirmAddOn),
        1 => Just(Event::PassReports),
        6 => (0_u8..8, 0_usize..2, 0_u64..20)
            .prop_map(|(rule, step, named_in)| Event::Notice { rule, step, named_in }),
        2 => any::<bool>().prop_map(Event::Pass),
        3 => (prop_oneof![Just(0_i64), 0_i64..20_000], prop::bool::weighted(0.1))
            .prop_map(|(late_minutes, declined)| Event::Renew { late_minutes, declined }),
        2 => Just(Event::Sign),
        1 => (0_u64..60).prop_map(|days| Event::Waive { days }),
        1 => (minutes(), prop::option::of(1_i64..30_000))
            .prop_map(|(ahead, minutes)| Event::Hold { ahead, minutes }),
        2 => (minutes(), prop::option::of(1_i64..60_000))
            .prop_map(|(ahead, minutes)| Event::Leave { ahead: ahead - 500, minutes }),
        1 => Just(Event::Back),
        1 => Just(Event::Uphold),
        1 => Just(Event::Lift),
        1 => minutes().prop_map(|ahead| Event::Depart { ahead: ahead - 500 }),
        1 => Just(Event::Cancel),
        1 => minutes().prop_map(|ahead| Event::Move { ahead }),
        2 => any::<bool>().prop_map(Event::Return),
        3 => (1_i64..=72).prop_map(|hours| Event::Restore { hours }),
        1 => Just(Event::ConfirmRestoration),
        1 => Just(Event::Bounce),
        1 => any::<prop::sample::Index>().prop_map(Event::Correct),
        3 => (-4_i64..3_000).prop_map(|behind| Event::Heartbeat { behind }),
        2 => (0_u64..20, 0_u64..20)
            .prop_map(|(opens_in, days)| Event::Campaign { opens_in, days }),
        2 => (0_u8..5).prop_map(Event::OfCampaign),
        2 => (1_i64..=72).prop_map(|hours| Event::HoldAbsences { hours }),
        1 => any::<bool>().prop_map(Event::DecideAbsences),
    ]
}

/// What happened to one license.
#[derive(Clone)]
pub struct History {
    pub story: Story,
    limits: Vec<u16>,
}

impl std::fmt::Debug for History {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for version in &self.story.policies {
            let kind = &version.document.license_types["end_user"];
            writeln!(
                f,
                "policy {} from {}: {} {:?} {:?} {:?} {:?} {:?}",
                version.number,
                version.effective_from,
                version.document.time_zone,
                kind.inactivity,
                kind.recertification,
                kind.term,
                version.document.agreements["user_agreement"],
                version.document.notices
            )?;
        }
        for fact in &self.story.facts {
            writeln!(
                f,
                "{} {} (recorded {}, replaces {:?}) {:?}",
                fact.id,
                fact.envelope.occurred_at,
                fact.envelope.recorded_at,
                fact.envelope.supersedes,
                fact.body
            )?;
        }
        writeln!(f, "{:?}", self.story.sources)
    }
}

impl History {
    /// The same history as it was known at an instant.
    pub fn known_at(&self, now: Instant) -> Self {
        let mut known = self.clone();
        known
            .story
            .facts
            .retain(|fact| fact.envelope.recorded_at <= now);
        for source in &mut known.story.sources {
            source.heartbeats.retain(|beat| beat.recorded_at <= now);
        }
        known
    }

    /// The days of the shortest limit any version states.
    pub fn shortest_limit(&self) -> Days {
        Days::new(u64::from(self.limits.iter().copied().min().unwrap()))
    }
}

pub fn zone(story: &Story) -> Tz {
    story.policies[0].document.zone().unwrap()
}

pub fn histories() -> impl Strategy<Value = History> {
    let gap = prop_oneof![
        2 => Just(0_i64),
        2 => 1_i64..3_000,
        3 => 1_440_i64..40_000,
    ];
    (
        prop::sample::select(&ZONES[..]),
        prop::collection::vec((0_i64..250, numbers()), 1..3),
        // Through a leap day.
        0_i64..1_000,
        prop::collection::vec((gap, events()), 0..24),
    )
        .prop_map(|(zone, versions, start, events)| history(zone, &versions, start, events))
}

fn history(
    zone: &str,
    versions: &[(i64, Numbers)],
    start: i64,
    events: Vec<(i64, Event)>,
) -> History {
    let mut now = at("2025-12-01 12:00") + TimeDelta::days(start);
    let mut story = Story::under(hand());
    story.policies.clear();
    for (index, (after, numbers)) in versions.iter().enumerate() {
        let effective_from = if index == 0 {
            at("2015-01-01 00:00")
        } else {
            now + TimeDelta::hours(after * 24 + 7)
        };
        let number = u32::try_from(index + 1).unwrap();
        story.policies.push(PolicyVersion {
            id: PolicyId(uuid::Uuid::from_u128(u128::from(number))),
            number,
            effective_from,
            recorded_at: at("2015-01-01 00:00"),
            document: serde_json::from_value(policy(zone, numbers)).unwrap(),
        });
    }
    for agreement in AGREEMENTS {
        for party in [Party::EndUser, Party::Agency] {
            let version = if agreement == "user_agreement" {
                versions[0].1.version
            } else {
                "1"
            };
            story.push(now, now, sign(agreement, version, party));
        }
    }
    story.push(now, now, passed(SERIES));
    story.push(now, now, passed(POLICIES));
    story.push(now, now, FactBody::RequestApproved);
    now += TimeDelta::hours(1);
    story.request.submitted_at = now - TimeDelta::days(2);
    story.activated_at(now);
    for (gap, event) in events {
        now += TimeDelta::minutes(gap);
        happen(&mut story, now, event);
    }
    History {
        story,
        limits: versions.iter().map(|(_, numbers)| numbers.limit).collect(),
    }
}

fn sign(agreement: &str, version: &str, party: Party) -> FactBody {
    FactBody::AgreementSigned {
        agreement: agreement.to_owned(),
        version: version.to_owned(),
        party,
    }
}

fn happen(story: &mut Story, now: Instant, event: Event) {
    let ahead = |minutes: i64| now + TimeDelta::minutes(minutes);
    let last = |story: &Story, is: fn(&Fact) -> bool| {
        story
            .facts
            .iter()
            .rfind(|fact| is(fact))
            .map(|fact| fact.id)
    };
    let is_end = |fact: &Fact| fact.body == FactBody::Departed;
    let today = local_day(zone(story), now);
    match event {
        Event::Login { late_minutes } => {
            story.push(ahead(-late_minutes), now, logged_in(&[HERE]));
        }
        Event::Activity(counts) => {
            let body = activity(if counts { "report_run" } else { "page_view" });
            story.push(now, now, body);
        }
        Event::Keep { late_minutes } => {
            story.push(ahead(-late_minutes), now, FactBody::KeepRequested);
        }
        Event::AddOn => {
            let add_on = "reports".to_owned();
            story.push(
                now,
                now,
                FactBody::AddOnActivated {
                    add_on,
                    submitted_at: Some(now),
                },
            );
        }
        Event::ConfirmAddOn => {
            let add_on = last(story, |fact| {
                matches!(fact.body, FactBody::AddOnActivated { .. })
            });
            if let Some(add_on) = add_on {
                story.push(now, now, FactBody::AddOnConfirmed { add_on });
            }
        }
        Event::PassReports => {
            story.push(now, now, passed("reports"));
        }
        Event::LoginElsewhere => {
            story.push(now, now, logged_in(&[ELSEWHERE]));
        }
        Event::Notice {
            rule,
            step,
            named_in,
        } => {
            let named_on = today + Days::new(named_in);
            let (rule, step) = match rule {
                0..=2 => (NoticeRule::Inactivity, Some(step)),
                3 => (NoticeRule::Recertification, None),
                4 | 5 => (NoticeRule::Term, None),
                6 => (NoticeRule::Campaign, None),
                _ => (NoticeRule::Agreement, None),
            };
            story.push(now, now, notice(rule, step, None, named_on));
        }
        Event::Pass(series) => {
            story.push(now, now, passed(if series { SERIES } else { POLICIES }));
        }
        Event::Renew {
            late_minutes,
            declined,
        } => {
            let decision = if declined {
                RenewalDecision::Declined
            } else {
                RenewalDecision::Renewed
            };
            let by = Renewer::Supervisor;
            story.push(
                ahead(-late_minutes),
                now,
                FactBody::LicenseRenewed { by, decision },
            );
        }
        Event::Sign => {
            for party in [Party::EndUser, Party::Supervisor] {
                for version in ["1", "2"] {
                    story.push(now, now, sign("user_agreement", version, party));
                }
            }
        }
        Event::Waive { days } => {
            let until_on = Some(today + Days::new(days));
            let requirement = format!("course:{SERIES}");
            story.push(
                now,
                now,
                FactBody::Waived {
                    requirement,
                    until_on,
                },
            );
        }
        Event::Hold { ahead: at, minutes } => {
            let until = minutes.map(|minutes| ahead(at) + TimeDelta::minutes(minutes));
            let cause = HoldCause::Leave;
            story.push(ahead(at), now, FactBody::HoldOpened { cause, until });
        }
        Event::Leave { ahead: at, minutes } => {
            let until = minutes.map(|minutes| ahead(at) + TimeDelta::minutes(minutes));
            story.push(ahead(at), now, FactBody::LeaveBegan { until });
        }
        Event::Back => {
            let leave = last(story, |fact| {
                matches!(fact.body, FactBody::LeaveBegan { .. })
            });
            if let Some(leave) = leave {
                story.push(now, now, FactBody::LeaveEnded { leave });
            }
        }
        Event::Uphold => {
            story.push(now, now, FactBody::Upheld);
        }
        Event::Lift => {
            let hold = last(story, |fact| {
                matches!(fact.body, FactBody::HoldOpened { .. })
            });
            if let Some(hold) = hold {
                story.push(now, now, FactBody::HoldLifted { hold });
            }
        }
        Event::Depart { ahead: at } => {
            story.push(ahead(at), now, FactBody::Departed);
        }
        Event::Cancel => {
            if let Some(fact) = last(story, is_end) {
                story.push(now, now, FactBody::Cancelled { fact });
            }
        }
        Event::Move { ahead: at } => {
            if let Some(fact) = last(story, is_end) {
                let precision = Precision::Instant;
                let to = ahead(at);
                story.push(
                    now,
                    now,
                    FactBody::Moved {
                        fact,
                        to,
                        precision,
                    },
                );
            }
        }
        Event::Return(by_ladder) => {
            let body = if by_ladder {
                FactBody::Reactivated
            } else {
                FactBody::Reinstated {
                    undoes: Vec::new(),
                    restores: Vec::new(),
                }
            };
            story.push(now, now, body);
        }
        Event::Restore { hours } => {
            let until = ahead(hours * 60);
            let undoes = last(story, is_end).into_iter().collect();
            story.push(now, now, FactBody::EmergencyRestored { until, undoes });
        }
        Event::ConfirmRestoration => {
            let restored = story
                .facts
                .iter()
                .rfind(|fact| matches!(fact.body, FactBody::EmergencyRestored { .. }));
            if let Some((restoration, body)) = restored.map(|fact| (fact.id, fact.body.clone()))
                && let FactBody::EmergencyRestored { undoes, .. } = body
            {
                story.push(
                    now,
                    now,
                    FactBody::EmergencyRestorationConfirmed {
                        restoration,
                        undoes,
                        restores: Vec::new(),
                    },
                );
            }
        }
        Event::Bounce => {
            let notice = last(story, |fact| {
                matches!(fact.body, FactBody::NoticeSent { .. })
            });
            if let Some(notice) = notice {
                story.push(now, now, FactBody::NoticeBounced { notice });
            }
        }
        Event::Correct(which) => {
            let target = story.facts[which.index(story.facts.len())].id;
            story.push(now, now, FactBody::Withdrawn);
            story.facts.last_mut().unwrap().envelope.supersedes = Some(target);
        }
        Event::Campaign { opens_in, days } => {
            let opens_on = today + Days::new(opens_in);
            let plan = Campaign {
                title: "Elements".to_owned(),
                license_types: BTreeSet::new(),
                organizations: BTreeSet::new(),
                items: vec![CampaignItem {
                    asks: CampaignAsks::Course {
                        course: POLICIES.to_owned(),
                        edition: None,
                    },
                    job_roles: BTreeSet::new(),
                    project_types: BTreeSet::new(),
                }],
                cut_off_on: opens_on,
                counts_from_on: today,
                opens_on,
                deadline_on: opens_on + Days::new(days),
                on_miss: None,
                batch_approved: false,
            };
            story.push(now, now, FactBody::CampaignStarted(Box::new(plan)));
        }
        Event::OfCampaign(what) => {
            let campaign = last(story, |fact| {
                matches!(fact.body, FactBody::CampaignStarted(_))
            });
            if let Some(campaign) = campaign {
                let body = match what {
                    0 => FactBody::CampaignExtended {
                        campaign,
                        deadline_on: today + Days::new(10),
                    },
                    1 => FactBody::CampaignCancelled { campaign },
                    2 => FactBody::CampaignEnforcedForAll { campaign },
                    3 => FactBody::CampaignEnforced { campaign },
                    _ => FactBody::CampaignExcused { campaign },
                };
                story.push(now, now, body);
            }
        }
        Event::HoldAbsences { hours } => {
            let until = ahead(hours * 60);
            let tripped = None;
            story.push(now, now, FactBody::AbsenceHeld { until, tripped });
        }
        Event::DecideAbsences(proceed) => {
            let hold = last(story, |fact| {
                matches!(fact.body, FactBody::AbsenceHeld { .. })
            });
            if let Some(hold) = hold {
                let decision = if proceed {
                    AbsenceDecision::Proceed
                } else {
                    AbsenceDecision::Stop
                };
                story.push(now, now, FactBody::AbsenceHoldDecided { hold, decision });
            }
        }
        Event::Heartbeat { behind } => story.sources[0].heartbeats.push(Heartbeat {
            complete_through: ahead(-behind),
            recorded_at: now,
        }),
    }
}

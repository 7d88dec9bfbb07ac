//! More than one ground wants the same instant: departure, then bar, term, recertification, inactivity. The stronger
//! silences the weaker.

use serde_json::{Value, json};

use super::support::*;
use crate::domain::evaluate::EndCause;
use crate::domain::fact::{DeactivationCause, FactBody, HoldCause, NoticeRule};
use crate::domain::license::LicenseStatus;

/// The first local day without access, whatever the ground.
const DAY: &str = "2026-04-08";
const INSTANT: &str = "2026-04-08 00:00";
const TOLD: &str = "2026-04-02 09:00";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ground {
    Departure,
    Bar,
    Term,
    Recertification,
    Inactivity,
}

/// By precedence.
const GROUNDS: [Ground; 5] = [
    Ground::Departure,
    Ground::Bar,
    Ground::Term,
    Ground::Recertification,
    Ground::Inactivity,
];

impl Ground {
    fn cause(self) -> EndCause {
        use DeactivationCause as C;
        match self {
            Self::Departure => EndCause::Deactivated(C::EmploymentEnded),
            Self::Bar => EndCause::Deactivated(C::Barred),
            Self::Term => EndCause::TermEnded,
            Self::Recertification => EndCause::Deactivated(C::RecertificationOverdue),
            Self::Inactivity => EndCause::Deactivated(C::Inactivity),
        }
    }

    fn act(self, story: &mut Story) {
        match self {
            Self::Departure => {
                story.late(INSTANT, TOLD, FactBody::Departed);
            }
            Self::Bar => {
                story.late(INSTANT, TOLD, FactBody::Barred { until: None });
            }
            Self::Term => {
                story.noticed(TOLD, NoticeRule::Term, None, None, DAY);
            }
            Self::Recertification => {
                let course = format!("course:{SERIES}");
                story.noticed(TOLD, NoticeRule::Recertification, None, Some(&course), DAY);
            }
            Self::Inactivity => {
                story.warned(TOLD, DAY);
            }
        }
    }
}

/// HAND's policy with a term that ends on 7 April.
fn policy() -> Value {
    hand_with(&[(
        "/license_types/end_user/term",
        json!({
            "ends": {"kind": "yearly", "date": {
                "due": {"month": 4, "day": 7},
                "opens": {"month": 3, "day": 20},
                "newcomers_from": {"month": 3, "day": 10},
            }},
            "renewal_grace": {"days": 30},
            "renewed_by": ["supervisor", "staff"],
        }),
    )])
}

/// Active since 2026-03-01, last login the next day, the series passed a year and a day before [`DAY`].
fn story() -> Story {
    let mut story = Story::under(policy());
    story.passed("2025-04-07 09:00", SERIES);
    story.executed("2026-02-20 10:00", "1");
    story.passed("2026-02-20 10:00", POLICIES);
    story.activated("2026-03-01 09:00");
    story.login("2026-03-02 16:00");
    story.heartbeat(INSTANT, INSTANT);
    story
}

fn ended_by(story: &Story) -> EndCause {
    story.turns(INSTANT, false);
    let license = story.license(INSTANT);
    license.period().unwrap().end.as_ref().unwrap().cause
}

#[test]
fn each_ground_alone_ends_the_license_at_that_instant() {
    for ground in GROUNDS {
        let mut story = story();
        ground.act(&mut story);
        assert_eq!(ended_by(&story), ground.cause(), "{ground:?}");
    }
    assert!(story().license(INSTANT).allowed(), "nothing else does");
}

#[test]
fn of_any_two_at_one_instant_the_stronger_ends_it_in_whatever_order_they_were_recorded() {
    for (place, stronger) in GROUNDS.into_iter().enumerate() {
        for weaker in GROUNDS.into_iter().skip(place + 1) {
            for pair in [[stronger, weaker], [weaker, stronger]] {
                let mut story = story();
                pair.into_iter().for_each(|ground| ground.act(&mut story));
                assert_eq!(ended_by(&story), stronger.cause(), "{pair:?}");
            }
        }
    }
}

#[test]
fn all_at_once_come_to_the_strongest() {
    let mut story = story();
    for ground in GROUNDS.into_iter().rev() {
        ground.act(&mut story);
    }
    assert_eq!(ended_by(&story), GROUNDS[0].cause());
    let license = story.license(INSTANT);
    assert_eq!(license.periods.len(), 1);
}

/// Staff reinstate and suspend, and the person logs in, all recorded at one instant: in whatever order the store hands
/// them over, they act in that of their recording.
#[test]
fn suspend_reinstate_and_login_at_one_instant_come_to_the_same_in_any_order() {
    let moment = "2026-03-12 09:00";
    let mut story = Story::hand();
    let departure = story.fact("2026-03-10 09:00", FactBody::Departed);
    let first = story.facts.len();
    for body in [
        FactBody::Reinstated {
            undoes: vec![departure],
            restores: Vec::new(),
        },
        logged_in(&[HERE]),
        FactBody::HoldOpened {
            cause: HoldCause::Unreachable,
            until: None,
        },
    ] {
        story.fact(moment, body);
    }
    let expected = story.license(moment);
    assert_eq!(expected.status(), Some(LicenseStatus::Suspended));
    assert_eq!(expected.last_login_at, Some(at(moment)));
    for (one, other) in [(0, 1), (0, 2), (1, 2)] {
        let mut shuffled = story.clone();
        shuffled.facts.swap(first + one, first + other);
        assert_eq!(shuffled.license(moment), expected, "{one} {other}");
    }
}

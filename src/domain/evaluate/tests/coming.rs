//! What is due or comes is one reading of the evaluation: everything once, nothing of its own.

use super::practice::{SHELTER, akhmis_with, asked, initiated};
use super::support::*;
use crate::domain::evaluate::{
    Change, Coming, ComingKind as K, EndCause, Evaluation, Follows, Upcoming,
};
use crate::domain::fact::{DeactivationCause, FactBody, HoldCause, PracticeResult};

fn coming(license: &Evaluation) -> Vec<Coming> {
    license.coming(DETROIT)
}

/// Kind, day and what it is about of each item.
fn told(items: &[Coming]) -> Vec<(K, String, &str)> {
    items
        .iter()
        .map(|item| {
            let about = item.about.as_deref().unwrap_or_default();
            (item.kind, item.on.to_string(), about)
        })
        .collect()
}

#[test]
fn what_must_be_done_is_told_with_its_last_day_and_what_follows() {
    let mut story = Story::hand();
    let series = format!("course:{SERIES}");
    let policies = format!("course:{POLICIES}");
    let recertification = [
        (K::Recertification, "2027-02-20".to_owned(), &*series),
        (K::Recertification, "2027-02-20".to_owned(), &*policies),
    ];
    let items = coming(&story.license("2026-03-02 09:00"));
    // Active since Sunday 1 March: through the 31st nobody is over thirty days.
    let mut expected = vec![(K::Inactivity, "2026-03-31".to_owned(), "")];
    expected.extend(recertification.clone());
    assert_eq!(told(&items), expected);
    assert!(
        items
            .iter()
            .all(|item| item.follows == Follows::AwaitsNotice)
    );

    story.warned("2026-04-01 09:00", "2026-04-07");
    let license = story.license("2026-04-02 00:00");
    let items = coming(&license);
    assert_eq!(told(&items), expected, "the same, once each");
    let inactive = EndCause::Deactivated(DeactivationCause::Inactivity);
    let ends = Upcoming {
        // A day for late login reports.
        at: at("2026-04-08 00:00"),
        change: Change::Ends(inactive),
    };
    assert_eq!(items[0].follows, Follows::Change(ends));
}

#[test]
fn what_happens_by_itself_is_told_with_its_day() {
    let mut story = Story::hand();
    story.login("2026-03-09 09:00");
    story.late(
        "2026-03-16 00:00",
        "2026-03-10 09:00",
        FactBody::LeaveBegan {
            until: Some(at("2026-05-30 00:00")),
        },
    );
    story.late("2026-06-12 17:00", "2026-03-10 10:00", FactBody::Departed);
    let items = coming(&story.license("2026-03-11 00:00"));
    let days: Vec<(K, String)> = told(&items)
        .into_iter()
        .filter(|(kind, ..)| *kind != K::Recertification && *kind != K::Inactivity)
        .map(|(kind, on, _)| (kind, on))
        .collect();
    assert_eq!(
        days,
        [
            (K::Leave, "2026-03-16".to_owned()),
            (K::Departure, "2026-06-12".to_owned())
        ]
    );
    // The absence will be longer than the limit: the return is told, with the hold that follows from it.
    let items = coming(&story.license("2026-03-17 00:00"));
    let back = items.iter().find(|item| item.kind == K::LeaveReturn);
    let back = back.expect("the return");
    assert_eq!(back.on, day("2026-05-30"));
    let Follows::Change(upcoming) = &back.follows else {
        panic!("{back:?}")
    };
    assert_eq!(upcoming.change, Change::Suspends(HoldCause::LongInactivity));
}

#[test]
fn no_change_that_readers_may_care_for_is_left_out_or_told_twice() {
    let mut story = Story::hand();
    story.login("2026-03-09 09:00");
    story.late("2026-06-12 17:00", "2026-03-10 10:00", FactBody::Departed);
    story.warned("2026-04-09 09:00", "2026-04-15");
    for when in ["2026-03-10 12:00", "2026-04-10 09:00"] {
        let license = story.license(when);
        let told = coming(&license);
        for upcoming in &license.upcoming {
            let times = told
                .iter()
                .filter(|item| item.follows == Follows::Change(upcoming.clone()))
                .count();
            let said_otherwise = match &upcoming.change {
                Change::NewRules | Change::Warnable(_) => true,
                Change::Lapses(key) => told
                    .iter()
                    .any(|item| item.about.as_deref() == Some(&*key.to_string())),
                _ => false,
            };
            assert_eq!(
                times,
                usize::from(!said_otherwise),
                "{upcoming:?} at {when}"
            );
        }
    }
}

#[test]
fn an_ended_license_has_nothing_coming() {
    let mut story = Story::hand();
    story.fact("2026-03-20 09:00", FactBody::Departed);
    assert_eq!(coming(&story.license("2026-03-20 09:00")), []);
}

#[test]
fn a_request_tells_its_deadlines_and_none_while_staff_hold_it() {
    let mut story = asked(akhmis_with(&[]));
    let shown = story.request("2026-02-23 12:00");
    let items = shown.coming(DETROIT);
    assert_eq!(shown.deadlines.len(), 1);
    assert_eq!(items[0].kind, K::Onboarding);
    assert_eq!(items[0].about.as_deref(), Some("initial_steps"));
    assert_eq!(Some(items[0].on), shown.deadlines[0].due_on);
    let lapses = Change::RequestLapses("initial_steps".to_owned());
    assert!(matches!(&items[0].follows, Follows::Change(next) if next.change == lapses));

    initiated(&mut story, "2026-02-24 09:00");
    story.passed("2026-02-25 09:00", "workflow_shelter");
    let handed_in = story.submit("2026-02-26 09:00", SHELTER);
    let onboarding = |story: &Story, when: &str| -> Vec<String> {
        let items = story.request(when).coming(DETROIT);
        let items = items.into_iter();
        items
            .filter(|item| item.kind == K::Onboarding)
            .filter_map(|item| item.about)
            .collect()
    };
    // It is staff's turn, and their time does not count.
    assert_eq!(onboarding(&story, "2026-02-26 10:00"), [""; 0]);
    story.review(
        "2026-02-27 09:00",
        SHELTER,
        handed_in,
        PracticeResult::Returned,
    );
    assert_eq!(
        onboarding(&story, "2026-02-27 10:00"),
        ["corrections", "total"]
    );
    let again = story.submit("2026-02-28 09:00", SHELTER);
    story.review("2026-02-28 10:00", SHELTER, again, PracticeResult::Accepted);
    story.activated("2026-02-28 11:00");
    assert_eq!(story.request("2026-02-28 12:00").coming(DETROIT), []);
}

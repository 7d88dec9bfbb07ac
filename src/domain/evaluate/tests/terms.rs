//! Terms: when a license expires, what keeps it from it, and how it comes back.

use serde_json::{Value, json};

use super::support::*;
use crate::domain::command::NewRenewal;
use crate::domain::evaluate::{Change, Consequence, EndCause, PeriodCause};
use crate::domain::fact::{FactBody, HoldCause, NoticeRule, RenewalDecision};
use crate::domain::license::LicenseStatus::{Active, Deactivated, Expired, Suspended};
use crate::domain::policy::Renewer;

const TERM: &str = "/license_types/end_user/term";

/// HAND's policy with a term, and without what would end the license before it.
fn with_term(term: Value, more: &[(&str, Value)]) -> Value {
    let mut changes = vec![
        (TERM, term),
        ("/license_types/end_user/recertification", Value::Null),
        ("/license_types/end_user/inactivity/off_rule", Value::Null),
    ];
    changes.extend(more.iter().cloned());
    hand_with(&changes)
}

fn year() -> Value {
    json!({
        "ends": {"kind": "after", "length": {"months": 12}},
        "renewal_grace": {"days": 30},
        "renewed_by": ["supervisor", "staff"],
    })
}

fn fiscal_year() -> Value {
    json!({
        "ends": {"kind": "yearly", "date": {
            "due": {"month": 9, "day": 30},
            "opens": {"month": 8, "day": 1},
            "newcomers_from": {"month": 7, "day": 1},
        }},
        "renewal_grace": {"days": 15},
        "renewed_by": ["user", "supervisor"],
    })
}

fn renewed(by: Renewer) -> FactBody {
    FactBody::LicenseRenewed {
        by,
        decision: RenewalDecision::Renewed,
    }
}

fn declined() -> FactBody {
    FactBody::LicenseRenewed {
        by: Renewer::Supervisor,
        decision: RenewalDecision::Declined,
    }
}

fn told(story: &mut Story, when: &str, named_on: &str) {
    story.noticed(when, NoticeRule::Term, None, None, named_on);
}

/// What a renewal given now is refused for.
fn needs(story: &Story, now: &str, given: &str, by: Renewer) -> Vec<String> {
    let renewal = NewRenewal {
        by,
        decision: RenewalDecision::Renewed,
        given_at: at(given),
        given_on: day(&given[..10]),
        today: day(&now[..10]),
    };
    match story.license(now).renew(&renewal) {
        Ok(_) => Vec::new(),
        Err(rejection) => rejection.needs,
    }
}

#[test]
fn the_license_expires_the_day_after_its_term_once_a_notice_named_it() {
    // Active since Sunday 2026-03-01.
    let mut story = Story::licensed_under(with_term(year(), &[]));
    let license = story.license("2027-02-01 12:00");
    assert_eq!(license.due.len(), 1);
    assert_eq!(license.due[0].rule, NoticeRule::Term);
    assert_eq!(license.due[0].due_on, day("2027-03-01"));
    assert_eq!(license.due[0].consequence, Consequence::AwaitsNotice);
    assert_eq!(license.next_change_at(), None);
    let needed = &license.notices_due(at("2027-02-01 12:00"))[0];
    assert_eq!(
        (needed.rule, needed.anchor_on, needed.ends_on),
        (NoticeRule::Term, day("2026-03-01"), day("2027-03-02"))
    );

    told(&mut story, "2027-02-10 09:00", "2027-03-02");
    let license = story.license("2027-02-11 09:00");
    assert_eq!(
        license.due[0].consequence,
        Consequence::At(at("2027-03-02 00:00"))
    );
    assert_eq!(
        license.upcoming[0].change,
        Change::Ends(EndCause::TermEnded)
    );
    story.turns("2027-03-02 00:00", false);
    let license = story.license("2027-03-05 09:00");
    assert_eq!(license.status(), Some(Expired));
    assert_eq!(
        license.term.unwrap().renewable_through,
        Some(day("2027-03-31"))
    );
}

#[test]
fn without_a_notice_nobody_expires_and_a_late_one_moves_the_date() {
    let mut story = Story::licensed_under(with_term(year(), &[]));
    assert_eq!(story.status("2027-06-01 12:00"), Some(Active));
    // Five days from the sending, whatever it names.
    told(&mut story, "2027-06-01 13:00", "2027-06-03");
    story.turns("2027-06-07 00:00", false);
    // Where no notice is needed, the day itself ends it.
    let none = json!({"minimum_days": {"term": 0}});
    let story = Story::licensed_under(with_term(year(), &[("/notices", none)]));
    story.turns("2027-03-02 00:00", false);
}

#[test]
fn a_renewal_moves_the_end_and_makes_the_notice_void_for_ever() {
    let mut story = Story::licensed_under(with_term(year(), &[]));
    told(&mut story, "2027-02-10 09:00", "2027-03-02");
    let renewal = story.fact("2027-02-20 09:00", renewed(Renewer::Supervisor));
    let license = story.license("2027-03-10 09:00");
    assert_eq!(license.status(), Some(Active));
    assert_eq!(license.counting, []);
    assert_eq!(license.term.unwrap().last_on, day("2028-03-01"));
    // It was an error: the date of old is not revived, a new notice is needed.
    story.correct("2027-03-20 09:00", renewal, declined());
    assert_eq!(story.status("2027-05-01 09:00"), Some(Active));
    told(&mut story, "2027-05-01 10:00", "2027-05-07");
    story.turns("2027-05-07 00:00", false);
}

#[test]
fn repeated_terms_count_from_the_first_day_not_from_a_clamped_one() {
    let half = json!({
        "ends": {"kind": "after", "length": {"months": 6}},
        "renewed_by": ["staff"],
    });
    let mut story = Story::under(with_term(half, &[]));
    story.prepared("2026-08-20 10:00");
    story.activated("2026-08-31 09:00");
    let last = |story: &Story, now: &str| story.license(now).term.unwrap().last_on;
    assert_eq!(last(&story, "2026-09-01 09:00"), day("2027-02-28"));
    story.fact("2027-02-20 09:00", renewed(Renewer::Staff));
    assert_eq!(last(&story, "2027-02-20 09:00"), day("2027-08-31"));
    assert_eq!(
        story.license("2027-02-20 09:00").term.unwrap().opens_on,
        day("2027-03-01")
    );
}

#[test]
fn one_term_is_renewed_at_a_time_and_the_refusal_names_the_opening() {
    let mut story = Story::licensed_under(with_term(year(), &[]));
    assert!(
        needs(
            &story,
            "2026-05-01 09:00",
            "2026-05-01 09:00",
            Renewer::Staff
        )
        .is_empty()
    );
    story.fact("2026-05-01 09:00", renewed(Renewer::Staff));
    let refused = needs(
        &story,
        "2026-06-01 09:00",
        "2026-06-01 09:00",
        Renewer::Staff,
    );
    assert_eq!(
        refused,
        ["the opening of the renewal on 2027-03-02: the term runs through 2028-03-01"]
    );
    // Recorded all the same, it adds nothing.
    story.fact("2026-06-01 09:00", renewed(Renewer::Staff));
    let term = story.license("2026-07-01 09:00").term.unwrap();
    assert_eq!(term.last_on, day("2028-03-01"));
}

#[test]
fn a_fixed_date_of_the_year_ends_everybodys_term() {
    // Active since March 2026: the next end is that of September 2026.
    let mut story = Story::licensed_under(with_term(fiscal_year(), &[]));
    let term = story.license("2026-04-01 09:00").term.unwrap();
    assert_eq!(
        (term.last_on, term.opens_on),
        (day("2026-09-30"), day("2026-08-01"))
    );
    let early = needs(
        &story,
        "2026-07-31 09:00",
        "2026-07-31 09:00",
        Renewer::User,
    );
    assert_eq!(
        early,
        ["the opening of the renewal on 2026-08-01: the term runs through 2026-09-30"]
    );
    assert!(
        needs(
            &story,
            "2026-08-01 09:00",
            "2026-08-01 00:00",
            Renewer::User
        )
        .is_empty()
    );
    story.fact("2026-08-01 09:00", renewed(Renewer::User));
    let term = story.license("2026-10-01 09:00").term.unwrap();
    assert_eq!(
        (term.last_on, term.opens_on),
        (day("2027-09-30"), day("2027-08-01"))
    );
}

#[test]
fn a_newcomer_from_the_cut_off_on_has_the_coming_year_too() {
    for (activated, last) in [
        ("2026-06-30 09:00", "2026-09-30"),
        ("2026-07-01 09:00", "2027-09-30"),
        ("2026-09-30 23:00", "2027-09-30"),
        ("2026-10-01 00:00", "2027-09-30"),
    ] {
        let mut story = Story::under(with_term(fiscal_year(), &[]));
        story.prepared("2026-06-20 10:00");
        story.activated(activated);
        let term = story.license("2026-11-01 09:00").term.unwrap();
        assert_eq!(term.last_on, day(last), "{activated}");
    }
}

fn expired() -> Story {
    let mut story = Story::licensed_under(with_term(year(), &[]));
    told(&mut story, "2027-02-10 09:00", "2027-03-02");
    story
}

#[test]
fn a_renewal_in_the_grace_brings_the_license_back_as_it_stood() {
    let mut story = expired();
    assert!(
        needs(
            &story,
            "2027-03-31 23:00",
            "2027-03-31 23:00",
            Renewer::Supervisor
        )
        .is_empty()
    );
    story.fact("2027-03-31 23:00", renewed(Renewer::Supervisor));
    story.turns("2027-03-31 23:00", true);
    let license = story.license("2027-04-02 09:00");
    let [first, second] = &license.periods[..] else {
        panic!("{:?}", license.periods);
    };
    assert_eq!(second.cause, PeriodCause::Renewal);
    assert_eq!(second.counted_from, first.from);
    // The next term counts from the first day, not from the renewal.
    assert_eq!(license.term.unwrap().last_on, day("2028-03-01"));
}

#[test]
fn after_the_grace_only_a_returning_request_brings_it_back() {
    let mut story = expired();
    assert_eq!(
        needs(
            &story,
            "2027-04-01 00:00",
            "2027-04-01 00:00",
            Renewer::Supervisor
        ),
        ["a returning request: the renewal grace ended on 2027-03-31"]
    );
    story.fact("2027-04-01 00:00", renewed(Renewer::Supervisor));
    let license = story.license("2027-04-02 09:00");
    assert_eq!(
        (license.status(), license.contested()),
        (Some(Expired), None)
    );
    // A user is nobody who renews here.
    let mut story = expired();
    story.fact("2027-03-10 00:00", renewed(Renewer::User));
    assert_eq!(story.status("2027-03-11 09:00"), Some(Expired));
    // Without a grace there is no renewal after the term.
    let mut none = year();
    none.as_object_mut().unwrap().remove("renewal_grace");
    let mut story = Story::licensed_under(with_term(none, &[]));
    told(&mut story, "2027-02-10 09:00", "2027-03-02");
    assert_eq!(
        needs(
            &story,
            "2027-03-02 09:00",
            "2027-03-02 09:00",
            Renewer::Staff
        ),
        ["a returning request: the policy in force grants no renewal after the term"]
    );
}

#[test]
fn a_renewal_given_in_time_and_recorded_after_the_grace_contests_the_end() {
    let mut story = expired();
    assert!(
        needs(
            &story,
            "2027-05-01 09:00",
            "2027-02-25 09:00",
            Renewer::Staff
        )
        .is_empty()
    );
    let late = story.late(
        "2027-02-25 09:00",
        "2027-05-01 09:00",
        renewed(Renewer::Staff),
    );
    let license = story.license("2027-05-01 09:00");
    assert_eq!(license.status(), Some(Expired));
    assert_eq!(license.contested().unwrap().open_contests(), [late]);
    // Staff reinstate it, and the renewal counts.
    story.fact(
        "2027-05-02 09:00",
        FactBody::Reinstated {
            undoes: Vec::new(),
            restores: Vec::new(),
        },
    );
    let license = story.license("2027-05-02 09:00");
    assert_eq!(license.status(), Some(Active));
    assert!(license.term.unwrap().last_on >= day("2028-03-01"));
}

#[test]
fn what_held_the_license_holds_it_after_the_renewal_too() {
    let mut story = expired();
    let hold = |cause| FactBody::HoldOpened { cause, until: None };
    story.fact("2027-02-20 09:00", hold(HoldCause::Investigation));
    story.late(
        "2027-03-10 09:00",
        "2027-02-21 09:00",
        hold(HoldCause::FeeUnpaid),
    );
    // Something is recorded while nothing runs that could be held.
    story.passed("2027-03-11 09:00", SERIES);
    assert_eq!(story.status("2027-03-12 09:00"), Some(Expired));
    story.fact("2027-03-12 10:00", renewed(Renewer::Staff));
    let license = story.license("2027-03-12 10:00");
    assert_eq!(license.status(), Some(Suspended));
    let causes: Vec<HoldCause> = license.open_holds().map(|hold| hold.cause).collect();
    assert_eq!(causes, [HoldCause::Investigation, HoldCause::FeeUnpaid]);
}

#[test]
fn nobody_barred_is_brought_back_by_a_renewal() {
    let mut story = expired();
    story.fact("2027-03-05 09:00", FactBody::Barred { until: None });
    assert_eq!(
        needs(
            &story,
            "2027-03-06 09:00",
            "2027-03-06 09:00",
            Renewer::Staff
        ),
        ["the person may not hold a license here: contact the lead"]
    );
    story.fact("2027-03-06 09:00", renewed(Renewer::Staff));
    assert_eq!(story.status("2027-03-06 09:00"), Some(Expired));
}

#[test]
fn a_departure_at_the_same_instant_is_stronger_and_a_lapse_is_weaker() {
    let mut story = expired();
    story.late("2027-03-02 00:00", "2027-02-25 09:00", FactBody::Departed);
    assert_eq!(story.status("2027-03-02 00:00"), Some(Deactivated));
    // An agreement that lapses on that day is silenced.
    let lapse = json!({"kind": "rolling", "length": {"days": 374}});
    let none = json!({"minimum_days": {"term": 0, "agreement": 0}});
    let policy = with_term(
        year(),
        &[
            ("/agreements/user_agreement/validity", lapse),
            ("/notices", none),
        ],
    );
    let story = Story::licensed_under(policy);
    let license = story.license("2027-03-02 00:00");
    assert_eq!(license.status(), Some(Expired));
    assert!(license.holds.is_empty());
}

#[test]
fn a_term_that_ends_during_leave_ends_ten_business_days_after_the_return() {
    let none = json!({"minimum_days": {"term": 0}});
    let mut story = Story::licensed_under(with_term(year(), &[("/notices", none)]));
    let leave = story.fact("2027-02-01 00:00", FactBody::LeaveBegan { until: None });
    assert_eq!(story.status("2027-04-01 09:00"), Some(Suspended));
    assert_eq!(
        story.license("2027-04-01 09:00").term.unwrap().ends_on,
        None
    );
    // Back on Monday 2027-04-05: through Monday 2027-04-19.
    story.fact("2027-04-05 00:00", FactBody::LeaveEnded { leave });
    assert_eq!(story.status("2027-04-19 23:59"), Some(Active));
    assert_eq!(story.status("2027-04-20 00:00"), Some(Expired));
}

#[test]
fn before_it_is_enforced_a_term_only_reports() {
    let mut term = year();
    term["enforced_from"] = json!("2027-06-01");
    let none = json!({"minimum_days": {"term": 0}});
    let story = Story::licensed_under(with_term(term, &[("/notices", none)]));
    assert_eq!(
        story.license("2027-04-01 09:00").due[0].due_on,
        day("2027-03-01")
    );
    story.turns("2027-06-01 00:00", false);
}

#[test]
fn a_bounce_of_its_notice_contests_an_expiry() {
    let mut story = expired();
    let notice = story.facts.last().unwrap().id;
    let bounce = story.fact("2027-03-04 09:00", FactBody::NoticeBounced { notice });
    let license = story.license("2027-03-04 09:00");
    assert_eq!(license.contested().unwrap().open_contests(), [bounce]);
}

#[test]
fn a_license_of_a_type_without_a_term_has_nothing_to_renew() {
    let story = Story::hand();
    assert_eq!(
        needs(
            &story,
            "2026-04-01 09:00",
            "2026-04-01 09:00",
            Renewer::Staff
        ),
        ["a license type with a term, or whose recertification asks for the requester's renewal"]
    );
    assert_eq!(story.license("2026-04-01 09:00").term, None);
}

#[test]
fn the_grace_that_an_end_gave_is_not_shortened_by_later_rules() {
    let mut story = Story::licensed_under(with_term(year(), &[]));
    told(&mut story, "2027-02-10 09:00", "2027-03-02");
    assert_eq!(story.status("2027-03-02 09:00"), Some(Expired));
    let mut shorter = year();
    shorter["renewal_grace"] = json!({"days": 5});
    story.policy("2027-03-10 00:00", with_term(shorter, &[]));
    let term = story.license("2027-03-12 09:00").term.unwrap();
    assert_eq!(term.renewable_through, Some(day("2027-03-31")));
    story.fact("2027-03-12 09:00", renewed(Renewer::Supervisor));
    assert_eq!(story.status("2027-03-12 09:00"), Some(Active));
}

#[test]
fn a_renewal_in_the_grace_is_no_login() {
    let term = json!({
        "ends": {"kind": "after", "length": {"days": 29}},
        "renewal_grace": {"days": 20},
        "renewed_by": ["supervisor"],
    });
    let mut story = Story::licensed_under(hand_with(&[
        (TERM, term),
        ("/notices", json!({"minimum_days": {"term": 0}})),
    ]));
    story.heartbeat("2026-04-05 08:00", "2026-04-05 08:00");
    story.login("2026-03-02 09:00");
    assert_eq!(story.status("2026-03-31 09:00"), Some(Expired));
    story.fact("2026-04-05 09:00", renewed(Renewer::Supervisor));
    let license = story.license("2026-04-05 09:00");
    assert_eq!(license.status(), Some(Active));
    // Over thirty days since the login: the warning is due at once.
    assert!(
        license
            .notices
            .iter()
            .any(|notice| notice.rule == NoticeRule::Inactivity && notice.due_at <= license.at),
        "{:?}",
        license.notices
    );
}

//! Agreements that holders keep current.

use serde_json::{Value, json};

use super::support::*;
use crate::domain::evaluate::{Consequence, Evaluation};
use crate::domain::fact::{HoldCause, NoticeRule};
use crate::domain::license::LicenseStatus::{Active, Deactivated, Suspended};
use crate::domain::policy::Party;
use crate::domain::requirement::{RequirementKey, Standing, Status};

const KEY: &str = "agreement:user_agreement";

fn standing(license: &Evaluation) -> &Standing {
    license
        .requirements
        .iter()
        .find(|standing| standing.key == RequirementKey::Agreement("user_agreement".to_owned()))
        .unwrap()
}

fn consequence(license: &Evaluation, key: &str) -> Consequence {
    license
        .due
        .iter()
        .find(|item| {
            item.requirement
                .as_ref()
                .is_some_and(|found| found.to_string() == key)
        })
        .unwrap()
        .consequence
}

/// Both agreements hold 12 months; recertification is left out.
fn yearly() -> Value {
    hand_with(&[
        (
            "/agreements/user_agreement/validity",
            json!({"kind": "rolling", "length": {"months": 12}}),
        ),
        ("/license_types/end_user/recertification", Value::Null),
    ])
}

fn licensed() -> Story {
    let mut story = Story::under(yearly());
    story.passed("2026-03-01 09:00", SERIES);
    story.passed("2026-03-01 09:00", POLICIES);
    story.executed("2026-03-10 15:00", "1");
    story.activated("2026-03-11 09:00");
    story
}

#[test]
fn signed_on_march_10_for_12_months_is_valid_through_march_10() {
    let story = licensed();
    let license = story.license("2027-03-10 23:59:59");
    assert_eq!(standing(&license).status, Status::Met);
    assert_eq!(standing(&license).valid_through, Some(day("2027-03-10")));
    assert_eq!(license.next_change_at(), Some(at("2027-03-11 00:00")));
    let license = story.license("2027-03-11 00:00");
    assert_eq!(standing(&license).status, Status::Overdue);
}

#[test]
fn signed_on_february_29_is_valid_through_february_28() {
    let mut story = Story::under(yearly());
    story.prepared("2028-02-29 10:00");
    story.activated("2028-03-01 09:00");
    let license = story.license("2028-06-01 00:00");
    assert_eq!(standing(&license).valid_through, Some(day("2029-02-28")));
}

#[test]
fn a_lapse_suspends_only_after_a_notice_that_named_the_date() {
    let mut story = licensed();
    let license = story.license("2027-06-01 00:00");
    assert!(license.allowed(), "no notice was sent");
    assert_eq!(consequence(&license, KEY), Consequence::AwaitsNotice);

    story.noticed(
        "2027-06-01 09:00",
        NoticeRule::Agreement,
        None,
        Some(KEY),
        "2027-06-07",
    );
    let license = story.license("2027-06-01 10:00");
    assert_eq!(
        consequence(&license, KEY),
        Consequence::At(at("2027-06-07 00:00"))
    );
    story.turns("2027-06-07 00:00", false);
    let license = story.license("2027-06-07 00:00");
    assert_eq!(license.status(), Some(Suspended));
    let hold = license.open_holds().next().unwrap();
    assert_eq!(hold.cause, HoldCause::AgreementLapsed);
}

#[test]
fn a_notice_that_names_too_early_a_day_counts_from_the_minimum() {
    let mut story = licensed();
    story.noticed(
        "2027-06-01 09:00",
        NoticeRule::Agreement,
        None,
        Some(KEY),
        "2027-06-02",
    );
    story.turns("2027-06-07 00:00", false);
}

#[test]
fn a_notice_in_good_time_ends_at_the_named_date() {
    let mut story = licensed();
    story.noticed(
        "2027-02-10 09:00",
        NoticeRule::Agreement,
        None,
        Some(KEY),
        "2027-03-11",
    );
    assert_eq!(story.status("2027-03-10 23:59"), Some(Active));
    story.turns("2027-03-11 00:00", false);
}

#[test]
fn a_notice_is_void_once_the_end_moves_behind_its_named_date() {
    let mut story = licensed();
    story.noticed(
        "2027-02-10 09:00",
        NoticeRule::Agreement,
        None,
        Some(KEY),
        "2027-03-11",
    );
    story.executed("2027-02-20 09:00", "1");
    // Not signed again a year later: the old notice does not serve.
    let license = story.license("2028-06-01 00:00");
    assert!(license.allowed());
    assert_eq!(consequence(&license, KEY), Consequence::AwaitsNotice);
}

#[test]
fn a_cure_lifts_only_its_own_hold() {
    let mut story = licensed();
    story.noticed(
        "2027-03-20 09:00",
        NoticeRule::Agreement,
        None,
        Some(KEY),
        "2027-03-26",
    );
    story.fact(
        "2027-03-28 09:00",
        crate::domain::fact::FactBody::HoldOpened {
            cause: HoldCause::Investigation,
            until: None,
        },
    );
    story.executed("2027-03-29 09:00", "1");
    let license = story.license("2027-03-30 00:00");
    let causes: Vec<_> = license.open_holds().map(|hold| hold.cause).collect();
    assert_eq!(causes, [HoldCause::Investigation]);
    assert!(!license.allowed());
}

#[test]
fn the_last_signature_of_the_round_counts_and_one_party_alone_extends_nothing() {
    let mut story = licensed();
    story.signed("2027-02-01 09:00", "user_agreement", "1", Party::EndUser);
    let license = story.license("2027-02-02 00:00");
    assert_eq!(standing(&license).due_on, Some(day("2027-03-10")));
    story.signed(
        "2027-02-15 09:00",
        "user_agreement",
        "1",
        Party::AuthorizedSigner,
    );
    let license = story.license("2027-02-16 00:00");
    assert_eq!(standing(&license).valid_through, Some(day("2028-02-15")));
}

#[test]
fn holders_have_their_days_to_sign_a_new_version() {
    let mut story = licensed();
    let mut policy = yearly();
    set(
        &mut policy,
        "/agreements/user_agreement/version",
        json!("2"),
    );
    story.policy("2026-06-01 12:00", policy);
    let license = story.license("2026-06-01 12:00");
    assert_eq!(standing(&license).status, Status::Due);
    assert_eq!(standing(&license).due_on, Some(day("2026-07-01")));
    assert!(license.allowed());
    assert_eq!(
        standing(&story.license("2026-07-02 00:00")).status,
        Status::Overdue
    );
    story.executed("2026-07-03 09:00", "2");
    let license = story.license("2026-07-03 09:00");
    assert_eq!(standing(&license).status, Status::Met);
    assert_eq!(standing(&license).valid_through, Some(day("2027-07-03")));
}

#[test]
fn a_new_version_does_not_stretch_the_old_ones_validity() {
    let mut story = licensed();
    let mut policy = yearly();
    set(
        &mut policy,
        "/agreements/user_agreement/version",
        json!("2"),
    );
    story.policy("2027-03-01 12:00", policy);
    let license = story.license("2027-03-02 00:00");
    assert_eq!(standing(&license).due_on, Some(day("2027-03-10")));
}

#[test]
fn a_policy_that_drops_the_requirement_takes_its_hold_with_it() {
    let mut story = licensed();
    story.noticed(
        "2027-03-20 09:00",
        NoticeRule::Agreement,
        None,
        Some(KEY),
        "2027-03-26",
    );
    assert_eq!(story.status("2027-03-27 00:00"), Some(Suspended));
    let mut policy = yearly();
    set(
        &mut policy,
        "/license_types/end_user/requirement_sets/full/agreements",
        json!([{"agreement": "code_of_ethics"}]),
    );
    story.policy("2027-04-01 00:00", policy);
    story.turns("2027-04-01 00:00", true);
}

#[test]
fn a_signature_made_in_time_but_recorded_after_the_end_contests_it() {
    let mut policy = yearly();
    set(
        &mut policy,
        "/agreements/user_agreement/on_lapse",
        json!("deactivate"),
    );
    let mut story = licensed();
    story.policies.clear();
    story.policy("2015-01-01 00:00", policy);
    story.noticed(
        "2027-02-10 09:00",
        NoticeRule::Agreement,
        None,
        Some(KEY),
        "2027-03-11",
    );
    assert_eq!(story.status("2027-03-11 00:00"), Some(Deactivated));
    for (party, contested) in [(Party::EndUser, 0), (Party::Agency, 1)] {
        story.late(
            "2027-03-05 09:00",
            "2027-03-20 09:00",
            crate::domain::fact::FactBody::AgreementSigned {
                agreement: "user_agreement".to_owned(),
                version: "1".to_owned(),
                party,
            },
        );
        let license = story.license("2027-03-21 00:00");
        assert_eq!(license.status(), Some(Deactivated), "only staff reinstate");
        let end = license.period().unwrap().end.clone().unwrap();
        assert_eq!(end.contested_by.len(), contested, "after {party:?}");
    }
}

#[test]
fn whoever_signs_beside_the_last_party_that_was_missing_has_signed_that_round_and_not_the_next() {
    for parties in [
        [Party::EndUser, Party::Supervisor],
        [Party::Supervisor, Party::EndUser],
    ] {
        let mut story = Story::licensed_under(hand_with(&[(
            "/agreements/user_agreement/validity",
            json!({"kind": "rolling", "length": {"months": 12}}),
        )]));
        story.signed("2026-06-01 09:00", "user_agreement", "1", Party::Supervisor);
        for party in parties {
            story.signed("2026-07-01 09:00", "user_agreement", "1", party);
        }
        // One party alone extends nothing.
        story.signed("2027-06-20 09:00", "user_agreement", "1", Party::EndUser);
        let license = story.license("2027-06-21 09:00");
        let standing = license
            .requirements
            .iter()
            .find(|standing| standing.key.to_string() == "agreement:user_agreement")
            .unwrap();
        assert_eq!(
            standing.valid_through,
            Some(day("2027-07-01")),
            "{parties:?}"
        );
    }
}

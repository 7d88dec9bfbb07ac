//! What must hold whatever the policy says and whatever happened.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use chrono_tz::Tz;
use proptest::prelude::*;
use proptest::sample::Index;

use super::histories::{History, histories, zone};
use super::support::*;
use crate::domain::calendar::{Instant, Length, local_day, start_of_day};
use crate::domain::evaluate::{Consequence, EndCause, Evaluation, PeriodCause, Rules, evaluate};
use crate::domain::fact::{DeactivationCause, FactBody, HoldCause, NoticeRule};
use crate::domain::policy::{NoticedEnd, Party, RequestClass};

const CASES: u32 = 40;

/// The answer as it would be given at another instant, if nothing else about it changed: whatever a reader can see. What
/// a return would owe is asked of the day on which somebody wants to return, like the rung of the ladder; and when the
/// service sends by itself what is due, while absences wait, is foretold by the outlook of its notices. The message of a
/// return is worth sending only before the cut-off, which the answer names.
fn as_of(license: &Evaluation, at: Instant) -> Evaluation {
    let mut answer = Evaluation {
        at,
        to_return: Vec::new(),
        first_login: license
            .first_login
            .clone()
            .filter(|_| license.cut_off_at.is_none_or(|cut_off_at| at < cut_off_at)),
        ..license.clone()
    };
    for needed in &mut answer.notices {
        needed.send_at = needed.due_at;
    }
    answer
}

/// What differs between two answers, by name.
fn differences(one: &Evaluation, other: &Evaluation) -> Vec<String> {
    let (one, other) = (format!("{one:#?}"), format!("{other:#?}"));
    let lines = one.lines().zip(other.lines());
    lines
        .filter(|(one, other)| one != other)
        .take(12)
        .map(|(one, other)| format!("{} / {}", one.trim(), other.trim()))
        .collect()
}

/// Every instant at which something was recorded, and some time after the last.
pub(super) fn instants(history: &History) -> Vec<Instant> {
    let mut instants: BTreeSet<Instant> = history
        .story
        .facts
        .iter()
        .map(|fact| fact.envelope.recorded_at)
        .collect();
    let last = instants.last().copied().unwrap();
    instants.extend([3, 20, 90].map(|days| last + TimeDelta::days(days)));
    instants.into_iter().collect()
}

pub(super) fn license(history: &History, now: Instant) -> Evaluation {
    evaluate(&history.story.case(), now)
}

proptest! {
    #![proptest_config(cases(CASES))]

    #[test]
    fn an_unmet_requirement_of_a_license_that_gives_access_is_always_due(history in histories()) {
        for now in instants(&history) {
            let license = license(&history, now);
            if !license.allowed() {
                continue;
            }
            for standing in license.requirements.iter().filter(|standing| standing.status.is_open()) {
                let item = license
                    .due
                    .iter()
                    .find(|item| item.requirement.as_ref() == Some(&standing.key));
                prop_assert!(item.is_some(), "{} is not due at {now}", standing.key);
                match item.unwrap().consequence {
                    Consequence::At(at) => {
                        prop_assert!(at > now, "{} should have acted at {at}, not after {now}", standing.key);
                    }
                    Consequence::AwaitsNotice | Consequence::Listed => {}
                }
            }
        }
    }

    #[test]
    fn a_login_never_turns_no_access_into_access(history in histories(), which in any::<Index>()) {
        let logins: Vec<usize> = (0..history.story.facts.len())
            .filter(|index| matches!(history.story.facts[*index].body, FactBody::LoggedIn { .. }))
            .collect();
        if logins.is_empty() {
            return Ok(());
        }
        let login = logins[which.index(logins.len())];
        let recorded = history.story.facts[login].envelope.recorded_at;
        let occurred = history.story.facts[login].envelope.occurred_at;
        let mut without = history.clone();
        without.story.facts.remove(login);
        // One that occurred in time and arrives late takes the ground of a suspension away (domain.md, section 2): that
        // lifts what should never have begun, and brings back nobody who was shut out when he logged in.
        if license(&without, occurred).allowed() {
            return Ok(());
        }
        let before = license(&history, recorded - moment()).allowed();
        let otherwise = license(&without, recorded).allowed();
        if !before && !otherwise {
            prop_assert!(!license(&history, recorded).allowed());
        }
    }

    #[test]
    fn nothing_changes_between_the_changes_that_are_foretold(history in histories()) {
        for recorded in instants(&history) {
            let known = history.known_at(recorded);
            let mut now = recorded;
            // Some steps into the future of what is known at the recording.
            for _ in 0..6 {
                let answer = license(&known, now);
                let next = answer.next_change_at();
                prop_assert!(next.is_none_or(|next| next > now));
                let until = next.unwrap_or(now + TimeDelta::days(400));
                for between in [now + (until - now) / 3, until - moment()] {
                    if between > now {
                        let there = as_of(&license(&known, between), between);
                        let differ = differences(&there, &as_of(&answer, between));
                        prop_assert!(
                            differ.is_empty(),
                            "known at {}, at {} between {} and {:?}: {:#?}", recorded, between, now, next, differ
                        );
                    }
                }
                match next {
                    Some(next) => now = next,
                    None => break,
                }
            }
        }
    }

    #[test]
    fn nothing_recorded_later_changes_an_earlier_answer(history in histories()) {
        for now in instants(&history) {
            prop_assert_eq!(license(&history.known_at(now), now), license(&history, now));
        }
    }

    #[test]
    fn no_absence_ends_access_without_notice_or_before_the_named_date(history in histories()) {
        let now = *instants(&history).last().unwrap();
        let license = license(&history, now);
        for end in license.periods.iter().filter_map(|period| period.end.as_ref()) {
            let EndCause::Deactivated(cause) = end.cause else {
                prop_assert!(history.was_told(end.at, NoticedEnd::Term));
                continue;
            };
            match cause {
                DeactivationCause::Inactivity => {
                    let cut_off = end.cut_off_at.unwrap();
                    prop_assert!(
                        history.was_told(cut_off, NoticedEnd::Inactivity)
                            || history.never_came(cut_off)
                            || history.needs_no_notice(NoticedEnd::Inactivity, end.at)
                    );
                    prop_assert!(end.at >= end.cut_off_at.unwrap());
                }
                DeactivationCause::RecertificationOverdue => {
                    prop_assert!(history.was_told_of_recertification(end.at));
                }
                DeactivationCause::AgreementLapsed => {
                    prop_assert!(history.was_told(end.at, NoticedEnd::Agreement));
                }
                DeactivationCause::SuspensionTooLong => {
                    prop_assert!(history.was_told(end.at, NoticedEnd::SuspensionTooLong));
                }
                _ => {}
            }
        }
        for hold in &license.holds {
            match hold.cause {
                // Who comes back from leave after too long an absence is told by his return.
                HoldCause::LongInactivity if license.holds.iter().any(|leave| {
                    leave.cause == HoldCause::Leave && leave.ended_at == Some(hold.from)
                }) => {}
                // A reinstatement restores a license as it stood.
                HoldCause::LongInactivity if license.periods.iter().any(|period| {
                    let as_it_stood = [PeriodCause::Reinstatement, PeriodCause::EmergencyRestoration];
                    as_it_stood.contains(&period.cause) && period.from == hold.from
                }) => {}
                HoldCause::LongInactivity => {
                    prop_assert!(
                        history.was_told(hold.from, NoticedEnd::Inactivity) || history.never_came(hold.from)
                    );
                }
                HoldCause::RecertificationOverdue => {
                    prop_assert!(history.was_told_of_recertification(hold.from));
                }
                HoldCause::AgreementLapsed => {
                    prop_assert!(history.was_told(hold.from, NoticedEnd::Agreement));
                }
                _ => {}
            }
        }
    }

    #[test]
    fn an_expired_license_comes_back_only_by_a_renewal_in_the_grace_or_by_staff(history in histories()) {
        let now = *instants(&history).last().unwrap();
        let license = license(&history, now);
        for pair in license.periods.windows(2) {
            let [ended, next] = pair else { continue };
            let end = ended.end.as_ref().unwrap();
            if next.cause == PeriodCause::Renewal {
                prop_assert_eq!(end.cause, EndCause::TermEnded);
                let renewal = history.story.facts.iter().find(|fact| fact.id == next.fact).unwrap();
                let renews = matches!(renewal.body, FactBody::LicenseRenewed { .. });
                prop_assert!(renews);
                prop_assert_eq!(renewal.envelope.recorded_at, next.from);
                prop_assert!(next.from < end.at + TimeDelta::days(6), "no grace is longer than four days");
            }
        }
    }

    #[test]
    fn an_inactivity_end_has_no_saving_login(history in histories()) {
        let now = *instants(&history).last().unwrap();
        let license = license(&history, now);
        for period in &license.periods {
            let Some(end) = &period.end else { continue };
            if end.cause != EndCause::Deactivated(DeactivationCause::Inactivity) {
                continue;
            }
            let cut_off = end.cut_off_at.unwrap();
            let zone: Tz = zone(&history.story);
            for fact in &history.story.facts {
                let known = fact.envelope.recorded_at <= end.at;
                let inside = history.inside_every_limit(local_day(zone, fact.envelope.occurred_at));
                let saves = start_of_day(zone, inside) >= cut_off && fact.envelope.occurred_at < cut_off;
                let replaced = history.story.facts.iter().any(|other| other.envelope.supersedes == Some(fact.id));
                // Before a return a login is no first one.
                let earlier = history.asks_first_login()
                    && Some(fact.envelope.occurred_at) <= history.returned_before(cut_off);
                if !earlier
                    && matches!(&fact.body, FactBody::LoggedIn { serves, activity: None, .. } if serves.contains(&HERE))
                {
                    prop_assert!(!(known && saves) || replaced, "login of {}", fact.envelope.occurred_at);
                }
            }
        }
    }

    #[test]
    fn at_every_activation_each_requirement_is_met_or_waived(
        facts in prop::collection::vec((0_i64..900, 0_usize..9, 0_u8..3), 0..14),
        role in prop::sample::select(vec![None, Some("data_manager"), Some("case_manager")]),
        class in prop::sample::select(vec![RequestClass::New, RequestClass::Additional]),
    ) {
        let now = at("2027-06-30 12:00");
        let mut story = Story::under(hand());
        story.request.job_role = role.map(str::to_owned);
        story.request.class = class;
        story.request.submitted_at = now - TimeDelta::days(30);
        for (age, kind, variant) in facts {
            let when = now - TimeDelta::days(if kind == 0 { age % 30 } else { age });
            let sign = |agreement: usize, party| FactBody::AgreementSigned {
                agreement: AGREEMENTS[agreement].to_owned(),
                version: if variant == 0 { "0" } else { "1" }.to_owned(),
                party,
            };
            let body = match kind {
                0 => FactBody::RequestApproved,
                1 => sign(0, Party::EndUser),
                2 => sign(0, Party::Supervisor),
                3 => sign(1, Party::EndUser),
                4 => sign(1, Party::Agency),
                5 => passed(SERIES),
                6 => passed(POLICIES),
                7 => passed("data_quality"),
                _ => FactBody::Waived {
                    requirement: ["agreement:user_agreement", "course:data_quality", "course:hand_policy_and_procedure"][usize::from(variant)].to_owned(),
                    until_on: (age % 2 == 0).then(|| local_day(DETROIT, when + TimeDelta::days(40))),
                },
            };
            story.push(when, when, body);
        }
        let request = story.request_at(now);
        if request
            .activate(&evaluate(&story.case(), now), &std::collections::BTreeSet::new())
            .is_ok() {
            let mut owed: Vec<String> = vec![
                "agreement:user_agreement".into(), "agreement:code_of_ethics".into(),
                format!("course:{SERIES}"), format!("course:{POLICIES}"),
            ];
            owed.extend((role == Some("data_manager")).then(|| "course:data_quality".to_owned()));
            for key in owed {
                prop_assert!(fulfilled(&story, &key, now), "{key} is neither met nor waived");
            }
            story.push(now, now, FactBody::Activated {
                license_type: "end_user".into(),
                class,
                job_role: story.request.job_role.clone(),
                projects: Vec::new(),
                project_types: Vec::new(),
                basis: crate::domain::fact::Basis::Requirements,
                requirement_set: None,
                partial: false,
            submitted_at: Some(story.request.submitted_at),
            });
            let license = evaluate(&story.case(), now);
            prop_assert!(license.allowed());
            for standing in &license.requirements {
                prop_assert!(!standing.status.is_open(), "{} is open at activation", standing.key);
            }
        }
    }
}

/// Read from the facts alone, without the evaluation: whether a requirement of HAND's is met or waived.
fn fulfilled(story: &Story, key: &str, now: Instant) -> bool {
    let today = local_day(DETROIT, now);
    let (kind, code) = key.split_once(':').unwrap();
    let signed = |parties: &[Party]| {
        story.facts.iter().any(|fact| {
            matches!(&fact.body, FactBody::AgreementSigned { agreement, version, party }
                if agreement == code && version == "1" && parties.contains(party))
        })
    };
    let met = if kind == "agreement" {
        signed(&[Party::EndUser]) && signed(&[Party::Supervisor, Party::Agency])
    } else {
        story.facts.iter().any(|fact| {
            fact.body == passed(code)
                && crate::domain::calendar::add_months(
                    local_day(DETROIT, fact.envelope.occurred_at),
                    12,
                ) >= today
        })
    };
    met || story.facts.iter().any(|fact| {
        matches!(&fact.body, FactBody::Waived { requirement, until_on }
            if requirement == key && until_on.is_none_or(|last| today <= last))
    })
}

impl History {
    fn asks_first_login(&self) -> bool {
        self.story.policies.iter().any(|version| {
            let rule = version.document.license_types["end_user"]
                .inactivity
                .as_ref();
            rule.is_some_and(|rule| rule.first_login_within.is_some())
        })
    }

    /// The last return recorded before an instant.
    fn returned_before(&self, at: Instant) -> Option<Instant> {
        let returns = self.story.facts.iter().filter(|fact| {
            matches!(
                fact.body,
                FactBody::Activated {
                    class: RequestClass::Returning,
                    ..
                } | FactBody::Reactivated
            )
        });
        returns
            .map(|fact| fact.envelope.recorded_at)
            .filter(|returned| *returned < at)
            .max()
    }

    /// Whether the first login was missed by an instant: nobody came since the last return, whose message is the
    /// notice.
    pub(super) fn never_came(&self, cut_off: Instant) -> bool {
        let facts = &self.story.facts;
        let returned = self.returned_before(cut_off);
        // What takes effect was cut off before, by the lag of the login reports at most.
        let lags = self.story.policies.iter().filter_map(|version| {
            let found = version.document.license_types.get("end_user")?;
            Some(found.inactivity.as_ref()?.login_report_lag_hours)
        });
        let cut_off = cut_off - TimeDelta::hours(i64::from(lags.max().unwrap_or(0)));
        self.asks_first_login()
            && returned.is_some_and(|returned| {
                !facts.iter().any(|fact| {
                    matches!(&fact.body, FactBody::LoggedIn { serves, activity: None, .. } if serves.contains(&HERE))
                        && returned < fact.envelope.occurred_at
                        && fact.envelope.occurred_at < cut_off
                        && fact.envelope.recorded_at < cut_off
                        && !facts.iter().any(|other| other.envelope.supersedes == Some(fact.id))
                })
            })
    }

    /// The same of recertification that recurs, or of a campaign.
    fn was_told_of_recertification(&self, at: Instant) -> bool {
        [NoticedEnd::Recertification, NoticedEnd::Campaign]
            .into_iter()
            .any(|end| self.was_told(at, end))
    }

    /// Whether by some version an end needs no notice; of inactivity, by the rules in force at the end.
    pub(super) fn needs_no_notice(&self, end: NoticedEnd, at: Instant) -> bool {
        if end == NoticedEnd::Inactivity {
            let rules = Rules::known_at(&self.story.policies, HERE, at);
            let Some(in_force) = rules.at(at) else {
                return false;
            };
            return ["end_user", "read_only"].into_iter().any(|license_type| {
                let found = &in_force.document.license_types[license_type];
                let off = found
                    .inactivity
                    .as_ref()
                    .and_then(|rule| rule.off_rule.as_ref());
                let minimum = in_force.document.notice_before(end, license_type);
                off.is_some_and(|off| off.steps.is_empty()) && minimum.is_zero()
            });
        }
        self.story.policies.iter().any(|version| {
            let minimum = version.document.notice_before(end, "end_user");
            minimum.is_zero()
        })
    }

    /// Whether by an instant a notice of the rule named a day that has come, long enough before.
    fn was_told(&self, at: Instant, end: NoticedEnd) -> bool {
        let story = &self.story;
        let minima: Vec<Length> = story
            .policies
            .iter()
            .map(|version| version.document.notice_before(end, "end_user"))
            .collect();
        if self.needs_no_notice(end, at) {
            return true;
        }
        let zone = zone(story);
        story.facts.iter().any(|fact| {
            let FactBody::NoticeSent { rule, named_on, .. } = &fact.body else {
                return false;
            };
            let speaks = match end {
                NoticedEnd::Inactivity => *rule == NoticeRule::Inactivity,
                NoticedEnd::Agreement => *rule == NoticeRule::Agreement,
                NoticedEnd::Term => *rule == NoticeRule::Term,
                NoticedEnd::Campaign => *rule == NoticeRule::Campaign,
                NoticedEnd::SuspensionTooLong => *rule == NoticeRule::SuspensionTooLong,
                _ => matches!(rule, NoticeRule::Recertification | NoticeRule::Waiver),
            };
            let sent = fact
                .envelope
                .occurred_at
                .max(fact.envelope.recorded_at - TimeDelta::hours(24));
            let earliest = minima
                .iter()
                .map(|minimum| {
                    minimum.lapses_on(local_day(zone, sent), &story.policies[0].document.holidays)
                })
                .min()
                .unwrap();
            speaks
                && fact.envelope.recorded_at <= at
                && start_of_day(zone, *named_on) <= at
                && start_of_day(zone, earliest) <= at
        })
    }
}

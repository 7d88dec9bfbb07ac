//! Random policies and histories with whoever sends what is due, at sweeps that come daily or after long outages: what
//! must hold of warnings, cut-offs and ends whatever happened in between.

use std::collections::BTreeSet;

use chrono::{NaiveDate, TimeDelta};
use proptest::prelude::*;
use proptest::sample::Index;

use super::histories::{History, histories, zone};
use super::support::*;
use crate::domain::calendar::{Instant, Length, local_day, start_of_day};
use crate::domain::evaluate::{
    EndCause, Evaluation, LicenseState, LoginSource, RestorationStanding, Rules, evaluate,
};
use crate::domain::fact::{DeactivationCause, FactBody, NoticeRule};
use crate::domain::ids::FactId;
use crate::domain::outgoing::{NoticeKind, NoticeSubject};
use crate::domain::policy::{Inactivity, NoticedEnd, OffAction, OffRule, Recipient};

const CASES: u32 = 40;

/// Minutes between sweeps: about a day, or an outage of up to a year.
fn gaps() -> impl Strategy<Value = Vec<i64>> {
    let gap = prop_oneof![
        12 => 1_i64..2_000,
        1 => 10_000_i64..100_000,
        1 => 100_000_i64..525_600,
    ];
    prop::collection::vec(gap, 10..90)
}

/// A notice that did not arrive, and minutes after which that became known.
type Bounces = Vec<(Index, i64)>;

fn bounces() -> impl Strategy<Value = Bounces> {
    prop::collection::vec((any::<Index>(), 0_i64..20_000), 0..3)
}

/// What was sent, and when.
#[derive(Clone, Debug)]
struct Sent {
    fact: FactId,
    at: Instant,
    subject: NoticeSubject,
    named_on: NaiveDate,
}

/// A history in which the service alone gives notices.
struct Run {
    history: History,
    sent: Vec<Sent>,
    sweeps: Vec<Instant>,
}

impl Run {
    fn license(&self, now: Instant) -> Evaluation {
        evaluate(&self.history.known_at(now).story.case(), now)
    }

    /// Until when the last emergency restoration before an instant lasts.
    fn restored_until(&self, at: Instant) -> Option<Instant> {
        let facts = self.history.story.facts.iter();
        let restored = facts.filter(|fact| fact.envelope.recorded_at <= at);
        let until = restored.filter_map(|fact| match fact.body {
            FactBody::EmergencyRestored { until, .. } => Some(until),
            _ => None,
        });
        until.max()
    }

    /// The off-rule in force for a type at an instant.
    fn off_rule(&self, license_type: &str, at: Instant) -> Option<(Inactivity, OffRule)> {
        let rules = Rules::known_at(&self.history.story.policies, HERE, at);
        let found = rules.at(at)?.document.license_types.get(license_type)?;
        let rule = found.inactivity.clone()?;
        let off = rule.off_rule.clone()?;
        Some((rule, off))
    }

    /// Whether a notice was sent as one of several steps, and rules with fewer make its number the last.
    fn has_become_the_last(&self, sent: &Sent, now: Instant) -> bool {
        let license = self.license(now);
        let Some(license_type) = license.period().map(|period| period.license_type.as_str()) else {
            return false;
        };
        let last = |at| {
            let (_, off) = self.off_rule(license_type, at)?;
            off.steps.len().checked_sub(1)
        };
        sent.subject.rule == NoticeRule::Inactivity
            && sent.subject.step == last(now)
            && sent.subject.step != last(sent.at)
    }

    /// The longest time that login reports may take by any version.
    fn lag(&self) -> TimeDelta {
        let versions = self.history.story.policies.iter();
        let lags = versions.filter_map(|version| {
            let kind = version.document.license_types.get("end_user")?;
            Some(kind.inactivity.as_ref()?.login_report_lag_hours)
        });
        TimeDelta::hours(i64::from(lags.max().unwrap_or(0)))
    }
}

/// Takes away what staff told by hand, and whatever speaks of it.
fn untold(mut history: History) -> History {
    let mut gone: BTreeSet<FactId> = BTreeSet::new();
    loop {
        let before = history.story.facts.len();
        history.story.facts.retain(|fact| {
            let of_gone = fact
                .envelope
                .supersedes
                .is_some_and(|target| gone.contains(&target));
            let told = matches!(
                fact.body,
                FactBody::NoticeSent { .. } | FactBody::NoticeBounced { .. }
            );
            if told || of_gone {
                gone.insert(fact.id);
            }
            !(told || of_gone)
        });
        if history.story.facts.len() == before {
            return history;
        }
    }
}

/// Sweeps and sends from the activation on, then says which notices did not arrive.
fn run(history: History, gaps: &[i64], bounces: &Bounces) -> Result<Run, TestCaseError> {
    let mut run = Run {
        history: untold(history),
        sent: Vec::new(),
        sweeps: Vec::new(),
    };
    let began = run.history.story.facts.iter();
    let began = began.map(|fact| fact.envelope.recorded_at).min().unwrap();
    let mut now = began + TimeDelta::hours(2);
    let mut bounces = bounces.clone();
    for gap in gaps {
        now += TimeDelta::minutes(*gap);
        run.sweeps.push(now);
        let license = run.license(now);
        let told = license.to_tell();
        let warnings = told
            .iter()
            .filter(|telling| telling.needed.rule == NoticeRule::Inactivity);
        prop_assert!(warnings.count() <= 1, "one step at a time");
        for telling in told {
            if telling.kind() != NoticeKind::Notice || !telling.tells().contains(&Recipient::User) {
                continue;
            }
            let subject = telling.subject();
            // Only the last due step, and every earlier one that nobody was told of is written down.
            let steps: Vec<Option<usize>> = license
                .notices
                .iter()
                .filter(|other| {
                    other.rule == subject.rule && other.requirement == telling.needed.requirement
                })
                .filter(|other| other.send_at <= now && !other.waits_for_source)
                .map(|other| other.step)
                .collect();
            prop_assert_eq!(steps.iter().max(), Some(&subject.step));
            let skipped = license.notices.iter().filter(|other| {
                other.rule == subject.rule && other.step < subject.step && other.sent.is_none()
            });
            let skipped: Vec<usize> = skipped.filter_map(|other| other.step).collect();
            prop_assert_eq!(&telling.skipped, &skipped);

            let again = run.sent.iter().find(|sent| {
                sent.subject == subject
                    && license.counting.contains(&sent.fact)
                    && !run.has_become_the_last(sent, now)
            });
            prop_assert!(
                again.is_none(),
                "{:?} was told and counts: {:?}",
                again,
                subject
            );
            let named_on = telling.needed.earliest_named_on(now);
            let body = FactBody::NoticeSent {
                rule: subject.rule,
                step: subject.step,
                requirement: subject.requirement.clone(),
                anchor_on: subject.anchor_on,
                named_on,
                channel: None,
                to: None,
            };
            let fact = run.history.story.push(now, now, body);
            run.sent.push(Sent {
                fact,
                at: now,
                subject,
                named_on,
            });
            if let Some((which, after)) = bounces.pop()
                && which.index(3) == 0
            {
                let late = now + TimeDelta::minutes(after);
                let body = FactBody::NoticeBounced { notice: fact };
                run.history.story.push(late, late, body);
            }
        }
        // What was told counts at once: nobody is told the same at every sweep.
        let after = run.license(now);
        let more = after.to_tell().into_iter().find(|telling| {
            telling.kind() == NoticeKind::Notice
                && telling.tells().contains(&Recipient::User)
                && !bounced_by(&run.history, now, &telling.subject(), &run.sent)
        });
        prop_assert!(
            more.is_none(),
            "told at {now}, and still to be told: {more:?}"
        );
    }
    Ok(run)
}

/// Whether the notice of a subject was told and bounced by an instant.
fn bounced_by(history: &History, now: Instant, subject: &NoticeSubject, sent: &[Sent]) -> bool {
    let told = sent.iter().filter(|sent| sent.subject == *subject);
    told.map(|sent| sent.fact).any(|fact| {
        history.story.facts.iter().any(|other| {
            other.body == FactBody::NoticeBounced { notice: fact }
                && other.envelope.recorded_at <= now
        })
    })
}

proptest! {
    #![proptest_config(cases(CASES))]

    #[test]
    fn a_cut_off_keeps_the_named_day_and_waits_no_longer_than_the_reports_may_take(
        history in histories(), gaps in gaps(), bounces in bounces(),
    ) {
        let run = run(history, &gaps, &bounces)?;
        let zone = zone(&run.history.story);
        for now in &run.sweeps {
            let license = run.license(*now);
            if let Some(LicenseState::Warned(warning)) = &license.state {
                let named = start_of_day(zone, warning.named_on);
                if let (Some(cut_off), Some(takes_effect)) = (warning.cut_off_at, warning.takes_effect_at) {
                    prop_assert!(cut_off >= named, "cut off at {cut_off}, named {}", warning.named_on);
                    prop_assert!(takes_effect >= cut_off);
                    prop_assert!(takes_effect <= cut_off + run.lag(), "{takes_effect} after {cut_off}");
                    // Where a miss is only listed, whoever is on the list stays warned.
                    let listed = license.listed_from.is_some_and(|from| from <= *now);
                    prop_assert!(takes_effect > *now || listed, "what has taken effect is no warning");
                }
            }
            let ends = license.periods.iter().filter_map(|period| period.end.as_ref());
            for end in ends {
                if let Some(cut_off) = end.cut_off_at
                    && end.cause == EndCause::Deactivated(DeactivationCause::Inactivity)
                {
                    prop_assert!(end.at >= cut_off);
                    // An emergency restoration that nobody confirmed holds it back as long as it lasts.
                    let latest = run.restored_until(end.at).max(Some(cut_off + run.lag()));
                    prop_assert!(Some(end.at) <= latest, "{} after {}", end.at, cut_off);
                }
            }
        }
    }

    #[test]
    fn a_delivery_is_accepted_once_unless_it_bounced_or_became_void(
        history in histories(), gaps in gaps(), bounces in bounces(),
    ) {
        let run = run(history, &gaps, &bounces)?;
        for now in &run.sweeps {
            let license = run.license(*now);
            let counting: Vec<&NoticeSubject> = run
                .sent
                .iter()
                .filter(|sent| license.counting.contains(&sent.fact))
                .map(|sent| &sent.subject)
                .collect();
            let different: BTreeSet<&NoticeSubject> = counting.iter().copied().collect();
            prop_assert_eq!(counting.len(), different.len(), "{:?} at {}", counting, now);
        }
    }

    #[test]
    fn nobody_is_ended_by_absence_without_a_sent_notice_that_named_the_day(
        history in histories(), gaps in gaps(), bounces in bounces(),
    ) {
        let run = run(history, &gaps, &bounces)?;
        let zone = zone(&run.history.story);
        let last = *run.sweeps.last().unwrap();
        let license = run.license(last);
        // What comes back when nobody confirmed a restoration rests on the notice of the end that it took back.
        let own = license.periods.iter().filter(|period| {
            let restoration = license.restoration(period.fact);
            !period.is_emergency() || restoration.is_some_and(|found| found.confirmed_by.is_some())
        });
        for end in own.filter_map(|period| period.end.as_ref()) {
            let (rule, at, noticed) = match end.cause {
                EndCause::TermEnded => (NoticeRule::Term, end.at, NoticedEnd::Term),
                EndCause::Deactivated(DeactivationCause::Inactivity) => {
                    (NoticeRule::Inactivity, end.cut_off_at.unwrap_or(end.at), NoticedEnd::Inactivity)
                }
                EndCause::Deactivated(DeactivationCause::RecertificationOverdue) => {
                    (NoticeRule::Recertification, end.at, NoticedEnd::Recertification)
                }
                EndCause::Deactivated(DeactivationCause::AgreementLapsed) => {
                    (NoticeRule::Agreement, end.at, NoticedEnd::Agreement)
                }
                _ => continue,
            };
            let speaks = |sent: &&Sent| {
                // A waiver that runs out acts as a missed recertification, and so does a campaign.
                let recertifies = [NoticeRule::Waiver, NoticeRule::Campaign];
                sent.subject.rule == rule
                    || rule == NoticeRule::Recertification && recertifies.contains(&sent.subject.rule)
            };
            let named = run
                .sent
                .iter()
                .filter(speaks)
                .any(|sent| {
                    // It counted up to the end.
                    let before = run.license(end.at - moment());
                    sent.at < at && start_of_day(zone, sent.named_on) <= at && before.counting.contains(&sent.fact)
                });
            let unneeded = run.history.needs_no_notice(noticed, end.at);
            let first_login = rule == NoticeRule::Inactivity && run.history.never_came(at);
            prop_assert!(named || unneeded || first_login, "{:?} without a notice: {:?}", end, run.sent);
        }
    }

    /// Whoever is over the limit is told of the last due step at every sweep, however long the outage before it was, and
    /// from the last one on has a date: nobody keeps a license by being forgotten.
    #[test]
    fn whoever_is_over_a_step_was_told_of_it_and_after_the_last_has_a_cut_off(
        history in histories(), gaps in gaps(), bounces in bounces(),
    ) {
        let run = run(history, &gaps, &bounces)?;
        let story = &run.history.story;
        let zone = zone(story);
        for now in &run.sweeps {
            let license = run.license(*now);
            let restored = license
                .restorations
                .iter()
                .any(|restoration| restoration.standing() == RestorationStanding::Open);
            let serves = |source: &LoginSource| {
                source.in_service_from <= *now && source.in_service_until.is_none_or(|until| *now < until)
            };
            let sources = || story.sources.iter().filter(|source| serves(source));
            if !license.allowed() || restored || sources().next().is_none() {
                continue;
            }
            let period = license.period().unwrap();
            let Some((rule, off)) = run.off_rule(&period.license_type, *now) else {
                continue;
            };
            if rule.off_action == OffAction::List {
                continue;
            }
            // Absences wait, or are stopped.
            let held = story.facts.iter().any(|fact| {
                matches!(fact.body, FactBody::AbsenceHeld { .. }) && fact.envelope.recorded_at <= *now
            });
            if held {
                continue;
            }
            let mark = sources()
                .map(|source| {
                    let beats = source.heartbeats.iter();
                    let mut known = beats.filter(|beat| beat.recorded_at <= *now);
                    known.next_back().map(|beat| beat.complete_through)
                })
                .min()
                .flatten();
            let known_of = license
                .notices
                .iter()
                .find(|needed| needed.rule == NoticeRule::Inactivity);
            let holidays = &story.policies[0].document.holidays;
            let due = |after: Length, anchor: NaiveDate| {
                let due = start_of_day(zone, after.lapses_on(anchor, holidays));
                off.enforced_from
                    .map_or(due, |day| due.max(start_of_day(zone, day)))
            };
            let Some(anchor) = known_of.map(|needed| needed.anchor_on) else {
                prop_assert!(
                    off.steps.is_empty(),
                    "nothing is to be told at {now} of a rule with steps"
                );
                continue;
            };
            if let Some(login) = license.last_login_at {
                prop_assert!(local_day(zone, login) <= anchor, "{login} restarts the clock");
            }
            let is_due = |at: Instant| at <= *now && mark.is_some_and(|mark| at <= mark);
            let last_due = off.steps.iter().rposition(|step| is_due(due(step.after, anchor)));
            let Some(last_due) = last_due else { continue };
            let told: Vec<&Sent> = run
                .sent
                .iter()
                .filter(|sent| sent.at <= *now && sent.subject.rule == NoticeRule::Inactivity)
                .filter(|sent| license.counting.contains(&sent.fact))
                .collect();
            let bounced = run.sent.iter().any(|sent| {
                sent.at <= *now && bounced_by(&run.history, *now, &sent.subject, &run.sent)
            });
            if bounced {
                continue;
            }
            prop_assert!(!told.is_empty(), "step {last_due} was due at {now}, and nobody was told");
            if last_due + 1 == off.steps.len() {
                prop_assert!(
                    license.cut_off_at.is_some(),
                    "told of the last step, and nothing follows at {now}: {told:?}"
                );
                let named = told.iter().map(|sent| sent.named_on).max().unwrap();
                prop_assert!(license.cut_off_at >= Some(start_of_day(zone, named)));
            } else {
                let of_it = told.iter().any(|sent| sent.subject.step >= Some(last_due));
                prop_assert!(of_it, "step {last_due} was due at {now}: {told:?}");
            }
        }
    }
}

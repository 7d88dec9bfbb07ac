//! What happens becomes a fact, recorded at an instant.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate, TimeDelta};
use proptest::sample::Index;

use super::super::support::*;
use super::events::Event;
use super::zone;
use crate::domain::absence_hold::AbsenceDecision;
use crate::domain::calendar::{Instant, Precision, local_day};
use crate::domain::campaign::{Campaign, CampaignAsks, CampaignItem};
use crate::domain::evaluate::{Heartbeat, evaluate};
use crate::domain::fact::{
    DeactivationCause, Fact, FactBody, HoldCause, NoticeRule, RenewalDecision, TypeChange,
};
use crate::domain::ids::FactId;
use crate::domain::outgoing::NoticeKind;
use crate::domain::policy::{Party, Renewer};
use crate::domain::request::RequestState;
use crate::domain::roster::Participation;

pub fn sign(agreement: &str, version: &str, party: Party) -> FactBody {
    FactBody::AgreementSigned {
        agreement: agreement.to_owned(),
        version: version.to_owned(),
        party,
    }
}

pub fn happen(story: &mut Story, now: Instant, event: Event) {
    let ahead = |minutes: i64| now + TimeDelta::minutes(minutes);
    let last = |story: &Story, is: fn(&Fact) -> bool| {
        story
            .facts
            .iter()
            .rfind(|fact| is(fact))
            .map(|fact| fact.id)
    };
    let is_end =
        |fact: &Fact| matches!(fact.body, FactBody::Departed | FactBody::Deactivated { .. });
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
                7 => (NoticeRule::Agreement, None),
                8 | 9 => (NoticeRule::SuspensionTooLong, None),
                10 => (NoticeRule::Waiver, None),
                _ => (NoticeRule::Unreachable, None),
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
        Event::Hold {
            cause,
            ahead: at,
            minutes,
        } => {
            let until = minutes.map(|minutes| ahead(at) + TimeDelta::minutes(minutes));
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
            if let Some(target) = some(story, which, |_| true) {
                story.push(now, now, FactBody::Withdrawn);
                story.facts.last_mut().unwrap().envelope.supersedes = Some(target.id);
            }
        }
        Event::CorrectSameKind {
            which,
            earlier_minutes,
            until_minutes,
        } => {
            let until = until_minutes.map(ahead);
            let said_anew = |fact: &Fact| anew(&fact.body, until, today).is_some();
            if let Some(target) = some(story, which, said_anew)
                && let Some(body) = anew(&target.body, until, today)
            {
                // What is no record of the moment may have happened otherwise than was said.
                let when = match body {
                    FactBody::HoldOpened { .. } | FactBody::NoticeSent { .. } => now,
                    _ => target.envelope.occurred_at - TimeDelta::minutes(earlier_minutes),
                };
                story.push(when, now, body);
                story.facts.last_mut().unwrap().envelope.supersedes = Some(target.id);
            }
        }
        Event::Deactivate { ahead: at } => {
            let cause = DeactivationCause::Requested;
            story.push(ahead(at), now, FactBody::Deactivated { cause });
        }
        Event::Activate => {
            let license = evaluate(&story.case(), now);
            let ended = license.period().is_some_and(|period| period.end.is_some());
            if ended && license.barred.is_none() && license.participating {
                story.activated_at(now);
            }
        }
        Event::Bar { ahead: at, minutes } => {
            let until = minutes.map(|minutes| ahead(at) + TimeDelta::minutes(minutes));
            story.push(ahead(at), now, FactBody::Barred { until });
        }
        Event::LiftBar => {
            if let Some(bar) = last(story, |fact| matches!(fact.body, FactBody::Barred { .. })) {
                story.push(now, now, FactBody::BarLifted { bar });
            }
        }
        Event::ChangeType { read_only } => {
            let other = if read_only { "read_only" } else { "end_user" };
            story.push(now, now, FactBody::TypeChanged(TypeChange::to(other)));
        }
        Event::Participation { from_in, days } => {
            let from_on = local_day(zone(story), now + TimeDelta::days(from_in));
            story.participations.push(Participation {
                from_on,
                to_on: days.map(|days| from_on + Days::new(days)),
                recorded_at: now,
                ..story.participations[0].clone()
            });
        }
        Event::NoticeDeparture { minutes } => {
            let until = ahead(minutes);
            story.push(now, now, FactBody::DepartureNoticed { until });
        }
        Event::RejectDepartureNotice => {
            let notice = last(story, |fact| {
                matches!(fact.body, FactBody::DepartureNoticed { .. })
            });
            if let Some(notice) = notice {
                let departure = None;
                story.push(
                    now,
                    now,
                    FactBody::DepartureNoticeSettled { notice, departure },
                );
            }
        }
        Event::FailNotice(which) => {
            let needed = evaluate(&story.case(), now).notices;
            if !needed.is_empty() {
                let needed = &needed[which.index(needed.len())];
                let body = FactBody::NoticeFailed {
                    notice: FactId(uuid::Uuid::from_u128(9_000_000 + story.facts.len() as u128)),
                    rule: needed.rule,
                    requirement: needed.requirement.as_ref().map(ToString::to_string),
                    anchor_on: needed.anchor_on,
                    notice_kind: NoticeKind::Notice,
                    named_on: None,
                };
                story.push(now, now, body);
            }
        }
        Event::CorrectAddress => {
            story.push(now, now, FactBody::WorkEmailConfirmed);
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
        Event::Heartbeat { source, behind } => {
            let source = source.index(story.sources.len());
            story.sources[source].heartbeats.push(Heartbeat {
                complete_through: ahead(-behind),
                recorded_at: now,
            });
        }
    }
}

/// One of the facts that may be taken back.
fn some(story: &Story, which: Index, is: impl Fn(&Fact) -> bool) -> Option<Fact> {
    let open = Some(RequestState::Onboarding);
    let found: Vec<&Fact> = story
        .facts
        .iter()
        .filter(|fact| is(fact) && fact.take_back(&story.facts, open).is_ok())
        .collect();
    (!found.is_empty()).then(|| found[which.index(found.len())].clone())
}

/// The same said otherwise, of kinds that may be corrected.
fn anew(body: &FactBody, until: Option<Instant>, today: NaiveDate) -> Option<FactBody> {
    Some(match body {
        FactBody::HoldOpened { .. } => FactBody::HoldOpened {
            cause: HoldCause::FeeUnpaid,
            until,
        },
        FactBody::LeaveBegan { .. } => FactBody::LeaveBegan { until },
        FactBody::Barred { .. } => FactBody::Barred { until },
        FactBody::DepartureNoticed { until: before } => FactBody::DepartureNoticed {
            until: until.unwrap_or(*before),
        },
        FactBody::Departed => FactBody::Departed,
        FactBody::Deactivated { cause } => FactBody::Deactivated { cause: *cause },
        FactBody::TrainingCompleted { course, .. } => failed(course),
        FactBody::AgreementSigned {
            agreement, party, ..
        } => sign(agreement, "1", *party),
        FactBody::LicenseRenewed { by, .. } => FactBody::LicenseRenewed {
            by: *by,
            decision: RenewalDecision::Declined,
        },
        FactBody::Waived { requirement, .. } => FactBody::Waived {
            requirement: requirement.clone(),
            until_on: Some(today + Days::new(30)),
        },
        FactBody::NoticeSent {
            rule,
            step,
            requirement,
            ..
        } => notice(*rule, *step, requirement.as_deref(), today + Days::new(15)),
        _ => return None,
    })
}

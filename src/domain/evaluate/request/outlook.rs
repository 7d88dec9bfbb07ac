//! What comes next for a request, and since when it stands where it stands.

use super::owed::Owed;
use super::road::{Progress, Road};
use crate::domain::calendar::{Instant, add_days, start_of_day};
use crate::domain::departure::AnnouncedEnd;
use crate::domain::evaluate::{Change, EndCause, Upcoming};
use crate::domain::fact::{DeactivationCause, FactBody};
use crate::domain::ids::FactId;
use crate::domain::policy::{DeadlineMiss, OnLapse};
use crate::domain::request::RequestState;
use crate::domain::requirement::RequirementKey;
use crate::domain::seat::{Place, PlaceStanding};

/// The name under which the lapse of an unconfirmed request is shown.
const REQUEST_CONFIRMATION: &str = "confirmation";

impl Owed<'_> {
    pub(super) fn upcoming(&self, road: &Road, ends: &[AnnouncedEnd<'_>]) -> Vec<Upcoming> {
        let starts = |day| start_of_day(self.in_force.zone, day);
        let today = self.calendar.day(self.at);
        let items = road.progress.items.iter().flatten();
        let lapses = items.filter_map(|item| {
            let standing = &item.standing;
            let last = standing
                .valid_through
                .filter(|_| !standing.status.is_open())?;
            let key = standing.key.clone();
            Some(Upcoming {
                at: starts(add_days(last, 1)),
                change: if item.on_lapse == OnLapse::LapseRequest {
                    Change::RequestLapses(key.to_string())
                } else {
                    Change::Lapses(key)
                },
            })
        });
        let deadlines = road.runs.iter().filter_map(|run| {
            Some(Upcoming {
                at: starts(run.will_be_missed_on(today)?),
                change: match &run.on_miss {
                    DeadlineMiss::LapseRequest {} => Change::RequestLapses(run.code.clone()),
                    DeadlineMiss::ResetStep { step } => Change::StepStartsOver(step.clone()),
                },
            })
        });
        let extras = self.facts.iter().filter_map(|fact| match &fact.body {
            FactBody::RequirementAdded {
                requirement,
                until_on: Some(last),
            } if fact.request_id == Some(self.request.id) => Some(Upcoming {
                at: starts(add_days(*last, 1)),
                change: Change::Lapses(RequirementKey::parse(requirement)?),
            }),
            _ => None,
        });
        let unconfirmed = road.progress.unconfirmed().map(|open| Upcoming {
            at: starts(add_days(open.due_on, 1)),
            change: Change::RequestLapses(REQUEST_CONFIRMATION.to_owned()),
        });
        let rules = self.rules.next_change(self.at).map(|at| Upcoming {
            at,
            change: Change::NewRules,
        });
        let departures = ends
            .iter()
            .filter(|end| end.withdraws(self.request.organization_id, self.request.submitted_at))
            .map(|end| Upcoming {
                at: end.acts_at,
                change: Change::Ends(EndCause::Deactivated(DeactivationCause::EmploymentEnded)),
            });
        let reservation = match road.progress.seat {
            Some(PlaceStanding::Held {
                until: Some(at), ..
            }) => Some(Upcoming {
                at,
                change: Change::ReservationEnds(Place::Seat),
            }),
            _ => None,
        };
        let caps = self
            .in_force
            .document
            .caps_enforced_from()
            .map(|day| Upcoming {
                at: starts(day),
                change: Change::NewRules,
            });
        lapses
            .chain(reservation)
            .chain(caps)
            .chain(self.openings())
            .chain(deadlines)
            .chain(extras)
            .chain(unconfirmed)
            .chain(rules)
            .chain(departures)
            .chain(self.ends_of_begun())
            .filter(|upcoming| upcoming.at > self.at)
            .collect()
    }

    /// Since when the request is in its state: the last fact that brought it there.
    pub(super) fn since(&self, progress: &Progress, ended: Option<Instant>) -> Instant {
        let recorded = |ids: &[FactId]| {
            self.facts
                .iter()
                .filter(|fact| ids.contains(&fact.id))
                .map(|fact| fact.envelope.recorded_at)
                .max()
        };
        let submitted = self.request.submitted_at;
        let confirmed = progress
            .confirmation
            .as_ref()
            .and_then(|confirmation| confirmation.given)
            .and_then(|(fact, _)| recorded(&[fact]));
        let approved = recorded(&progress.approvals.given)
            .max(confirmed)
            .unwrap_or(submitted);
        let evidence = || {
            progress
                .items
                .iter()
                .flatten()
                .filter_map(|item| recorded(&item.standing.evidence))
                .max()
        };
        let practised = || {
            self.facts
                .iter()
                .filter(|fact| fact.envelope.recorded_at >= submitted)
                .filter(|fact| {
                    matches!(
                        fact.body,
                        FactBody::PracticeSubmitted { .. } | FactBody::PracticeReviewed { .. }
                    )
                })
                .map(|fact| fact.envelope.recorded_at)
                .max()
        };
        let since = match (ended, progress.state) {
            (Some(ended), _) => ended,
            (None, RequestState::Submitted) => submitted,
            (None, RequestState::Ready) => evidence()
                .max(self.waits(Place::Seat).last_reserved)
                .unwrap_or(approved)
                .max(approved),
            (None, RequestState::Waitlisted) => match progress.seat {
                Some(PlaceStanding::Waiting { since, .. }) => since,
                _ => approved,
            },
            (None, RequestState::Practice | RequestState::InReview | RequestState::Corrections) => {
                evidence()
                    .max(practised())
                    .unwrap_or(approved)
                    .max(approved)
            }
            (None, _) => approved,
        };
        since.max(submitted)
    }
}

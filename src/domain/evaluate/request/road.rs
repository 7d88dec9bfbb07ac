//! How far a request has come, in whose hands it is, and what happens to it by itself.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::confirmation::Confirmation;
use super::deadlines::{Restarts, Run};
use super::held::Held;
use super::item::{Item, Resets};
use super::owed::{Ground, Owed};
use super::practice::{PracticeStanding, PracticeState, least_advanced};
use super::{Approvals, Lapse};
use crate::domain::calendar::{Instant, add_days, start_of_day};
use crate::domain::departure::announced;
use crate::domain::fact::{Fact, FactBody};
use crate::domain::ids::FactId;
use crate::domain::policy::{DeadlineMiss, OnLapse};
use crate::domain::request::RequestState;
use crate::domain::seat::{Place, PlaceStanding};

/// A request at an instant, by some facts.
pub(super) struct Progress {
    /// Nothing where the policy does not say what such a request owes.
    pub items: Option<Vec<Item>>,
    pub practice: Vec<PracticeStanding>,
    pub confirmation: Option<Confirmation>,
    pub lacks_work_email: bool,
    pub approvals: Approvals,
    pub approved_on: Option<NaiveDate>,
    pub state: RequestState,
    pub seat: Option<PlaceStanding>,
    pub practice_place: Option<PlaceStanding>,
    /// The project types that are left out where the license may begin, or get more, with the others.
    pub left_out: Option<BTreeSet<u8>>,
}

impl Progress {
    /// The confirmation that the request still awaits.
    pub fn unconfirmed(&self) -> Option<&Confirmation> {
        self.confirmation
            .as_ref()
            .filter(|confirmation| confirmation.given.is_none())
    }

    /// Whether only staff can act.
    fn in_staffs_hands(&self) -> bool {
        match self.state {
            RequestState::Submitted | RequestState::Ready => true,
            // Nobody trains while he waits for the seat that comes before the training, nor practises without a place.
            RequestState::Waitlisted => self.approved_on.is_none(),
            RequestState::Practice => {
                matches!(self.practice_place, Some(PlaceStanding::Waiting { .. }))
            }
            // Every workflow, not only the one that is shown.
            RequestState::InReview => self.practice.iter().all(|standing| {
                matches!(
                    standing.state,
                    PracticeState::InReview | PracticeState::Accepted | PracticeState::Waived
                )
            }),
            _ => false,
        }
    }
}

impl Owed<'_> {
    pub(super) fn progress(&self) -> Progress {
        let steps = self.approval_steps();
        let rules = self.rules_at_submission();
        let confirmation = self.confirmation(&rules);
        let lacks_work_email = self.begun.is_none() && self.lacks_work_email(&rules);
        let given: Vec<(NaiveDate, FactId)> = self
            .facts
            .iter()
            .filter(|fact| {
                fact.request_id == Some(self.request.id)
                    && matches!(fact.body, FactBody::RequestApproved)
            })
            .map(|fact| (self.calendar.day(fact.envelope.occurred_at), fact.id))
            .collect();
        let confirmed_on = match &confirmation {
            None => Some(self.calendar.day(self.request.submitted_at)),
            Some(confirmation) => confirmation.given.map(|(_, on)| on),
        };
        let approved_on = confirmed_on.and_then(|confirmed_on| match steps.len() {
            0 => Some(confirmed_on),
            needed => given.get(needed - 1).map(|(on, _)| (*on).max(confirmed_on)),
        });
        let approvals = Approvals {
            given: given.into_iter().map(|(_, id)| id).collect(),
            steps,
        };
        let approved = approved_on.is_some();
        let waits = self.waits(Place::Seat);
        let before_training = self.seat_before_training(&waits).filter(|_| approved);
        let approved_on = match before_training {
            Some(given) => given.and_then(|at| approved_on.max(Some(self.calendar.day(at)))),
            None => approved_on,
        };
        let closed_by = match (approved, approved_on) {
            (false, _) => Some("the approval of the request"),
            (true, None) => Some(Place::Seat.needed()),
            _ => None,
        };
        let mut items = self.items();
        let (practice, practice_place) = items
            .as_mut()
            .map_or_else(Default::default, |items| self.release(items, closed_by));
        let state = match &items {
            _ if !approved => RequestState::Submitted,
            _ if approved_on.is_none() => RequestState::Waitlisted,
            None => RequestState::Onboarding,
            Some(items)
                if items
                    .iter()
                    .any(|item| item.practice.is_none() && item.is_open()) =>
            {
                RequestState::Onboarding
            }
            Some(_) => match least_advanced(&practice) {
                Some(state) => state,
                None if lacks_work_email => RequestState::Onboarding,
                None => RequestState::Ready,
            },
        };
        let may_train = approved_on.is_some() && !lacks_work_email;
        let left_out = items
            .as_deref()
            .filter(|_| may_train)
            .and_then(|items| self.left_out(items));
        let complete = state == RequestState::Ready || left_out.is_some();
        let seat = self.seat(&waits, approved, complete);
        let state = match (state, seat) {
            (RequestState::Ready, Some(PlaceStanding::Waiting { .. })) => RequestState::Waitlisted,
            (state, _) => state,
        };
        Progress {
            seat,
            practice_place,
            items,
            practice,
            confirmation,
            lacks_work_email,
            approvals,
            approved_on,
            state,
            left_out,
        }
    }

    /// What ends the request, or has a step start over, by itself and has come by now: the earliest of it.
    fn turning(&self, progress: &Progress, runs: &[Run]) -> Option<Turning> {
        let today = self.calendar.day(self.at);
        let starts = |day| start_of_day(self.in_force.zone, day);
        let mut turnings = Vec::new();
        for run in runs {
            let Some(over) = run.missed_on(today) else {
                continue;
            };
            turnings.push(match &run.on_miss {
                DeadlineMiss::LapseRequest {} => Turning::Lapses(Lapse {
                    at: starts(over),
                    because: run.missed(),
                    fact: None,
                }),
                DeadlineMiss::ResetStep { step } => Turning::Resets {
                    on: over,
                    at: starts(over),
                    step: step.clone(),
                    deadline: Some(run.code.clone()),
                },
            });
        }
        if let Some(open) = progress.unconfirmed()
            && open.due_on < today
        {
            turnings.push(Turning::Lapses(Lapse {
                at: starts(add_days(open.due_on, 1)),
                because: format!("nobody confirmed it until {}", open.due_on),
                fact: None,
            }));
        }
        for item in progress.items.iter().flatten() {
            if let Some((at, fact)) = item.fails.last_allowed(self.reset_of(item.step.as_deref()))
                && item.is_open()
            {
                turnings.push(Turning::Lapses(Lapse {
                    at,
                    because: format!(
                        "`{}` was failed as often as it may be tried",
                        item.standing.key
                    ),
                    fact: Some(fact),
                }));
            }
            if item.on_lapse == OnLapse::Reopen {
                continue;
            }
            let Some(on) = self.lapsed_on(item) else {
                continue;
            };
            match (&item.step, item.on_lapse) {
                (Some(step), OnLapse::ReopenStep) => turnings.push(Turning::Resets {
                    on,
                    at: starts(on),
                    step: step.clone(),
                    deadline: None,
                }),
                (_, OnLapse::LapseRequest) => turnings.push(Turning::Lapses(Lapse {
                    at: starts(on),
                    because: format!("`{}` no longer counts", item.standing.key),
                    fact: None,
                })),
                _ => {}
            }
        }
        turnings
            .into_iter()
            .filter(|turning| turning.at() <= self.at)
            .min_by_key(Turning::at)
    }
}

/// What happens to a request by itself.
enum Turning {
    Lapses(Lapse),
    Resets {
        on: NaiveDate,
        at: Instant,
        step: String,
        deadline: Option<String>,
    },
}

impl Turning {
    fn at(&self) -> Instant {
        match self {
            Self::Lapses(lapse) => lapse.at,
            Self::Resets { at, .. } => *at,
        }
    }
}

/// A request as it stands at an instant by some facts, with all that came by itself.
pub(super) struct Road {
    pub progress: Progress,
    pub runs: Vec<Run>,
    pub held: Held,
    pub resets: Resets,
    pub lapse: Option<Lapse>,
}

/// Steps that start over again and again end somewhere.
const MOST_RESETS: usize = 100;

impl Ground<'_> {
    pub(super) fn road(self, facts: &[&Fact], at: Instant) -> Road {
        let mut resets = Resets::new();
        let mut restarts = Restarts::new();
        let mut left = MOST_RESETS;
        loop {
            let held = self.held(facts, at, &resets);
            let owed = Owed::new(self, facts, at, &held, &resets);
            let mut progress = owed.progress();
            let runs = owed.deadlines(&progress, &restarts);
            match owed.turning(&progress, &runs) {
                // Of two deadlines that reset one step on one day, each starts over.
                Some(Turning::Resets {
                    on, step, deadline, ..
                }) if left > 0
                    && (resets.get(&step).is_none_or(|last| *last < on)
                        || deadline
                            .as_ref()
                            .is_some_and(|code| restarts.get(code) != Some(&on))) =>
                {
                    left -= 1;
                    resets.insert(step, on);
                    if let Some(deadline) = deadline {
                        restarts.insert(deadline, on);
                    }
                }
                turning => {
                    owed.date(&mut progress, &runs);
                    return Road {
                        lapse: match turning {
                            Some(Turning::Lapses(lapse)) => Some(lapse),
                            _ => None,
                        },
                        progress,
                        runs,
                        held,
                        resets,
                    };
                }
            }
        }
    }

    /// The days on which staff held the request, by what occurred in the world: a fact recorded late held nobody up.
    fn held(self, facts: &[&Fact], at: Instant, resets: &Resets) -> Held {
        let mut held = Held::default();
        if self.staff_time_counts() {
            self.lost(facts, &mut held);
            return held;
        }
        let calendar = super::super::obligation::calendar(self.in_force);
        let submitted = self.request.submitted_at;
        let moments: BTreeSet<Instant> = facts
            .iter()
            .filter(|fact| moves(fact))
            .flat_map(|fact| {
                let until = match &fact.body {
                    FactBody::Waived {
                        until_on: Some(last),
                        ..
                    } => last
                        .succ_opt()
                        .map(|day| start_of_day(self.in_force.zone, day)),
                    _ => None,
                };
                std::iter::once(fact.envelope.occurred_at).chain(until)
            })
            .filter(|moment| *moment > submitted && *moment <= at)
            .chain(std::iter::once(submitted))
            .collect();
        for moment in moments {
            let by_then: Vec<&Fact> = facts
                .iter()
                .copied()
                .filter(|fact| fact.envelope.occurred_at <= moment)
                .collect();
            let day = calendar.day(moment);
            let mut so_far = held.clone();
            so_far.end(day);
            let owed = Owed::new(self, &by_then, moment, &so_far, resets);
            if owed.progress().in_staffs_hands() {
                held.begin(day);
            } else {
                held.end(day);
            }
        }
        self.lost(facts, &mut held);
        held
    }

    /// The time that an error took from the request: from the departure that withdrew it to the reinstatement.
    fn lost(self, facts: &[&Fact], held: &mut Held) {
        let calendar = super::super::obligation::calendar(self.in_force);
        for end in announced(facts.iter().copied()) {
            let undone = facts.iter().find(|fact| {
                Some(fact.id) == end.undone_by
                    && fact
                        .body
                        .undone()
                        .is_some_and(|(_, restores)| restores.contains(&self.request.id))
            });
            if let Some(undone) = undone {
                held.take(calendar.day(end.acts_at), calendar.day(undone.acts_at()));
            }
        }
    }

    fn staff_time_counts(self) -> bool {
        self.onboarding()
            .is_none_or(|rules| rules.staff_time_counts)
    }
}

/// Whether a fact may hand a request over from staff to the trainee or back.
fn moves(fact: &Fact) -> bool {
    matches!(
        fact.body,
        FactBody::RequestApproved
            | FactBody::RequestConfirmed
            | FactBody::WorkEmailConfirmed
            | FactBody::WorkEmailRetired
            | FactBody::AgreementSigned { .. }
            | FactBody::TrainingCompleted { .. }
            | FactBody::PracticeSubmitted { .. }
            | FactBody::PracticeReviewed { .. }
            | FactBody::RequirementAdded { .. }
            | FactBody::Waived { .. }
            | FactBody::WaitlistJoined { .. }
            | FactBody::PlaceReserved { .. }
            | FactBody::PlaceReleased { .. }
    )
}

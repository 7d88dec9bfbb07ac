//! A license request: where it stands, what is met, what is missing, who can act.

mod campaigns;
mod class;
mod confirmation;
mod deadlines;
mod ended;
mod held;
mod item;
mod matches;
mod names;
mod on_return;
mod outlook;
mod owed;
mod partial;
mod places;
mod practice;
mod road;

use std::cell::OnceCell;
use std::collections::BTreeSet;

use super::rules::{InForce, Rules};
use super::{Case, Change, Upcoming};
use crate::domain::calendar::Instant;
use crate::domain::departure::{AnnouncedEnd, announced};
use crate::domain::fact::{Fact, FactBody};
use crate::domain::ids::{FactId, ProjectId};
use crate::domain::policy::{ApprovalStep, RequestClass};
use crate::domain::request::{LicenseRequest, RequestState};
use crate::domain::requirement::{RequirementKey, Standing, standing_facts};
use crate::domain::seat::{Place, PlaceStanding};

pub use class::classify;
pub use confirmation::Confirmation;
pub use deadlines::{DeadlineStanding, DeadlineStatus, REQUEST_LAPSE};
pub use matches::PossibleMatch;
pub use names::{confirmers, staff_role_name};
pub(super) use on_return::owed_on_return;
pub use practice::{PracticeStanding, PracticeState};

use class::classified;
use ended::{Ended, decided, departed};
use names::approver_name;
use owed::{Ground, Owed};
use partial::Begun;
use places::Waits;

/// How many approvals a request has, of how many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approvals {
    pub given: Vec<FactId>,
    /// The steps of the policy that concern this request, in order.
    pub steps: Vec<ApprovalStep>,
}

impl Approvals {
    /// The step that is next, if one is missing.
    #[must_use]
    pub fn next(&self) -> Option<&ApprovalStep> {
        self.steps.get(self.given.len())
    }
}

/// What `evaluate_request` answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestEvaluation {
    pub at: Instant,
    /// As computed at submission, or as staff reclassified it since.
    pub class: RequestClass,
    pub state: RequestState,
    pub since: Instant,
    pub requirements: Vec<Standing>,
    /// Requirements that staff may not waive.
    pub unwaivable: Vec<RequirementKey>,
    /// The practice sets that are owed.
    pub practice: Vec<PracticeStanding>,
    /// The deadlines that have started.
    pub deadlines: Vec<DeadlineStanding>,
    /// The codes of those that have not.
    pub waiting_deadlines: Vec<String>,
    /// Where others must confirm what the trainee or a pass asked for.
    pub confirmation: Option<Confirmation>,
    pub approvals: Approvals,
    /// Who of the implementation the requested person may be.
    pub matches: Vec<PossibleMatch>,
    /// How it stands with a seat. Nothing where it needs none, or none yet.
    pub seat: Option<PlaceStanding>,
    /// How it stands with a practice place.
    pub practice_place: Option<PlaceStanding>,
    /// The activation with which its license began, where it began with only some of its projects.
    pub begun: Option<FactId>,
    /// The projects that the license has by this request meanwhile.
    pub given: Vec<ProjectId>,
    /// Where the license may begin, or get more projects, before everything is met: the project types left out.
    pub left_out: Option<BTreeSet<u8>>,
    /// What keeps the request from activation as a whole, each a sentence.
    pub needs: Vec<String>,
    pub upcoming: Vec<Upcoming>,
    /// The code of the requirement set that binds.
    pub requirement_set: Option<String>,
    /// The policy version whose requirements bind.
    pub policy: Option<u32>,
    /// The fact that ended it.
    pub ended_by: Option<FactId>,
    /// Why it lapsed.
    pub lapsed_because: Option<String>,
}

impl RequestEvaluation {
    /// Whether it stands in a line.
    #[must_use]
    pub fn waits(&self) -> bool {
        [self.seat, self.practice_place]
            .iter()
            .any(|place| matches!(place, Some(PlaceStanding::Waiting { .. })))
    }

    #[must_use]
    pub fn next_change_at(&self) -> Option<Instant> {
        self.upcoming.iter().map(|upcoming| upcoming.at).min()
    }
}

/// A request lapsed by itself.
#[derive(Clone)]
struct Lapse {
    at: Instant,
    because: String,
    fact: Option<FactId>,
}

/// A request as today's facts say it stood at an instant: what was recorded later counts if it had occurred by then.
/// Only this decides whether something that is recorded late could have happened when it is said to have.
#[must_use]
pub fn request_in_hindsight(
    case: &Case<'_>,
    request: &LicenseRequest,
    project_types: &BTreeSet<u8>,
    at: Instant,
) -> RequestEvaluation {
    let facts: Vec<Fact> = case
        .facts
        .iter()
        .filter(|fact| fact.envelope.occurred_at <= at)
        .map(|fact| {
            let mut fact = fact.clone();
            fact.envelope.recorded_at = fact.envelope.recorded_at.min(at);
            fact
        })
        .collect();
    let case = Case {
        facts: &facts,
        ..*case
    };
    evaluate_request(&case, request, project_types, at)
}

/// What the facts known at `now` make of a request at `now`. `project_types` are the HUD types of its projects.
#[must_use]
pub fn evaluate_request(
    case: &Case<'_>,
    request: &LicenseRequest,
    project_types: &BTreeSet<u8>,
    now: Instant,
) -> RequestEvaluation {
    let rules = Rules::known_at(case.policies, case.organization, now);
    let mut known: Vec<&Fact> = case
        .facts
        .iter()
        .filter(|fact| fact.envelope.recorded_at <= now)
        .collect();
    known.sort_by_key(|fact| (fact.envelope.recorded_at, fact.id));
    let ends = announced(known.iter().copied());
    let facts = standing_facts(known.into_iter());
    let over = [
        departed(&facts, &ends, request, now),
        Begun::of(&facts, request).and_then(|begun| begun.over(case, &facts, request, now)),
    ];
    let over = over.into_iter().flatten().min_by_key(|ended| ended.at);
    let mut ended = match (decided(&facts, request), over) {
        (Some(decided), Some(departed)) if departed.at < decided.at => Some(departed),
        (decided, departed) => decided.or(departed),
    };
    // An ended request is shown as it stood at its end.
    let at = ended.as_ref().map_or(now, |ended| ended.at);
    let request = &classified(&facts, request, at);
    let Some(in_force) = rules.at(at) else {
        return without_rules(&rules, &facts, request, ended, now);
    };
    let license = OnceCell::new();
    let ground = |in_force| Ground {
        case,
        request,
        project_types,
        rules: &rules,
        in_force,
        license: &license,
    };
    // A decision was made about an open request; a departure may have come after the lapse.
    let was_decided = ended
        .as_ref()
        .is_some_and(|ended| ended.state != RequestState::Withdrawn)
        || decided(&facts, request).is_some();
    let known_by = |at: Instant| -> Vec<&Fact> {
        facts
            .iter()
            .copied()
            .filter(|fact| fact.envelope.recorded_at <= at)
            .collect()
    };
    let mut by_then = known_by(if was_decided { at } else { now });
    let mut at = at;
    let mut in_force: InForce<'_> = in_force;
    let mut road = ground(in_force).road(&by_then, at);
    let lapse = if was_decided {
        None
    } else {
        let earlier = rules.between(request.submitted_at, at).collect::<Vec<_>>();
        lapsed_before(&earlier, ground, &by_then).or(road.lapse.take())
    };
    if let Some(lapse) = lapse {
        ended = Some(Ended {
            state: RequestState::Lapsed,
            fact: lapse.fact,
            at: lapse.at,
            because: Some(lapse.because),
        });
        at = lapse.at;
        in_force = rules.at(at).unwrap_or(in_force);
        by_then = known_by(at);
        road = ground(in_force).road(&by_then, at);
    } else if ended.is_some() && !was_decided {
        by_then = known_by(at);
        road = ground(in_force).road(&by_then, at);
    }
    let owed = Owed::new(ground(in_force), &by_then, at, &road.held, &road.resets);
    answer(&owed, &road, &ends, (ended, &facts), now)
}

/// The lapse under rules that others replaced since: whatever those say, they open nothing again.
fn lapsed_before<'g>(
    rules: &[(Instant, InForce<'g>)],
    ground: impl Fn(InForce<'g>) -> Ground<'g>,
    facts: &[&Fact],
) -> Option<Lapse> {
    rules.windows(2).find_map(|pair| {
        let [(_, in_force), (replaced_at, _)] = pair else {
            return None;
        };
        let until = *replaced_at - chrono::TimeDelta::microseconds(1);
        let by_then: Vec<&Fact> = facts
            .iter()
            .copied()
            .filter(|fact| fact.envelope.occurred_at <= until)
            .collect();
        ground(*in_force).road(&by_then, until).lapse
    })
}

fn without_rules(
    rules: &Rules<'_>,
    facts: &[&Fact],
    request: &LicenseRequest,
    ended: Option<Ended>,
    now: Instant,
) -> RequestEvaluation {
    let given = facts
        .iter()
        .filter(|fact| {
            fact.request_id == Some(request.id) && matches!(fact.body, FactBody::RequestApproved)
        })
        .map(|fact| fact.id)
        .collect();
    RequestEvaluation {
        at: now,
        class: request.class,
        state: ended
            .as_ref()
            .map_or(RequestState::Submitted, |ended| ended.state),
        since: ended
            .as_ref()
            .map_or(request.submitted_at, |ended| ended.at),
        requirements: Vec::new(),
        unwaivable: Vec::new(),
        practice: Vec::new(),
        deadlines: Vec::new(),
        waiting_deadlines: Vec::new(),
        confirmation: None,
        approvals: Approvals {
            given,
            steps: Vec::new(),
        },
        matches: matches::of(facts, request),
        seat: None,
        practice_place: None,
        begun: None,
        given: Vec::new(),
        left_out: None,
        needs: vec!["the implementation has no policy in force".to_owned()],
        upcoming: rules
            .next_change(now)
            .map(|at| Upcoming {
                at,
                change: Change::NewRules,
            })
            .into_iter()
            .collect(),
        requirement_set: None,
        policy: None,
        ended_by: ended.and_then(|ended| ended.fact),
        lapsed_because: None,
    }
}

fn answer(
    owed: &Owed<'_>,
    road: &road::Road,
    ends: &[AnnouncedEnd<'_>],
    (ended, facts): (Option<Ended>, &[&Fact]),
    now: Instant,
) -> RequestEvaluation {
    let progress = &road.progress;
    // What is given back at the end may be recorded after it.
    let standing = |place, now| match &ended {
        None => now,
        Some(ended) if ended.state == RequestState::Fulfilled => None,
        // The seat is its license's.
        Some(_) if place == Place::Seat && owed.begun.is_some() => None,
        Some(_) => Waits::of(facts, owed.request, place).at_the_end(),
    };
    let seat = standing(Place::Seat, progress.seat);
    let practice_place = standing(Place::Practice, progress.practice_place);
    let approvals = progress.approvals.clone();
    let mut needs = Vec::new();
    let mut upcoming = Vec::new();
    let matches = matches::of(facts, owed.request);
    if ended.is_none() {
        needs.extend(matches::open(&matches).map(PossibleMatch::need));
        if let Some(open) = progress.unconfirmed() {
            needs.push(format!(
                "its confirmation by {} until {}",
                confirmers(open),
                open.due_on
            ));
        }
        if let Some(step) = approvals.next() {
            needs.push(format!(
                "approval {} of {} is open: {}",
                approvals.given.len() + 1,
                approvals.steps.len(),
                approver_name(step)
            ));
        }
        if progress.items.is_none() {
            needs.push(format!(
                "a policy that says what a `{}` request for `{}` owes",
                owed.request.class.as_str(),
                owed.request.license_type
            ));
        }
        for item in progress
            .items
            .iter()
            .flatten()
            .filter(|item| item.is_open())
        {
            needs.extend(item.standing.missing.iter().cloned());
        }
        if progress.state == RequestState::Waitlisted {
            needs.push(Place::Seat.needed().to_owned());
        }
        if progress.lacks_work_email {
            needs.push(
                "a confirmed work e-mail address of the person at this organization".to_owned(),
            );
        }
        upcoming = owed.upcoming(road, ends);
        upcoming.sort_by_key(|upcoming| upcoming.at);
    }
    let today = owed.calendar.day(owed.at);
    let items = || progress.items.iter().flatten();
    RequestEvaluation {
        at: now,
        class: owed.request.class,
        state: ended.as_ref().map_or(progress.state, |ended| ended.state),
        since: owed.since(progress, ended.as_ref().map(|ended| ended.at)),
        seat,
        practice_place,
        begun: owed.begun.as_ref().map(|begun| begun.fact),
        given: owed
            .begun
            .as_ref()
            .map(|begun| begun.projects.clone())
            .unwrap_or_default(),
        left_out: progress.left_out.clone().filter(|_| ended.is_none()),
        needs,
        requirements: items().map(|item| item.standing.clone()).collect(),
        unwaivable: items()
            .filter(|item| !item.waivable)
            .map(|item| item.standing.key.clone())
            .collect(),
        practice: progress.practice.clone(),
        deadlines: road.runs.iter().map(|run| run.standing(today)).collect(),
        waiting_deadlines: owed.waiting_deadlines(&road.runs),
        confirmation: progress.confirmation.clone(),
        approvals,
        matches,
        upcoming,
        requirement_set: owed.set_code(),
        policy: Some(owed.in_force.number),
        lapsed_because: ended.as_ref().and_then(|ended| ended.because.clone()),
        ended_by: ended.and_then(|ended| ended.fact),
    }
}

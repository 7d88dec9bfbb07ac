//! The help desk's one screen: what is met, what is missing, what blocks access, what comes next, who can act.

mod seen;

pub use seen::{CONTACT_THE_LEAD, end_seen, foreseen, hold_seen};
pub(super) use seen::{foreseen_access, is_sensitive, may_foresee};

use chrono::NaiveDate;

use self::seen::{end_name, end_sentence, hold_sentence};

use crate::application::actor::{Action, Scope, Sight};
use crate::application::roster::delegations::supervised;
use crate::application::visible::may_know;
use crate::application::{Error, Rx};
use crate::domain::calendar::{Instant, local_day};
use crate::domain::evaluate::{
    Consequence, DeadlineStanding, DueItem, EndCause, Evaluation, LicenseState, NoticeNeeded,
    PracticeStanding, RequestEvaluation, RestorationStanding, Upcoming, confirmers,
    staff_role_name,
};
use crate::domain::fact::{DeactivationCause, HoldCause};
use crate::domain::ids::{LicenseId, OrganizationId, PersonId, RequestId};
use crate::domain::policy::{Approver, StaffRole, not_enforced};
use crate::domain::requirement::{Standing, party_name};

use super::dossier::Dossier;
use super::licenses::{self, LicenseShown, reader_of, sight_of};
use super::requests::{self, RequestShown};
use super::waitlist;

/// What an explanation speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    License(LicenseId),
    Request(RequestId),
}

/// Something that keeps access off, in the words its reader may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// A stable word: a hold cause, an end cause, `no_license`, `contact_the_lead`, ...
    pub code: String,
    pub detail: String,
    pub since: Option<Instant>,
}

/// One license or request explained to one reader at one instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    pub subject: Subject,
    pub person_id: PersonId,
    pub organization_id: OrganizationId,
    pub license_type: String,
    pub state: String,
    pub allowed: bool,
    pub blocks: Vec<Block>,
    pub requirements: Vec<Standing>,
    /// Of a request: the practice sets that are owed.
    pub practice: Vec<PracticeStanding>,
    /// Of a request: the deadlines that have started.
    pub deadlines: Vec<DeadlineStanding>,
    /// What the activation no longer rests on although it is met since, for staff: a correction took it away.
    pub not_met_at_activation: Vec<String>,
    pub due: Vec<DueItem>,
    /// Notices that may be given now, or were and count.
    pub notices: Vec<NoticeNeeded>,
    pub next_change: Option<Upcoming>,
    /// Who can do something now, each a sentence.
    pub who_can_act: Vec<String>,
    /// Rules of the policy that this service does not work yet: their pointers.
    pub not_enforced: Vec<String>,
    pub policy: Option<u32>,
    /// The reader's row of the table of who sees what.
    pub sight: Sight,
    pub evaluated_at: Instant,
}

/// Explains one license.
pub fn explain_license(rx: &mut Rx<'_>, id: LicenseId) -> Result<Explanation, Error> {
    let (license, dossier) = licenses::load(rx, id)?;
    let shown = licenses::shown(rx.actor, &dossier, &license, rx.now);
    let mut explanation = of_license(&dossier, &shown, rx.now);
    name_stand_ins(rx, std::slice::from_mut(&mut explanation))?;
    Ok(explanation)
}

/// Explains one request.
pub fn explain_request(rx: &mut Rx<'_>, id: RequestId) -> Result<Explanation, Error> {
    let shown = requests::request(rx, id)?;
    let dossier = Dossier::load(rx.view, shown.request.person_id, &[])?.ok_or(Error::NotFound)?;
    let sight = sight_of(rx.actor, &dossier.person, shown.request.organization_id);
    let mut explanation = of_request(&dossier, &shown, sight, rx.now);
    name_stand_ins(rx, std::slice::from_mut(&mut explanation))?;
    Ok(explanation)
}

/// Where an organization has no supervisor, his duties are its authorized signer's and the lead's.
fn name_stand_ins(rx: &mut Rx<'_>, explanations: &mut [Explanation]) -> Result<(), Error> {
    let organizations: Vec<OrganizationId> = explanations
        .iter()
        .filter(|explanation| !explanation.who_can_act.is_empty())
        .map(|explanation| explanation.organization_id)
        .collect();
    if organizations.is_empty() {
        return Ok(());
    }
    let supervised = supervised(rx.view, &organizations, rx.now)?;
    for explanation in explanations {
        if !explanation.who_can_act.is_empty() && !supervised.contains(&explanation.organization_id)
        {
            explanation.who_can_act.push(
                "the authorized signer or the HMIS lead for the supervisor: the organization has none now".to_owned(),
            );
        }
    }
    Ok(())
}

/// Explains everything open about one person that the reader may see: licenses, and requests that have not ended. What
/// he may read one by one he may read here, and nothing else.
pub fn explain_person(
    rx: &mut Rx<'_>,
    id: PersonId,
) -> Result<(PersonId, Vec<Explanation>), Error> {
    let person = rx.view.person(id)?.ok_or(Error::NotFound)?;
    if !may_know(rx.view, rx.actor, &person)? {
        return Err(Error::NotFound);
    }
    let id = person.id;
    let dossier = Dossier::load(rx.view, id, &[])?.ok_or(Error::NotFound)?;
    let may = |action, organization| {
        let scope = Scope::person(person.implementation_id, Some(organization), id);
        rx.actor.authorize(action, scope).is_ok()
    };
    let mut explanations: Vec<Explanation> = dossier
        .licenses
        .iter()
        .filter(|license| may(Action::ReadLicense, license.organization_id))
        .map(|license| {
            of_license(
                &dossier,
                &licenses::shown(rx.actor, &dossier, license, rx.now),
                rx.now,
            )
        })
        .collect();
    for request in &dossier.requests {
        if !may(Action::ReadRequest, request.organization_id) {
            continue;
        }
        let sight = sight_of(rx.actor, &person, request.organization_id);
        let shown = requests::shown(&dossier, request, reader_of(sight), rx.now);
        if shown.evaluation.state.is_open() {
            let shown = waitlist::turn_of(rx.view, shown, rx.now)?;
            explanations.push(of_request(&dossier, &shown, sight, rx.now));
        }
    }
    name_stand_ins(rx, &mut explanations)?;
    Ok((id, explanations))
}

fn of_license(dossier: &Dossier, shown: &LicenseShown, now: Instant) -> Explanation {
    let now = dossier.now(now);
    let evaluation = &shown.evaluation;
    let allowed = evaluation.allowed();
    Explanation {
        subject: Subject::License(shown.license.id),
        person_id: shown.license.person_id,
        organization_id: shown.license.organization_id,
        license_type: evaluation.period().map_or_else(
            || shown.license.license_type.clone(),
            |period| period.license_type.clone(),
        ),
        state: evaluation
            .status()
            .map_or("none", |status| status.as_str())
            .to_owned(),
        allowed,
        blocks: if allowed {
            Vec::new()
        } else {
            blocks(evaluation, shown.sight)
        },
        requirements: evaluation
            .requirements
            .iter()
            .chain(
                evaluation
                    .add_ons
                    .iter()
                    .flat_map(|add_on| &add_on.requirements),
            )
            .cloned()
            .collect(),
        practice: Vec::new(),
        deadlines: Vec::new(),
        not_met_at_activation: match shown.sight {
            Sight::Full | Sight::HelpDesk => evaluation
                .not_met_at_activation
                .iter()
                .map(ToString::to_string)
                .collect(),
            _ => Vec::new(),
        },
        due: evaluation.due.clone(),
        notices: evaluation.notices_due(now).into_iter().cloned().collect(),
        next_change: foreseen(evaluation, shown.sight).cloned(),
        who_can_act: who_for_license(evaluation, local_day(dossier.zone_at(now), now)),
        not_enforced: gaps(dossier, now, &shown.license.license_type),
        policy: evaluation.policy,
        sight: shown.sight,
        evaluated_at: now,
    }
}

fn of_request(dossier: &Dossier, shown: &RequestShown, sight: Sight, now: Instant) -> Explanation {
    let now = dossier.now(now);
    let evaluation = &shown.evaluation;
    let organization = shown.request.organization_id;
    let mut blocks: Vec<Block> = evaluation
        .needs
        .iter()
        .map(|need| Block {
            code: "missing".to_owned(),
            detail: need.clone(),
            since: None,
        })
        .collect();
    blocks.extend(evaluation.lapsed_because.iter().map(|because| Block {
        code: "lapsed".to_owned(),
        detail: because.clone(),
        since: Some(evaluation.since),
    }));
    let license = dossier.license_at(organization, now);
    if evaluation.state.is_open() && license.barred.is_some() {
        blocks.push(barred(sight));
    }
    if evaluation.state.is_open() && !license.participating {
        blocks.push(Block {
            code: "organization_not_participating".to_owned(),
            detail: "the organization does not participate now".to_owned(),
            since: None,
        });
    }
    Explanation {
        subject: Subject::Request(shown.request.id),
        person_id: shown.request.person_id,
        organization_id: organization,
        license_type: shown.request.license_type.clone(),
        state: evaluation.state.as_str().to_owned(),
        allowed: false,
        blocks,
        requirements: evaluation.requirements.clone(),
        practice: evaluation.practice.clone(),
        deadlines: evaluation.deadlines.clone(),
        not_met_at_activation: Vec::new(),
        due: Vec::new(),
        notices: Vec::new(),
        next_change: evaluation.upcoming.first().cloned(),
        who_can_act: who_for_request(evaluation),
        not_enforced: gaps(dossier, now, &shown.request.license_type),
        policy: evaluation.policy,
        sight,
        evaluated_at: now,
    }
}

/// The rules of the policy in force that concern a license type, or every type, and are not worked yet.
fn gaps(dossier: &Dossier, now: Instant, license_type: &str) -> Vec<String> {
    let Some(policy) = dossier.policy_at(now) else {
        return Vec::new();
    };
    let own = format!("/license_types/{license_type}/");
    let today = local_day(dossier.zone_at(now), now);
    let requests = policy.document.requests_for(license_type);
    // Rules that only report are not enforced either.
    let reporting = (!requests.acts_on(today)).then(|| {
        let own = policy.document.license_types.get(license_type);
        match own.and_then(|found| found.requests.as_ref()) {
            Some(_) => format!("/license_types/{license_type}/requests"),
            None => "/requests".to_owned(),
        }
    });
    not_enforced(&policy.document)
        .into_iter()
        .map(|gap| gap.pointer)
        .chain(reporting)
        .filter(|pointer| !pointer.starts_with("/license_types/") || pointer.starts_with(&own))
        .collect()
}

fn barred(sight: Sight) -> Block {
    match sight {
        Sight::Full | Sight::HelpDesk => Block {
            code: "barred".to_owned(),
            detail:
                "the person may not hold a license in this implementation until the bar is lifted"
                    .to_owned(),
            since: None,
        },
        _ => contact_the_lead(),
    }
}

fn contact_the_lead() -> Block {
    Block {
        code: CONTACT_THE_LEAD.to_owned(),
        detail: "contact the HMIS lead".to_owned(),
        since: None,
    }
}

/// What keeps access off, as far as the reader may know: investigations and violations only to staff.
fn blocks(evaluation: &Evaluation, sight: Sight) -> Vec<Block> {
    let mut blocks = Vec::new();
    let staff = matches!(sight, Sight::Full | Sight::HelpDesk);
    match &evaluation.state {
        None => blocks.push(Block {
            code: "no_license".to_owned(),
            detail: "the person never had a license at this organization".to_owned(),
            since: None,
        }),
        Some(LicenseState::Active | LicenseState::Warned(_)) => {}
        Some(LicenseState::Suspended(holds)) => {
            for hold in holds {
                if is_sensitive(hold.cause) && !staff {
                    blocks.push(contact_the_lead());
                } else {
                    blocks.push(Block {
                        code: HoldCause::as_str(hold.cause).to_owned(),
                        detail: format!("suspended: {}", hold_sentence(hold.cause)),
                        since: Some(hold.from),
                    });
                }
            }
        }
        Some(LicenseState::Deactivated(end) | LicenseState::Expired(end)) => {
            let sensitive = matches!(
                end.cause,
                EndCause::Deactivated(DeactivationCause::Violation | DeactivationCause::Barred)
            );
            if sensitive && !staff {
                blocks.push(Block {
                    since: Some(end.at),
                    ..contact_the_lead()
                });
            } else {
                blocks.push(Block {
                    code: end_name(end.cause).to_owned(),
                    detail: format!("ended: {}", end_sentence(end.cause)),
                    since: Some(end.at),
                });
            }
        }
    }
    if evaluation.barred.is_some() {
        let block = barred(sight);
        if !blocks.iter().any(|known| known.code == block.code) {
            blocks.push(block);
        }
    }
    blocks
}

fn who_for_license(evaluation: &Evaluation, today: NaiveDate) -> Vec<String> {
    let mut who: Vec<String> = evaluation
        .requirements
        .iter()
        .chain(
            evaluation
                .add_ons
                .iter()
                .flat_map(|add_on| &add_on.requirements),
        )
        .filter(|standing| standing.status.is_open())
        .flat_map(open_parties)
        .collect();
    match &evaluation.state {
        Some(LicenseState::Warned(_)) => {
            who.push("the end user: log in to the live site".to_owned())
        }
        Some(LicenseState::Suspended(_)) => {
            who.push("staff of the HMIS lead: lift or cure each hold".to_owned())
        }
        Some(LicenseState::Deactivated(_) | LicenseState::Expired(_)) => {
            who.push(
                "a supervisor: request a license again; staff of the HMIS lead: undo an error"
                    .to_owned(),
            );
        }
        Some(LicenseState::Active) | None => {}
    }
    let waits = evaluation
        .restorations
        .iter()
        .any(|restoration| restoration.standing() == RestorationStanding::Open);
    if waits {
        who.push(
            "another of the HMIS lead's staff: confirm the emergency restoration, or access ends again"
                .to_owned(),
        );
    }
    who.extend(who_renews(evaluation, today));
    for item in &evaluation.due {
        if item.consequence == Consequence::Listed {
            who.push(format!(
                "staff of the HMIS lead: decide about what was due on {}",
                item.due_on
            ));
        }
    }
    who.dedup();
    who
}

/// Who renews the term of a license, and when.
fn who_renews(evaluation: &Evaluation, today: NaiveDate) -> Option<String> {
    let term = evaluation.term.as_ref()?;
    let who: Vec<&str> = term.renewed_by.iter().map(|by| by.called()).collect();
    let who = who.join(" or ");
    let expired = matches!(evaluation.state, Some(LicenseState::Expired(_)));
    match (expired, term.renewable_through) {
        (false, _) => Some(format!(
            "{who}: renew the license, from {} on and through {}",
            term.opens_on, term.last_on
        )),
        (true, Some(last)) if today <= last => {
            Some(format!("{who}: renew the license through {last}"))
        }
        (true, _) => None,
    }
}

fn open_parties(standing: &Standing) -> Vec<String> {
    standing
        .who
        .iter()
        .map(|party| format!("{}: {}", party_name(*party), standing.title))
        .collect()
}

fn who_for_request(evaluation: &RequestEvaluation) -> Vec<String> {
    use crate::domain::request::RequestState as S;
    match evaluation.state {
        S::Submitted => {
            if let Some(open) = evaluation
                .confirmation
                .as_ref()
                .filter(|open| open.given.is_none())
            {
                return vec![format!("{}: confirm the request", confirmers(open))];
            }
            let approver = match evaluation.approvals.next().map(|step| &step.by) {
                Some(Approver::Role { role }) if *role != StaffRole::SystemAdmin => {
                    Some(format!("{}: approve the request", staff_role_name(*role)))
                }
                Some(Approver::Duty { .. } | Approver::Contact { .. }) => Some(
                    "the organization's contact: say whether it is approved, for staff to record"
                        .to_owned(),
                ),
                _ => None,
            };
            let lead = "staff of the HMIS lead: approve or deny the request".to_owned();
            approver.into_iter().chain([lead]).collect()
        }
        S::Ready => vec!["staff of the HMIS lead: activate the license".to_owned()],
        S::Waitlisted => vec![
            "staff of the HMIS lead: end a license that is no longer needed, or buy seats"
                .to_owned(),
        ],
        state if !state.is_open() => Vec::new(),
        _ => {
            let in_part = evaluation.left_out.is_some().then(|| {
                "staff of the HMIS lead: activate the license with the projects whose workflows are accepted"
                    .to_owned()
            });
            let open = evaluation.requirements.iter();
            open.filter(|standing| standing.status.is_open())
                .flat_map(open_parties)
                .chain(in_part)
                .collect()
        }
    }
}

//! Facts that are taken back: recorded by mistake, for somebody else, or twice. Both stay on record; what a withdrawn
//! correction had replaced stands again.

use crate::application::actor::{Action, Actor, Role, Scope, Sight};
use crate::application::page::{Paging, Slice};
use crate::application::ports::FactFilter;
use crate::application::visible::may_know;
use crate::application::{Error, Rx, Tx};
use crate::domain::calendar::{Instant, Precision};
use crate::domain::evaluate::Reader;
use crate::domain::fact::{
    DeactivationCause, Fact, FactBody, FactKind, Reporter, TakingBack, replaced_by,
};
use crate::domain::ids::FactId;
use crate::domain::requirement::standing_facts;
use crate::domain::roster::Person;

use super::dossier::Dossier;
use super::ends::may_end;
use super::evidence::completion;
use super::licenses::reader_of;
use super::practice::authorize_anywhere;
use super::reading::{facts_of_any_kind, facts_shown};
use super::reporting::{About, Reported, fact, keep, needed_reason, not_oneself};

/// A fact is to be taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewWithdrawal {
    pub fact_id: FactId,
    pub reported: Reported,
}

/// A withdrawal, for one reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithdrawalShown {
    /// What its reader may not know is gone.
    pub fact: Fact,
    /// What was taken back.
    pub target: FactId,
    pub kind: FactKind,
    /// The fact that the one taken back had replaced, where it stands again.
    pub revives: Option<FactId>,
}

/// A fact as far as everybody may know of it who may know of it at all: what it says, its own resource shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactShown {
    pub fact: Fact,
    /// The correction or withdrawal for which it no longer stands.
    pub replaced_by: Option<FactId>,
}

impl FactShown {
    /// Whether it may be taken back at all, by whoever has the authority.
    #[must_use]
    pub fn may_be_withdrawn(&self) -> bool {
        self.replaced_by.is_none() && !matches!(self.fact.taking_back(), TakingBack::Never(_))
    }
}

/// The action under which facts of a kind are recorded: whoever may not do that may not undo it either. Kinds that are
/// never taken back have none.
fn recording(kind: FactKind) -> Option<Action> {
    use FactKind as K;
    Some(match kind {
        K::RequestApproved | K::RequestConfirmed => Action::ApproveRequest,
        K::AgreementSigned => Action::RecordSignature,
        K::TrainingCompleted | K::BookingSettled => Action::RecordTraining,
        K::LicenseRenewed => Action::RenewLicense,
        K::Acknowledged => Action::RecordAcknowledgement,
        K::PracticeSubmitted => Action::SubmitPractice,
        K::PracticeReviewed => Action::ReviewPractice,
        K::TrainingBooked => Action::BookTraining,
        K::RequirementAdded => Action::AddRequirement,
        K::Waived => Action::WaiveRequirement,
        K::CampaignEnforced | K::CampaignExcused => Action::ManageCampaign,
        K::Upheld => Action::SettleContested,
        K::AddOnEnded => Action::ChangeLicense,
        K::Departed => Action::ReportDeparture,
        K::Deactivated => Action::Deactivate,
        K::HoldOpened | K::HoldLifted => Action::SuspendLicense,
        K::LeaveBegan | K::LeaveEnded => Action::ReportLeave,
        K::DepartureNoticed => Action::RecordDepartureNotice,
        K::DepartureNoticeSettled => Action::SettleDepartureNotice,
        K::LoggedIn => Action::RecordLogin,
        K::KeepRequested => Action::KeepLicense,
        K::NoticeSent => Action::RecordNotice,
        K::Barred | K::BarLifted => Action::BarPerson,
        K::MatchSettled => Action::SettleMatch,
        // Theirs is the action of what they move or call off.
        K::Cancelled
        | K::Moved
        | K::CampaignStarted
        | K::CampaignExtended
        | K::CampaignCancelled
        | K::CampaignEnforcedForAll
        | K::AbsenceHeld
        | K::AbsenceHoldDecided
        | K::BatchApproved
        | K::RequestDenied
        | K::RequestWithdrawn
        | K::DeadlineExtended
        | K::Activated
        | K::ProjectsAdded
        | K::EmergencyRestored
        | K::EmergencyRestorationConfirmed
        | K::Reactivated
        | K::Reinstated
        | K::TypeChanged
        | K::AddOnActivated
        | K::AddOnConfirmed
        | K::RequestReclassified
        | K::NoticeBounced
        | K::NoticeFailed
        | K::NoticeReached
        | K::WorkEmailConfirmed
        | K::WorkEmailRetired
        | K::Withdrawn
        | K::MatchFound
        | K::WaitlistJoined
        | K::PlaceReserved
        | K::PlaceReleased => return None,
    })
}

/// The action under which facts of a kind are read.
fn reading(kind: FactKind) -> Action {
    use FactKind as K;
    match kind {
        K::Barred | K::BarLifted => Action::ReadBar,
        K::LoggedIn => Action::ReadLogin,
        K::DepartureNoticed | K::DepartureNoticeSettled => Action::ReadDepartureNotice,
        K::HoldOpened | K::HoldLifted | K::LeaveBegan | K::LeaveEnded => Action::ReadLicense,
        K::Upheld => Action::ReadContested,
        // Who else somebody may be, as who was merged.
        K::MatchFound | K::MatchSettled => Action::ReadMerge,
        _ => Action::ReadFact,
    }
}

/// Whether why a fact of a kind was taken back may tell what only administrators and auditors know: what a violation
/// or an investigation was about, why somebody is barred or on leave.
fn is_delicate(kind: FactKind) -> bool {
    use FactKind as K;
    matches!(
        kind,
        K::Barred
            | K::BarLifted
            | K::HoldOpened
            | K::HoldLifted
            | K::LeaveBegan
            | K::LeaveEnded
            | K::Deactivated
            | K::Cancelled
            | K::Moved
            | K::Upheld
            | K::DepartureNoticed
            | K::DepartureNoticeSettled
    )
}

fn target(fact: &Fact) -> Scope {
    Scope::person(fact.implementation_id, fact.organization_id, fact.person_id)
}

/// The reader's row for a fact; nothing for whoever may only know whether access is given.
fn sight(actor: &Actor, fact: &Fact) -> Sight {
    actor
        .sight(fact.implementation_id, fact.organization_id, fact.person_id)
        .unwrap_or(Sight::Frontend)
}

/// Whether a reader who may read facts about the person here may know of this one. Of a withdrawal knows who knows what
/// was taken back.
fn may_see(actor: &Actor, dossier: &Dossier, fact: &Fact, now: Instant) -> bool {
    if fact.body == FactBody::Withdrawn {
        let mut facts = dossier.facts.iter();
        let withdrawn = facts.find(|other| Some(other.id) == fact.envelope.supersedes);
        return withdrawn.is_some_and(|withdrawn| may_see(actor, dossier, withdrawn, now));
    }
    let ground = fact.ground(&dossier.facts);
    let allowed = [fact, ground].iter().all(|fact| {
        let action = reading(fact.body.kind());
        action == Action::ReadFact
            || actor
                .grants
                .iter()
                .any(|grant| grant.allows(action, target(fact)))
    });
    if !allowed {
        return false;
    }
    // What belongs to the person everywhere is announced to nobody beforehand.
    let reader = match fact.organization_id {
        Some(_) => reader_of(sight(actor, fact)),
        None => Reader::Full,
    };
    reader == Reader::Full
        || dossier
            .seen_by(reader, now)
            .facts
            .iter()
            .any(|seen| seen.id == fact.id)
}

/// Takes back a fact that was recorded by mistake.
pub fn withdraw_fact(tx: &mut Tx<'_>, new: &NewWithdrawal) -> Result<WithdrawalShown, Error> {
    let unknown = || Error::invalid("/fact_id", "names no fact you may know of");
    let found = tx.unit.fact(new.fact_id)?.ok_or_else(unknown)?;
    let person = tx.unit.person(found.person_id)?.ok_or_else(unknown)?;
    let reads = tx.actor.authorize(Action::ReadFact, target(&found)).is_ok();
    // What belongs to the person everywhere is known where the person is.
    let knows = found.organization_id.is_none() && may_know(tx.unit, tx.actor, &person)?;
    if !(reads || knows) {
        return Err(unknown());
    }
    authorize(tx, Action::WithdrawFact, &person, &found)?;
    tx.lock_person(found.person_id)?;
    let mut dossier = Dossier::load(tx.unit, found.person_id, &[])?.ok_or(Error::NotFound)?;
    if !may_see(tx.actor, &dossier, &found, tx.now) {
        return Err(unknown());
    }
    may_take_back(tx, &dossier, &found)?;
    needed_reason(&new.reported)?;
    let request = dossier
        .requests
        .iter()
        .find(|request| Some(request.id) == found.request_id)
        .cloned();
    let state = request
        .as_ref()
        .map(|request| dossier.request_at(request, tx.now).state);
    let body = found.take_back(&dossier.facts, state)?;
    let now = (tx.now, Precision::Instant);
    let mut envelope = new.reported.envelope(tx, found.implementation_id, now)?;
    envelope.supersedes = Some(found.id);
    let about = About {
        organization: found.organization_id,
        request: found.request_id,
        license: found.license_id,
    };
    let fact = fact(tx, &person, about, envelope, body);
    keep(tx, &mut dossier, std::slice::from_ref(&fact))?;
    if let Some(request) = &request {
        dossier.changed_request(tx.unit, request)?;
        tx.trail.touched("license_request", request.id);
    }
    if let Some(license) = found.license_id {
        tx.trail.touched("license", license);
    }
    shown(tx.actor, &dossier, fact.id, tx.now).ok_or(Error::NotFound)
}

/// What belongs to the person everywhere is anybody's who may act for the person anywhere.
fn authorize(tx: &mut Tx<'_>, action: Action, person: &Person, fact: &Fact) -> Result<(), Error> {
    if fact.organization_id.is_some() {
        tx.authorize(action, target(fact))
    } else {
        authorize_anywhere(tx, action, person)
    }
}

/// The same authority as for recording it, and never in one's own case.
fn may_take_back(tx: &mut Tx<'_>, dossier: &Dossier, found: &Fact) -> Result<(), Error> {
    let ground = found.ground(&dossier.facts);
    if let Some(action) = recording(ground.body.kind()) {
        authorize(tx, action, &dossier.person, found)?;
        let lead =
            tx.actor.grants.iter().any(|grant| {
                grant.role == Role::SystemAdmin && grant.allows(action, target(found))
            });
        let own_hand = found.envelope.recorded_by == tx.actor.principal.id;
        if found.taking_back() == TakingBack::ByItsRecorder && !lead && !own_hand {
            return Err(Error::Forbidden);
        }
        let cause = match &ground.body {
            FactBody::Deactivated { cause } => *cause,
            _ => DeactivationCause::EmploymentEnded,
        };
        if !may_end(tx, target(found), cause) {
            return Err(Error::Forbidden);
        }
    }
    not_oneself(tx, found.person_id, "somebody else takes this back")
}

fn shown(actor: &Actor, dossier: &Dossier, id: FactId, now: Instant) -> Option<WithdrawalShown> {
    let found = dossier.facts.iter().find(|fact| fact.id == id)?;
    let withdrawn = dossier
        .facts
        .iter()
        .find(|fact| Some(fact.id) == found.envelope.supersedes)
        .filter(|fact| may_see(actor, dossier, fact, now))?;
    let kind = withdrawn.body.kind();
    let revives = withdrawn.envelope.supersedes.filter(|replaced| {
        standing_facts(dossier.facts.iter())
            .iter()
            .any(|fact| fact.id == *replaced)
    });
    let mut fact = found.clone();
    if is_delicate(kind) && sight(actor, withdrawn) != Sight::Full {
        fact.envelope.reason = None;
        fact.envelope.ticket_reference = None;
        fact.envelope.reported_by = Reporter::Recorder;
    }
    Some(WithdrawalShown {
        target: withdrawn.id,
        kind,
        revives,
        fact,
    })
}

/// One withdrawal.
pub fn withdrawal(rx: &mut Rx<'_>, id: FactId) -> Result<WithdrawalShown, Error> {
    let found = completion(rx, id, FactKind::Withdrawn)?;
    let dossier = Dossier::load(rx.view, found.person_id, &[])?.ok_or(Error::NotFound)?;
    shown(rx.actor, &dossier, id, rx.now).ok_or(Error::NotFound)
}

/// A page of withdrawals that the reader may know of.
pub fn withdrawals(
    rx: &mut Rx<'_>,
    filter: &FactFilter,
    paging: Paging,
) -> Result<Slice<WithdrawalShown>, Error> {
    facts_shown(
        rx,
        Action::ReadFact,
        FactKind::Withdrawn,
        filter,
        paging,
        shown,
    )
}

/// A page of everything recorded of people that the reader may know of.
pub fn recorded_facts(
    rx: &mut Rx<'_>,
    filter: &FactFilter,
    paging: Paging,
) -> Result<Slice<FactShown>, Error> {
    facts_of_any_kind(
        rx,
        Action::ReadFact,
        filter,
        paging,
        |actor, dossier, id, now| {
            let fact = dossier.facts.iter().find(|fact| fact.id == id)?;
            may_see(actor, dossier, fact, now).then(|| FactShown {
                replaced_by: replaced_by(&dossier.facts, id).map(|by| by.id),
                fact: fact.clone(),
            })
        },
    )
}

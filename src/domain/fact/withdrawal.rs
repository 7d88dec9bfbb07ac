//! Facts that are taken back because they were recorded by mistake.
//!
//! Whoever may record a fact of a kind may take one back, but never in his own case. What brought an end about, or a
//! beginning that others relied on, is not taken back: another fact undoes it from now on.

use super::{Fact, FactBody, FactKind};
use crate::domain::error::Rejection;
use crate::domain::ids::FactId;
use crate::domain::request::RequestState;
use crate::domain::requirement::standing_facts;

/// How facts are called whose taking back was refused.
const WITHDRAW: &str = "withdraw";

/// Whether facts of a kind may be taken back, and by whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakingBack {
    /// By whoever may record one.
    ByRecorders,
    /// By whoever recorded this very one, and by the lead: their door asks for more than a role, such as a step of the
    /// approval or the party that signed.
    ByItsRecorder,
    /// Never; what to do instead.
    Never(&'static str),
}

impl FactKind {
    /// THE table: which kinds may be taken back.
    #[must_use]
    pub fn taking_back(self) -> TakingBack {
        use TakingBack::{ByItsRecorder, ByRecorders, Never};
        match self {
            Self::TrainingCompleted
            | Self::Acknowledged
            | Self::PracticeSubmitted
            | Self::PracticeReviewed
            | Self::TrainingBooked
            | Self::BookingSettled
            | Self::RequirementAdded
            | Self::Waived
            | Self::CampaignEnforced
            | Self::CampaignExcused
            | Self::Upheld
            | Self::Departed
            | Self::Deactivated
            | Self::Cancelled
            | Self::Moved
            | Self::HoldOpened
            | Self::HoldLifted
            | Self::LeaveBegan
            | Self::LeaveEnded
            | Self::LoggedIn
            | Self::KeepRequested
            | Self::NoticeSent
            | Self::DepartureNoticed
            | Self::Barred
            | Self::BarLifted => ByRecorders,
            Self::RequestApproved
            | Self::RequestConfirmed
            | Self::AgreementSigned
            | Self::LicenseRenewed
            | Self::AddOnEnded
            | Self::MatchSettled
            | Self::DepartureNoticeSettled => ByItsRecorder,
            Self::RequestDenied | Self::RequestWithdrawn => {
                Never("a new request: an ended one is not opened again")
            }
            Self::RequestReclassified => {
                Never("the right class, under `/v1/license-requests/{id}/reclassify`")
            }
            Self::DeadlineExtended => Never(
                "a decision about the request itself: a deadline that was announced is not shortened",
            ),
            Self::Activated | Self::Reactivated | Self::Reinstated => Never(
                "the end of the license, under `/v1/deactivations`: access once given stays recorded as given",
            ),
            Self::ProjectsAdded => {
                Never("the projects that are still needed, under `/v1/license-changes`")
            }
            Self::EmergencyRestored => Never(
                "nothing: unless another of staff confirms it, access ends again by itself; to end it sooner, `/v1/deactivations`",
            ),
            Self::EmergencyRestorationConfirmed => {
                Never("the end of the license, under `/v1/deactivations`")
            }
            Self::TypeChanged => Never("another change of type, under `/v1/license-changes`"),
            Self::AddOnActivated | Self::AddOnConfirmed => {
                Never("the end of the add-on, under `/v1/add-ons/{id}/end`")
            }
            Self::NoticeBounced => Never(
                "a new notice with its full grace, under `/v1/notices`: void once, it never counts again",
            ),
            Self::NoticeFailed => Never(
                "its delivery, under `/v1/notices/{id}/delivery`, or a corrected address, under `/v1/people/{id}/emails`",
            ),
            Self::NoticeReached => {
                Never("the bounce of the notice, under `/v1/notices/{id}/bounce`")
            }
            Self::WorkEmailConfirmed | Self::WorkEmailRetired => {
                Never("the address as it is now, under `/v1/people/{id}`")
            }
            Self::MatchFound => {
                Never("the decision about it, under `/v1/license-requests/{id}/person-match`")
            }
            Self::CampaignStarted
            | Self::CampaignExtended
            | Self::CampaignCancelled
            | Self::CampaignEnforcedForAll => {
                Never("a decision about the campaign, under `/v1/recertification-campaigns/{id}`")
            }
            Self::AbsenceHeld | Self::AbsenceHoldDecided | Self::BatchApproved => {
                Never("a decision about the hold, under `/v1/absence-holds/{id}`")
            }
            Self::Withdrawn => Never("the fact itself, recorded again"),
            Self::WaitlistJoined | Self::PlaceReserved | Self::PlaceReleased => {
                Never("what the place follows from: the service gives and takes places by itself")
            }
        }
    }
}

impl Fact {
    /// Whether this fact may be taken back, and by whom.
    #[must_use]
    pub fn taking_back(&self) -> TakingBack {
        match &self.body {
            FactBody::DepartureNoticeSettled {
                departure: Some(_), ..
            } => TakingBack::Never(
                "the departure that confirmed it: cancel it under `/v1/departures`, or reinstate the license",
            ),
            FactBody::MatchSettled { same: true, .. } => TakingBack::Never(
                "the merge of the two, undone under `/v1/person-merges/{id}/undo`",
            ),
            body => body.kind().taking_back(),
        }
    }

    /// The end or leave that a move or cancellation is about: it is taken back by whoever may bring that about. Every
    /// other fact is about itself.
    #[must_use]
    pub fn ground<'f>(&'f self, facts: &'f [Self]) -> &'f Self {
        match &self.body {
            FactBody::Cancelled { fact: target } | FactBody::Moved { fact: target, .. } => {
                facts.iter().find(|fact| fact.id == *target).unwrap_or(self)
            }
            _ => self,
        }
    }

    /// Takes this fact back, of a person of whom `facts` are known; `request` is the state of the request it is about.
    ///
    /// # Errors
    /// Where it does not stand any longer, is of a kind that is never taken back, or decided about a request that has
    /// ended meanwhile.
    pub fn take_back(
        &self,
        facts: &[Self],
        request: Option<RequestState>,
    ) -> Result<FactBody, Rejection> {
        let refused =
            |state: &str, need: String| Err(Rejection::needing(state, WITHDRAW, vec![need]));
        if let TakingBack::Never(instead) = self.taking_back() {
            return refused(self.body.kind().as_str(), instead.to_owned());
        }
        if let Some(by) = replaced_by(facts, self.id) {
            return if by.body == FactBody::Withdrawn {
                refused(
                    "withdrawn",
                    format!("a fact that stands: {} took this one back", by.id),
                )
            } else {
                refused(
                    "corrected",
                    format!("a fact that stands: {} corrected this one", by.id),
                )
            };
        }
        let decides = matches!(
            self.body,
            FactBody::RequestApproved | FactBody::RequestConfirmed | FactBody::MatchSettled { .. }
        );
        match request.filter(|state| decides && !state.is_open()) {
            Some(state) => refused(
                state.as_str(),
                "an open request: this one has ended; end its license, if it has one, under `/v1/deactivations`"
                    .to_owned(),
            ),
            None => Ok(FactBody::Withdrawn),
        }
    }
}

/// The correction or withdrawal for which a fact no longer stands.
#[must_use]
pub fn replaced_by(facts: &[Fact], id: FactId) -> Option<&Fact> {
    let standing = standing_facts(facts.iter());
    if standing.iter().any(|fact| fact.id == id) {
        return None;
    }
    let by = |fact: &&Fact| fact.envelope.supersedes == Some(id);
    let in_force = standing.iter().copied().rfind(by);
    in_force.or_else(|| facts.iter().rfind(by))
}

/// The version of what a fact began: 1, and one more for each fact that changed it or corrected such a change. It only
/// rises: taking a change back is one more.
#[must_use]
pub fn version_of(facts: &[Fact], changes: impl Fn(&Fact) -> bool) -> i32 {
    let changed: Vec<FactId> = facts
        .iter()
        .filter(|fact| changes(fact))
        .map(|fact| fact.id)
        .collect();
    let corrected = facts
        .iter()
        .filter(|fact| !changed.contains(&fact.id))
        .filter(|fact| {
            fact.envelope
                .supersedes
                .is_some_and(|target| changed.contains(&target))
        })
        .count();
    i32::try_from(changed.len() + corrected)
        .unwrap_or(i32::MAX)
        .saturating_add(1)
}

//! What may be done to a request or a license in which state: one method per action, one table per aggregate.
//!
//! The domain decides state by command; `authorize` decides action by role.

mod activate;
mod carry;
mod deadline;
mod keep;
mod practice;
mod reinstate;
mod renewal;
mod restore;

pub use activate::Beginning;
pub use deadline::CannotExtend;
pub use practice::{REVIEW_PRACTICE, SUBMIT_PRACTICE};
pub use reinstate::EndInError;
pub use renewal::NewRenewal;
pub use restore::{CONFIRM_RESTORATION, LONGEST_RESTORATION};

use super::error::Rejection;
use super::evaluate::{Evaluation, RequestEvaluation, WayBack, confirmers};
use super::fact::{DeactivationCause, FactBody, HoldCause};
use super::ids::FactId;
use super::license::LicenseStatus;
use super::policy::{LicenseType, Return};
use super::request::{RequestClass, RequestState};

/// What can be done to a license request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RequestCommand {
    /// Stand by what the trainee or a pass asked for.
    Confirm,
    Approve,
    Deny,
    Withdraw,
    /// Give it another class.
    Reclassify,
    /// Give one of its deadlines a later last day.
    ExtendDeadline,
    /// Say whether the requested person is one who was found.
    SettleMatch,
    Activate,
}

impl RequestCommand {
    pub const ALL: [Self; 8] = [
        Self::Confirm,
        Self::Approve,
        Self::Deny,
        Self::Withdraw,
        Self::Reclassify,
        Self::ExtendDeadline,
        Self::SettleMatch,
        Self::Activate,
    ];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Approve => "approve",
            Self::Deny => "deny",
            Self::Withdraw => "withdraw",
            Self::Reclassify => "reclassify",
            Self::ExtendDeadline => "extend_deadline",
            Self::SettleMatch => "settle_match",
            Self::Activate => "activate",
        }
    }
}

/// What can be done to a license.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LicenseCommand {
    /// Record that employment ended.
    Depart,
    /// End access, now or later.
    Deactivate,
    /// Open a hold.
    Suspend,
    /// Lift one hold.
    Lift,
    /// Bring a deactivated license back by the return ladder.
    Reactivate,
    /// Undo an end that was an error.
    Reinstate,
    /// Take an end or a suspension back that was a mistake, until somebody confirms.
    RestoreInEmergency,
    /// Let an end stand that is contested.
    Uphold,
    /// Record that the person is on leave.
    TakeLeave,
    /// Another base type.
    ChangeType,
    /// Renew it for another term.
    Renew,
    /// Keep it although nobody logged in.
    Keep,
    /// Begin a period for a fulfilled request.
    Activate,
    /// Begin an add-on, or let it go on after a suspension.
    CarryAddOn,
}

impl LicenseCommand {
    pub const ALL: [Self; 14] = [
        Self::Depart,
        Self::Deactivate,
        Self::Suspend,
        Self::Lift,
        Self::Reactivate,
        Self::Reinstate,
        Self::RestoreInEmergency,
        Self::Uphold,
        Self::TakeLeave,
        Self::ChangeType,
        Self::Renew,
        Self::Keep,
        Self::Activate,
        Self::CarryAddOn,
    ];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Depart => "depart",
            Self::Deactivate => "deactivate",
            Self::Suspend => "suspend",
            Self::Lift => "lift",
            Self::Reactivate => "reactivate",
            Self::Reinstate => "reinstate",
            Self::RestoreInEmergency => "restore_in_emergency",
            Self::Uphold => "uphold",
            Self::TakeLeave => "take_leave",
            Self::ChangeType => "change_type",
            Self::Renew => "renew",
            Self::Keep => "keep",
            Self::Activate => "activate",
            Self::CarryAddOn => "carry_add_on",
        }
    }
}

/// The verdict of a table: whether a state allows a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Allowed,
    /// Not in this state; in another it would be.
    Needs(&'static str),
    Never,
}

/// State by command, for requests.
#[must_use]
pub fn request_verdict(state: RequestState, command: RequestCommand) -> Verdict {
    use RequestCommand::{
        Activate, Approve, Confirm, Deny, ExtendDeadline, Reclassify, SettleMatch, Withdraw,
    };
    use RequestState as S;
    use Verdict::{Allowed, Needs, Never};
    match (state, command) {
        (
            S::Fulfilled | S::Denied | S::Withdrawn | S::Lapsed,
            Confirm | Approve | Deny | Withdraw | Reclassify | SettleMatch | Activate,
        ) => Never,
        (S::Fulfilled | S::Denied | S::Withdrawn, ExtendDeadline) => Never,
        // An extension comes too late, and would take back what everybody was told.
        (S::Lapsed, ExtendDeadline) => Needs(
            "a completion, signature or submission that occurred in time and reopens it; without one, submit a new request",
        ),
        (
            S::Submitted,
            Confirm | Approve | Deny | Withdraw | Reclassify | ExtendDeadline | SettleMatch,
        ) => Allowed,
        (S::Submitted, Activate) => Needs("the approval of the request"),
        (
            S::Onboarding | S::Practice | S::InReview | S::Corrections | S::Ready | S::Waitlisted,
            Confirm | Approve,
        ) => Never,
        (
            S::Onboarding | S::Practice | S::InReview | S::Corrections | S::Ready | S::Waitlisted,
            Deny | Withdraw | Reclassify | ExtendDeadline | SettleMatch,
        )
        | (S::Ready, Activate) => Allowed,
        (S::Onboarding, Activate) => Needs("every agreement and training"),
        (S::Practice, Activate) => Needs("every practice set, submitted"),
        (S::InReview, Activate) => Needs("the review of the practice cases"),
        (S::Corrections, Activate) => Needs("the corrected practice cases"),
        (S::Waitlisted, Activate) => Needs("a free seat"),
    }
}

/// State by command, for licenses; `None` is a person without a license at the organization.
#[must_use]
pub fn license_verdict(status: Option<LicenseStatus>, command: LicenseCommand) -> Verdict {
    use LicenseCommand as C;
    use LicenseStatus as S;
    use Verdict::{Allowed, Needs, Never};
    match (status, command) {
        // Employment ends whether or not there is a license, and a repeated departure is recorded.
        (_, C::Depart) => Allowed,
        (None | Some(S::Deactivated | S::Expired), C::Activate) => Allowed,
        (Some(S::Active | S::Warned | S::Suspended), C::Activate) => Never,
        (Some(S::Active | S::Warned), C::CarryAddOn) => Allowed,
        (Some(S::Suspended), C::CarryAddOn) => {
            Needs("the end of the suspension of its base license")
        }
        (
            Some(S::Active | S::Warned | S::Suspended),
            C::Deactivate | C::Suspend | C::ChangeType | C::TakeLeave,
        ) => Allowed,
        // In the grace an expired license comes back; what was given in time and is known late contests an end.
        (Some(_), C::Renew) => Allowed,
        (Some(S::Warned | S::Suspended | S::Deactivated), C::Keep) => Allowed,
        (Some(S::Active), C::Keep) => Needs("a running inactivity warning"),
        (Some(S::Expired), C::Keep) => Never,
        (Some(S::Suspended), C::Lift) => Allowed,
        (Some(S::Active | S::Warned), C::Lift) => Needs("an open hold"),
        (Some(S::Deactivated), C::Reactivate | C::Reinstate | C::Uphold)
        | (Some(S::Expired), C::Reinstate | C::Uphold) => Allowed,
        // What nobody used for too long is held, and comes back as the return ladder says.
        (Some(S::Suspended), C::Reactivate) => Allowed,
        (Some(S::Expired), C::Reactivate) => Needs("a renewal or a returning request"),
        (Some(S::Suspended | S::Deactivated | S::Expired), C::RestoreInEmergency) => Allowed,
        (Some(S::Active | S::Warned), C::Reactivate | C::RestoreInEmergency)
        | (Some(S::Active | S::Warned | S::Suspended), C::Reinstate | C::Uphold) => Never,
        (None, _) => Needs("a license"),
        (
            Some(S::Deactivated | S::Expired),
            C::Deactivate | C::Suspend | C::Lift | C::ChangeType | C::TakeLeave | C::CarryAddOn,
        ) => Never,
    }
}

impl RequestEvaluation {
    pub(super) fn check(&self, command: RequestCommand) -> Result<(), Rejection> {
        let needs = self.needed_for(command)?;
        self.unless(command, needs)
    }

    /// What the state needs before it allows a command.
    fn needed_for(&self, command: RequestCommand) -> Result<Vec<String>, Rejection> {
        match request_verdict(self.state, command) {
            Verdict::Allowed => Ok(Vec::new()),
            Verdict::Needs(need) if self.needs.is_empty() => Ok(vec![need.to_owned()]),
            Verdict::Needs(_) => Ok(self.needs.clone()),
            Verdict::Never => Err(Rejection::never(self.state.as_str(), command.as_str())),
        }
    }

    fn unless(&self, command: RequestCommand, needs: Vec<String>) -> Result<(), Rejection> {
        if needs.is_empty() {
            return Ok(());
        }
        Err(Rejection::needing(
            self.state.as_str(),
            command.as_str(),
            needs,
        ))
    }

    /// Somebody stands by what the trainee or a pass asked for.
    pub fn confirm(&self) -> Result<FactBody, Rejection> {
        self.check(RequestCommand::Confirm)?;
        let open = self.confirmation.as_ref();
        match open.filter(|confirmation| confirmation.given.is_none()) {
            Some(_) => Ok(FactBody::RequestConfirmed),
            // It needs none, or has it already.
            None => Err(Rejection::never(
                self.state.as_str(),
                RequestCommand::Confirm.as_str(),
            )),
        }
    }

    /// One approval step.
    pub fn approve(&self) -> Result<FactBody, Rejection> {
        self.check(RequestCommand::Approve)?;
        let mut needs = self.unsettled();
        let open = self.confirmation.iter();
        needs.extend(
            open.filter(|confirmation| confirmation.given.is_none())
                .map(|confirmation| format!("its confirmation by {}", confirmers(confirmation))),
        );
        self.unless(RequestCommand::Approve, needs)?;
        Ok(FactBody::RequestApproved)
    }

    pub fn deny(&self) -> Result<FactBody, Rejection> {
        self.check(RequestCommand::Deny)
            .map(|()| FactBody::RequestDenied)
    }

    /// `departure` is the departure that withdraws it, if it is not withdrawn by hand.
    pub fn withdraw(&self, departure: Option<FactId>) -> Result<FactBody, Rejection> {
        self.check(RequestCommand::Withdraw)
            .map(|()| FactBody::RequestWithdrawn { departure })
    }

    /// Gives the request another class of those its license type knows and the license facts do not contradict.
    pub fn reclassify(
        &self,
        class: RequestClass,
        license: &Evaluation,
        license_type: &LicenseType,
    ) -> Result<FactBody, Rejection> {
        self.check(RequestCommand::Reclassify)?;
        let runs = license.period().is_some_and(|period| period.end.is_none());
        let begun = self.begun.map(|_| {
            "a request whose license has not begun: this one only waits for more projects"
                .to_owned()
        });
        let other = if class == self.class {
            Some(format!("another class than `{}`", class.as_str()))
        } else if (class == RequestClass::AddOn) == license_type.is_base() {
            Some("a class that fits the license type: `add_on` is for add-ons, and they have no other".to_owned())
        } else if license_type.is_base() && (class == RequestClass::TypeChange) != runs {
            Some("a class that fits the license: `type_change` is for a license that runs here, and that has no other".to_owned())
        } else if license_type.set_for(class).is_none() {
            Some(format!(
                "a class for which the policy says what is owed; `{}` is none",
                class.as_str()
            ))
        } else {
            None
        };
        let needs = begun.into_iter().chain(other).collect();
        self.unless(RequestCommand::Reclassify, needs)?;
        Ok(FactBody::RequestReclassified { class })
    }
}

impl Evaluation {
    #[must_use]
    pub fn status(&self) -> Option<LicenseStatus> {
        self.state
            .as_ref()
            .map(super::evaluate::LicenseState::status)
    }

    fn check(&self, command: LicenseCommand) -> Result<(), Rejection> {
        let needs = self.needed_for(command)?;
        self.unless(command, needs)
    }

    /// What the state needs before it allows a command.
    fn needed_for(&self, command: LicenseCommand) -> Result<Vec<String>, Rejection> {
        match license_verdict(self.status(), command) {
            Verdict::Allowed => Ok(Vec::new()),
            Verdict::Needs(need) => Ok(vec![need.to_owned()]),
            Verdict::Never => Err(Rejection::never(self.state_name(), command.as_str())),
        }
    }

    fn unless(&self, command: LicenseCommand, needs: Vec<String>) -> Result<(), Rejection> {
        if needs.is_empty() {
            Ok(())
        } else {
            Err(self.refused(command, needs))
        }
    }

    /// How the state is called in a refusal.
    #[must_use]
    pub fn state_name(&self) -> &'static str {
        self.status().map_or("none", LicenseStatus::as_str)
    }

    /// Employment at the organization ended.
    pub fn depart(&self) -> Result<FactBody, Rejection> {
        self.check(LicenseCommand::Depart)
            .map(|()| FactBody::Departed)
    }

    pub fn deactivate(&self, cause: DeactivationCause) -> Result<FactBody, Rejection> {
        self.check(LicenseCommand::Deactivate)
            .map(|()| FactBody::Deactivated { cause })
    }

    pub fn suspend(
        &self,
        cause: HoldCause,
        until: Option<super::calendar::Instant>,
    ) -> Result<FactBody, Rejection> {
        self.check(LicenseCommand::Suspend)
            .map(|()| FactBody::HoldOpened { cause, until })
    }

    /// Lifts one hold; curing one never lifts another.
    pub fn lift(&self, hold: FactId) -> Result<FactBody, Rejection> {
        // Also one that an emergency restoration took back: access is on meanwhile.
        if self.open_holds().any(|open| open.fact == Some(hold)) {
            Ok(FactBody::HoldLifted { hold })
        } else {
            self.check(LicenseCommand::Lift)?;
            Err(Rejection::needing(
                "suspended",
                LicenseCommand::Lift.as_str(),
                vec!["an open hold with this id".to_owned()],
            ))
        }
    }

    /// Brings the license back by the return ladder, on the rung where staff do and if all that it asks is current.
    pub fn reactivate(&self, back: Option<&WayBack>) -> Result<FactBody, Rejection> {
        self.check(LicenseCommand::Reactivate)?;
        let mut needs = self.cannot_begin();
        match back {
            None => needs.push(
                "an open hold `long_inactivity`: any other is cured or lifted by itself".to_owned(),
            ),
            Some(back) => needs.extend(self.needs_to_return(back)),
        }
        self.unless(LicenseCommand::Reactivate, needs)?;
        Ok(FactBody::Reactivated)
    }

    fn needs_to_return(&self, back: &WayBack) -> Vec<String> {
        let ended = self.period().is_some_and(|period| period.end.is_some());
        let since = back
            .absent_since
            .map_or_else(String::new, |day| format!(" since {day}"));
        let request = |place: &usize, owes: String| {
            vec![format!(
                "a returning request: the absence{since} stands on rung {place} of the return ladder, which owes {owes}"
            )]
        };
        match &back.rung {
            None if ended => vec![
                "a returning request: the policy has no return ladder for this absence".to_owned(),
            ],
            Some((place, Return::RequirementSet { set })) if ended => {
                request(place, format!("the requirement set `{set}`"))
            }
            Some((place, Return::AsNew { .. })) if ended => {
                request(place, "what somebody new owes".to_owned())
            }
            _ => back
                .owed
                .iter()
                .filter(|standing| standing.status.is_open())
                .flat_map(|standing| standing.missing.iter().cloned())
                .collect(),
        }
    }

    /// Lets a contested end stand.
    pub fn uphold(&self) -> Result<FactBody, Rejection> {
        self.check(LicenseCommand::Uphold)?;
        if self.contested().is_some() {
            return Ok(FactBody::Upheld);
        }
        Err(self.refused(
            LicenseCommand::Uphold,
            vec!["an end that is contested".to_owned()],
        ))
    }

    /// The person is on leave, until an instant if one is named.
    pub fn take_leave(
        &self,
        until: Option<super::calendar::Instant>,
    ) -> Result<FactBody, Rejection> {
        self.check(LicenseCommand::TakeLeave)
            .map(|()| FactBody::LeaveBegan { until })
    }

    /// What keeps any access from beginning here.
    fn cannot_begin(&self) -> Vec<String> {
        let mut needs = Vec::new();
        if !self.participating {
            needs.push("the organization does not participate now".to_owned());
        }
        if self.barred.is_some() {
            needs.push("the person may not hold a license here: contact the lead".to_owned());
        }
        needs
    }

    fn refused(&self, command: LicenseCommand, needs: Vec<String>) -> Rejection {
        Rejection::needing(self.state_name(), command.as_str(), needs)
    }
}

#[cfg(test)]
mod tests;

//! Who acts, and THE [`Actor::authorize`]: the one choke point of every credential kind and every route.
//!
//! A token only identifies; what its principal may do is read from live, dated grants on each request, inside the
//! same transaction as the work, so that a revocation holds on the next request.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::ports::{Principal, StaffRole, Visible};
use crate::domain::ids::{ImplementationId, OrganizationId, PersonId};

type Instant = DateTime<Utc>;

/// The roles of the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    SystemAdmin,
    Trainer,
    HelpDesk,
    Supervisor,
    EndUser,
    Auditor,
    HmisFrontend,
    Integration,
}

impl Role {
    pub const ALL: [Self; 8] = [
        Self::SystemAdmin,
        Self::Trainer,
        Self::HelpDesk,
        Self::Supervisor,
        Self::EndUser,
        Self::Auditor,
        Self::HmisFrontend,
        Self::Integration,
    ];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SystemAdmin => "system_admin",
            Self::Trainer => "trainer",
            Self::HelpDesk => "help_desk",
            Self::Supervisor => "supervisor",
            Self::EndUser => "end_user",
            Self::Auditor => "auditor",
            Self::HmisFrontend => "hmis_frontend",
            Self::Integration => "integration",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    /// Staff of the HMIS lead, as against agencies and machines.
    #[must_use]
    pub fn is_staff(self) -> bool {
        matches!(self, Self::SystemAdmin | Self::Trainer | Self::HelpDesk)
    }
}

/// Declares the actions with the words under which they are kept.
macro_rules! actions {
    ($($(#[doc = $doc:literal])* $name:ident = $word:literal,)+) => {
        /// What can be done. Every use case names exactly one before it looks at anything else.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Action {
            $($(#[doc = $doc])* $name,)+
        }

        impl Action {
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)+
                }
            }
        }
    };
}

actions! {
    ReadImplementation = "read_implementation",
    ReadRoster = "read_roster",
    ReadPerson = "read_person",
    ReadRequest = "read_request",
    ReadLicense = "read_license",
    ReadFact = "read_fact",
    ReadStaffRole = "read_staff_role",
    ReadAudit = "read_audit",
    DecideAccess = "decide_access",
    CreateImplementation = "create_implementation",
    ConfigureImplementation = "configure_implementation",
    ManageRoster = "manage_roster",
    ManagePerson = "manage_person",
    ManageStaffRole = "manage_staff_role",
    SubmitRequest = "submit_request",
    ApproveRequest = "approve_request",
    DenyRequest = "deny_request",
    WithdrawRequest = "withdraw_request",
    ReclassifyRequest = "reclassify_request",
    ExtendDeadline = "extend_deadline",
    ActivateLicense = "activate_license",
    ChangeLicense = "change_license",
    RenewLicense = "renew_license",
    KeepLicense = "keep_license",
    ConfirmAddOn = "confirm_add_on",
    RecordSignature = "record_signature",
    RecordTraining = "record_training",
    RecordAcknowledgement = "record_acknowledgement",
    BookTraining = "book_training",
    SubmitPractice = "submit_practice",
    ReviewPractice = "review_practice",
    WaiveRequirement = "waive_requirement",
    AddRequirement = "add_requirement",
    ReportDeparture = "report_departure",
    ReadDepartureNotice = "read_departure_notice",
    RecordDepartureNotice = "record_departure_notice",
    SettleDepartureNotice = "settle_departure_notice",
    Deactivate = "deactivate",
    SuspendLicense = "suspend_license",
    ReactivateLicense = "reactivate_license",
    ReinstateLicense = "reinstate_license",
    RestoreLicense = "restore_license",
    ConfirmRestoration = "confirm_restoration",
    ReportLeave = "report_leave",
    BarPerson = "bar_person",
    ReadBar = "read_bar",
    ReadContested = "read_contested",
    SettleContested = "settle_contested",
    ReadLoginSource = "read_login_source",
    ManageLoginSource = "manage_login_source",
    RecordLogin = "record_login",
    ReadLogin = "read_login",
    CloseAccessSignal = "close_access_signal",
    RecordNotice = "record_notice",
    ReadSeats = "read_seats",
    MergePeople = "merge_people",
    ReadMerge = "read_merge",
    ReadSweep = "read_sweep",
    RunSweep = "run_sweep",
    ReadMessage = "read_message",
    RetryMessage = "retry_message",
    /// The service itself sends what is due, and nobody who calls it.
    SendMessages = "send_messages",
    WithdrawFact = "withdraw_fact",
    SettleMatch = "settle_match",
    /// What time alone brought about: the service itself does it, and nobody who calls it.
    RecordStates = "record_states",
}

/// How far a role may take an action, before the scope of its grant narrows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    No,
    /// Only where the person concerned is the actor himself.
    Own,
    /// Within the grant's organization.
    Organization,
    /// Within the grant's implementation, or all of them.
    Implementation,
}

/// The table of action and role. One place, read by `authorize` and by every list query.
///
/// Requests and approvals reach as far here as a policy can take them: who may request and whose step it is, the policy
/// says, and who has no part in it is refused there. Likewise taking a fact back: that needs the action of recording one
/// of its kind besides.
#[must_use]
pub fn reach(role: Role, action: Action) -> Reach {
    use Action as A;
    use Reach::{Implementation, No, Organization, Own};
    match role {
        Role::SystemAdmin if matches!(action, A::RecordStates | A::SendMessages) => No,
        Role::SystemAdmin => Implementation,
        Role::Auditor => match action {
            A::ReadImplementation
            | A::ReadRoster
            | A::ReadPerson
            | A::ReadRequest
            | A::ReadLicense
            | A::ReadFact
            | A::ReadStaffRole
            | A::ReadAudit
            | A::ReadBar
            | A::ReadContested
            | A::ReadDepartureNotice
            | A::ReadLoginSource
            | A::ReadLogin
            | A::ReadSeats
            | A::ReadMerge
            | A::ReadSweep
            | A::ReadMessage
            | A::DecideAccess => Implementation,
            _ => No,
        },
        Role::HelpDesk => match action {
            A::ReadImplementation
            | A::ReadRoster
            | A::ReadPerson
            | A::ReadRequest
            | A::ReadLicense
            | A::ReadFact
            | A::ReadStaffRole
            | A::DecideAccess
            | A::ManagePerson
            | A::SubmitRequest
            | A::ApproveRequest
            | A::WithdrawRequest
            | A::ChangeLicense
            | A::RenewLicense
            | A::KeepLicense
            | A::RecordSignature
            | A::RecordTraining
            | A::RecordAcknowledgement
            | A::BookTraining
            | A::SubmitPractice
            | A::ReportDeparture
            | A::ReadDepartureNotice
            | A::RecordDepartureNotice
            | A::SettleDepartureNotice
            | A::ReportLeave
            | A::ReadBar
            | A::ReadContested
            | A::Deactivate
            | A::RestoreLicense
            | A::ConfirmRestoration
            | A::ReadLoginSource
            | A::RecordLogin
            | A::ReadLogin
            | A::CloseAccessSignal
            | A::ReadSeats
            | A::ReadMerge
            | A::ReadSweep
            | A::ReadMessage
            | A::RecordNotice
            | A::WithdrawFact
            | A::SettleMatch => Implementation,
            _ => No,
        },
        Role::Trainer => match action {
            A::ReadImplementation
            | A::ReadRoster
            | A::ReadPerson
            | A::ReadRequest
            | A::ReadLicense
            | A::ReadFact
            | A::SubmitRequest
            | A::ApproveRequest
            | A::RecordTraining
            | A::RecordAcknowledgement
            | A::BookTraining
            | A::SubmitPractice
            | A::ReadSeats
            | A::ReviewPractice
            | A::WithdrawFact => Implementation,
            _ => No,
        },
        Role::Supervisor => match action {
            A::ReadImplementation => Implementation,
            A::ReadRoster
            | A::ReadPerson
            | A::ReadRequest
            | A::ReadLicense
            | A::ReadFact
            | A::SubmitRequest
            | A::ApproveRequest
            | A::WithdrawRequest
            | A::ChangeLicense
            | A::RenewLicense
            | A::KeepLicense
            | A::RecordSignature
            | A::RecordAcknowledgement
            | A::BookTraining
            | A::SubmitPractice
            | A::ReportDeparture
            | A::ReadDepartureNotice
            | A::SettleDepartureNotice
            | A::ReportLeave
            | A::ReadSeats
            | A::Deactivate
            | A::WithdrawFact => Organization,
            _ => No,
        },
        Role::EndUser => match action {
            A::ReadImplementation => Implementation,
            A::ReadPerson
            | A::ReadRequest
            | A::ReadLicense
            | A::ReadFact
            | A::SubmitRequest
            | A::RecordSignature
            | A::RenewLicense
            | A::RecordAcknowledgement
            | A::BookTraining
            | A::SubmitPractice => Own,
            _ => No,
        },
        Role::HmisFrontend => match action {
            A::ReadImplementation | A::DecideAccess | A::ReadLoginSource | A::RecordLogin => {
                Implementation
            }
            _ => No,
        },
        Role::Integration => match action {
            A::ReadImplementation
            | A::ReadRoster
            | A::ReadPerson
            | A::ReadRequest
            | A::ReadFact
            | A::SubmitRequest
            | A::RecordTraining
            | A::RecordAcknowledgement
            | A::BookTraining
            | A::SubmitPractice
            | A::RecordNotice
            | A::WithdrawFact => Implementation,
            _ => No,
        },
    }
}

/// What an action is done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// Absent: the whole deployment.
    pub implementation_id: Option<ImplementationId>,
    pub organization_id: Option<OrganizationId>,
    pub person_id: Option<PersonId>,
}

impl Scope {
    pub const DEPLOYMENT: Self = Self {
        implementation_id: None,
        organization_id: None,
        person_id: None,
    };

    #[must_use]
    pub fn implementation(id: ImplementationId) -> Self {
        Self {
            implementation_id: Some(id),
            ..Self::DEPLOYMENT
        }
    }

    #[must_use]
    pub fn organization(implementation: ImplementationId, id: OrganizationId) -> Self {
        Self {
            organization_id: Some(id),
            ..Self::implementation(implementation)
        }
    }

    /// A person, at an organization where the action is about one.
    #[must_use]
    pub fn person(
        implementation: ImplementationId,
        organization: Option<OrganizationId>,
        id: PersonId,
    ) -> Self {
        Self {
            implementation_id: Some(implementation),
            organization_id: organization,
            person_id: Some(id),
        }
    }
}

/// Why an action is not allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The actor may know of the thing, or may do this nowhere: 403.
    #[error("not allowed")]
    Forbidden,
    /// The actor may not know of the thing: it looks exactly like one that does not exist.
    #[error("unknown")]
    Hidden,
}

/// The reader's row of the field's table of who sees what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sight {
    Frontend,
    EndUser,
    OwnSupervisor,
    HelpDesk,
    /// Auditors and administrators.
    Full,
}

/// A principal with the grants that are live now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    pub principal: Principal,
    /// Only grants that are live at the instant the actor was loaded.
    pub grants: Vec<StaffRole>,
}

impl Actor {
    /// Keeps the live ones of `grants`; a disabled principal has none.
    #[must_use]
    pub fn new(principal: Principal, grants: Vec<StaffRole>, now: Instant) -> Self {
        let disabled = principal.disabled_at.is_some_and(|at| at <= now);
        let grants = grants
            .into_iter()
            .filter(|grant| !disabled && grant.is_live(now))
            .collect();
        Self { principal, grants }
    }

    /// Refuses an action that the actor may do nowhere. Asked before any look-up, so that the answer cannot depend on
    /// what exists.
    pub fn require(&self, action: Action) -> Result<(), Denied> {
        if self
            .grants
            .iter()
            .any(|grant| reach(grant.role, action) != Reach::No)
        {
            Ok(())
        } else {
            Err(Denied::Forbidden)
        }
    }

    /// THE decision: may this actor do `action` to `scope`? Returns the grant that allows it.
    pub fn authorize(&self, action: Action, scope: Scope) -> Result<&StaffRole, Denied> {
        self.require(action)?;
        if let Some(grant) = self.grants.iter().find(|grant| grant.allows(action, scope)) {
            return Ok(grant);
        }
        if scope == Scope::DEPLOYMENT {
            // There is nothing to hide about the deployment itself.
            return Err(Denied::Forbidden);
        }
        let sees = match (scope.person_id, scope.organization_id) {
            (Some(_), _) => Action::ReadPerson,
            (None, Some(_)) => Action::ReadRoster,
            (None, None) => Action::ReadImplementation,
        };
        if self.grants.iter().any(|grant| grant.allows(sees, scope)) {
            Err(Denied::Forbidden)
        } else {
            Err(Denied::Hidden)
        }
    }

    /// The rows that the actor may list under `action`.
    #[must_use]
    pub fn visible(&self, action: Action) -> Visible {
        let mut visible = Visible::default();
        for grant in &self.grants {
            match (reach(grant.role, action), grant.implementation_id) {
                (Reach::No, _) => {}
                (Reach::Implementation, None) => visible.everything = true,
                (Reach::Implementation, Some(id)) => visible.implementations.push(id),
                (Reach::Organization, _) => visible.organizations.extend(grant.organization_id),
                (Reach::Own, _) => visible.people.extend(grant.person_id),
            }
        }
        visible
    }

    /// Who the actor is in an implementation, if he is a person there.
    pub fn people(&self) -> impl Iterator<Item = PersonId> + '_ {
        self.grants.iter().filter_map(|grant| grant.person_id)
    }

    /// Whether the actor is the person.
    #[must_use]
    pub fn is(&self, person: PersonId) -> bool {
        self.people().any(|id| id == person)
    }

    /// The actor's best row of the table of who sees what, for one person at one organization.
    #[must_use]
    pub fn sight(
        &self,
        implementation: ImplementationId,
        organization: Option<OrganizationId>,
        person: PersonId,
    ) -> Option<Sight> {
        let scope = Scope::person(implementation, organization, person);
        self.grants
            .iter()
            .filter(|grant| {
                grant.allows(Action::ReadLicense, scope)
                    || grant.allows(Action::DecideAccess, scope)
            })
            .map(|grant| match grant.role {
                Role::SystemAdmin | Role::Auditor => Sight::Full,
                Role::HelpDesk | Role::Trainer => Sight::HelpDesk,
                // By whichever grant he is known: nobody supervises himself.
                Role::Supervisor if self.is(person) => Sight::EndUser,
                Role::Supervisor => Sight::OwnSupervisor,
                Role::EndUser => Sight::EndUser,
                Role::HmisFrontend | Role::Integration => Sight::Frontend,
            })
            .max()
    }
}

impl StaffRole {
    #[must_use]
    pub fn is_live(&self, now: Instant) -> bool {
        self.from_at <= now
            && self.until_at.is_none_or(|until| now < until)
            && self.revoked_at.is_none_or(|revoked| now < revoked)
    }

    /// Whether this grant alone allows the action in the scope.
    #[must_use]
    pub fn allows(&self, action: Action, scope: Scope) -> bool {
        let in_implementation = match (self.implementation_id, scope.implementation_id) {
            (None, _) => true,
            (Some(granted), Some(asked)) => granted == asked,
            (Some(_), None) => false,
        };
        in_implementation
            && match reach(self.role, action) {
                Reach::No => false,
                Reach::Own => self.person_id.is_some() && self.person_id == scope.person_id,
                Reach::Organization => {
                    self.organization_id.is_some() && self.organization_id == scope.organization_id
                }
                Reach::Implementation => true,
            }
    }
}

//! Every action, and how far each role may take it.

use serde::{Deserialize, Serialize};

use super::Role;

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
    ReadDelegation = "read_delegation",
    NameDeputy = "name_deputy",
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
    ReadCalendarFeed = "read_calendar_feed",
    ManageCalendarFeed = "manage_calendar_feed",
    ReadMessage = "read_message",
    RetryMessage = "retry_message",
    BounceMessage = "bounce_message",
    /// The service itself sends what is due, and nobody who calls it.
    SendMessages = "send_messages",
    ReadCampaign = "read_campaign",
    ManageCampaign = "manage_campaign",
    ReadAbsenceHold = "read_absence_hold",
    ManageAbsenceHold = "manage_absence_hold",
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
            | A::ReadDelegation
            | A::ReadAudit
            | A::ReadBar
            | A::ReadContested
            | A::ReadDepartureNotice
            | A::ReadLoginSource
            | A::ReadLogin
            | A::ReadSeats
            | A::ReadMerge
            | A::ReadSweep
            | A::ReadCampaign
            | A::ReadAbsenceHold
            | A::ReadMessage
            | A::ReadCalendarFeed
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
            | A::ReadDelegation
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
            | A::ReadCampaign
            | A::ReadAbsenceHold
            | A::ReadMessage
            | A::ReadCalendarFeed
            | A::ManageCalendarFeed
            | A::RecordNotice
            | A::BounceMessage
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
            | A::ReadCampaign
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
            | A::ReadDelegation
            | A::NameDeputy
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
            | A::ReadCalendarFeed
            | A::ManageCalendarFeed
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
            | A::ReadDelegation
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

//! Use cases around requests and licenses. Each locks the person, loads what is known of him, asks the domain, records
//! facts and brings the recorded states up to date, in one transaction.

mod access;
mod activation;
mod add_ons;
mod bars;
mod bookings;
mod campaigns;
mod changes;
mod contested;
mod dossier;
mod due_items;
mod ends;
mod evidence;
mod exceptions;
mod explanation;
mod holds;
mod keeps;
mod leaves;
mod licenses;
pub mod logins;
mod merges;
pub mod notices;
mod practice;
mod preview;
mod reading;
mod reindex;
mod renewals;
mod reporting;
mod requests;
mod restorations;
mod returns;
mod waitlist;
mod withdrawals;
mod work_email;

pub use access::{AccessDecision, AccessQuery, LicenseDecision, Reason, decide_access};
pub use activation::begin_ready;
pub use add_ons::{AddOnShown, add_on, add_ons, confirm_add_on, end_add_on};
pub use bars::{BarShown, NewBar, bar, bar_person, bars, lift_bar};
pub use bookings::{
    BookingSettlement, BookingShown, NewBooking, book_training, booking, bookings, settle_booking,
};
pub use campaigns::{
    Asked, AskedStanding, CampaignPreview, CampaignShown, CampaignStatus, NewCampaign, asked,
    campaign, campaigns, cancel_campaign, enforce_campaign, excuse_from_campaign, extend_campaign,
    preview_campaign, start_campaign, suspend_for_campaign,
};
pub use changes::{NewLicenseChange, change_license};
pub use contested::{Contest, ContestedShown, contested_item, contested_items, uphold};
pub use dossier::{Dossier, evaluate_due_people, login_sources};
pub use due_items::{DueFilter, DueInCalendar, DueShown, due_in_calendar, due_items};
pub use ends::{
    Affected, DepartureNoticeShown, EndKind, EndShown, EndStatus, Ended, NewDeactivation,
    NewDeparture, NewDepartureNotice, NoticeDecision, cancel_end, deactivate, departure_notice,
    departure_notices, end, ends, notice_departure, report_departure, reschedule_end,
    settle_departure_notice,
};
pub use evidence::{
    NewSignature, NewTraining, completion, completions, record_completion, record_signature,
};
pub use exceptions::{NewExtraRequirement, NewWaiver, add_requirement, waive_requirement};
pub use explanation::{
    Block, CONTACT_THE_LEAD, Explanation, Subject, end_seen, explain_license, explain_person,
    explain_request, foreseen, hold_seen,
};
pub use holds::{HoldShown, NewHold, hold, holds, lift_hold, open_hold};
pub use keeps::{NewKeepRequest, keep_license};
pub use leaves::{
    LeaveShown, LeaveStatus, NewLeave, cancel_leave, leave, leaves, record_leave, return_from_leave,
};
pub use licenses::{LicenseShown, license, licenses};
pub use merges::{
    MergeShown, MergedLicense, MergedRecord, NewMerge, merge_people, person_merge, person_merges,
    undo_merge,
};
pub use practice::{
    NewPracticeResult, NewPracticeSubmission, PracticeQueue, SubmissionShown, review_practice,
    submission, submissions, submit_practice,
};
pub use preview::{Impact, Touched, TouchedList, policy_impact};
pub use renewals::{NewAcknowledgement, NewLicenseRenewal, acknowledge, renew_license};
pub use reporting::{Moment, Reported, needed_reason, not_in_the_future, not_oneself};
pub use requests::{
    Decision, MatchAnswer, MatchShown, NewRequest, PersonNamed, RequestShown, activate, approve,
    confirm, deny, extend_deadline, reclassify, request, requests, settle_match, submit, withdraw,
};
pub use restorations::{
    NewRestoration, RestorationShown, confirm_restoration, restoration, restorations,
    restore_license,
};
pub use returns::{Reinstatement, reactivate, reinstate, wrong_person};
pub use waitlist::{PoolShown, SeatsQuery, SeatsShown, give_places, seats};
pub use withdrawals::{
    FactShown, NewWithdrawal, WithdrawalShown, recorded_facts, withdraw_fact, withdrawal,
    withdrawals,
};
pub use work_email::{confirmed as work_email_confirmed, retired as work_email_retired};

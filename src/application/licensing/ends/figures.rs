//! What a departure's record tells an auditor.

use crate::application::licensing::dossier::Dossier;
use crate::domain::calendar::{EndedAt, Instant, Precision, end_of_day, local_day, notice_due_at};
use crate::domain::departure::AnnouncedEnd;
use crate::domain::evaluate::Evaluation;
use crate::domain::fact::{DeactivationCause, FactBody};
use crate::domain::ids::{LicenseId, OrganizationId};
use crate::domain::requirement::standing_facts;

/// What a departure's record tells an auditor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    pub license_id: Option<LicenseId>,
    /// When the report was due by the policy: of departures, and of ends of need.
    pub notice_due_at: Option<Instant>,
    pub late: Option<bool>,
    /// Whole minutes between the end and its report; negative where it was reported before.
    pub minutes_until_report: Option<i64>,
    /// When access was decided off at this organization.
    pub access_off_at: Option<Instant>,
    /// The end took effect, and a license that began after it gives access at this organization now: rehired, or an end
    /// that was dated wrongly. Somebody must look.
    pub access_remains: bool,
    /// Logins that the organization's license still served between the end and the instant from which access was off
    /// because of it (departures only): they are no signals, because nothing had been recorded.
    pub logins_after_end: Option<usize>,
    pub last_login_after_end_at: Option<Instant>,
}

pub(super) fn figures(dossier: &Dossier, end: &AnnouncedEnd<'_>, now: Instant) -> Ended {
    let Some(organization) = end.fact.organization_id else {
        return Ended::default();
    };
    let evaluation: Evaluation = dossier.license_at(organization, now);
    let access_off_at = evaluation
        .periods
        .iter()
        .filter_map(|period| period.end.as_ref())
        .find(|ended| ended.fact == Some(end.fact.id))
        .map(|ended| ended.at);
    let mut figures = Ended {
        license_id: end.fact.license_id,
        access_off_at,
        access_remains: end.cancelled_by.is_none() && end.acts_at <= now && evaluation.allowed(),
        ..Ended::default()
    };
    let departed = end.fact.body == FactBody::Departed;
    let unneeded = end.cause() == DeactivationCause::NoLongerNeeded;
    if !(departed || unneeded) || end.cancelled_by.is_some() {
        return figures;
    }
    if departed {
        logins_after(dossier, end, organization, &mut figures);
    }
    let reported_at = end.fact.envelope.reported_at;
    figures.minutes_until_report = Some((reported_at - end.occurred_at).num_minutes());
    let recorded_at = end.fact.envelope.recorded_at;
    if let Some(document) = dossier.document_at(organization, recorded_at) {
        let zone = document.zone().unwrap_or(dossier.implementation.time_zone);
        let ended = match end.precision {
            Precision::Instant => EndedAt::Instant(end.occurred_at),
            // The stored instant is the end of the day that was named.
            Precision::Day => EndedAt::Day(last_day(zone, end.occurred_at)),
        };
        let rules = &document.ends_of_need;
        let hours = if departed {
            rules.departure_notice_hours
        } else {
            rules.no_longer_needed_notice_hours
        };
        let due = notice_due_at(ended, u32::from(hours), zone);
        figures.notice_due_at = Some(due);
        figures.late = Some(reported_at > due);
    }
    figures
}

/// The logins that the license still served after an end.
fn logins_after(
    dossier: &Dossier,
    end: &AnnouncedEnd<'_>,
    organization: OrganizationId,
    figures: &mut Ended,
) {
    let after: Vec<Instant> = standing_facts(dossier.facts.iter())
        .into_iter()
        .filter(|fact| {
            matches!(&fact.body, FactBody::LoggedIn { serves, .. } if serves.contains(&organization))
        })
        .map(|fact| fact.envelope.occurred_at)
        .filter(|at| (end.occurred_at..end.acts_at).contains(at))
        .collect();
    figures.logins_after_end = Some(after.len());
    figures.last_login_after_end_at = after.into_iter().max();
}

/// The local day that ends at an instant.
fn last_day(zone: chrono_tz::Tz, end: Instant) -> chrono::NaiveDate {
    let day = local_day(zone, end);
    match day.pred_opt() {
        Some(before) if end_of_day(zone, before) == end => before,
        _ => day,
    }
}

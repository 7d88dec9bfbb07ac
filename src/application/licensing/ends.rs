//! Departures and deactivations: recorded now or for later, moved or called off until they take effect.

use crate::application::actor::{Action, Role, Scope, Sight};
use crate::application::page::{Paging, Slice};
use crate::application::ports::FactFilter;
use crate::application::visible::{visible_organization, visible_person};
use crate::application::{Error, Rx, Tx};
use crate::domain::calendar::{EndedAt, Instant, Precision, end_of_day, local_day, notice_due_at};
use crate::domain::departure::{AnnouncedEnd, announced_ends};
use crate::domain::error::Rejection;
use crate::domain::evaluate::{Evaluation, Reader};
use crate::domain::fact::{DeactivationCause, Fact, FactBody, FactKind, Reporter};
use crate::domain::ids::{FactId, LicenseId, OrganizationId, PersonId};

use super::dossier::Dossier;
use super::licenses::{reader_of, sight_of};
use super::reporting::{About, Moment, Reported, fact, not_oneself, scope};

/// How far back a departure may lie: older ones are a slip of the pen.
const OLDEST_END_YEARS: u32 = 10;
/// How far ahead an end may be announced.
const FARTHEST_END_YEARS: u32 = 3;

/// Which door a caller came by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndKind {
    Departure,
    Deactivation,
}

impl EndKind {
    fn action(self) -> Action {
        match self {
            Self::Departure => Action::ReportDeparture,
            Self::Deactivation => Action::Deactivate,
        }
    }

    /// A deactivation because employment ended is a departure by another door, so both doors show it.
    fn kinds(self) -> Vec<FactKind> {
        match self {
            Self::Departure => vec![FactKind::Departed],
            Self::Deactivation => vec![FactKind::Deactivated, FactKind::Departed],
        }
    }
}

/// Employment of a person at an organization ended, or will.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDeparture {
    pub person_id: PersonId,
    pub organization_id: OrganizationId,
    pub ended: Moment,
    pub reported: Reported,
}

/// Access is ended, now or later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDeactivation {
    pub license_id: LicenseId,
    pub cause: DeactivationCause,
    /// Absent: now.
    pub effective: Option<Moment>,
    pub reported: Reported,
}

/// Where an announced end stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndStatus {
    Scheduled,
    Effective,
    Cancelled,
}

/// Whom an end hits, shown before it is recorded (dry run) to make sure it is the right person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Affected {
    pub given_name: String,
    pub family_name: String,
    /// Organizations where the person holds a license that gives access, as far as the reader may know.
    pub organizations: Vec<OrganizationId>,
    pub last_login_at: Option<Instant>,
    /// The state of the license before the end.
    pub state: Option<crate::domain::license::LicenseStatus>,
}

/// A departure or deactivation as it stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndShown {
    pub fact: Fact,
    pub cause: DeactivationCause,
    /// The reader may not know the cause: he is to contact the lead.
    pub cause_withheld: bool,
    pub status: EndStatus,
    pub ended_at: Instant,
    pub precision: Precision,
    /// From when access is off because of it.
    pub acts_at: Instant,
    /// 1, and one more for each move or cancellation.
    pub version: i32,
    pub figures: Ended,
    pub affected: Option<Affected>,
}

/// What a departure's record tells an auditor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    pub license_id: Option<LicenseId>,
    /// When the report was due by the policy (departures only).
    pub notice_due_at: Option<Instant>,
    pub late: Option<bool>,
    /// Whole minutes between the end and its report; negative where it was reported before.
    pub minutes_until_report: Option<i64>,
    /// When access was decided off at this organization.
    pub access_off_at: Option<Instant>,
    /// The end took effect, and a license that began after it gives access at this organization now: rehired, or an end
    /// that was dated wrongly. Somebody must look.
    pub access_remains: bool,
}

pub fn report_departure(
    tx: &mut Tx<'_>,
    new: &NewDeparture,
    preview: bool,
) -> Result<EndShown, Error> {
    let organization = visible_organization(
        tx.unit,
        tx.actor,
        Action::ReportDeparture,
        new.organization_id,
        "/organization_id",
    )?;
    let person = visible_person(tx.unit, tx.actor, new.person_id, "/person_id")?;
    if person.implementation_id != organization.implementation_id {
        return Err(Error::invalid(
            "/person_id",
            "names no person you may know of",
        ));
    }
    tx.authorize(
        Action::ReportDeparture,
        scope(&person, Some(organization.id)),
    )?;
    tx.unit.lock_person(person.id)?;
    let dossier = Dossier::load(tx.unit, person.id, &[organization.id])?.ok_or(Error::NotFound)?;
    if !works_there(&dossier, organization.id) {
        return Err(Error::invalid(
            "/organization_id",
            "the person has neither a request nor a license at this organization",
        ));
    }
    let ended = new.ended.ends(zone(&dossier, tx.now));
    check_moment(new.ended, ended.0, tx.now, "ended")?;
    dossier.license_at(organization.id, tx.now).depart()?;
    record_end(
        tx,
        dossier,
        organization.id,
        ended,
        FactBody::Departed,
        &new.reported,
        preview,
    )
}

pub fn deactivate(
    tx: &mut Tx<'_>,
    new: &NewDeactivation,
    preview: bool,
) -> Result<EndShown, Error> {
    let unknown = || Error::invalid("/license_id", "names no license you may know of");
    let license = tx.unit.license(new.license_id)?.ok_or_else(unknown)?;
    let target = Scope::person(
        license.implementation_id,
        Some(license.organization_id),
        license.person_id,
    );
    match tx.authorize(Action::Deactivate, target) {
        Err(Error::NotFound) => return Err(unknown()),
        other => other?,
    }
    not_oneself(tx, license.person_id, "somebody else ends your license")?;
    may_name(tx, target, new.cause)?;
    tx.unit.lock_person(license.person_id)?;
    let dossier = Dossier::load(tx.unit, license.person_id, &[])?.ok_or(Error::NotFound)?;
    let effective = new
        .effective
        .map_or((tx.now, Precision::Instant), |moment| {
            moment.ends(zone(&dossier, tx.now))
        });
    if let Some(moment) = new.effective {
        check_moment(moment, effective.0, tx.now, "effective")?;
    }
    let evaluation = dossier.license_at(license.organization_id, tx.now);
    let body = match (new.cause, evaluation.deactivate(new.cause)?) {
        (DeactivationCause::EmploymentEnded, _) => FactBody::Departed,
        (_, body) => body,
    };
    if evaluation
        .period()
        .is_some_and(|period| effective.0 < period.from)
    {
        return Err(Error::invalid(
            new.effective.map_or_else(
                || "/effective_at".to_owned(),
                |moment| at_field(moment, "effective"),
            ),
            "lies before the license became active: a deactivation acts from its recording on, never back",
        ));
    }
    record_end(
        tx,
        dossier,
        license.organization_id,
        effective,
        body,
        &new.reported,
        preview,
    )
}

/// The zone whose days count for a person.
fn zone(dossier: &Dossier, now: Instant) -> chrono_tz::Tz {
    dossier
        .policy_at(now)
        .and_then(|policy| policy.document.zone())
        .unwrap_or(dossier.implementation.time_zone)
}

fn works_there(dossier: &Dossier, organization: OrganizationId) -> bool {
    dossier
        .licenses
        .iter()
        .any(|license| license.organization_id == organization)
        || dossier
            .requests
            .iter()
            .any(|request| request.organization_id == organization)
}

/// The pointer to the form in which a moment was given.
fn at_field(moment: Moment, field: &str) -> String {
    let suffix = match moment {
        Moment::At(_) => "at",
        Moment::On(_) => "on",
    };
    format!("/{field}_{suffix}")
}

fn check_moment(moment: Moment, at: Instant, now: Instant, field: &str) -> Result<(), Error> {
    let pointer = at_field(moment, field);
    let years = |years: u32| chrono::Months::new(12 * years);
    if now
        .checked_sub_months(years(OLDEST_END_YEARS))
        .is_some_and(|oldest| at < oldest)
    {
        return Err(Error::invalid(
            pointer,
            format!("lies more than {OLDEST_END_YEARS} years back"),
        ));
    }
    if now
        .checked_add_months(years(FARTHEST_END_YEARS))
        .is_some_and(|last| at > last)
    {
        return Err(Error::invalid(
            pointer,
            format!("lies more than {FARTHEST_END_YEARS} years ahead"),
        ));
    }
    Ok(())
}

/// Which causes may be named by hand, and by whom. What a rule brings about is never named by hand.
fn may_name(tx: &Tx<'_>, target: Scope, cause: DeactivationCause) -> Result<(), Error> {
    use DeactivationCause as C;
    match cause {
        C::Inactivity
        | C::RecertificationOverdue
        | C::AgreementLapsed
        | C::SuspensionTooLong
        | C::Barred => Err(Error::invalid(
            "/cause",
            "follows from a rule and is not named by hand: use employment_ended, no_longer_needed, requested, \
                 violation, organization_left, seat_reduction or duplicate",
        )),
        _ if may_end(tx, target, cause) => Ok(()),
        _ => Err(Error::Forbidden),
    }
}

/// Whose an end of this cause is: whoever may not bring it about must not move it or call it off either, or a
/// supervisor could keep access that the lead takes away for a violation.
fn may_end(tx: &Tx<'_>, target: Scope, cause: DeactivationCause) -> bool {
    use DeactivationCause as C;
    let has = |role: Role| {
        tx.actor
            .grants
            .iter()
            .any(|grant| grant.role == role && grant.allows(Action::Deactivate, target))
    };
    match cause {
        C::EmploymentEnded | C::NoLongerNeeded | C::Requested => true,
        C::Duplicate | C::SeatReduction => has(Role::SystemAdmin) || has(Role::HelpDesk),
        C::Violation
        | C::OrganizationLeft
        | C::Inactivity
        | C::RecertificationOverdue
        | C::AgreementLapsed
        | C::SuspensionTooLong
        | C::Barred => has(Role::SystemAdmin),
    }
}

fn record_end(
    tx: &mut Tx<'_>,
    mut dossier: Dossier,
    organization: OrganizationId,
    moment: (Instant, Precision),
    body: FactBody,
    reported: &Reported,
    preview: bool,
) -> Result<EndShown, Error> {
    let affected = preview.then(|| affected(tx, &dossier, organization));
    let envelope = reported.envelope(tx, dossier.person.implementation_id, moment)?;
    let license = dossier
        .licenses
        .iter()
        .find(|license| license.organization_id == organization)
        .map(|license| license.id);
    let about = About {
        organization: Some(organization),
        request: None,
        license,
    };
    let person = dossier.person.clone();
    let fact = fact(tx, &person, about, envelope, body);
    tx.unit.insert_facts(std::slice::from_ref(&fact))?;
    let departed = fact.body == FactBody::Departed;
    if departed && fact.acts_at() <= tx.now {
        tx.unit.retire_emails(person.id, organization, tx.now)?;
    }
    let id = fact.id;
    dossier.learn(&[fact]);
    dossier.record_states(tx.unit, tx.now)?;
    if let Some(license) = license {
        tx.trail.touched("license", license);
    }
    Ok(EndShown {
        affected,
        ..shown(&dossier, id, tx.now).ok_or(Error::NotFound)?
    })
}

fn affected(tx: &Tx<'_>, dossier: &Dossier, organization: OrganizationId) -> Affected {
    let license = dossier.license_at(organization, tx.now);
    let organizations = dossier
        .licenses
        .iter()
        .filter(|license| {
            tx.actor
                .sight(
                    dossier.person.implementation_id,
                    Some(license.organization_id),
                    dossier.person.id,
                )
                .is_some()
                && dossier
                    .license_at(license.organization_id, tx.now)
                    .allowed()
        })
        .map(|license| license.organization_id)
        .collect();
    Affected {
        given_name: dossier.person.given_name.clone(),
        family_name: dossier.person.family_name.clone(),
        organizations,
        last_login_at: license.last_login_at,
        state: license.status(),
    }
}

/// How an end stands now, by all facts known.
fn shown(dossier: &Dossier, id: FactId, now: Instant) -> Option<EndShown> {
    let end = announced_ends(&dossier.facts, now)
        .into_iter()
        .find(|end| end.fact.id == id)?;
    let status = if end.cancelled_by.is_some() {
        EndStatus::Cancelled
    } else if end.acts_at <= now {
        EndStatus::Effective
    } else {
        EndStatus::Scheduled
    };
    let changes = dossier
        .facts
        .iter()
        .filter(|fact| matches!(&fact.body, FactBody::Cancelled { fact } | FactBody::Moved { fact, .. } if *fact == id))
        .count();
    Some(EndShown {
        cause: cause(end.fact),
        cause_withheld: false,
        status,
        ended_at: end.occurred_at,
        precision: end.precision,
        acts_at: end.acts_at,
        version: i32::try_from(changes).unwrap_or(i32::MAX).saturating_add(1),
        figures: figures(dossier, &end, now),
        affected: None,
        fact: end.fact.clone(),
    })
}

fn cause(fact: &Fact) -> DeactivationCause {
    match &fact.body {
        FactBody::Deactivated { cause } => *cause,
        _ => DeactivationCause::EmploymentEnded,
    }
}

fn figures(dossier: &Dossier, end: &AnnouncedEnd<'_>, now: Instant) -> Ended {
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
    if end.fact.body != FactBody::Departed || end.cancelled_by.is_some() {
        return figures;
    }
    let reported_at = end.fact.envelope.reported_at;
    figures.minutes_until_report = Some((reported_at - end.occurred_at).num_minutes());
    if let Some(policy) = dossier.policy_at(end.fact.envelope.recorded_at) {
        let zone = policy
            .document
            .zone()
            .unwrap_or(dossier.implementation.time_zone);
        let ended = match end.precision {
            Precision::Instant => EndedAt::Instant(end.occurred_at),
            // The stored instant is the end of the day that was named.
            Precision::Day => EndedAt::Day(last_day(zone, end.occurred_at)),
        };
        let hours = u32::from(policy.document.ends_of_need.departure_notice_hours);
        let due = notice_due_at(ended, hours, zone);
        figures.notice_due_at = Some(due);
        figures.late = Some(reported_at > due);
    }
    figures
}

/// The local day that ends at an instant.
fn last_day(zone: chrono_tz::Tz, end: Instant) -> chrono::NaiveDate {
    let day = local_day(zone, end);
    match day.pred_opt() {
        Some(before) if end_of_day(zone, before) == end => before,
        _ => day,
    }
}

/// The end a caller may act on, with its person locked and its version checked.
fn for_change(
    tx: &mut Tx<'_>,
    kind: EndKind,
    id: FactId,
    expected: i32,
) -> Result<(Dossier, EndShown), Error> {
    let found = tx
        .unit
        .fact(id)?
        .filter(|fact| kind.kinds().contains(&fact.body.kind()))
        .ok_or(Error::NotFound)?;
    let target = Scope::person(
        found.implementation_id,
        found.organization_id,
        found.person_id,
    );
    tx.authorize(kind.action(), target)?;
    tx.unit.lock_person(found.person_id)?;
    let dossier = Dossier::load(tx.unit, found.person_id, &[])?.ok_or(Error::NotFound)?;
    let end = shown(&dossier, id, tx.now).ok_or(Error::NotFound)?;
    if hidden(tx.actor, &dossier, &end) {
        return Err(Error::NotFound);
    }
    not_oneself(tx, found.person_id, "somebody else changes this")?;
    if !may_end(tx, target, end.cause) {
        return Err(Error::Forbidden);
    }
    if expected == end.version {
        Ok((dossier, end))
    } else {
        Err(Error::Stale {
            current: end.version,
        })
    }
}

/// Whether a reader may not know of an end yet.
fn hidden(actor: &crate::application::actor::Actor, dossier: &Dossier, end: &EndShown) -> bool {
    let Some(organization) = end.fact.organization_id else {
        return false;
    };
    let sight: Sight = sight_of(actor, &dossier.person, organization);
    match reader_of(sight) {
        Reader::Full => false,
        Reader::Person => {
            end.status != EndStatus::Effective && end.cause == DeactivationCause::EmploymentEnded
        }
        Reader::Frontend => end.status != EndStatus::Effective,
    }
}

/// The end as a reader may know it: what a violation was about, and that it was one, stays with the lead's staff.
fn withheld_from(
    actor: &crate::application::actor::Actor,
    dossier: &Dossier,
    mut end: EndShown,
) -> EndShown {
    let sensitive = matches!(
        end.cause,
        DeactivationCause::Violation | DeactivationCause::Barred
    );
    let sight = end
        .fact
        .organization_id
        .map(|organization| sight_of(actor, &dossier.person, organization));
    if sensitive && !matches!(sight, Some(Sight::Full | Sight::HelpDesk)) {
        end.cause_withheld = true;
        let envelope = &mut end.fact.envelope;
        envelope.reason = None;
        envelope.ticket_reference = None;
        envelope.reported_by = Reporter::Recorder;
    }
    end
}

fn still_scheduled(end: &EndShown, action: &str) -> Result<(), Error> {
    match end.status {
        EndStatus::Scheduled => Ok(()),
        EndStatus::Effective => Err(Rejection::needing(
            "effective",
            action,
            vec![
                "an end that lies ahead: this one took effect, and only staff reinstate".to_owned(),
            ],
        )
        .into()),
        EndStatus::Cancelled => Err(Rejection::never("cancelled", action).into()),
    }
}

/// Calls off an end that has not taken effect.
pub fn cancel_end(
    tx: &mut Tx<'_>,
    kind: EndKind,
    id: FactId,
    expected: i32,
    reported: &Reported,
) -> Result<EndShown, Error> {
    let (dossier, end) = for_change(tx, kind, id, expected)?;
    still_scheduled(&end, "cancel")?;
    change(
        tx,
        dossier,
        &end,
        FactBody::Cancelled { fact: id },
        reported,
    )
}

/// Moves an end that has not taken effect; moved into the past it acts at once.
pub fn reschedule_end(
    tx: &mut Tx<'_>,
    kind: EndKind,
    id: FactId,
    expected: i32,
    moment: Moment,
    reported: &Reported,
) -> Result<EndShown, Error> {
    let (dossier, end) = for_change(tx, kind, id, expected)?;
    still_scheduled(&end, "reschedule")?;
    let (to, precision) = moment.ends(zone(&dossier, tx.now));
    let field = match kind {
        EndKind::Departure => "ended",
        EndKind::Deactivation => "effective",
    };
    check_moment(moment, to, tx.now, field)?;
    change(
        tx,
        dossier,
        &end,
        FactBody::Moved {
            fact: id,
            to,
            precision,
        },
        reported,
    )
}

fn change(
    tx: &mut Tx<'_>,
    mut dossier: Dossier,
    end: &EndShown,
    body: FactBody,
    reported: &Reported,
) -> Result<EndShown, Error> {
    let now = (tx.now, Precision::Instant);
    let envelope = reported.envelope(tx, dossier.person.implementation_id, now)?;
    let about = About {
        organization: end.fact.organization_id,
        request: None,
        license: end.fact.license_id,
    };
    let person = dossier.person.clone();
    let change = fact(tx, &person, about, envelope, body);
    tx.unit.insert_facts(std::slice::from_ref(&change))?;
    dossier.learn(&[change]);
    dossier.record_states(tx.unit, tx.now)?;
    let shown = shown(&dossier, end.fact.id, tx.now).ok_or(Error::NotFound)?;
    // A departure moved into the past acts now, and retires the addresses as one recorded late does.
    if let (FactBody::Departed, EndStatus::Effective, Some(organization)) =
        (&shown.fact.body, shown.status, shown.fact.organization_id)
    {
        tx.unit.retire_emails(person.id, organization, tx.now)?;
    }
    Ok(shown)
}

/// One departure or deactivation.
pub fn end(rx: &mut Rx<'_>, kind: EndKind, id: FactId) -> Result<EndShown, Error> {
    let found = rx
        .view
        .fact(id)?
        .filter(|fact| kind.kinds().contains(&fact.body.kind()))
        .ok_or(Error::NotFound)?;
    rx.authorize(
        Action::ReadFact,
        Scope::person(
            found.implementation_id,
            found.organization_id,
            found.person_id,
        ),
    )?;
    let dossier = Dossier::load(rx.view, found.person_id, &[])?.ok_or(Error::NotFound)?;
    shown(&dossier, id, rx.now)
        .filter(|end| !hidden(rx.actor, &dossier, end))
        .map(|end| withheld_from(rx.actor, &dossier, end))
        .ok_or(Error::NotFound)
}

/// A page of departures or deactivations that the reader may know of.
pub fn ends(
    rx: &mut Rx<'_>,
    kind: EndKind,
    filter: &FactFilter,
    paging: Paging,
) -> Result<Slice<EndShown>, Error> {
    let visible = rx.actor.visible(Action::ReadFact);
    let filter = FactFilter {
        kinds: kind.kinds(),
        ..filter.clone()
    };
    let slice = super::licenses::fill_page(
        paging,
        |page| {
            let facts = rx.view.facts(&visible, &filter, page)?;
            let people: std::collections::BTreeSet<PersonId> =
                facts.iter().map(|fact| fact.person_id).collect();
            let dossiers =
                Dossier::load_many(rx.view, &people.into_iter().collect::<Vec<_>>(), &[])?;
            Ok(facts
                .iter()
                .filter_map(|fact| {
                    let dossier = dossiers
                        .iter()
                        .find(|dossier| dossier.person.id == fact.person_id)?;
                    let end = shown(dossier, fact.id, rx.now)?;
                    let hidden = hidden(rx.actor, dossier, &end);
                    Some((withheld_from(rx.actor, dossier, end), hidden))
                })
                .collect())
        },
        |(end, _)| end.fact.id.0,
        |(_, hidden)| !hidden,
    )?;
    Ok(Slice {
        rows: slice.rows.into_iter().map(|(end, _)| end).collect(),
        next: slice.next,
    })
}

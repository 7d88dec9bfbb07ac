//! Notices that somebody gave: by phone, letter or a mail of his own. A notice starts a grace period, so only one that
//! the rules call for now is recorded.

use std::collections::BTreeSet;

use super::dossier::Dossier;
use super::licenses::{fill_page, no_duplicate};
use super::reporting::{About, Reported, corrects, fact, not_in_the_future, not_oneself, record};
use crate::application::actor::{Action, Scope};
use crate::application::page::{Paging, Slice};
use crate::application::ports::FactFilter;
use crate::application::{Error, Rx, Tx};
use crate::domain::calendar::{Instant, Precision};
use crate::domain::error::Rejection;
use crate::domain::evaluate::{Evaluation, NewNotice, NoticeFault};
use crate::domain::fact::{Channel, Fact, FactBody, FactKind, NoticeRule};
use crate::domain::ids::{FactId, LicenseId, PersonId};
use crate::domain::license::LicenseStatus;

/// A notice as it is reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeReport {
    pub license_id: LicenseId,
    pub notice: NewNotice,
    /// How it reached the person.
    pub channel: Channel,
    pub supersedes: Option<FactId>,
    pub reported: Reported,
}

/// Where a notice stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeStatus {
    /// What it named may happen.
    Counts,
    /// It did not arrive.
    Bounced,
    /// Void, for ever: a login, another limit, a suspension, the end itself.
    Void,
}

/// A notice with its standing now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeShown {
    pub fact: Fact,
    pub status: NoticeStatus,
    pub bounced_at: Option<Instant>,
}

fn shown(fact: &Fact, dossier: &Dossier, evaluation: &Evaluation) -> NoticeShown {
    let bounced_at = dossier
        .facts
        .iter()
        .find(
            |other| matches!(&other.body, FactBody::NoticeBounced { notice } if *notice == fact.id),
        )
        .map(|bounce| bounce.envelope.occurred_at);
    let status = if evaluation.counting.contains(&fact.id) {
        NoticeStatus::Counts
    } else if bounced_at.is_some() {
        NoticeStatus::Bounced
    } else {
        NoticeStatus::Void
    };
    NoticeShown {
        fact: fact.clone(),
        status,
        bounced_at,
    }
}

fn evaluated(fact: &Fact, dossier: &Dossier, now: Instant) -> Option<NoticeShown> {
    let organization = fact.organization_id?;
    let evaluation = dossier.license_at(organization, now);
    Some(shown(fact, dossier, &evaluation))
}

/// Records a notice that was given.
///
/// # Errors
/// `Rejected` where it was not due, counts from another day or repeats one that still counts; `Invalid` where it lies
/// ahead or names a day that breaks what the policy promises.
pub fn record_notice(tx: &mut Tx<'_>, new: &NoticeReport) -> Result<NoticeShown, Error> {
    let unknown = || Error::invalid("/license_id", "names no license you may know of");
    let license = tx.unit.license(new.license_id)?.ok_or_else(unknown)?;
    let target = Scope::person(
        license.implementation_id,
        Some(license.organization_id),
        license.person_id,
    );
    match tx.authorize(Action::RecordNotice, target) {
        Err(Error::NotFound) => return Err(unknown()),
        other => other?,
    }
    no_duplicate(&license, Action::RecordNotice)?;
    not_oneself(
        tx,
        license.person_id,
        "somebody else records notices to you",
    )?;
    if let Some(fault) = not_in_the_future(new.notice.sent_at, tx.now, "/sent_at") {
        return Err(Error::Invalid(vec![fault]));
    }
    tx.lock_person(license.person_id)?;
    let mut dossier = Dossier::load(tx.unit, license.person_id, &[])?.ok_or(Error::NotFound)?;
    let supersedes = corrects(
        &dossier,
        new.supersedes,
        FactKind::NoticeSent,
        Some(license.organization_id),
        &new.reported,
    )?;
    let evaluation = dossier.license_at(license.organization_id, tx.now);
    let state = evaluation.status().map_or("none", LicenseStatus::as_str);
    let ended = evaluation
        .period()
        .is_none_or(|period| period.end.is_some());
    let evaluation = match supersedes {
        None => evaluation,
        Some(_) if ended => {
            return Err(not_now(
                state,
                "a running license: this one ended, and a bounce of the notice contests that end"
                    .to_owned(),
            ));
        }
        // What is corrected counts no longer: the new one is judged as if it alone had been sent.
        Some(replaced) => dossier
            .without(replaced)
            .license_at(license.organization_id, tx.now),
    };
    evaluation
        .check_notice(&new.notice)
        .map_err(|fault| refusal(fault, state, &dossier, new, tx.now))?;
    let mut envelope = new.reported.envelope(
        tx,
        license.implementation_id,
        (new.notice.sent_at, Precision::Instant),
    )?;
    envelope.supersedes = supersedes;
    let about = About {
        organization: Some(license.organization_id),
        request: None,
        license: Some(license.id),
    };
    let body = FactBody::NoticeSent {
        rule: new.notice.rule,
        step: new.notice.step,
        requirement: new.notice.requirement.clone(),
        anchor_on: new.notice.anchor_on,
        named_on: new.notice.named_on,
        channel: Some(new.channel),
    };
    let person = dossier.person.clone();
    let fact = fact(tx, &person, about, envelope, body);
    dossier.learn(std::slice::from_ref(&fact));
    let evaluation = dossier.license_at(license.organization_id, tx.now);
    // What was due may still not count, where the license was inside the step for a while since the sending.
    if !evaluation.counting.contains(&fact.id) {
        return Err(not_now(
            state,
            "a notice sent now: since that sending the license was not over the limit all the time"
                .to_owned(),
        ));
    }
    tx.unit.insert_facts(std::slice::from_ref(&fact))?;
    tx.trail.touched("license", license.id);
    dossier.record_states(tx)?;
    Ok(shown(&fact, &dossier, &evaluation))
}

fn not_now(state: &str, need: String) -> Error {
    Rejection::needing(state, "record_notice", vec![need]).into()
}

fn refusal(
    fault: NoticeFault,
    state: &str,
    dossier: &Dossier,
    new: &NoticeReport,
    now: Instant,
) -> Error {
    match fault {
        NoticeFault::NotDue(mut due) => {
            if new.notice.rule == NoticeRule::Inactivity && !dossier.logins_are_reported(now) {
                due.insert(
                    0,
                    "a login source in service: without one the inactivity rule only reports"
                        .to_owned(),
                );
            } else if due.is_empty() {
                due.push(
                    "a notice that is due: none was for this license when this one was sent"
                        .to_owned(),
                );
            }
            Rejection::needing(state, "record_notice", due).into()
        }
        NoticeFault::Anchor { anchor_on } => not_now(
            state,
            format!("a notice that counts from {anchor_on}: read the license again"),
        ),
        NoticeFault::Repeated { notice } => not_now(
            state,
            format!(
                "nothing: notice {notice} says the same and still counts; another is needed only if it bounces or \
                 becomes void"
            ),
        ),
        NoticeFault::TooEarly { earliest_on } => Error::invalid(
            "/named_on",
            format!("is earlier than the policy promises: name {earliest_on} or a later day"),
        ),
        NoticeFault::TooLate { latest_on } => Error::invalid(
            "/named_on",
            format!("is more than a year later than needed: name {latest_on} or an earlier day"),
        ),
    }
}

/// A notice that a caller names, if he may know of it.
fn notice_of(found: Option<Fact>) -> Result<Fact, Error> {
    found
        .filter(|fact| fact.body.kind() == FactKind::NoticeSent)
        .ok_or(Error::NotFound)
}

fn target(fact: &Fact) -> Scope {
    Scope::person(fact.implementation_id, fact.organization_id, fact.person_id)
}

/// Records that a notice did not arrive: it counts no longer, and an end that rested on it is contested.
pub fn bounce_notice(
    tx: &mut Tx<'_>,
    id: FactId,
    bounced_at: Option<Instant>,
    reported: &Reported,
) -> Result<NoticeShown, Error> {
    let notice = notice_of(tx.unit.fact(id)?)?;
    tx.authorize(Action::RecordNotice, target(&notice))?;
    not_oneself(tx, notice.person_id, "somebody else records your bounces")?;
    let at = bounced_at.unwrap_or(tx.now);
    if let Some(fault) = not_in_the_future(at, tx.now, "/bounced_at") {
        return Err(Error::Invalid(vec![fault]));
    }
    if at < notice.envelope.occurred_at {
        return Err(Error::invalid(
            "/bounced_at",
            "lies before the notice was sent",
        ));
    }
    tx.lock_person(notice.person_id)?;
    let mut dossier = Dossier::load(tx.unit, notice.person_id, &[])?.ok_or(Error::NotFound)?;
    if dossier
        .facts
        .iter()
        .any(|other| matches!(&other.body, FactBody::NoticeBounced { notice } if *notice == id))
    {
        return Err(Rejection::never("bounced", "bounce").into());
    }
    let envelope = reported.envelope(tx, notice.implementation_id, (at, Precision::Instant))?;
    let about = About {
        organization: notice.organization_id,
        request: None,
        license: notice.license_id,
    };
    let bounced = FactBody::NoticeBounced { notice: id };
    record(tx, &mut dossier, about, envelope, bounced)?;
    evaluated(&notice, &dossier, tx.now).ok_or(Error::NotFound)
}

/// One notice as it stands now.
pub fn notice(rx: &mut Rx<'_>, id: FactId) -> Result<NoticeShown, Error> {
    let found = notice_of(rx.view.fact(id)?)?;
    rx.authorize(Action::ReadFact, target(&found))?;
    let dossier = Dossier::load(rx.view, found.person_id, &[])?.ok_or(Error::NotFound)?;
    evaluated(&found, &dossier, rx.now).ok_or(Error::NotFound)
}

/// A page of notices.
pub fn notices(
    rx: &mut Rx<'_>,
    filter: &FactFilter,
    paging: Paging,
) -> Result<Slice<NoticeShown>, Error> {
    let visible = rx.actor.visible(Action::ReadFact);
    let filter = FactFilter {
        kinds: vec![FactKind::NoticeSent],
        ..filter.clone()
    };
    fill_page(
        paging,
        |page| {
            let facts = rx.view.facts(&visible, &filter, page)?;
            let people: BTreeSet<PersonId> = facts.iter().map(|fact| fact.person_id).collect();
            let dossiers =
                Dossier::load_many(rx.view, &people.into_iter().collect::<Vec<_>>(), &[])?;
            Ok(facts
                .iter()
                .filter_map(|fact| {
                    let dossier = dossiers
                        .iter()
                        .find(|dossier| dossier.person.id == fact.person_id)?;
                    evaluated(fact, dossier, rx.now)
                })
                .collect())
        },
        |shown: &NoticeShown| shown.fact.id.0,
        |_| true,
    )
}

//! Practice cases: what was submitted, what its review came to, and the queue of what waits for review.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::application::actor::Action;
use crate::application::page::{Paging, Slice};
use crate::application::ports::FactFilter;
use crate::application::visible::visible_person;
use crate::application::{Error, Fault, Rx, Tx};
use crate::domain::calendar::{Instant, Precision};
use crate::domain::command::{REVIEW_PRACTICE, SUBMIT_PRACTICE};
use crate::domain::error::Rejection;
use crate::domain::fact::{Fact, FactBody, FactKind, PracticeResult};
use crate::domain::ids::{FactId, PersonId};
use crate::domain::policy::PolicyDocument;
use crate::domain::request::RequestState;
use crate::domain::requirement::standing_facts;
use crate::domain::roster::Person;

use super::dossier::Dossier;
use super::evidence::completion;
use super::reporting::{About, Reported, fact, keep, not_in_the_future, not_oneself, scope};
use crate::application::page::fill_page;

/// The cases of a set, handed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPracticeSubmission {
    pub person_id: PersonId,
    pub practice_set: String,
    /// Absent: now.
    pub submitted_at: Option<Instant>,
    pub supersedes: Option<FactId>,
    pub reported: Reported,
}

/// What a review came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPracticeResult {
    pub submission: FactId,
    pub result: PracticeResult,
    pub score: Option<u8>,
    pub findings: Vec<String>,
    /// Absent: now.
    pub reviewed_at: Option<Instant>,
    pub supersedes: Option<FactId>,
    pub reported: Reported,
}

/// A submission with where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubmissionShown {
    pub fact: Fact,
    /// The review that stands, if there is one.
    pub review: Option<(FactId, PracticeResult)>,
    /// Whether a correction replaced it.
    pub replaced: bool,
    /// The last local day on which staff mean to have reviewed it.
    pub review_due_on: Option<NaiveDate>,
}

/// What narrows a list of submissions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PracticeQueue {
    pub filter: FactFilter,
    /// Only those with a review that stands, or only those that wait for one.
    pub reviewed: Option<bool>,
}

/// Authority over what belongs to a person everywhere: in the whole implementation, over himself, or at an organization
/// where he has a request or a license.
pub(super) fn authorize_anywhere(
    tx: &mut Tx<'_>,
    action: Action,
    person: &Person,
) -> Result<(), Error> {
    let requested = tx
        .unit
        .requests_of_people(&[person.id])?
        .into_iter()
        .map(|request| request.organization_id);
    let licensed = tx
        .unit
        .licenses_of_people(&[person.id])?
        .into_iter()
        .map(|license| license.organization_id);
    let here = requested
        .chain(licensed)
        .find(|id| tx.actor.authorize(action, scope(person, Some(*id))).is_ok());
    tx.authorize(action, scope(person, here))
}

pub fn submit_practice(
    tx: &mut Tx<'_>,
    new: &NewPracticeSubmission,
) -> Result<SubmissionShown, Error> {
    let person = visible_person(tx.unit, tx.actor, new.person_id, "/person_id")?;
    authorize_anywhere(tx, Action::SubmitPractice, &person)?;
    tx.lock_person(person.id)?;
    let mut dossier = Dossier::load(tx.unit, person.id, &[])?.ok_or(Error::NotFound)?;
    let document = dossier
        .document_with(tx.now, |document| {
            document.practice_sets.contains_key(&new.practice_set)
        })
        .ok_or(Error::NoPolicy)?;
    let submitted_at = new.submitted_at.unwrap_or(tx.now);
    let mut faults: Vec<Fault> = not_in_the_future(submitted_at, tx.now, "/submitted_at")
        .into_iter()
        .collect();
    faults.extend(known_set(&document, &new.practice_set));
    if let Some(target) = new.supersedes {
        faults.extend(corrects(&dossier, new, target));
    }
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    may_submit(&dossier, new, submitted_at, tx.now)?;
    let mut envelope = new.reported.envelope(
        tx,
        person.implementation_id,
        (submitted_at, Precision::Instant),
    )?;
    envelope.supersedes = new.supersedes;
    let body = FactBody::PracticeSubmitted {
        practice_set: new.practice_set.clone(),
    };
    let fact = fact(tx, &person, About::default(), envelope, body);
    keep(tx, &mut dossier, std::slice::from_ref(&fact))?;
    Ok(shown(&dossier, fact, tx.now))
}

fn known_set(document: &PolicyDocument, practice_set: &str) -> Option<Fault> {
    if document.practice_sets.contains_key(practice_set) {
        return None;
    }
    let codes: Vec<&str> = document.practice_sets.keys().map(String::as_str).collect();
    Some(Fault::at(
        "/practice_set",
        format!(
            "is no practice set of the policy in force, which has: {}",
            codes.join(", ")
        ),
    ))
}

/// What keeps a submission from correcting another.
fn corrects(dossier: &Dossier, new: &NewPracticeSubmission, target: FactId) -> Option<Fault> {
    let standing = standing_facts(dossier.facts.iter());
    let found = standing
        .iter()
        .any(|fact| fact.id == target && matches!(&fact.body, FactBody::PracticeSubmitted { .. }));
    if !found {
        return Some(Fault::at(
            "/supersedes",
            "names no standing practice submission of this person",
        ));
    }
    if review_of(&standing, target).is_some() {
        return Some(Fault::at(
            "/supersedes",
            "names a submission that is reviewed: correct its result instead",
        ));
    }
    new.reported.reason.is_none().then(|| {
        Fault::at(
            "/report/reason",
            "is needed: a correction says why the other is wrong",
        )
    })
}

/// Whether a set could be submitted when it is said to have been, by a request that is open or that this reopens.
fn may_submit(
    dossier: &Dossier,
    new: &NewPracticeSubmission,
    submitted_at: Instant,
    now: Instant,
) -> Result<(), Error> {
    let mut before = dossier.clone();
    before.facts.retain(|fact| Some(fact.id) != new.supersedes);
    let mut refused = None;
    for request in &before.requests {
        let today = before.request_at(request, now);
        let reopens = today.state == RequestState::Lapsed && before.replaced_at(request).is_none();
        let then = if submitted_at < now {
            before.request_in_hindsight(request, submitted_at)
        } else {
            today.clone()
        };
        match then.submit_practice(&new.practice_set) {
            Some(Ok(())) if today.state.is_open() || reopens => return Ok(()),
            Some(Err(rejection)) => {
                // What an open request needs is said before what an ended one never allows.
                if refused.is_none() || then.state.is_open() {
                    refused = Some(rejection);
                }
            }
            Some(Ok(())) | None => {}
        }
    }
    Err(refused
        .unwrap_or_else(|| {
            Rejection::needing(
                "none",
                SUBMIT_PRACTICE,
                vec![format!(
                    "an approved license request that owes `{}`",
                    new.practice_set
                )],
            )
        })
        .into())
}

fn review_of(standing: &[&Fact], submission: FactId) -> Option<(FactId, PracticeResult)> {
    standing.iter().rev().find_map(|fact| match &fact.body {
        FactBody::PracticeReviewed {
            submission: reviewed,
            result,
            ..
        } if *reviewed == submission => Some((fact.id, *result)),
        _ => None,
    })
}

pub fn review_practice(tx: &mut Tx<'_>, new: &NewPracticeResult) -> Result<Fact, Error> {
    let unknown = || {
        Error::invalid(
            "/submission_id",
            "names no practice submission you may know of",
        )
    };
    let submission = tx
        .unit
        .fact(new.submission)?
        .filter(|fact| fact.body.kind() == FactKind::PracticeSubmitted)
        .ok_or_else(unknown)?;
    let person = visible_person(tx.unit, tx.actor, submission.person_id, "/submission_id")
        .map_err(|_| unknown())?;
    tx.authorize(Action::ReviewPractice, scope(&person, None))?;
    not_oneself(tx, person.id, "somebody else reviews your practice cases")?;
    tx.lock_person(person.id)?;
    let mut dossier = Dossier::load(tx.unit, person.id, &[])?.ok_or(Error::NotFound)?;
    let FactBody::PracticeSubmitted { practice_set } = submission.body.clone() else {
        return Err(unknown());
    };
    let reviewed_at = new.reviewed_at.unwrap_or(tx.now);
    check_result(
        &dossier,
        new,
        &submission,
        &practice_set,
        reviewed_at,
        tx.now,
    )?;
    let mut envelope = new.reported.envelope(
        tx,
        person.implementation_id,
        (reviewed_at, Precision::Instant),
    )?;
    envelope.supersedes = new.supersedes;
    let body = FactBody::PracticeReviewed {
        submission: new.submission,
        practice_set,
        result: new.result,
        score: new.score,
        findings: new.findings.clone(),
    };
    let fact = fact(tx, &person, About::default(), envelope, body);
    keep(tx, &mut dossier, std::slice::from_ref(&fact))?;
    Ok(fact)
}

fn check_result(
    dossier: &Dossier,
    new: &NewPracticeResult,
    submission: &Fact,
    practice_set: &str,
    reviewed_at: Instant,
    now: Instant,
) -> Result<(), Error> {
    let mut faults: Vec<Fault> = not_in_the_future(reviewed_at, now, "/reviewed_at")
        .into_iter()
        .collect();
    if reviewed_at < submission.envelope.occurred_at {
        faults.push(Fault::at(
            "/reviewed_at",
            "lies before the submission it reviews",
        ));
    }
    if new.result == PracticeResult::Returned && new.findings.is_empty() {
        faults.push(Fault::at(
            "/findings",
            "are needed: say what must be corrected",
        ));
    }
    if new.result == PracticeResult::Accepted {
        faults.extend(under_the_mark(dossier, new, practice_set, now));
    }
    let standing = standing_facts(dossier.facts.iter());
    let review = review_of(&standing, new.submission);
    if let Some(target) = new.supersedes {
        if review.is_none_or(|(id, _)| id != target) {
            faults.push(Fault::at(
                "/supersedes",
                "is not the result that stands for this submission",
            ));
        }
        if new.reported.reason.is_none() {
            faults.push(Fault::at(
                "/report/reason",
                "is needed: a correction says why the other is wrong",
            ));
        }
    }
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    if !standing.iter().any(|fact| fact.id == new.submission) {
        return Err(Rejection::needing(
            "superseded",
            REVIEW_PRACTICE,
            vec!["the submission that took its place".to_owned()],
        )
        .into());
    }
    match review {
        Some((_, result)) if new.supersedes.is_none() => Err(Rejection::needing(
            result.as_str(),
            REVIEW_PRACTICE,
            vec![
                "a new submission, or a correction that names the standing result in `supersedes`"
                    .to_owned(),
            ],
        )
        .into()),
        _ => Ok(()),
    }
}

/// A score under the mark of every license type that it could serve is no acceptance.
fn under_the_mark(
    dossier: &Dossier,
    new: &NewPracticeResult,
    practice_set: &str,
    now: Instant,
) -> Option<Fault> {
    let mut marks: Vec<Option<u8>> = dossier
        .requests
        .iter()
        .map(|request| dossier.request_at(request, now))
        .filter(|evaluation| evaluation.state.is_open())
        .filter_map(|evaluation| Some(evaluation.practice_of(practice_set)?.pass_mark))
        .collect();
    if marks.is_empty() {
        let types = dossier.policy_at(now)?.document.license_types.values();
        marks = types
            .filter(|found| {
                found.requirement_sets.values().any(|set| {
                    let mut owed = set.practice.iter();
                    owed.any(|owed| owed.practice_set == practice_set)
                })
            })
            .filter_map(|found| Some(found.practice.as_ref()?.pass_mark))
            .collect();
    }
    let lowest = marks.into_iter().min().flatten()?;
    match new.score {
        None => Some(Fault::at(
            "/score",
            format!("is needed: this practice is accepted with at least {lowest} %"),
        )),
        Some(score) if score < lowest => Some(Fault::at(
            "/result",
            format!("is no acceptance with this score: at least {lowest} % are needed"),
        )),
        Some(_) => None,
    }
}

fn shown(dossier: &Dossier, fact: Fact, now: Instant) -> SubmissionShown {
    let standing = standing_facts(dossier.facts.iter());
    let review_due_on = dossier
        .requests
        .iter()
        .map(|request| dossier.request_at(request, now))
        .flat_map(|evaluation| evaluation.practice)
        .filter(|practice| practice.submission == Some(fact.id))
        .filter_map(|practice| practice.review_due_on)
        .min();
    SubmissionShown {
        review: review_of(&standing, fact.id),
        replaced: !standing.iter().any(|known| known.id == fact.id),
        review_due_on,
        fact,
    }
}

/// One submission as it stands now.
pub fn submission(rx: &mut Rx<'_>, id: FactId) -> Result<SubmissionShown, Error> {
    let fact = completion(rx, id, FactKind::PracticeSubmitted)?;
    let dossier = Dossier::load(rx.view, fact.person_id, &[])?.ok_or(Error::NotFound)?;
    Ok(shown(&dossier, fact, rx.now))
}

/// A page of submissions, oldest first: with `reviewed` false the queue of those who review.
pub fn submissions(
    rx: &mut Rx<'_>,
    queue: &PracticeQueue,
    paging: Paging,
) -> Result<Slice<SubmissionShown>, Error> {
    let visible = rx.actor.visible(Action::ReadFact);
    fill_page(
        paging,
        |page| {
            let rows = rx.view.facts(&visible, &queue.filter, page)?;
            let people: BTreeSet<PersonId> = rows.iter().map(|row| row.person_id).collect();
            let dossiers =
                Dossier::load_many(rx.view, &people.into_iter().collect::<Vec<_>>(), &[])?;
            Ok(rows
                .into_iter()
                .filter_map(|row| {
                    let dossier = dossiers
                        .iter()
                        .find(|dossier| dossier.person.id == row.person_id)?;
                    Some(shown(dossier, row, rx.now))
                })
                .collect())
        },
        |shown: &SubmissionShown| shown.fact.id.0,
        |shown| match queue.reviewed {
            None => true,
            Some(true) => shown.review.is_some(),
            Some(false) => shown.review.is_none() && !shown.replaced,
        },
    )
}

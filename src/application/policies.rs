//! Policies: the versions of an implementation, ready-made ones, and what the version in force lists.

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::actor::{Action, Scope};
use super::licensing::{Impact, policy_impact};
use super::page::{Paging, Slice};
use super::{Error, Fault, Rx, Tx};
use crate::domain::calendar::Instant;
use crate::domain::evaluate;
use crate::domain::ids::{ImplementationId, PolicyId};
use crate::domain::policy::{
    Agreement, Course, NotEnforced, PolicyDocument, PolicyFault, PolicyVersion, Preset, Timeline,
    admit, earliest_start, not_enforced, preset, presets, shortens,
};

/// A version as it is posted: the rules of a preset or of a document, exactly one of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewVersion {
    /// The name of a preset.
    pub preset: Option<String>,
    pub document: Option<PolicyDocument>,
    /// Absent: as early as it may.
    pub effective_from: Option<Instant>,
}

/// Where a version stands in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It starts later.
    Scheduled,
    InForce,
    /// A later version has started.
    Superseded,
}

/// A version with its place among the others.
#[derive(Clone, Debug, PartialEq)]
pub struct VersionShown {
    pub implementation_id: ImplementationId,
    pub version: PolicyVersion,
    pub standing: Standing,
    /// When the next version starts, where one is recorded.
    pub effective_until: Option<Instant>,
    /// The rules it holds that this service does not work yet.
    pub not_enforced: Vec<NotEnforced>,
}

/// What posting a version does.
#[derive(Clone, Debug, PartialEq)]
pub struct Posted {
    pub shown: VersionShown,
    /// The earliest start it could have had.
    pub earliest_from: Instant,
    /// Pointers into its document (into the document before it for what is gone) to everything it shortens or makes
    /// harsher.
    pub shortens: Vec<String>,
}

fn shown(
    implementation_id: ImplementationId,
    timeline: &Timeline,
    version: &PolicyVersion,
    now: Instant,
) -> VersionShown {
    let effective_until = timeline.next_start_after(version.effective_from);
    let standing = if version.effective_from > now {
        Standing::Scheduled
    } else if effective_until.is_some_and(|until| until <= now) {
        Standing::Superseded
    } else {
        Standing::InForce
    };
    VersionShown {
        implementation_id,
        version: version.clone(),
        standing,
        effective_until,
        not_enforced: not_enforced(&version.document),
    }
}

/// The versions of an implementation its reader may know of.
fn versions_of(rx: &mut Rx<'_>, id: ImplementationId) -> Result<Timeline, Error> {
    rx.authorize(Action::ReadImplementation, Scope::implementation(id))?;
    rx.view.implementation(id)?.ok_or(Error::NotFound)?;
    Ok(Timeline::new(rx.view.policy_versions(id)?))
}

/// The versions of an implementation, by number.
pub fn list(
    rx: &mut Rx<'_>,
    id: ImplementationId,
    paging: Paging,
) -> Result<Slice<VersionShown>, Error> {
    let timeline = versions_of(rx, id)?;
    let mut versions: Vec<&PolicyVersion> = timeline.versions().iter().collect();
    versions.sort_by_key(|version| version.number);
    let page = page_of(versions, paging, |version| version.id.0)?;
    Ok(Slice {
        rows: page
            .rows
            .into_iter()
            .map(|version| shown(id, &timeline, version, rx.now))
            .collect(),
        next: page.next,
    })
}

/// One version.
pub fn get(rx: &mut Rx<'_>, id: ImplementationId, number: u32) -> Result<VersionShown, Error> {
    let timeline = versions_of(rx, id)?;
    let version = timeline
        .versions()
        .iter()
        .find(|version| version.number == number)
        .ok_or(Error::NotFound)?;
    Ok(shown(id, &timeline, version, rx.now))
}

/// The next version, checked against those there are.
struct Draft {
    version: PolicyVersion,
    earliest_from: Instant,
    shortens: Vec<String>,
}

fn draft(before: &Timeline, new: &NewVersion, id: PolicyId, now: Instant) -> Result<Draft, Error> {
    let document = rules_of(new)?;
    let earliest_from = earliest_start(before, document, now);
    let effective_from = new.effective_from.unwrap_or(earliest_from);
    admit(before, document, effective_from, now).map_err(|faults| {
        let faults = faults.into_iter().map(|found| fault(new, found)).collect();
        Error::Invalid(faults)
    })?;
    let shortens = before
        .versions()
        .last()
        .map_or_else(Vec::new, |last| shortens(&last.document, document));
    let version = PolicyVersion {
        id,
        number: before
            .versions()
            .iter()
            .map(|version| version.number)
            .max()
            .unwrap_or_default()
            .saturating_add(1),
        effective_from,
        recorded_at: now,
        document: document.clone(),
    };
    Ok(Draft {
        version,
        earliest_from,
        shortens,
    })
}

/// The draft among the versions there are.
fn posted(id: ImplementationId, before: &Timeline, draft: Draft, now: Instant) -> Posted {
    let after: Timeline = before
        .versions()
        .iter()
        .cloned()
        .chain([draft.version.clone()])
        .collect();
    Posted {
        shown: shown(id, &after, &draft.version, now),
        earliest_from: draft.earliest_from,
        shortens: draft.shortens,
    }
}

/// What posting a version would do, and to whom. Reads only: nobody waits for it.
///
/// # Errors
/// As [`post`].
pub fn dry_run(
    rx: &mut Rx<'_>,
    id: ImplementationId,
    new: &NewVersion,
) -> Result<(Posted, Impact), Error> {
    rx.authorize(Action::ConfigureImplementation, Scope::implementation(id))?;
    rx.view.implementation(id)?.ok_or(Error::NotFound)?;
    let before = Timeline::new(rx.view.policy_versions(id)?);
    let draft = draft(&before, new, PolicyId(Uuid::nil()), rx.now)?;
    let after: Vec<PolicyVersion> = before
        .versions()
        .iter()
        .cloned()
        .chain([draft.version.clone()])
        .collect();
    let among = evaluate::NewVersion {
        before: before.versions(),
        after: &after,
        version: &draft.version,
    };
    let impact = policy_impact(rx.view, id, among, rx.now)?;
    Ok((posted(id, &before, draft, rx.now), impact))
}

/// Whom a version that was posted touches, or touched, at its start. Reads only: nobody waits for it.
///
/// # Errors
/// `NotFound` where there is no such version.
pub fn impact(rx: &mut Rx<'_>, id: ImplementationId, number: u32) -> Result<Impact, Error> {
    rx.authorize(Action::ConfigureImplementation, Scope::implementation(id))?;
    let timeline = versions_of(rx, id)?;
    let of_number = |version: &PolicyVersion| version.number == number;
    let (version, before): (Vec<_>, Vec<_>) =
        timeline.versions().iter().cloned().partition(of_number);
    let version = version.first().ok_or(Error::NotFound)?;
    let among = evaluate::NewVersion {
        before: &before,
        after: timeline.versions(),
        version,
    };
    policy_impact(rx.view, id, among, rx.now)
}

/// Posts the next version. Every recorded state of the implementation becomes due for a new evaluation.
///
/// # Errors
/// `Invalid` with every contradiction of the document and every fault of its start.
pub fn post(tx: &mut Tx<'_>, id: ImplementationId, new: &NewVersion) -> Result<Posted, Error> {
    tx.authorize(Action::ConfigureImplementation, Scope::implementation(id))?;
    tx.unit.implementation(id)?.ok_or(Error::NotFound)?;
    // Of two posts at once the second sees the first one's version.
    tx.unit.lock_implementation(id)?;
    let before = Timeline::new(tx.unit.policy_versions(id)?);
    let draft = draft(&before, new, tx.id(), tx.now)?;
    tx.unit.insert_policy_version(id, &draft.version)?;
    tx.unit.bump_generation(id)?;
    tx.trail.touched("implementation", id);
    tx.trail.touched("policy", draft.version.id);
    Ok(posted(id, &before, draft, tx.now))
}

fn rules_of(new: &NewVersion) -> Result<&PolicyDocument, Error> {
    match (&new.preset, &new.document) {
        (Some(name), None) => preset(name).map(|preset| &preset.document).ok_or_else(|| {
            let names: Vec<&str> = presets()
                .iter()
                .map(|preset| preset.name.as_str())
                .collect();
            let detail = format!(
                "names no ready-made policy; there are: {}",
                names.join(", ")
            );
            Error::invalid("/preset", detail)
        }),
        (None, Some(document)) => Ok(document),
        (None, None) => Err(Error::invalid(
            "/document",
            "is missing: give a document, or the name of a preset",
        )),
        (Some(_), Some(_)) => Err(Error::invalid(
            "/preset",
            "is given besides a document: give one of them",
        )),
    }
}

/// A fault where the body has it: a preset's document is not in the body, only its name is.
fn fault(new: &NewVersion, found: PolicyFault) -> Fault {
    match found.pointer.strip_prefix("/document") {
        Some(inside) if new.preset.is_some() => {
            Fault::at("/preset", format!("its `{inside}` {}", found.detail))
        }
        _ => Fault::at(found.pointer, found.detail),
    }
}

/// The ready-made policies, by name.
pub fn list_presets(rx: &Rx<'_>, paging: Paging) -> Result<Slice<&'static Preset>, Error> {
    rx.actor.require(Action::ReadImplementation)?;
    let mut found: Vec<&'static Preset> = presets().iter().collect();
    found.sort_by(|one, other| one.name.cmp(&other.name));
    page_of(found, paging, |preset| place_of(&preset.name))
}

/// One ready-made policy.
pub fn get_preset(rx: &Rx<'_>, name: &str) -> Result<&'static Preset, Error> {
    rx.actor.require(Action::ReadImplementation)?;
    preset(name).ok_or(Error::NotFound)
}

/// The courses of the policy in force, by code.
pub fn courses(
    rx: &mut Rx<'_>,
    id: ImplementationId,
    paging: Paging,
) -> Result<Slice<(String, Course)>, Error> {
    let document = in_force(rx, id)?;
    page_of(
        document.courses.into_iter().collect(),
        paging,
        |(code, _)| place_of(code),
    )
}

/// The agreements of the policy in force, by code.
pub fn agreements(
    rx: &mut Rx<'_>,
    id: ImplementationId,
    paging: Paging,
) -> Result<Slice<(String, Agreement)>, Error> {
    let document = in_force(rx, id)?;
    page_of(
        document.agreements.into_iter().collect(),
        paging,
        |(code, _)| place_of(code),
    )
}

fn in_force(rx: &mut Rx<'_>, id: ImplementationId) -> Result<PolicyDocument, Error> {
    let timeline = versions_of(rx, id)?;
    timeline
        .in_force_at(rx.now)
        .map(|version| version.document.clone())
        .ok_or(Error::NoPolicy)
}

/// What stands for a code in a cursor, which holds ids only.
fn place_of(code: &str) -> Uuid {
    let digest = Sha256::digest(code.as_bytes());
    let mut bytes = [0_u8; 16];
    for (byte, digested) in bytes.iter_mut().zip(digest) {
        *byte = digested;
    }
    Uuid::from_bytes(bytes)
}

/// One page of rows that are all at hand. A cursor whose row is gone (another version came into force) is refused, so
/// that nothing is skipped unseen.
fn page_of<T>(rows: Vec<T>, paging: Paging, place: impl Fn(&T) -> Uuid) -> Result<Slice<T>, Error> {
    let from = match paging.after {
        None => 0,
        Some(after) => rows
            .iter()
            .position(|row| place(row) == after)
            .map(|last| last + 1)
            .ok_or(Error::BadCursor)?,
    };
    let wanted = usize::from(paging.limit) + 1;
    Ok(paging.cut(rows.into_iter().skip(from).take(wanted).collect(), place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_go_on_after_the_last_row_and_never_after_one_that_is_gone() {
        let codes = |after: Option<&str>, limit| {
            let paging = Paging {
                after: after.map(place_of),
                limit,
            };
            page_of(vec!["a", "b", "c"], paging, |code| place_of(code))
        };
        let page = codes(None, 2).unwrap();
        assert_eq!(
            (page.rows, page.next),
            (vec!["a", "b"], Some(place_of("b")))
        );
        let page = codes(Some("b"), 2).unwrap();
        assert_eq!((page.rows, page.next), (vec!["c"], None));
        assert_eq!(codes(Some("c"), 2).unwrap().rows, Vec::<&str>::new());
        assert_eq!(codes(Some("x"), 2), Err(Error::BadCursor));
    }

    #[test]
    fn a_fault_of_a_preset_points_at_its_name() {
        let found = || PolicyFault {
            pointer: "/document/ends_of_need".into(),
            detail: "is less".into(),
        };
        let of = |preset: Option<&str>| {
            let new = NewVersion {
                preset: preset.map(Into::into),
                ..NewVersion::default()
            };
            fault(&new, found())
        };
        assert_eq!(of(None), Fault::at("/document/ends_of_need", "is less"));
        assert_eq!(
            of(Some("hand")),
            Fault::at("/preset", "its `/ends_of_need` is less")
        );
    }
}

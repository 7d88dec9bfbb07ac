//! Recording logins: each is judged by the facts recorded when it occurred, however late it arrives.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sha2::{Digest, Sha256};

use super::super::dossier::Dossier;
use super::is_ahead;
use super::judge::{judge, licenses_after};
use crate::application::actor::{Action, Scope};
use crate::application::audit::hex;
use crate::application::{Error, Fault, Tx};
use crate::domain::calendar::Instant;
use crate::domain::fact::Fact;
use crate::domain::ids::{LicenseId, LoginSourceId, OrganizationId, PersonId};
use crate::domain::license::LicenseStatus;
use crate::domain::login::{AccessSignal, LoginEvent, LoginOutcome, SourceRecord, UnmatchedReason};
use crate::domain::roster::ExternalKind;

/// How a login names whose it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NamedPerson {
    Id(PersonId),
    External { system: String, value: String },
}

/// A login as a source reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLogin {
    pub source_event_id: String,
    pub occurred_at: Instant,
    pub person: NamedPerson,
    pub organization_id: Option<OrganizationId>,
    /// Another kind of activity than a login.
    pub activity: Option<String>,
}

/// A login with the source it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportedLogin {
    pub login_source_id: LoginSourceId,
    pub login: NewLogin,
}

/// A license of the person after the login was recorded, for one reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LicenseAfter {
    pub license_id: LicenseId,
    pub organization_id: OrganizationId,
    /// Whether the login serves it.
    pub served: bool,
    pub allowed: bool,
    /// Absent where the reader may only know whether access is given.
    pub state: Option<LicenseStatus>,
}

/// What became of a reported login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginRecorded {
    pub event: LoginEvent,
    pub source_code: String,
    pub licenses: Vec<LicenseAfter>,
    /// It had been reported before, just so.
    pub repeated: bool,
}

/// Records one login.
pub fn record_login(tx: &mut Tx<'_>, new: &ReportedLogin) -> Result<LoginRecorded, Error> {
    let lines = std::slice::from_ref(&new.login);
    let results = block(tx, new.login_source_id, lines, licenses_after)?;
    results.into_iter().next().unwrap_or(Err(Error::NotFound))
}

/// The source that a caller reports for.
fn reporting_source(tx: &mut Tx<'_>, id: LoginSourceId) -> Result<SourceRecord, Error> {
    let unknown = || {
        Error::Invalid(vec![Fault::at(
            "/login_source_id",
            "names no login source you may report for",
        )])
    };
    let source = tx.unit.login_source(id)?.ok_or_else(unknown)?;
    match tx.authorize(
        Action::RecordLogin,
        Scope::implementation(source.implementation_id),
    ) {
        Err(Error::NotFound) => Err(unknown()),
        other => other.map(|()| source),
    }
}

/// Records logins of one source in one transaction. Each line has an answer of its own: what
/// is wrong with one is found before anything is written, so that it never loses another.
///
/// The number of queries does not depend on how many lines there are, but for one locked guard row per person and one
/// updated row per license.
pub fn record_logins(
    tx: &mut Tx<'_>,
    source: LoginSourceId,
    lines: &[NewLogin],
) -> Result<Vec<Result<LoginRecorded, Error>>, Error> {
    block(tx, source, lines, |_, _, _| Vec::new())
}

/// `after` says what to answer of the licenses concerned.
fn block(
    tx: &mut Tx<'_>,
    source: LoginSourceId,
    lines: &[NewLogin],
    after: impl Fn(&Tx<'_>, &BTreeMap<PersonId, Dossier>, &LoginEvent) -> Vec<LicenseAfter>,
) -> Result<Vec<Result<LoginRecorded, Error>>, Error> {
    let source = reporting_source(tx, source)?;
    let known = Known::load(tx, &source, lines)?;
    let mut dossiers = known.dossiers(tx, lines)?;
    let mut block = Block::default();
    let mut results: Vec<Result<LoginEvent, Error>> = Vec::with_capacity(lines.len());
    let mut here: HashMap<&str, LoginEvent> = HashMap::new();
    let mut repeated: Vec<bool> = Vec::with_capacity(lines.len());
    for line in lines {
        let print = fingerprint(line);
        let id = line.source_event_id.as_str();
        let before = known.events.get(id).or_else(|| here.get(id)).cloned();
        repeated.push(before.is_some());
        let result = match before {
            Some(event) if event.fingerprint == print => Ok(event),
            Some(_) => Err(Error::Duplicate(
                "The source reported another login under this id before: a login is never changed."
                    .to_owned(),
            )),
            None => one(tx, &source, &known, &dossiers, line, print, &mut block),
        };
        if let Ok(event) = &result {
            here.insert(id, event.clone());
        }
        results.push(result);
    }
    block.write(tx, &mut dossiers)?;
    Ok(results
        .into_iter()
        .zip(repeated)
        .map(|(result, repeated)| {
            result.map(|event| LoginRecorded {
                licenses: after(tx, &dossiers, &event),
                source_code: source.code.clone(),
                event,
                repeated,
            })
        })
        .collect())
}

/// What is written of a block.
#[derive(Default)]
pub(super) struct Block {
    pub(super) facts: Vec<Fact>,
    events: Vec<LoginEvent>,
    pub(super) signals: Vec<AccessSignal>,
}

impl Block {
    fn write(
        self,
        tx: &mut Tx<'_>,
        dossiers: &mut BTreeMap<PersonId, Dossier>,
    ) -> Result<(), Error> {
        if self.events.is_empty() {
            return Ok(());
        }
        tx.unit.insert_facts(&self.facts)?;
        tx.unit.insert_login_events(&self.events)?;
        tx.unit.insert_access_signals(&self.signals)?;
        let mut by_person: BTreeMap<PersonId, Vec<Fact>> = BTreeMap::new();
        for fact in self.facts {
            by_person.entry(fact.person_id).or_default().push(fact);
        }
        for (person, facts) in by_person {
            if let Some(dossier) = dossiers.get_mut(&person) {
                dossier.learn(&facts);
                dossier.record_states(tx)?;
            }
        }
        Ok(())
    }
}

/// What a block of lines names, looked up at once.
struct Known {
    /// By the source's own id.
    events: HashMap<String, LoginEvent>,
    /// By system and value; closed ones too, until staff settle them.
    people: HashMap<(String, String), PersonId>,
    /// Those of the implementation that are named by id, with whom the id stands for.
    named: BTreeMap<PersonId, PersonId>,
    organizations: BTreeSet<OrganizationId>,
    /// The kinds of activity that any version of the policy names.
    activities: BTreeSet<String>,
}

impl Known {
    fn load(tx: &mut Tx<'_>, source: &SourceRecord, lines: &[NewLogin]) -> Result<Self, Error> {
        let ids: Vec<String> = lines
            .iter()
            .map(|line| line.source_event_id.clone())
            .collect();
        let events = tx
            .unit
            .login_events_of_source(source.id, &ids)?
            .into_iter()
            .map(|event| (event.source_event_id.clone(), event))
            .collect();
        let mut systems: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        let mut named = Vec::new();
        let mut organizations = BTreeSet::new();
        for line in lines {
            match &line.person {
                NamedPerson::Id(id) => named.push(*id),
                NamedPerson::External { system, value } => {
                    systems.entry(system).or_default().insert(value);
                }
            }
            organizations.extend(line.organization_id);
        }
        let mut people = HashMap::new();
        for (system, values) in systems {
            let values: Vec<String> = values.into_iter().map(str::to_owned).collect();
            for found in tx.unit.external_ids_named(
                source.implementation_id,
                ExternalKind::Person,
                system,
                &values,
            )? {
                if found.settled_at.is_none() {
                    people.insert((found.system, found.value), PersonId(found.subject));
                }
            }
        }
        let mut found: BTreeMap<PersonId, PersonId> = tx
            .unit
            .people_by_id(&named)?
            .into_iter()
            .filter(|person| person.implementation_id == source.implementation_id)
            .map(|person| (person.id, person.id))
            .collect();
        for id in named {
            // An id that nobody has any more may be that of a merged record.
            if !found.contains_key(&id)
                && let Some(person) = tx.unit.person(id)?
                && found.contains_key(&person.id)
            {
                found.insert(id, person.id);
            }
        }
        // A source names few organizations, and the same ones again and again.
        let mut of_implementation = BTreeSet::new();
        for id in organizations {
            if tx
                .unit
                .organization(id)?
                .is_some_and(|found| found.implementation_id == source.implementation_id)
            {
                of_implementation.insert(id);
            }
        }
        let mut activities = BTreeSet::new();
        if lines.iter().any(|line| line.activity.is_some()) {
            for version in tx.unit.policy_versions(source.implementation_id)? {
                activities.extend(version.document.activities().map(str::to_owned));
            }
        }
        Ok(Self {
            activities,
            events,
            people,
            named: found,
            organizations: of_implementation,
        })
    }

    fn person(&self, named: &NamedPerson) -> Option<PersonId> {
        match named {
            NamedPerson::Id(id) => self.named.get(id).copied(),
            NamedPerson::External { system, value } => {
                self.people.get(&(system.clone(), value.clone())).copied()
            }
        }
    }

    /// Everything about the people named, each locked first, in one order.
    fn dossiers(
        &self,
        tx: &mut Tx<'_>,
        lines: &[NewLogin],
    ) -> Result<BTreeMap<PersonId, Dossier>, Error> {
        let people: BTreeSet<PersonId> = lines
            .iter()
            .filter_map(|line| self.person(&line.person))
            .chain(self.events.values().filter_map(|event| event.person_id))
            .collect();
        let people: Vec<PersonId> = people.into_iter().collect();
        tx.lock_people(people.iter().copied())?;
        Ok(Dossier::load_many(tx.unit, &people, &[])?
            .into_iter()
            .map(|dossier| (dossier.person.id, dossier))
            .collect())
    }
}

/// What a source says of one login, so that the same id with another body is seen.
fn fingerprint(line: &NewLogin) -> String {
    let person = match &line.person {
        NamedPerson::Id(id) => ["person".to_owned(), id.to_string(), String::new()],
        NamedPerson::External { system, value } => {
            ["external".to_owned(), system.clone(), value.clone()]
        }
    };
    let mut hash = Sha256::new();
    let parts = [
        line.occurred_at.timestamp_micros().to_string(),
        line.organization_id
            .map(|id| id.to_string())
            .unwrap_or_default(),
    ];
    for part in person.iter().chain(&parts).chain(&line.activity) {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hex(&hash.finalize())
}

/// Judges one login; nothing is written yet.
fn one(
    tx: &mut Tx<'_>,
    source: &SourceRecord,
    known: &Known,
    dossiers: &BTreeMap<PersonId, Dossier>,
    line: &NewLogin,
    print: String,
    block: &mut Block,
) -> Result<LoginEvent, Error> {
    let mut faults = Vec::new();
    if is_ahead(line.occurred_at, tx.now) {
        faults.push(Fault::at(
            "/occurred_at",
            "lies more than 5 minutes in the future: check the clock of the source",
        ));
    }
    if line
        .organization_id
        .is_some_and(|id| !known.organizations.contains(&id))
    {
        faults.push(Fault::at(
            "/organization_id",
            "names no organization of the source's implementation",
        ));
    }
    if let Some(kind) = &line.activity
        && !known.activities.contains(kind)
    {
        let kinds: Vec<&str> = known.activities.iter().map(String::as_str).collect();
        faults.push(Fault::at(
            "/kind",
            if kinds.is_empty() {
                "is no kind of event that the policy knows: it counts nothing but logins".to_owned()
            } else {
                format!(
                    "is no kind of event that the policy knows: leave it out for a login, or name {}",
                    kinds.join(", ")
                )
            },
        ));
    }
    let person = known.person(&line.person);
    // An unknown external id is somebody's, and is kept for staff to settle; an id of ours that nobody has is a fault.
    if person.is_none() && matches!(line.person, NamedPerson::Id(_)) {
        faults.push(Fault::at(
            "/person_id",
            "names no person of the source's implementation",
        ));
    }
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let mut event = LoginEvent {
        id: tx.id(),
        implementation_id: source.implementation_id,
        login_source_id: source.id,
        source_event_id: line.source_event_id.clone(),
        fingerprint: print,
        outcome: LoginOutcome::Unmatched,
        unmatched_reason: Some(UnmatchedReason::UnknownExternalId),
        external_id: match &line.person {
            NamedPerson::Id(_) => None,
            NamedPerson::External { system, value } => Some((system.clone(), value.clone())),
        },
        person_id: person,
        organization_id: line.organization_id,
        activity: line.activity.clone(),
        fact_id: None,
        access_signal_id: None,
        occurred_at: line.occurred_at,
        recorded_at: tx.now,
        recorded_by: tx.actor.principal.id,
    };
    if let Some(dossier) = person.and_then(|id| dossiers.get(&id)) {
        judge(tx, source, dossier, &mut event, block);
    }
    tx.trail.touched("login_event", event.id);
    block.events.push(event.clone());
    Ok(event)
}

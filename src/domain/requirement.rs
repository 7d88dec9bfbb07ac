//! What is owed, by when, and with what evidence.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::calendar::{Holidays, Instant, Length, Precision, local_day};
use super::fact::{Fact, FactBody, FactKind, Outcome, PracticeResult};
use super::ids::{FactId, OrganizationId};
use super::policy::{Agreement, AgreementValidity, Course, CourseRequirement, Party};

/// Names a requirement; the same name wherever it is owed, so that one fact meets it everywhere.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RequirementKey {
    Agreement(String),
    Course(String),
    /// Some distinct courses of a list, by the list's place among the recertification items.
    CoursesOf(usize),
    Practice(String),
    /// An agreement that recertification asks to sign anew, whatever its signature is otherwise good for.
    SignedAnew(String),
    Acknowledgement(String),
    /// The requester says that the person still needs access.
    Renewal,
    /// What an add-on of a type owes by itself.
    OfAddOn(String, Box<RequirementKey>),
    /// What a recertification campaign asks.
    OfCampaign(FactId, Box<RequirementKey>),
}

/// The code under which the requester's renewal is named.
const REQUESTER: &str = "requester";

impl RequirementKey {
    /// The requirement that a name stands for. Nothing where no requirement is named so.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let (kind, code) = name.split_once(':')?;
        match kind {
            "agreement" => Some(Self::Agreement(code.to_owned())),
            "course" => Some(Self::Course(code.to_owned())),
            "courses_of" => code.parse().ok().map(Self::CoursesOf),
            "practice" => Some(Self::Practice(code.to_owned())),
            "signed_anew" => Some(Self::SignedAnew(code.to_owned())),
            "acknowledgement" => Some(Self::Acknowledgement(code.to_owned())),
            "renewal" if code == REQUESTER => Some(Self::Renewal),
            "add_on" => {
                let (license_type, key) = code.split_once(':')?;
                let key = Self::parse(key)?;
                Some(Self::OfAddOn(license_type.to_owned(), Box::new(key)))
            }
            "campaign" => {
                let (campaign, key) = code.split_once(':')?;
                let key = Self::parse(key)?;
                Some(Self::OfCampaign(campaign.parse().ok()?, Box::new(key)))
            }
            _ => None,
        }
    }

    /// The campaign that asks for it.
    #[must_use]
    pub fn campaign(&self) -> Option<FactId> {
        match self {
            Self::OfCampaign(campaign, _) => Some(*campaign),
            Self::OfAddOn(_, key) => key.campaign(),
            _ => None,
        }
    }
}

impl fmt::Display for RequirementKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Agreement(code) => write!(f, "agreement:{code}"),
            Self::Course(code) => write!(f, "course:{code}"),
            Self::CoursesOf(place) => write!(f, "courses_of:{place}"),
            Self::Practice(code) => write!(f, "practice:{code}"),
            Self::SignedAnew(code) => write!(f, "signed_anew:{code}"),
            Self::Acknowledgement(code) => write!(f, "acknowledgement:{code}"),
            Self::Renewal => write!(f, "renewal:{REQUESTER}"),
            Self::OfAddOn(license_type, key) => write!(f, "add_on:{license_type}:{key}"),
            Self::OfCampaign(campaign, key) => write!(f, "campaign:{campaign}:{key}"),
        }
    }
}

/// Where a requirement stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    Met,
    /// Open, and its date, if it has one, lies ahead.
    Due,
    /// Open, and its date has passed.
    Overdue,
    Waived,
}

impl Status {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Due => "due",
            Self::Overdue => "overdue",
            Self::Waived => "waived",
        }
    }

    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Due | Self::Overdue)
    }
}

/// One requirement as it stands at an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub key: RequirementKey,
    pub title: String,
    pub status: Status,
    /// The facts it is met by, or the waiver.
    pub evidence: Vec<FactId>,
    /// What is missing, each a sentence.
    pub missing: Vec<String>,
    /// The last local day on which the evidence counts.
    pub valid_through: Option<NaiveDate>,
    /// The last local day on which it may be done in time.
    pub due_on: Option<NaiveDate>,
    /// Who can do it.
    pub who: Vec<Party>,
}

/// What the known facts say about one requirement: the last local day they count, and which they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    pub facts: Vec<FactId>,
    /// The local day of the completion or execution.
    pub on: NaiveDate,
    /// Absent: for ever.
    pub valid_through: Option<NaiveDate>,
}

impl Evidence {
    #[must_use]
    pub fn counts_on(&self, day: NaiveDate) -> bool {
        self.valid_through.is_none_or(|last| day <= last)
    }
}

/// How a length of validity is counted: the local calendar of the implementation.
#[derive(Clone, Copy)]
pub struct Calendar<'a> {
    pub zone: Tz,
    pub holidays: &'a Holidays,
}

impl Calendar<'_> {
    #[must_use]
    pub fn day(&self, at: Instant) -> NaiveDate {
        local_day(self.zone, at)
    }

    #[must_use]
    pub fn after(&self, length: Length, day: NaiveDate) -> NaiveDate {
        length.after(day, self.holidays)
    }
}

/// Facts that no known correction has replaced.
///
/// A correction of the same kind as what it corrects says anew what happened: it takes its place, so that whatever that
/// one had replaced stays replaced. One of another kind only withdraws it, which revives what it had replaced.
pub fn standing_facts<'f>(known: impl Iterator<Item = &'f Fact>) -> Vec<&'f Fact> {
    let known: Vec<&Fact> = known.collect();
    if known.iter().all(|fact| fact.envelope.supersedes.is_none()) {
        return known;
    }
    let kinds: BTreeMap<FactId, FactKind> = known
        .iter()
        .map(|fact| (fact.id, fact.body.kind()))
        .collect();
    let mut replaced = BTreeSet::new();
    let mut said_anew = BTreeSet::new();
    // Newest first: a correction counts only if nothing newer withdrew it.
    for fact in known.iter().rev() {
        if let Some(target) = fact.envelope.supersedes
            && (!replaced.contains(&fact.id) || said_anew.contains(&fact.id))
        {
            replaced.insert(target);
            if kinds.get(&target) == Some(&fact.body.kind()) {
                said_anew.insert(target);
            }
        }
    }
    known
        .into_iter()
        .filter(|fact| !replaced.contains(&fact.id))
        .collect()
}

/// The facts that occurred since an instant, all of them where there is none. Of what is known by its day alone, the
/// whole day counts.
#[must_use]
pub fn occurred_since<'f>(
    facts: &[&'f Fact],
    since: Option<Instant>,
    calendar: Calendar<'_>,
) -> Vec<&'f Fact> {
    facts
        .iter()
        .copied()
        .filter(|fact| {
            let envelope = &fact.envelope;
            since.is_none_or(|since| {
                envelope.occurred_at >= since
                    || (envelope.precision == Precision::Day
                        && calendar.day(envelope.occurred_at) == calendar.day(since))
            })
        })
        .collect()
}

/// What a pass of a course must be, by one version of the rules.
#[derive(Clone, Copy, Debug)]
pub struct Standard<'a> {
    course: &'a Course,
    /// Further courses whose pass counts where it is asked.
    equivalents: Option<&'a BTreeSet<String>>,
    pass_mark: Option<u8>,
}

impl<'a> Standard<'a> {
    /// Of a course; where a requirement asks for it, with what that says.
    #[must_use]
    pub fn of(course: &'a Course, asked: Option<&'a CourseRequirement>) -> Self {
        Self {
            course,
            equivalents: asked.map(|asked| &asked.equivalents),
            pass_mark: asked.and_then(|asked| asked.pass_mark).or(course.pass_mark),
        }
    }

    /// Whether the pass of `taken` counts as one of the course `code`.
    fn accepts(&self, code: &str, taken: &str, edition: Option<&str>, score: Option<u8>) -> bool {
        let counts = if taken == code {
            self.course.accepts_edition(edition)
        } else {
            self.course.equivalents.contains(taken)
                || self.equivalents.is_some_and(|known| known.contains(taken))
        };
        let good = |mark| score.is_some_and(|score| score >= mark);
        counts && self.pass_mark.is_none_or(good)
    }
}

/// The passes of a course, each on its local day, oldest first: whatever one of the standards accepts that `standards`
/// names for the instant of the completion. Courses belong to the person: passes count at every organization.
#[must_use]
pub fn passes<'a, S: Iterator<Item = Standard<'a>>>(
    facts: &[&Fact],
    code: &str,
    standards: impl Fn(Instant) -> S,
    calendar: Calendar<'_>,
) -> Vec<(NaiveDate, FactId)> {
    let mut found: Vec<_> = facts
        .iter()
        .filter_map(|fact| match &fact.body {
            FactBody::TrainingCompleted {
                course: taken,
                outcome: Outcome::Pass,
                score,
                edition,
            } => {
                let occurred_at = fact.envelope.occurred_at;
                standards(occurred_at)
                    .any(|standard| standard.accepts(code, taken, edition.as_deref(), *score))
                    .then(|| (calendar.day(occurred_at), fact.id))
            }
            _ => None,
        })
        .collect();
    found.sort_unstable();
    found
}

/// The acceptances of a practice set, each on its local day with the review and what was reviewed, oldest first.
/// Practice belongs to the person: an acceptance counts at every organization.
#[must_use]
pub fn acceptances(
    facts: &[&Fact],
    practice_set: &str,
    pass_mark: Option<u8>,
    calendar: Calendar<'_>,
) -> Vec<(NaiveDate, Vec<FactId>)> {
    let mut found: Vec<_> = facts
        .iter()
        .filter_map(|fact| match &fact.body {
            FactBody::PracticeReviewed {
                submission,
                practice_set: reviewed,
                result: PracticeResult::Accepted,
                score,
                ..
            } if reviewed == practice_set
                && pass_mark.is_none_or(|mark| score.is_some_and(|score| score >= mark)) =>
            {
                let on = calendar.day(fact.envelope.occurred_at);
                Some((on, vec![*submission, fact.id]))
            }
            _ => None,
        })
        .collect();
    found.sort_unstable();
    found
}

/// The latest full execution of an agreement's version by every party at an organization.
///
/// A round begins with the first signature after the last full execution and ends when the last party signed; that day
/// the validity starts. One party signing again alone extends nothing. Of signatures of one instant none comes first:
/// whoever signs beside the last party that was missing has signed that round, not the next.
#[must_use]
pub fn execution(
    facts: &[&Fact],
    organization: OrganizationId,
    code: &str,
    agreement: &Agreement,
    version: Option<&str>,
    calendar: Calendar<'_>,
) -> Execution {
    let mut signatures: Vec<_> = facts
        .iter()
        .filter(|fact| fact.organization_id == Some(organization))
        .filter_map(|fact| match &fact.body {
            FactBody::AgreementSigned {
                agreement: signed,
                version: label,
                party,
            } if signed == code && version.is_none_or(|version| version == label) => {
                Some((fact.envelope.occurred_at, fact.id, *party))
            }
            _ => None,
        })
        .collect();
    signatures.sort_unstable();
    let mut round: BTreeMap<Party, FactId> = BTreeMap::new();
    let mut rounds = Vec::new();
    for together in signatures.chunk_by(|(one, ..), (other, ..)| one == other) {
        let Some((at, ..)) = together.first().copied() else {
            continue;
        };
        for (_, id, party) in together {
            // The lead that is a party itself signs as that, and stands in for nobody.
            let stands_in = *party != Party::Lead || !agreement.parties.contains(&Party::Lead);
            for required in &agreement.parties {
                if *party == *required || (stands_in && signs_for(*party, *required)) {
                    round.insert(*required, *id);
                }
            }
        }
        if agreement
            .parties
            .iter()
            .all(|required| round.contains_key(required))
        {
            let facts: BTreeSet<FactId> = round.values().copied().collect();
            rounds.push((calendar.day(at), facts.into_iter().collect::<Vec<_>>()));
            round.clear();
        }
    }
    let missing = agreement
        .parties
        .iter()
        .copied()
        .filter(|required| !round.contains_key(required))
        .collect();
    // Who signed an earlier version is no newcomer under the next.
    let signed_another = |on: NaiveDate| {
        facts.iter().any(|fact| {
            matches!(&fact.body, FactBody::AgreementSigned { agreement: signed, version: label, .. }
                if signed == code && version.is_some_and(|version| version != label))
                && fact.organization_id == Some(organization)
                && calendar.day(fact.envelope.occurred_at) < on
        })
    };
    let rounds: Vec<Evidence> = rounds
        .into_iter()
        .enumerate()
        .map(|(round, (on, facts))| Evidence {
            valid_through: match &agreement.validity {
                Some(AgreementValidity::Rolling { length }) => Some(calendar.after(*length, on)),
                Some(AgreementValidity::Yearly { date }) => {
                    Some(date.counts_through(on, round == 0 && !signed_another(on)))
                }
                None => None,
            },
            facts,
            on,
        })
        .collect();
    Execution {
        executed: rounds.last().cloned(),
        rounds,
        missing,
        signed: round.into_values().collect(),
    }
}

/// How far an agreement is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Execution {
    /// The latest full execution.
    pub executed: Option<Evidence>,
    /// Every full execution, oldest first.
    pub rounds: Vec<Evidence>,
    /// Parties that have not signed since.
    pub missing: Vec<Party>,
    /// Signatures since.
    pub signed: Vec<FactId>,
}

/// Whether a signature of `party` counts as `required`. The agency signs by a supervisor or its authorized signer; the
/// lead's countersignature replaces either where an agency has nobody else.
#[must_use]
pub fn signs_for(party: Party, required: Party) -> bool {
    party == required
        || match required {
            Party::Agency => matches!(
                party,
                Party::Supervisor | Party::AuthorizedSigner | Party::Lead
            ),
            Party::Supervisor | Party::AuthorizedSigner => party == Party::Lead,
            Party::EndUser | Party::Lead => false,
        }
}

/// How a party is called in sentences.
#[must_use]
pub fn party_name(party: Party) -> &'static str {
    match party {
        Party::EndUser => "the end user",
        Party::Supervisor => "a supervisor",
        Party::AuthorizedSigner => "the authorized signer",
        Party::Lead => "the HMIS lead",
        Party::Agency => "the agency (a supervisor or the authorized signer)",
    }
}

/// A waiver of a requirement known and running on a local day.
#[must_use]
pub fn waiver(
    facts: &[&Fact],
    organization: OrganizationId,
    key: &RequirementKey,
    day: NaiveDate,
) -> Option<(FactId, Option<NaiveDate>)> {
    let name = key.to_string();
    facts.iter().rev().find_map(|fact| match &fact.body {
        FactBody::Waived {
            requirement,
            until_on,
        } if *requirement == name
            && fact.organization_id.is_none_or(|id| id == organization)
            && until_on.is_none_or(|last| day <= last) =>
        {
            Some((fact.id, *until_on))
        }
        _ => None,
    })
}

//! Which records are one person since when, and which facts each of their licenses reads.

use uuid::Uuid;

use super::*;
use crate::domain::calendar::Precision;
use crate::domain::fact::{Channel, HoldCause, Outcome, Reporter};

const HERE: OrganizationId = OrganizationId(Uuid::from_u128(1));
const ELSEWHERE: OrganizationId = OrganizationId(Uuid::from_u128(2));

fn at(day: u32) -> Instant {
    format!("2026-03-{day:02}T12:00:00Z").parse().unwrap()
}

fn person(number: u128) -> PersonId {
    PersonId(Uuid::from_u128(number))
}

fn envelope(occurred: u32, recorded: u32) -> Envelope {
    Envelope {
        occurred_at: at(occurred),
        precision: Precision::Instant,
        reported_at: at(recorded),
        recorded_at: at(recorded),
        reported_by: Reporter::Recorder,
        recorded_by: PrincipalId(Uuid::nil()),
        on_behalf_of: None,
        channel: Channel::Api,
        ticket_reference: None,
        reason: None,
        supersedes: None,
    }
}

fn merge(number: u128, duplicate: u128, survivor: u128, day: u32) -> PersonMerge {
    PersonMerge {
        id: PersonMergeId(Uuid::from_u128(number)),
        implementation_id: ImplementationId(Uuid::nil()),
        survivor: person(survivor),
        duplicate: person(duplicate),
        envelope: envelope(day, day),
        undone: None,
        version: 1,
    }
}

fn fact(
    number: u128,
    organization: Option<OrganizationId>,
    days: (u32, u32),
    body: FactBody,
) -> Fact {
    Fact {
        id: FactId(Uuid::from_u128(number)),
        implementation_id: ImplementationId(Uuid::nil()),
        person_id: person(3),
        organization_id: organization,
        request_id: None,
        license_id: None,
        envelope: envelope(days.0, days.1),
        body,
    }
}

fn passed() -> FactBody {
    FactBody::TrainingCompleted {
        course: "privacy".to_owned(),
        outcome: Outcome::Pass,
        score: None,
        edition: None,
    }
}

#[test]
fn records_are_joined_by_the_last_merge_on_the_way_to_where_they_meet() {
    // 1 into 2 on the 5th, 2 into 3 on the 9th, 4 into 3 on the 7th.
    let records = Records::new(
        vec![merge(1, 1, 2, 5), merge(2, 2, 3, 9), merge(3, 4, 3, 7)],
        BTreeMap::new(),
    );
    for (one, other, day) in [
        (1, 1, None),
        (1, 2, Some(5)),
        (2, 3, Some(9)),
        (1, 3, Some(9)),
        (4, 3, Some(7)),
        (4, 1, Some(9)),
        (4, 2, Some(9)),
    ] {
        for (one, other) in [(one, other), (other, one)] {
            let joined = records.joining(person(one), person(other));
            assert_eq!(
                joined.map(|merge| merge.envelope.recorded_at),
                day.map(at),
                "{one} and {other}"
            );
        }
    }
}

#[test]
fn what_the_other_record_had_is_known_from_the_merge_on_but_its_license_is_no_part_of_this_one() {
    let hold = FactBody::HoldOpened {
        cause: HoldCause::Investigation,
        until: None,
    };
    let future = 20;
    let facts = [
        fact(10, None, (1, 1), passed()),
        fact(11, Some(HERE), (1, 1), FactBody::Reactivated),
        fact(12, Some(HERE), (2, 2), hold),
        fact(13, Some(HERE), (3, 3), FactBody::Departed),
        fact(
            14,
            Some(HERE),
            (4, 4),
            FactBody::Moved {
                fact: FactId(Uuid::from_u128(13)),
                to: at(4),
                precision: Precision::Instant,
            },
        ),
        fact(15, Some(HERE), (future, 4), FactBody::Departed),
        fact(16, Some(ELSEWHERE), (1, 1), FactBody::Reactivated),
        // Since the merge.
        fact(17, Some(HERE), (8, 8), FactBody::Upheld),
    ];
    let of_the_duplicate = (10..=16)
        .map(|number| (Uuid::from_u128(number), person(4)))
        .collect();
    let records = Records::new(vec![merge(3, 4, 3, 7)], of_the_duplicate);
    let read = |record| -> Vec<(u128, Instant)> {
        records
            .read_by(&facts, person(3), record, HERE)
            .iter()
            .map(|fact| (fact.id.0.as_u128(), fact.envelope.recorded_at))
            .collect()
    };
    assert_eq!(
        read(person(3)),
        [
            (10, at(7)),
            (12, at(7)),
            (15, at(7)),
            (16, at(7)),
            (17, at(8))
        ]
    );
    let own: Vec<u128> = read(person(4)).iter().map(|(fact, _)| *fact).collect();
    assert_eq!(own, [10, 11, 16, 12, 13, 14, 15, 17]);
    // The license that ends reads its own history until the merge, which ends it.
    let ended = records.read_by_duplicate(&facts, person(3), (person(4), person(3)), HERE);
    let ended: Vec<u128> = ended.iter().map(|fact| fact.id.0.as_u128()).collect();
    assert_eq!(ended, [10, 11, 16, 12, 13, 14, 15, 3]);
}

#[test]
fn without_merges_the_facts_are_read_as_they_are() {
    let facts = [fact(10, None, (1, 1), passed())];
    let records = Records::default();
    let read = records.read_by(&facts, person(3), person(3), HERE);
    assert!(matches!(read, Cow::Borrowed(_)));
}

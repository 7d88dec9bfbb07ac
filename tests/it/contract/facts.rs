//! Facts: every kind comes back as it was recorded, in order, and is found by every filter.

use hmis_licensing::application::ports::{FactFilter, Page, StoreError};
use hmis_licensing::domain::calendar::Precision;
use hmis_licensing::domain::fact::{
    Basis, Channel, DeactivationCause, Fact, FactBody, HoldCause, NoticeRule, Outcome,
    RenewalDecision, Reporter, TypeChange,
};
use hmis_licensing::domain::ids::FactId;
use hmis_licensing::domain::outgoing::NoticeKind;
use hmis_licensing::domain::policy::{Party, Recipient, Renewer, RequestClass};

use super::bench::on_both;
use super::fixture::{FIRST, at, day, everything, fact, id, license, request};

/// One of every kind, with and without what may be absent.
const HOLD_CAUSES: [HoldCause; 12] = [
    HoldCause::RecertificationOverdue,
    HoldCause::AgreementLapsed,
    HoldCause::FeeUnpaid,
    HoldCause::Violation,
    HoldCause::Investigation,
    HoldCause::Leave,
    HoldCause::OrganizationSuspended,
    HoldCause::LastProjectRemoved,
    HoldCause::LongInactivity,
    HoldCause::EvidenceWithdrawn,
    HoldCause::DepartureUnverified,
    HoldCause::Unreachable,
];

fn bodies() -> Vec<FactBody> {
    let mut bodies = vec![
        FactBody::RequestApproved,
        FactBody::RequestDenied,
        FactBody::RequestWithdrawn { departure: None },
        FactBody::RequestWithdrawn {
            departure: Some(id(5)),
        },
        FactBody::TrainingCompleted {
            course: "privacy".into(),
            outcome: Outcome::Fail,
            score: None,
            edition: None,
        },
        FactBody::TrainingCompleted {
            course: "privacy".into(),
            outcome: Outcome::Pass,
            score: Some(100),
            edition: Some("FY2026".into()),
        },
        FactBody::Activated {
            license_type: "end_user".into(),
            class: RequestClass::Returning,
            job_role: Some("case_manager".into()),
            projects: vec![id(50), id(51)],
            project_types: vec![0, 4],
            requirement_set: Some("policy_again".into()),
            partial: true,
            submitted_at: Some(at(3)),
            basis: Basis::Requirements,
        },
        FactBody::Activated {
            license_type: "end_user".into(),
            class: RequestClass::New,
            job_role: None,
            projects: vec![],
            project_types: vec![],
            requirement_set: None,
            partial: false,
            submitted_at: None,
            basis: Basis::Legacy,
        },
        FactBody::ProjectsAdded {
            projects: vec![id(52)],
            project_types: vec![8],
            fulfils: true,
        },
        FactBody::Reactivated,
        FactBody::EmergencyRestored {
            until: at(9),
            undoes: vec![id(53)],
        },
        FactBody::EmergencyRestorationConfirmed {
            restoration: id(54),
            undoes: vec![id(53)],
            restores: vec![id(55)],
        },
        FactBody::Reinstated {
            undoes: Vec::new(),
            restores: Vec::new(),
        },
        FactBody::TypeChanged(TypeChange::to("read_only")),
        FactBody::AddOnActivated {
            add_on: "business_objects".into(),
            submitted_at: Some(at(9)),
        },
        FactBody::AddOnConfirmed { add_on: id(9) },
        FactBody::AddOnEnded { add_on: id(9) },
        FactBody::RequestReclassified {
            class: RequestClass::Transfer,
        },
        FactBody::Departed,
        FactBody::Cancelled { fact: id(6) },
        FactBody::Moved {
            fact: id(7),
            to: at(77),
            precision: Precision::Day,
        },
        FactBody::HoldLifted { hold: id(8) },
        FactBody::LoggedIn {
            source: "hmis".into(),
            source_event_id: "e'1\"\u{130}\u{1F511}".into(),
            serves: vec![id(50), id(51)],
            activity: Some("report_run".into()),
        },
        FactBody::KeepRequested,
        FactBody::LicenseRenewed {
            by: Renewer::AuthorizedSigner,
            decision: RenewalDecision::Declined,
        },
        FactBody::Acknowledged {
            acknowledgement: "privacy_notice".into(),
        },
        FactBody::NoticeSent {
            rule: NoticeRule::Inactivity,
            step: Some(0),
            requirement: None,
            anchor_on: day(3, 2),
            named_on: day(4, 8),
            channel: None,
            to: None,
        },
        FactBody::NoticeSent {
            rule: NoticeRule::Recertification,
            step: None,
            requirement: Some("training:privacy".into()),
            anchor_on: day(3, 2),
            named_on: day(4, 8),
            channel: None,
            to: Some(Recipient::Supervisors),
        },
        FactBody::NoticeFailed {
            notice: id(11),
            rule: NoticeRule::Agreement,
            requirement: Some("agreement:user_agreement".into()),
            anchor_on: day(3, 2),
            notice_kind: NoticeKind::Notice,
            named_on: None,
        },
        FactBody::NoticeFailed {
            notice: id(11),
            rule: NoticeRule::Inactivity,
            requirement: None,
            anchor_on: day(3, 2),
            notice_kind: NoticeKind::Retraction,
            named_on: Some(day(4, 8)),
        },
        FactBody::NoticeReached { notice: id(11) },
        FactBody::NoticeBounced { notice: id(9) },
        FactBody::Waived {
            requirement: "training:privacy".into(),
            until_on: Some(day(5, 1)),
        },
        FactBody::Waived {
            requirement: "training:privacy".into(),
            until_on: None,
        },
        FactBody::Barred {
            until: Some(at(900)),
        },
        FactBody::Barred { until: None },
        FactBody::BarLifted { bar: id(10) },
        FactBody::Withdrawn,
    ];
    bodies.extend(
        [Party::EndUser, Party::Supervisor].map(|party| FactBody::AgreementSigned {
            agreement: "user_agreement".into(),
            version: "2026".into(),
            party,
        }),
    );
    bodies.extend(DeactivationCause::ALL.map(|cause| FactBody::Deactivated { cause }));
    bodies.extend(HOLD_CAUSES.map(|cause| FactBody::HoldOpened {
        cause,
        until: (cause == HoldCause::Leave).then(|| at(500)),
    }));
    bodies
}

#[test]
fn every_kind_comes_back_as_it_was_recorded() {
    on_both(|bench| {
        let house = bench.house();
        let mut written: Vec<Fact> = (1000..)
            .zip(bodies())
            .map(|(number, body)| fact(number, &house.maya, Some(house.shelter.id), body))
            .collect();
        // Everything an envelope may carry, on one of them.
        written[1].request_id = Some(id(60));
        written[1].license_id = Some(id(61));
        let envelope = &mut written[1].envelope;
        envelope.precision = Precision::Day;
        envelope.channel = Channel::Letter;
        envelope.ticket_reference = Some("T-1".into());
        envelope.reason = Some("as agreed; \"quoted\"\n\u{e9}".into());
        envelope.supersedes = Some(id(1000));
        envelope.reported_by = Reporter::Named {
            name: "A neighbour".into(),
            contact: Some("313-555-0102".into()),
        };
        written[2].envelope.reported_by = Reporter::Person {
            person_id: house.noor.id,
        };
        written[3].organization_id = None;
        let rows = written.clone();
        let (maya, shelter) = (house.maya.clone(), house.shelter.id);
        bench
            .write(move |uow| {
                uow.insert_request(&request(60, &maya, shelter))?;
                uow.insert_license(&license(61, &maya, shelter))?;
                uow.insert_facts(&[])?;
                uow.insert_facts(&rows)
            })
            .unwrap();
        let (maya, noor) = (house.maya.id, house.noor.id);
        let (of_maya, of_noor, one) = bench
            .read(move |view| {
                Ok((
                    view.facts_of_person(maya)?,
                    view.facts_of_person(noor)?,
                    view.fact(id(1001))?,
                ))
            })
            .unwrap();
        assert_eq!(of_maya, written);
        assert!(of_noor.is_empty());
        assert_eq!(one.as_ref(), written.get(1));
    });
}

#[test]
fn facts_come_by_recording_then_id_and_more_than_a_statement_holds() {
    on_both(|bench| {
        let house = bench.house();
        let people = [house.noor.clone(), house.maya.clone()];
        let written: Vec<Fact> = (0..2_500_u128)
            .map(|number| {
                let who = &people[usize::try_from(number % 2).unwrap()];
                let mut row = fact(5_000 - number, who, None, FactBody::Departed);
                row.envelope.recorded_at = at(i64::try_from(number % 3).unwrap());
                row
            })
            .collect();
        let rows = written.clone();
        bench.write(move |uow| uow.insert_facts(&rows)).unwrap();
        let mut expected = written;
        expected.sort_by_key(|fact| (fact.envelope.recorded_at, fact.id));
        let (maya, noor) = (house.maya.id, house.noor.id);
        let (both, alone) = bench
            .read(move |view| {
                Ok((
                    view.facts_of_people(&[maya, noor, maya])?,
                    view.facts_of_person(maya)?,
                ))
            })
            .unwrap();
        assert_eq!(both, expected);
        expected.retain(|fact| fact.person_id == maya);
        assert_eq!(alone, expected);
    });
}

#[test]
fn a_fact_is_recorded_once() {
    on_both(|bench| {
        let house = bench.house();
        let row = fact(1000, &house.maya, None, FactBody::Departed);
        let first = row.clone();
        bench
            .write(move |uow| uow.insert_facts(std::slice::from_ref(&first)))
            .unwrap();
        let answer = bench.write(move |uow| uow.insert_facts(std::slice::from_ref(&row)));
        assert_eq!(answer, Err(StoreError::Conflict));
    });
}

#[test]
fn every_filter_narrows_a_list_of_facts() {
    on_both(|bench| {
        let house = bench.house();
        let (maya, noor, otto) = (&house.maya, &house.noor, &house.otto);
        let (shelter, outreach) = (house.shelter.id, house.outreach.id);
        let mut approved = fact(1000, maya, Some(shelter), FactBody::RequestApproved);
        approved.request_id = Some(id(60));
        let mut departed = fact(1001, maya, Some(shelter), FactBody::Departed);
        departed.license_id = Some(id(61));
        let rows = [
            approved,
            departed,
            fact(1002, noor, Some(outreach), FactBody::Departed),
            fact(
                1003,
                otto,
                None,
                FactBody::Reinstated {
                    undoes: Vec::new(),
                    restores: Vec::new(),
                },
            ),
        ];
        let person = maya.clone();
        bench
            .write(move |uow| {
                uow.insert_request(&request(60, &person, shelter))?;
                uow.insert_license(&license(61, &person, shelter))?;
                uow.insert_facts(&rows)
            })
            .unwrap();
        let none = FactFilter::default;
        let kinds = |bodies: &[FactBody]| FactFilter {
            kinds: bodies.iter().map(FactBody::kind).collect(),
            ..none()
        };
        let cases: Vec<(FactFilter, Vec<u128>)> = vec![
            (none(), vec![1000, 1001, 1002, 1003]),
            (kinds(&[FactBody::Departed]), vec![1001, 1002]),
            (
                kinds(&[
                    FactBody::RequestApproved,
                    FactBody::Reinstated {
                        undoes: Vec::new(),
                        restores: Vec::new(),
                    },
                ]),
                vec![1000, 1003],
            ),
            (
                FactFilter {
                    implementation_id: Some(house.alaska.id),
                    ..none()
                },
                vec![1003],
            ),
            (
                FactFilter {
                    organization_id: Some(shelter),
                    ..none()
                },
                vec![1000, 1001],
            ),
            (
                FactFilter {
                    person_id: Some(noor.id),
                    ..none()
                },
                vec![1002],
            ),
            (
                FactFilter {
                    request_id: Some(id(60)),
                    ..none()
                },
                vec![1000],
            ),
            (
                FactFilter {
                    license_id: Some(id(61)),
                    ..none()
                },
                vec![1001],
            ),
            (
                FactFilter {
                    person_id: Some(maya.id),
                    ..kinds(&[FactBody::Departed])
                },
                vec![1001],
            ),
        ];
        for (filter, expected) in cases {
            let asked = filter.clone();
            let found = bench
                .read(move |view| view.facts(&everything(), &asked, FIRST))
                .unwrap();
            let expected: Vec<FactId> = expected.into_iter().map(id).collect();
            let found: Vec<FactId> = found.iter().map(|fact| fact.id).collect();
            assert_eq!(found, expected, "{filter:?}");
        }
        let second = Page {
            after: Some(id(1000)),
            limit: 2,
        };
        let found = bench
            .read(move |view| view.facts(&everything(), &FactFilter::default(), second))
            .unwrap();
        let found: Vec<FactId> = found.iter().map(|fact| fact.id).collect();
        assert_eq!(found, [id(1001), id(1002)]);
    });
}

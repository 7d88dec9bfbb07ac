//! What `evaluate` costs for one license, by how much was recorded of it: everything of a person is replayed on each
//! question, so a license that is used daily for years is the dear one.
//!
//! `cargo bench --bench evaluate`

#![expect(
    clippy::expect_used,
    reason = "a benchmark that cannot run says why and stops"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use hmis_licensing::domain::calendar::Precision;
use hmis_licensing::domain::evaluate::{Case, LoginSource, evaluate};
use hmis_licensing::domain::fact::{Basis, Channel, Envelope, Fact, FactBody, Outcome, Reporter};
use hmis_licensing::domain::ids::{
    FactId, ImplementationId, OrganizationId, PersonId, PolicyId, PrincipalId,
};
use hmis_licensing::domain::policy::{Party, PolicyVersion, RequestClass, preset};
use hmis_licensing::domain::roster::Participation;
use uuid::Uuid;

/// How long each figure is measured.
const MEASURE: Duration = Duration::from_millis(750);
const HERE: OrganizationId = OrganizationId(Uuid::from_u128(1));
/// Working days of a year.
const DAYS: i64 = 250;

fn fact(number: u128, at: DateTime<Utc>, body: FactBody) -> Fact {
    let personal = matches!(
        body,
        FactBody::TrainingCompleted { .. } | FactBody::LoggedIn { .. }
    );
    Fact {
        id: FactId(Uuid::from_u128(number)),
        implementation_id: ImplementationId(Uuid::nil()),
        person_id: PersonId(Uuid::nil()),
        organization_id: (!personal).then_some(HERE),
        request_id: None,
        license_id: None,
        envelope: Envelope {
            occurred_at: at,
            precision: Precision::Instant,
            reported_at: at,
            recorded_at: at,
            reported_by: Reporter::Recorder,
            recorded_by: PrincipalId(Uuid::nil()),
            on_behalf_of: None,
            channel: Channel::Api,
            ticket_reference: None,
            reason: None,
            supersedes: None,
        },
        body,
    }
}

/// A license under HAND's policy: signed, trained and trained again every year, and used on every working day.
fn history(start: DateTime<Utc>, years: i64) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut push = |at, body| {
        let number = facts.len() as u128 + 1;
        facts.push(fact(number, at, body));
    };
    for agreement in ["user_agreement", "code_of_ethics"] {
        for party in [Party::EndUser, Party::Supervisor] {
            push(
                start,
                FactBody::AgreementSigned {
                    agreement: agreement.to_owned(),
                    version: "1".to_owned(),
                    party,
                },
            );
        }
    }
    let passed = |course: &str| FactBody::TrainingCompleted {
        course: course.to_owned(),
        outcome: Outcome::Pass,
        score: None,
        edition: None,
    };
    for course in ["hmis_user_training_series", "hand_policy_and_procedure"] {
        push(start, passed(course));
    }
    push(
        start + TimeDelta::hours(1),
        FactBody::Activated {
            license_type: "end_user".to_owned(),
            class: RequestClass::New,
            job_role: None,
            projects: Vec::new(),
            project_types: Vec::new(),
            basis: Basis::Requirements,
            submitted_at: Some(start),
            requirement_set: None,
            partial: false,
        },
    );
    for day in 0..years * DAYS {
        let at = start + TimeDelta::hours(2) + TimeDelta::minutes(day * 365 * 24 * 60 / DAYS);
        if day > 0 && day % 240 == 0 {
            for course in ["hmis_user_training_series", "hand_policy_and_procedure"] {
                push(at, passed(course));
            }
        }
        push(
            at,
            FactBody::LoggedIn {
                source: "clarity".to_owned(),
                source_event_id: day.to_string(),
                serves: vec![HERE],
                activity: None,
            },
        );
    }
    facts
}

fn main() {
    let start: DateTime<Utc> = "2020-01-06T15:00:00Z".parse().expect("an instant");
    let policies = [PolicyVersion {
        id: PolicyId(Uuid::from_u128(1)),
        number: 1,
        effective_from: start - TimeDelta::days(1),
        recorded_at: start - TimeDelta::days(1),
        document: preset("hand").expect("the preset").document.clone(),
    }];
    let participations = [Participation {
        organization_id: HERE,
        from_on: "2015-01-01".parse().expect("a day"),
        to_on: None,
        recorded_at: start - TimeDelta::days(1),
        recorded_by: PrincipalId(Uuid::nil()),
    }];
    let sources = [LoginSource {
        in_service_from: start - TimeDelta::days(1),
        in_service_until: None,
        heartbeats: Vec::new(),
    }];
    println!("{:>6} {:>7} {:>14}", "years", "facts", "per evaluation");
    for years in [0, 1, 3, 5] {
        let facts = history(start, years);
        let now = start + TimeDelta::days(years * 365 + 1);
        let case = Case {
            organization: HERE,
            facts: &facts,
            participations: &participations,
            policies: &policies,
            sources: &sources,
        };
        assert!(evaluate(&case, now).allowed(), "the license is in use");
        let begun = Instant::now();
        let mut rounds = 0_u32;
        while begun.elapsed() < MEASURE {
            black_box(evaluate(black_box(&case), now));
            rounds += 1;
        }
        println!(
            "{years:>6} {:>7} {:>14.1?}",
            facts.len(),
            begun.elapsed() / rounds
        );
    }
}

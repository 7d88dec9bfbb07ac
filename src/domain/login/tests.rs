use uuid::Uuid;

use super::*;

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

fn act(id: u128, in_service: bool, from_at: &str, recorded_at: &str) -> ServiceAct {
    ServiceAct {
        id: ServiceActId(Uuid::from_u128(id)),
        implementation_id: ImplementationId(Uuid::nil()),
        login_source_id: LoginSourceId(Uuid::from_u128(7)),
        in_service,
        from_at: at(from_at),
        reason: None,
        recorded_at: at(recorded_at),
        recorded_by: PrincipalId(Uuid::nil()),
    }
}

const JANUARY: &str = "2026-01-01T05:00:00Z";
const MARCH: &str = "2026-03-01T05:00:00Z";
const APRIL: &str = "2026-04-01T04:00:00Z";
const MAY: &str = "2026-05-01T04:00:00Z";

#[test]
fn a_source_is_in_service_from_act_to_act() {
    let acts = [
        act(1, true, JANUARY, JANUARY),
        act(2, false, APRIL, MARCH),
        act(3, true, MAY, MAY),
    ];
    let all = service_windows(&acts, at(MAY));
    assert_eq!(all, [(at(JANUARY), Some(at(APRIL))), (at(MAY), None)]);
    // What is recorded later is unknown to an earlier question.
    assert_eq!(service_windows(&acts, at(JANUARY)), [(at(JANUARY), None)]);
}

#[test]
fn a_later_act_replaces_what_was_announced_for_its_instant_or_after() {
    let acts = [
        act(1, true, JANUARY, JANUARY),
        act(2, false, MAY, MARCH),
        act(3, true, APRIL, APRIL),
    ];
    assert_eq!(service_windows(&acts, at(MAY)), [(at(JANUARY), None)]);
}

#[test]
fn nothing_acts_before_it_was_recorded() {
    let acts = [act(1, true, JANUARY, MARCH)];
    assert_eq!(service_windows(&acts, at(MAY)), [(at(MARCH), None)]);
}

#[test]
fn sources_that_take_over_from_each_other_cover_without_a_gap() {
    let covered = |windows: &[(&str, Option<&str>)]| {
        covered_from(
            at(MARCH),
            windows
                .iter()
                .map(|(from, until)| (at(from), until.map(at))),
        )
    };
    assert_eq!(
        covered(&[(JANUARY, Some(APRIL)), (APRIL, None)]),
        [(at(MARCH), None)]
    );
    assert_eq!(
        covered(&[(JANUARY, Some(APRIL)), (MAY, None)]),
        [(at(MARCH), Some(at(APRIL))), (at(MAY), None)]
    );
    assert_eq!(
        covered(&[(JANUARY, None), (APRIL, Some(MAY))]),
        [(at(MARCH), None)]
    );
    assert_eq!(covered(&[(JANUARY, Some(MARCH))]), []);
}

#[test]
fn of_the_heartbeats_of_one_local_day_only_the_first_decides() {
    let zones = [Tz::America__Detroit];
    let decisive = |before: &str, now: &str| is_decisive(Some(at(before)), at(now), &zones);
    assert!(is_decisive(None, at(MARCH), &zones));
    assert!(!decisive("2026-04-08T04:00:00Z", "2026-04-09T03:59:00Z"));
    assert!(decisive("2026-04-08T03:59:59Z", "2026-04-08T04:00:00Z"));
    // One that takes back a day decides too.
    assert!(decisive("2026-04-08T04:00:00Z", "2026-04-08T03:59:59Z"));
    assert!(!decisive("2026-04-09T03:00:00Z", "2026-04-08T05:00:00Z"));
}

//! A guard row makes transactions that read and then write take turns, on both databases.

use std::thread;

use hmis_licensing::application::ports::StoreError;
use hmis_licensing::domain::roster::PersonName;

use super::bench::on_both;
use super::fixture::{House, at, id, implementation};

const WRITERS: i64 = 8;

#[test]
fn what_is_decided_under_a_persons_guard_is_never_decided_twice() {
    on_both(|bench| {
        let House { maya, recorder, .. } = bench.house();
        thread::scope(|scope| {
            for _ in 0..WRITERS {
                scope.spawn(|| {
                    let person = maya.id;
                    bench
                        .write(move |uow| {
                            uow.lock_person(person)?;
                            let so_far = uow.names(person)?.len();
                            uow.insert_name(&PersonName {
                                person_id: person,
                                given_name: so_far.to_string(),
                                family_name: "Okafor".into(),
                                recorded_at: at(0),
                                recorded_by: recorder,
                            })
                        })
                        .unwrap();
                });
            }
        });
        let names = bench.read(move |view| view.names(maya.id)).unwrap();
        let names: Vec<String> = names.into_iter().map(|name| name.given_name).collect();
        let expected: Vec<String> = (0..WRITERS).map(|number| number.to_string()).collect();
        assert_eq!(names, expected);
    });
}

#[test]
fn what_is_decided_under_an_implementations_guard_is_never_decided_twice() {
    on_both(|bench| {
        let House { detroit, .. } = bench.house();
        thread::scope(|scope| {
            for _ in 0..WRITERS {
                scope.spawn(|| {
                    let id = detroit.id;
                    bench
                        .write(move |uow| {
                            uow.lock_implementation(id)?;
                            let mut row = uow.implementation(id)?.unwrap();
                            row.name.push('+');
                            uow.update_implementation(&row)
                        })
                        .unwrap();
                });
            }
        });
        let row = bench.read(move |view| view.implementation(detroit.id));
        let row = row.unwrap().unwrap();
        assert_eq!(row.name, "Implementation 10++++++++");
        assert_eq!(i64::from(row.version), 1 + WRITERS);
    });
}

#[test]
fn without_a_guard_one_of_several_updates_of_a_version_wins() {
    on_both(|bench| {
        bench.house();
        let answers: Vec<_> = thread::scope(|scope| {
            let writers: Vec<_> = (0..WRITERS)
                .map(|number| {
                    scope.spawn(move || {
                        bench.write(move |uow| {
                            let mut row = implementation(10);
                            row.name = format!("from {number}");
                            uow.update_implementation(&row)
                        })
                    })
                })
                .collect();
            writers
                .into_iter()
                .map(|writer| writer.join().unwrap())
                .collect()
        });
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
        assert!(
            answers
                .iter()
                .all(|answer| matches!(answer, Ok(()) | Err(StoreError::Stale))),
            "{answers:?}"
        );
    });
}

#[test]
fn generations_rise_by_one_for_everybody_who_raises_them() {
    on_both(|bench| {
        let House { detroit, .. } = bench.house();
        let mut raised: Vec<i64> = thread::scope(|scope| {
            let writers: Vec<_> = (0..WRITERS)
                .map(|_| {
                    scope.spawn(|| {
                        let id = detroit.id;
                        bench.write(move |uow| uow.bump_generation(id)).unwrap()
                    })
                })
                .collect();
            writers
                .into_iter()
                .map(|writer| writer.join().unwrap())
                .collect()
        });
        raised.sort_unstable();
        let expected: Vec<i64> = (2..2 + WRITERS).collect();
        assert_eq!(raised, expected);
        let row = bench.read(|view| view.implementation(id(10))).unwrap();
        assert_eq!(row.unwrap().generation, 1 + WRITERS);
    });
}

#[test]
fn whoever_waited_for_a_person_who_was_merged_meanwhile_looks_again() {
    on_both(|bench| {
        let House { maya, .. } = bench.house();
        let other = super::fixture::person(77, id(10), "Maya", "Okafor");
        let (survivor, duplicate) = (maya.id, other.id);
        let locked = bench.write(move |uow| {
            uow.insert_person(&other)?;
            uow.read_person_as(duplicate, Some(survivor))?;
            uow.lock_person(survivor)?;
            Ok(uow.lock_person(duplicate))
        });
        assert_eq!(locked.unwrap(), Err(StoreError::Retry));
    });
}

//! The audit log: numbered from 1 without gaps, per implementation, whatever runs at once.

use std::thread;

use hmis_licensing::application::ports::{AuditRecord, AuditSalt, StoreError, UnitOfWork};
use hmis_licensing::domain::ids::ImplementationId;

use super::bench::on_both;
use super::fixture::{FIRST, at, everything, id};

fn append(
    uow: &mut dyn UnitOfWork,
    number: u128,
    implementation: Option<ImplementationId>,
) -> Result<i64, StoreError> {
    let row = AuditRecord {
        id: id(number),
        implementation_id: implementation,
        number: uow.next_audit_number(implementation)?,
        recorded_at: at(0),
        record: format!("{{\"use_case\":\"{number}\"}}"),
        salts: vec![],
    };
    uow.insert_audit_record(&row)?;
    Ok(row.number)
}

#[test]
fn a_record_keeps_its_bytes_and_each_log_its_own_numbers() {
    on_both(|bench| {
        let house = bench.house();
        let (detroit, alaska) = (Some(house.detroit.id), Some(house.alaska.id));
        let record = "{\"a\":1,  \"b\":\"\u{e9}\\u0000\"}";
        let numbers = bench
            .write(move |uow| {
                let first = uow.next_audit_number(detroit)?;
                uow.insert_audit_record(&AuditRecord {
                    id: id(900),
                    implementation_id: detroit,
                    number: first,
                    recorded_at: at(3),
                    record: record.into(),
                    salts: ["name", "email"]
                        .map(|field| AuditSalt {
                            field: field.into(),
                            salt: "c2FsdA".into(),
                        })
                        .to_vec(),
                })?;
                Ok([
                    first,
                    append(uow, 901, detroit)?,
                    append(uow, 902, None)?,
                    append(uow, 903, alaska)?,
                    append(uow, 904, None)?,
                    append(uow, 905, detroit)?,
                ])
            })
            .unwrap();
        assert_eq!(numbers, [1, 2, 1, 1, 2, 3]);
        let read = bench
            .read(move |view| view.audit_records(&everything(), detroit, FIRST))
            .unwrap();
        let first = AuditRecord {
            id: id(900),
            implementation_id: detroit,
            number: 1,
            recorded_at: at(3),
            record: record.into(),
            salts: vec![],
        };
        assert_eq!(read.first(), Some(&first));
        assert_eq!(read.len(), 3);
        let taken = first.clone();
        let answer = bench.write(move |uow| {
            uow.insert_audit_record(&AuditRecord {
                id: id(999),
                ..taken.clone()
            })
        });
        assert_eq!(answer, Err(StoreError::Conflict));
    });
}

#[test]
fn numbers_have_no_gaps_when_many_write_at_once_and_some_fail() {
    const WRITERS: u128 = 6;
    const EACH: u128 = 8;
    on_both(|bench| {
        let house = bench.house();
        let detroit = Some(house.detroit.id);
        let kept: usize = thread::scope(|scope| {
            let writers: Vec<_> = (0..WRITERS)
                .map(|writer| {
                    scope.spawn(move || {
                        (0..EACH)
                            .filter(|turn| {
                                let number = 1_000 + writer * EACH + turn;
                                // Every third use case is refused after it took its number.
                                let refused = number.is_multiple_of(3);
                                bench
                                    .write(move |uow| {
                                        append(uow, number, detroit)?;
                                        if refused {
                                            return Err(StoreError::Stale);
                                        }
                                        Ok(())
                                    })
                                    .is_ok()
                            })
                            .count()
                    })
                })
                .collect();
            writers
                .into_iter()
                .map(|writer| writer.join().unwrap())
                .sum()
        });
        assert_eq!(kept, 32);
        let read = bench
            .read(move |view| view.audit_records(&everything(), detroit, FIRST))
            .unwrap();
        let mut numbers: Vec<i64> = read.iter().map(|row| row.number).collect();
        numbers.sort_unstable();
        let expected: Vec<i64> = (1..=32).collect();
        assert_eq!(numbers, expected);
    });
}

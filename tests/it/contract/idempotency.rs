//! Kept answers and the locks of their keys.

use std::sync::mpsc::channel;
use std::thread;

use hmis_licensing::application::ports::{KeptAnswer, KeyLock};

use super::bench::on_both;
use super::fixture::{RECORDER, at, id, principal};
use crate::support::database::Kind;

fn answer(key: &str, minutes: i64) -> KeptAnswer {
    KeptAnswer {
        principal_id: id(RECORDER),
        key: key.into(),
        fingerprint: "ab".repeat(32),
        authorized: "{\"action\":\"submit_request\"}".into(),
        status: 201,
        location: Some("/v1/license-requests/1".into()),
        etag: Some("\"1\"".into()),
        body: "{\"id\":  1}".into(),
        recorded_at: at(minutes),
    }
}

#[test]
fn an_answer_comes_back_to_its_principal_and_a_newer_one_replaces_it() {
    on_both(|bench| {
        bench.house();
        let bare = KeptAnswer {
            status: 422,
            location: None,
            etag: None,
            body: "again".into(),
            ..answer("k", 9)
        };
        let newer = bare.clone();
        let first = bench
            .write(move |uow| {
                uow.insert_principal(&principal(2))?;
                uow.keep_answer(&answer("k", 1))?;
                uow.keep_answer(&KeptAnswer {
                    principal_id: id(2),
                    ..answer("k", 2)
                })?;
                let first = uow.kept_answer(id(RECORDER), "k")?;
                uow.keep_answer(&newer)?;
                Ok(first)
            })
            .unwrap();
        assert_eq!(first, Some(answer("k", 1)));
        let (second, of_other, missing) = bench
            .read(|view| {
                Ok((
                    view.kept_answer(id(RECORDER), "k")?,
                    view.kept_answer(id(2), "k")?,
                    view.kept_answer(id(RECORDER), "K")?,
                ))
            })
            .unwrap();
        assert_eq!(second, Some(bare));
        assert_eq!(of_other.map(|kept| kept.recorded_at), Some(at(2)));
        assert_eq!(missing, None);
    });
}

#[test]
fn old_answers_are_forgotten_oldest_first_and_some_at_a_time() {
    on_both(|bench| {
        bench.house();
        bench
            .write(|uow| {
                (0..10).try_for_each(|number| uow.keep_answer(&answer(&number.to_string(), number)))
            })
            .unwrap();
        let left = |bench: &super::bench::Bench| -> Vec<i64> {
            bench
                .read(|view| {
                    let mut left = Vec::new();
                    for number in 0..10 {
                        if view
                            .kept_answer(id(RECORDER), &number.to_string())?
                            .is_some()
                        {
                            left.push(number);
                        }
                    }
                    Ok(left)
                })
                .unwrap()
        };
        // One that was recorded at the very instant is not older.
        let forget = |limit| {
            bench
                .write(move |uow| uow.forget_answers(at(6), limit))
                .unwrap()
        };
        assert_eq!(forget(4), 4);
        assert_eq!(left(bench), [4, 5, 6, 7, 8, 9]);
        assert_eq!(forget(4), 2);
        assert_eq!(left(bench), [6, 7, 8, 9]);
        assert_eq!(forget(4), 0);
    });
}

#[test]
fn a_key_is_busy_while_another_transaction_works_under_it() {
    on_both(|bench| {
        bench.house();
        let try_lock = |principal, key: &'static str| {
            bench
                .write(move |uow| uow.lock_key(id(principal), key))
                .unwrap()
        };
        if bench.kind == Kind::Sqlite {
            // One writer: whoever comes second waits for its turn and finds the kept answer.
            assert_eq!(try_lock(RECORDER, "k"), KeyLock::Acquired);
            return;
        }
        let (holds, held) = channel();
        let (let_go, go) = channel::<()>();
        // `let_go` moves along, so that a failure in here lets the other transaction go too.
        thread::scope(move |scope| {
            scope.spawn(move || {
                let mut first_run = true;
                bench
                    .write(move |uow| {
                        let lock = uow.lock_key(id(RECORDER), "k")?;
                        if std::mem::take(&mut first_run) {
                            holds.send(lock).unwrap();
                            go.recv().ok();
                        }
                        // The same transaction may ask again.
                        uow.lock_key(id(RECORDER), "k").map(drop)
                    })
                    .unwrap();
            });
            assert_eq!(held.recv().unwrap(), KeyLock::Acquired);
            assert_eq!(try_lock(RECORDER, "k"), KeyLock::Busy);
            assert_eq!(try_lock(RECORDER, "other"), KeyLock::Acquired);
            assert_eq!(try_lock(2, "k"), KeyLock::Acquired);
            let_go.send(()).unwrap();
        });
        assert_eq!(try_lock(RECORDER, "k"), KeyLock::Acquired);
    });
}

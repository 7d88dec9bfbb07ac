//! Requests and licenses: what comes back, what is unique, and which rows a list by state returns.

use hmis_licensing::application::ports::{LicenseReads, StateFilter, StoreError, Visible};
use hmis_licensing::domain::fact::{Channel, Reporter};
use hmis_licensing::domain::license::LicenseStatus;
use hmis_licensing::domain::request::{Attested, LicenseRequest, RequestClass, RequestState};

use super::bench::on_both;
use super::fixture::{FIRST, any_state, at, day, everything, id, license, request};

#[test]
fn a_request_comes_back_whole_and_changes_once_per_version() {
    on_both(|bench| {
        let house = bench.house();
        let mut row = LicenseRequest {
            job_role: Some("case_manager".into()),
            projects: vec![id(51), id(50)],
            attestations: vec![
                Attested {
                    code: "job_need".into(),
                    on: None,
                },
                Attested {
                    code: "background_check".into(),
                    on: Some(day(2, 28)),
                },
            ],
            requested_by: Some(house.noor.id),
            channel: Channel::Phone,
            ticket_reference: Some("T-7".into()),
            reported_at: at(-30),
            reported_by: Reporter::Named {
                name: "Night desk".into(),
                contact: Some("+1 313 555 0100".into()),
            },
            reason: Some("New case manager.".into()),
            ..request(60, &house.maya, house.shelter.id)
        };
        row.recorded.next_change_at = Some(at(30));
        let inserted = row.clone();
        bench
            .write(move |uow| uow.insert_request(&inserted))
            .unwrap();
        let read = bench.read(|view| view.request(id(60))).unwrap();
        assert_eq!(read.as_ref(), Some(&row));

        row.class = RequestClass::Returning;
        row.license_type = "read_only".into();
        row.recorded.state = RequestState::Onboarding;
        row.recorded.next_change_at = None;
        row.recorded.generation = 7;
        let updated = row.clone();
        bench
            .write(move |uow| uow.update_request(&updated))
            .unwrap();
        let stale = row.clone();
        let answer = bench.write(move |uow| uow.update_request(&stale));
        assert_eq!(answer, Err(StoreError::Stale));
        row.version = 2;
        let read = bench.read(|view| view.requests_of_people(&[id(30), id(31), id(30)]));
        assert_eq!(read.unwrap(), [row]);
    });
}

#[test]
fn every_state_class_and_channel_can_be_kept() {
    on_both(|bench| {
        let house = bench.house();
        let classes = [
            RequestClass::AddOn,
            RequestClass::TypeChange,
            RequestClass::Returning,
            RequestClass::Additional,
            RequestClass::Transfer,
            RequestClass::New,
        ];
        let channels = [
            Channel::Api,
            Channel::Phone,
            Channel::Email,
            Channel::Letter,
            Channel::InPerson,
            Channel::HelpDesk,
            Channel::Import,
        ];
        let mut requests = Vec::new();
        for (number, state) in (0..).zip(RequestState::ALL) {
            let mut row = request(600 + number, &house.maya, house.shelter.id);
            row.license_type = format!("type-{number}");
            row.recorded.state = state;
            row.class = classes[usize::try_from(number).unwrap() % classes.len()];
            row.channel = channels[usize::try_from(number).unwrap() % channels.len()];
            requests.push(row);
        }
        let (rows, maya, shelter) = (requests.clone(), house.maya.clone(), house.shelter.id);
        bench
            .write(move |uow| {
                rows.iter().try_for_each(|row| uow.insert_request(row))?;
                let mut row = license(700, &maya, shelter);
                uow.insert_license(&row)?;
                for state in LicenseStatus::ALL {
                    row.recorded.state = state;
                    uow.update_license(&row)?;
                    row.version += 1;
                    assert_eq!(uow.license(row.id)?, Some(row.clone()));
                }
                Ok(())
            })
            .unwrap();
        let read = bench.read(|view| view.requests(&everything(), &any_state(), FIRST));
        assert_eq!(read.unwrap(), requests);
    });
}

#[test]
fn no_two_open_requests_want_the_same() {
    on_both(|bench| {
        let house = bench.house();
        let (maya, shelter, outreach) = (house.maya.clone(), house.shelter.id, house.outreach.id);
        let first = request(60, &maya, shelter);
        let row = first.clone();
        bench.write(move |uow| uow.insert_request(&row)).unwrap();
        let second = request(61, &maya, shelter);
        let row = second.clone();
        let answer = bench.write(move |uow| uow.insert_request(&row));
        assert_eq!(answer, Err(StoreError::Conflict));
        // Elsewhere, or for another type, is another wish.
        let elsewhere = request(62, &maya, outreach);
        let mut other_type = request(63, &maya, shelter);
        other_type.license_type = "business_objects".into();
        bench
            .write(move |uow| {
                uow.insert_request(&elsewhere)?;
                uow.insert_request(&other_type)
            })
            .unwrap();
        // Ended ones are kept in any number, and stand in nobody's way.
        let mut ended = first.clone();
        ended.recorded.state = RequestState::Withdrawn;
        let row = second.clone();
        bench
            .write(move |uow| {
                uow.update_request(&ended)?;
                uow.insert_request(&row)
            })
            .unwrap();
        let mut reopened = first;
        reopened.version = 2;
        let answer = bench.write(move |uow| uow.update_request(&reopened));
        assert_eq!(answer, Err(StoreError::Conflict));
        let mut also_ended = second;
        also_ended.recorded.state = RequestState::Denied;
        bench
            .write(move |uow| uow.update_request(&also_ended))
            .unwrap();
    });
}

#[test]
fn a_person_has_one_license_at_an_organization() {
    on_both(|bench| {
        let house = bench.house();
        let mut row = license(60, &house.maya, house.shelter.id);
        let (first, elsewhere) = (row.clone(), license(61, &house.maya, house.outreach.id));
        bench
            .write(move |uow| {
                uow.insert_license(&elsewhere)?;
                uow.insert_license(&first)
            })
            .unwrap();
        let second = license(62, &house.maya, house.shelter.id);
        let answer = bench.write(move |uow| uow.insert_license(&second));
        assert_eq!(answer, Err(StoreError::Conflict));

        row.license_type = "read_only".into();
        row.recorded.state = LicenseStatus::Warned;
        row.recorded.next_change_at = Some(at(99));
        row.recorded.generation = 4;
        let updated = row.clone();
        bench
            .write(move |uow| uow.update_license(&updated))
            .unwrap();
        let stale = row.clone();
        let answer = bench.write(move |uow| uow.update_license(&stale));
        assert_eq!(answer, Err(StoreError::Stale));
        row.version = 2;
        let (maya, shelter, village) = (house.maya, house.shelter.id, house.village.id);
        let (of_maya, found, missing) = bench
            .read(move |view| {
                Ok((
                    view.licenses_of_people(&[maya.id])?,
                    view.license_of(maya.id, shelter)?,
                    view.license_of(maya.id, village)?,
                ))
            })
            .unwrap();
        assert_eq!(found.as_ref(), Some(&row));
        assert_eq!(of_maya.first(), Some(&row));
        assert_eq!(of_maya.len(), 2);
        assert_eq!(missing, None);
    });
}

/// The last digits of the ids that a filter returns.
fn numbers(
    view: &mut (impl LicenseReads + ?Sized),
    filter: &StateFilter<LicenseStatus>,
) -> Result<Vec<u128>, StoreError> {
    let found = view.licenses(&everything(), filter, FIRST)?;
    Ok(found
        .iter()
        .map(|row| row.id.0.as_u128() & 0xffff_ffff)
        .collect())
}

#[test]
fn a_list_by_state_returns_rows_in_the_state_and_rows_that_are_due() {
    on_both(|bench| {
        let house = bench.house();
        let mut active = license(60, &house.maya, house.shelter.id);
        active.recorded.next_change_at = Some(at(100));
        let mut suspended = license(61, &house.noor, house.shelter.id);
        suspended.recorded.state = LicenseStatus::Suspended;
        suspended.recorded.next_change_at = Some(at(50));
        let mut ended = license(62, &house.maya, house.outreach.id);
        ended.recorded.state = LicenseStatus::Deactivated;
        ended.license_type = "read_only".into();
        let mut alaskan = license(63, &house.otto, house.village.id);
        alaskan.recorded.state = LicenseStatus::Expired;
        let rows = [active, suspended, ended, alaskan];
        bench
            .write(move |uow| rows.iter().try_for_each(|row| uow.insert_license(row)))
            .unwrap();
        let in_state = |states: &[LicenseStatus], minutes| StateFilter {
            states: states.to_vec(),
            now: at(minutes),
            ..any_state()
        };
        let active = in_state(&[LicenseStatus::Active], 49);
        let due_at = in_state(&[LicenseStatus::Active], 50);
        let due_later = in_state(&[LicenseStatus::Warned], 100);
        let two = in_state(&[LicenseStatus::Deactivated, LicenseStatus::Expired], 0);
        let of_shelter = StateFilter {
            organization_id: Some(house.shelter.id),
            ..any_state()
        };
        let of_detroit = StateFilter {
            implementation_id: Some(house.detroit.id),
            ..any_state()
        };
        let of_maya = StateFilter {
            person_id: Some(house.maya.id),
            ..any_state()
        };
        let read_only = StateFilter {
            license_type: Some("read_only".into()),
            ..any_state()
        };
        let all_at_once = StateFilter {
            implementation_id: Some(house.detroit.id),
            organization_id: Some(house.shelter.id),
            person_id: Some(house.maya.id),
            license_type: Some("end_user".into()),
            ..in_state(&[LicenseStatus::Active], 0)
        };
        let cases = [
            (active, vec![60]),
            (due_at, vec![60, 61]),
            (due_later, vec![60, 61]),
            (two, vec![62, 63]),
            (any_state(), vec![60, 61, 62, 63]),
            (of_shelter, vec![60, 61]),
            (of_detroit, vec![60, 61, 62]),
            (of_maya, vec![60, 62]),
            (read_only, vec![62]),
            (all_at_once, vec![60]),
        ];
        for (filter, expected) in cases {
            let asked = filter.clone();
            let found = bench.read(move |view| numbers(view, &asked)).unwrap();
            assert_eq!(found, expected, "{filter:?}");
        }
    });
}

#[test]
fn a_new_generation_makes_every_row_of_its_implementation_due() {
    on_both(|bench| {
        let house = bench.house();
        let (maya, noor, otto) = (house.maya.clone(), house.noor.clone(), house.otto.clone());
        let (shelter, outreach, village) = (house.shelter.id, house.outreach.id, house.village.id);
        bench
            .write(move |uow| {
                uow.insert_license(&license(60, &maya, shelter))?;
                uow.insert_license(&license(61, &maya, outreach))?;
                uow.insert_license(&license(62, &otto, village))?;
                uow.insert_request(&request(63, &maya, shelter))?;
                uow.insert_request(&request(64, &noor, shelter))
            })
            .unwrap();
        let (detroit, alaska) = (house.detroit.id, house.alaska.id);
        let stale = move |view: &mut dyn hmis_licensing::application::ports::View| {
            let of = |implementation| Visible {
                implementations: vec![implementation],
                ..Visible::default()
            };
            let at_the_shelter = Visible {
                organizations: vec![shelter],
                ..Visible::default()
            };
            let everything = Visible {
                everything: true,
                ..Visible::default()
            };
            let counts = [
                view.stale_count(&of(detroit), None)?,
                view.stale_count(&of(alaska), None)?,
                view.stale_count(&at_the_shelter, None)?,
                view.stale_count(&everything, None)?,
                view.stale_count(&Visible::default(), None)?,
                view.stale_count(&everything, Some(detroit))?,
                view.stale_count(&everything, Some(alaska))?,
                view.stale_count(&at_the_shelter, Some(detroit))?,
                view.stale_count(&at_the_shelter, Some(alaska))?,
            ];
            Ok((counts, view.stale_people(10)?))
        };
        assert_eq!(bench.read(stale).unwrap(), ([0; 9], vec![]));
        let generation = bench
            .write(move |uow| uow.bump_generation(detroit))
            .unwrap();
        assert_eq!(generation, 2);
        let people = vec![house.maya.id, house.noor.id];
        assert_eq!(
            bench.read(stale).unwrap(),
            ([4, 0, 3, 4, 0, 4, 0, 3, 0], people)
        );
        let one = bench.read(|view| view.stale_people(1)).unwrap();
        assert_eq!(one.len(), 1);
        // A stale row is due under any state.
        let warned = StateFilter {
            states: vec![LicenseStatus::Warned],
            ..any_state()
        };
        let found = bench.read(move |view| numbers(view, &warned)).unwrap();
        assert_eq!(found, [60, 61]);
        // Evaluating and recording again settles it.
        bench
            .write(move |uow| {
                for mut row in uow.licenses_of_people(&[id(30)])? {
                    row.recorded.generation = 2;
                    uow.update_license(&row)?;
                }
                for mut row in uow.requests_of_people(&[id(30)])? {
                    row.recorded.generation = 2;
                    uow.update_request(&row)?;
                }
                Ok(())
            })
            .unwrap();
        assert_eq!(
            bench.read(stale).unwrap(),
            ([1, 0, 1, 1, 0, 1, 0, 1, 0], vec![house.noor.id])
        );
    });
}

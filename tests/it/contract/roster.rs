//! What is written comes back, is changed by compare-and-set, and is unique where it must be.

use hmis_licensing::application::ports::{RosterFilter, StoreError};
use hmis_licensing::domain::ids::PolicyId;
use hmis_licensing::domain::policy::PolicyVersion;
use hmis_licensing::domain::roster::{ContactDuty, OrganizationContact, Participation};

use super::bench::on_both;
use super::fixture::{FIRST, House, at, day, everything, id, implementation, person, project};

fn policy(number: u32) -> PolicyVersion {
    PolicyVersion {
        id: id::<PolicyId>(100 + u128::from(number)),
        number,
        effective_from: at(i64::from(number)),
        recorded_at: at(0),
        document: super::fixture::policy_document(),
    }
}

#[test]
fn an_implementation_and_its_policies_come_back() {
    on_both(|bench| {
        let house = bench.house();
        let detroit = house.detroit.clone();
        bench
            .write(move |uow| {
                uow.insert_policy_version(detroit.id, &policy(2))?;
                uow.insert_policy_version(detroit.id, &policy(1))
            })
            .unwrap();
        let House {
            detroit, alaska, ..
        } = house;
        let (read, by_code, versions, none) = bench
            .read(move |view| {
                Ok((
                    view.implementation(detroit.id)?,
                    view.implementation_by_code("code-10")?,
                    view.policy_versions(detroit.id)?,
                    view.policy_versions(alaska.id)?,
                ))
            })
            .unwrap();
        assert_eq!(read.as_ref(), Some(&implementation(10)));
        assert_eq!(by_code, read);
        assert_eq!(versions, [policy(1), policy(2)]);
        assert!(none.is_empty());
    });
}

#[test]
fn policy_numbers_and_their_dates_are_unique_in_an_implementation() {
    on_both(|bench| {
        let house = bench.house();
        let (detroit, alaska) = (house.detroit.id, house.alaska.id);
        bench
            .write(move |uow| uow.insert_policy_version(detroit, &policy(1)))
            .unwrap();
        let same_number = PolicyVersion {
            id: id(190),
            effective_from: at(50),
            ..policy(1)
        };
        let same_date = PolicyVersion {
            id: id(191),
            number: 2,
            ..policy(1)
        };
        for refused in [same_number, same_date] {
            let answer = bench.write(move |uow| uow.insert_policy_version(detroit, &refused));
            assert_eq!(answer, Err(StoreError::Conflict));
        }
        let elsewhere = PolicyVersion {
            id: id(192),
            ..policy(1)
        };
        bench
            .write(move |uow| uow.insert_policy_version(alaska, &elsewhere))
            .unwrap();
    });
}

#[test]
fn an_implementation_changes_by_compare_and_set_and_keeps_its_generation() {
    on_both(|bench| {
        let house = bench.house();
        let mut changed = house.detroit.clone();
        changed.code = "hand".into();
        changed.name = "HAND".into();
        changed.time_zone = chrono_tz::America::Anchorage;
        changed.support_contact = "313-555-0100".into();
        let row = changed.clone();
        let generation = bench
            .write(move |uow| {
                // The generation of the row in hand is older than the stored one.
                let generation = uow.bump_generation(row.id)?;
                uow.update_implementation(&row)?;
                Ok(generation)
            })
            .unwrap();
        assert_eq!(generation, 2);
        let stale = changed.clone();
        let answer = bench.write(move |uow| uow.update_implementation(&stale));
        assert_eq!(answer, Err(StoreError::Stale));
        let mut taken = house.alaska.clone();
        taken.code = "hand".into();
        let answer = bench.write(move |uow| uow.update_implementation(&taken));
        assert_eq!(answer, Err(StoreError::Conflict));
        let read = bench.read(move |view| view.implementation(changed.id));
        changed.version = 2;
        changed.generation = 2;
        assert_eq!(read.unwrap(), Some(changed));
    });
}

#[test]
fn organizations_contacts_and_projects_come_back_and_change_once_per_version() {
    on_both(|bench| {
        let house = bench.house();
        let mut contact = OrganizationContact {
            id: id(40),
            implementation_id: house.detroit.id,
            organization_id: house.shelter.id,
            duty: ContactDuty::SecurityOfficer,
            name: "Ines Ruiz".into(),
            email: Some("ines@example.org".into()),
            phone: None,
            from_on: day(1, 31),
            to_on: None,
            recorded_at: at(1),
            version: 1,
        };
        let mut project = project(50, &house.shelter);
        let mut organization = house.shelter.clone();
        let (c, p) = (contact.clone(), project.clone());
        bench
            .write(move |uow| {
                uow.insert_contact(&c)?;
                uow.insert_project(&p)
            })
            .unwrap();

        organization.name = "Second Street Shelter".into();
        organization.victim_service_provider = true;
        contact.duty = ContactDuty::AuthorizedSigner;
        contact.name = "Ines Ruiz-Vega".into();
        contact.email = None;
        contact.phone = Some("313-555-0101".into());
        contact.from_on = day(2, 1);
        contact.to_on = Some(day(12, 31));
        project.name = "Night shelter".into();
        project.project_type = Some(1);
        project.operating_from_on = Some(day(1, 1));
        project.operating_to_on = Some(day(6, 30));
        let (o, c, p) = (organization.clone(), contact.clone(), project.clone());
        bench
            .write(move |uow| {
                uow.update_organization(&o)?;
                uow.update_contact(&c)?;
                uow.update_project(&p)
            })
            .unwrap();
        let (o, c, p) = (organization.clone(), contact.clone(), project.clone());
        let answers = [
            bench.write(move |uow| uow.update_organization(&o)),
            bench.write(move |uow| uow.update_contact(&c)),
            bench.write(move |uow| uow.update_project(&p)),
        ];
        assert!(
            answers
                .iter()
                .all(|answer| *answer == Err(StoreError::Stale))
        );

        organization.version = 2;
        contact.version = 2;
        project.version = 2;
        let (o, c, p) = (organization.id, contact.id, project.id);
        let read = bench
            .read(move |view| {
                Ok((
                    view.organization(o)?,
                    view.contact(c)?,
                    view.project(p)?,
                    view.projects_by_id(&[p, id(999), p])?,
                    view.contacts(&everything(), &RosterFilter::default(), FIRST)?,
                ))
            })
            .unwrap();
        assert_eq!(
            read,
            (
                Some(organization),
                Some(contact.clone()),
                Some(project.clone()),
                vec![project],
                vec![contact]
            )
        );
    });
}

#[test]
fn participations_come_oldest_recording_first_and_ties_as_inserted() {
    on_both(|bench| {
        let house = bench.house();
        let record = |organization, from, minutes| Participation {
            organization_id: organization,
            from_on: day(1, from),
            to_on: Some(day(12, from)),
            recorded_at: at(minutes),
            recorded_by: house.recorder,
        };
        let (shelter, outreach) = (house.shelter.id, house.outreach.id);
        let written = [
            record(shelter, 9, 7),
            record(outreach, 8, 5),
            record(shelter, 7, 5),
            record(shelter, 6, 5),
        ];
        let rows = written.clone();
        bench
            .write(move |uow| {
                rows.iter()
                    .try_for_each(|row| uow.insert_participation(row))
            })
            .unwrap();
        let of_both = bench
            .read(move |view| view.participations(&[shelter, outreach]))
            .unwrap();
        let [last, first, second, third] = written;
        assert_eq!(
            of_both,
            [first, second.clone(), third.clone(), last.clone()]
        );
        let of_one = bench.read(move |view| view.participations(&[shelter]));
        assert_eq!(of_one.unwrap(), [second, third, last]);
    });
}

#[test]
fn nothing_binds_what_belongs_to_two_implementations() {
    on_both(|bench| {
        let house = bench.house();
        let foreign_project = {
            let mut row = project(50, &house.shelter);
            row.implementation_id = house.alaska.id;
            row
        };
        let foreign_license = super::fixture::license(60, &house.otto, house.shelter.id);
        let foreign_request = super::fixture::request(61, &house.maya, house.village.id);
        let nobody = person(70, id(999), "No", "Body");
        let answers = [
            bench.write(move |uow| uow.insert_project(&foreign_project)),
            bench.write(move |uow| uow.insert_license(&foreign_license)),
            bench.write(move |uow| uow.insert_request(&foreign_request)),
            bench.write(move |uow| uow.insert_person(&nobody)),
        ];
        assert!(answers.iter().all(Result::is_err), "{answers:?}");
    });
}

#[test]
fn only_rows_that_exist_can_be_locked() {
    on_both(|bench| {
        let house = bench.house();
        let (detroit, maya) = (house.detroit.id, house.maya.id);
        bench
            .write(move |uow| {
                uow.lock_implementation(detroit)?;
                uow.lock_person(maya)?;
                uow.lock_person(maya)
            })
            .unwrap();
        for answer in [
            bench.write(|uow| uow.lock_person(id(999))),
            bench.write(|uow| uow.lock_implementation(id(999))),
            bench.write(|uow| uow.bump_generation(id(999)).map(drop)),
        ] {
            assert!(matches!(answer, Err(StoreError::Corrupt(_))), "{answer:?}");
        }
        // A lock is no change: versions stay.
        let read = bench.read(move |view| view.person(maya));
        assert_eq!(read.unwrap(), Some(house.maya));
    });
}

//! People come back with their names, addresses and external ids.

use hmis_licensing::application::ports::StoreError;
use hmis_licensing::domain::roster::{ExternalId, ExternalKind, PersonEmail, PersonName};

use super::bench::on_both;
use super::fixture::{at, id};

#[test]
fn a_person_comes_back_with_names_and_addresses() {
    on_both(|bench| {
        let house = bench.house();
        let mut maya = house.maya.clone();
        let name = |given: &str, minutes| PersonName {
            person_id: house.maya.id,
            given_name: given.into(),
            family_name: "Okafor".into(),
            recorded_at: at(minutes),
            recorded_by: house.recorder,
        };
        let email = |organization, text: &str, minutes| PersonEmail {
            person_id: house.maya.id,
            organization_id: organization,
            email: text.into(),
            confirmed_at: organization.map(|_| at(minutes)),
            retired_at: None,
            recorded_at: at(minutes),
        };
        maya.given_name = "Maya-Lou".into();
        let names = vec![name("Maya", 1), name("Maya-Lou", 2)];
        let shelter = Some(house.shelter.id);
        let mut emails = vec![
            email(None, "old@example.org", 1),
            email(shelter, "Maya@Shelter.example", 2),
            email(Some(house.outreach.id), "maya@outreach.example", 3),
        ];
        let (row, n, e) = (maya.clone(), names.clone(), emails.clone());
        bench
            .write(move |uow| {
                uow.update_person(&row)?;
                n.iter().rev().try_for_each(|name| uow.insert_name(name))?;
                e.iter()
                    .rev()
                    .try_for_each(|email| uow.insert_email(email))?;
                uow.retire_email(row.id, "maya@shelter.example", shelter, at(60))?;
                // A second time does not move what was retired before.
                uow.retire_email(row.id, "maya@shelter.example", shelter, at(90))?;
                Ok(())
            })
            .unwrap();
        emails[1].retired_at = Some(at(60));
        let stale = maya.clone();
        let answer = bench.write(move |uow| uow.update_person(&stale));
        assert_eq!(answer, Err(StoreError::Stale));
        maya.version = 2;
        let (maya_id, noor) = (maya.id, house.noor.clone());
        let read = bench
            .read(move |view| {
                Ok((
                    view.person(maya_id)?,
                    view.people_by_id(&[noor.id, maya_id, id(999), maya_id])?,
                    view.names(maya_id)?,
                    view.emails(&[maya_id, noor.id])?,
                    view.emails(&[])?,
                ))
            })
            .unwrap();
        assert_eq!(
            read,
            (
                Some(maya.clone()),
                vec![maya, house.noor],
                names,
                emails,
                vec![]
            )
        );
    });
}

#[test]
fn an_external_id_is_never_given_to_anybody_else() {
    on_both(|bench| {
        let house = bench.house();
        let given = ExternalId {
            implementation_id: house.detroit.id,
            kind: ExternalKind::Person,
            system: "hmis_user_id".into(),
            value: "0042".into(),
            subject: house.maya.id.0,
            recorded_at: at(1),
            closed_at: None,
            settled_at: None,
        };
        let row = given.clone();
        bench
            .write(move |uow| uow.insert_external_id(&row))
            .unwrap();
        let detroit = house.detroit.id;
        bench
            .write(move |uow| {
                let person = ExternalKind::Person;
                uow.close_external_id(detroit, person, "hmis_user_id", "0042", at(5))?;
                uow.close_external_id(detroit, person, "hmis_user_id", "0042", at(9))
            })
            .unwrap();
        let again = ExternalId {
            subject: house.noor.id.0,
            ..given.clone()
        };
        let answer = bench.write(move |uow| uow.insert_external_id(&again));
        assert_eq!(answer, Err(StoreError::Conflict));
        // The same text is another id in another implementation, kind or system, or in other letters.
        let others = [
            ExternalId {
                implementation_id: house.alaska.id,
                subject: house.otto.id.0,
                ..given.clone()
            },
            ExternalId {
                kind: ExternalKind::Organization,
                subject: house.shelter.id.0,
                ..given.clone()
            },
            ExternalId {
                system: "username".into(),
                ..given.clone()
            },
            ExternalId {
                value: "42".into(),
                ..given.clone()
            },
            ExternalId {
                kind: ExternalKind::Project,
                subject: house.shelter.id.0,
                ..given.clone()
            },
        ];
        let rows = others.clone();
        bench
            .write(move |uow| rows.iter().try_for_each(|row| uow.insert_external_id(row)))
            .unwrap();
        let closed = ExternalId {
            closed_at: Some(at(5)),
            ..given
        };
        let maya = house.maya.id.0;
        let read = bench
            .read(move |view| {
                let person = ExternalKind::Person;
                Ok((
                    view.external_id(detroit, person, "hmis_user_id", "0042")?,
                    view.external_id(detroit, person, "hmis_user_id", "43")?,
                    view.external_ids(person, &[maya])?,
                    view.external_ids_of_system(detroit, person, "hmis_user_id")?,
                ))
            })
            .unwrap();
        let [_, _, username, unpadded, _] = others;
        assert_eq!(
            read,
            (
                Some(closed.clone()),
                None,
                vec![closed.clone(), unpadded.clone(), username],
                vec![closed, unpadded]
            )
        );
    });
}

//! Principals and grants.

use hmis_licensing::application::actor::Role;
use hmis_licensing::application::ports::{Principal, StaffRole, StoreError};
use hmis_licensing::domain::ids::StaffRoleId;

use super::bench::on_both;
use super::fixture::{RECORDER, at, id, principal, staff_role};

#[test]
fn a_principal_comes_back_by_id_and_by_who_vouches_for_it() {
    on_both(|bench| {
        bench.house();
        let mut row = principal(2);
        let inserted = row.clone();
        bench
            .write(move |uow| uow.insert_principal(&inserted))
            .unwrap();
        let double = Principal {
            id: id(3),
            ..row.clone()
        };
        let answer = bench.write(move |uow| uow.insert_principal(&double));
        assert_eq!(answer, Err(StoreError::Conflict));
        row.display_name = "Ada".into();
        row.disabled_at = Some(at(5));
        let updated = row.clone();
        bench
            .write(move |uow| uow.update_principal(&updated))
            .unwrap();
        let stale = row.clone();
        let answer = bench.write(move |uow| uow.update_principal(&stale));
        assert_eq!(answer, Err(StoreError::Stale));
        row.version = 2;
        let (by_id, by_subject, elsewhere, both) = bench
            .read(|view| {
                Ok((
                    view.principal(id(2))?,
                    view.principal_of("https://id.example.org", "subject-2")?,
                    view.principal_of("https://other.example.org", "subject-2")?,
                    view.principals_by_id(&[id(2), id(RECORDER), id(99)])?,
                ))
            })
            .unwrap();
        assert_eq!(by_id.as_ref(), Some(&row));
        assert_eq!(by_subject, by_id);
        assert_eq!(elsewhere, None);
        assert_eq!(both, [principal(RECORDER), row]);
    });
}

#[test]
fn a_grant_of_every_role_comes_back_and_is_revoked_once() {
    on_both(|bench| {
        let house = bench.house();
        let mut rows: Vec<StaffRole> = (80..)
            .zip(Role::ALL)
            .map(|(number, role)| staff_role(number, role, Some(house.detroit.id)))
            .collect();
        rows[3].organization_id = Some(house.shelter.id);
        rows[4].person_id = Some(house.maya.id);
        rows[4].until_at = Some(at(100));
        let inserted = rows.clone();
        bench
            .write(move |uow| {
                inserted
                    .iter()
                    .rev()
                    .try_for_each(|row| uow.insert_staff_role(row))
            })
            .unwrap();
        rows[0].revoked_at = Some(at(9));
        rows[0].until_at = Some(at(10));
        rows[0].from_at = at(1);
        let updated = rows[0].clone();
        bench
            .write(move |uow| uow.update_staff_role(&updated))
            .unwrap();
        let stale = rows[0].clone();
        let answer = bench.write(move |uow| uow.update_staff_role(&stale));
        assert_eq!(answer, Err(StoreError::Stale));
        rows[0].version = 2;
        let (of_recorder, one, of_nobody) = bench
            .read(|view| {
                Ok((
                    view.staff_roles_of(id(RECORDER))?,
                    view.staff_role(id(80))?,
                    view.staff_roles_of(id(99))?,
                ))
            })
            .unwrap();
        assert_eq!(of_recorder, rows);
        assert_eq!(one.as_ref(), rows.first());
        assert!(of_nobody.is_empty());
    });
}

#[test]
fn a_grant_is_bound_to_the_implementation_of_its_organization_and_person() {
    on_both(|bench| {
        let house = bench.house();
        let foreign_organization = StaffRole {
            organization_id: Some(house.village.id),
            ..staff_role(80, Role::Supervisor, Some(house.detroit.id))
        };
        let foreign_person = StaffRole {
            person_id: Some(house.otto.id),
            ..staff_role(81, Role::EndUser, Some(house.detroit.id))
        };
        let unbound = StaffRole {
            organization_id: Some(house.shelter.id),
            ..staff_role(82, Role::Supervisor, None)
        };
        for row in [foreign_organization, foreign_person, unbound] {
            let refused = row.clone();
            let answer = bench.write(move |uow| uow.insert_staff_role(&refused));
            assert!(answer.is_err(), "{row:?}");
        }
    });
}

#[test]
fn live_grants_have_begun_and_not_ended_and_belong_to_somebody_who_may_act() {
    on_both(|bench| {
        let house = bench.house();
        let (detroit, alaska) = (Some(house.detroit.id), Some(house.alaska.id));
        let admin = |number, implementation| staff_role(number, Role::SystemAdmin, implementation);
        let disabled = Principal {
            disabled_at: Some(at(50)),
            ..principal(2)
        };
        let disabled_later = Principal {
            disabled_at: Some(at(51)),
            ..principal(3)
        };
        let mut rows = vec![
            admin(80, None),
            admin(81, detroit),
            admin(82, alaska),
            admin(83, detroit),
            admin(84, detroit),
            admin(85, detroit),
            admin(86, detroit),
            admin(87, detroit),
            admin(88, detroit),
            admin(89, detroit),
            staff_role(90, Role::HelpDesk, detroit),
        ];
        rows[3].from_at = at(50);
        rows[4].from_at = at(51);
        rows[5].until_at = Some(at(50));
        rows[6].until_at = Some(at(51));
        rows[7].revoked_at = Some(at(50));
        rows[8].principal_id = disabled.id;
        rows[9].principal_id = disabled_later.id;
        bench
            .write(move |uow| {
                uow.insert_principal(&disabled)?;
                uow.insert_principal(&disabled_later)?;
                rows.iter().try_for_each(|row| uow.insert_staff_role(row))
            })
            .unwrap();
        let ids = |rows: Vec<StaffRole>| -> Vec<StaffRoleId> {
            rows.into_iter().map(|row| row.id).collect()
        };
        let (in_detroit, everywhere, help) = bench
            .read(move |view| {
                let now = at(50);
                Ok((
                    view.live_grants(Role::SystemAdmin, detroit, now)?,
                    view.live_grants(Role::SystemAdmin, None, now)?,
                    view.live_grants(Role::HelpDesk, alaska, now)?,
                ))
            })
            .unwrap();
        // Who is disabled is so at once, whatever a clock that was set back says.
        assert_eq!(ids(in_detroit), [80, 81, 83, 86].map(id));
        assert_eq!(ids(everywhere), [id(80)]);
        assert!(help.is_empty());
    });
}

#[test]
fn supervisors_are_found_by_their_organization_or_by_a_group_in_its_implementation() {
    on_both(|bench| {
        let house = bench.house();
        let (detroit, alaska) = (Some(house.detroit.id), Some(house.alaska.id));
        let of = |number, implementation, organization_id| StaffRole {
            organization_id,
            ..staff_role(number, Role::Supervisor, implementation)
        };
        let group = |number, implementation| StaffRole {
            organization_group: Some("north".into()),
            ..staff_role(number, Role::Supervisor, implementation)
        };
        let mut rows = vec![
            of(80, detroit, Some(house.shelter.id)),
            of(81, detroit, Some(house.outreach.id)),
            of(82, alaska, Some(house.village.id)),
            group(83, detroit),
            group(84, alaska),
            group(85, detroit),
            group(86, detroit),
            staff_role(87, Role::SystemAdmin, detroit),
        ];
        rows[5].revoked_at = Some(at(50));
        rows[6].until_at = Some(at(50));
        let inserted = rows.clone();
        bench
            .write(move |uow| {
                inserted
                    .iter()
                    .try_for_each(|row| uow.insert_staff_role(row))
            })
            .unwrap();
        let [shelter, outreach, village] =
            [&house.shelter, &house.outreach, &house.village].map(|one| one.id);
        for (asked, found) in [
            (vec![shelter], vec![0, 3]),
            (vec![shelter, outreach, shelter], vec![0, 1, 3]),
            (vec![village], vec![2, 4]),
            (vec![], vec![]),
        ] {
            let mut live = bench
                .read(move |view| view.live_supervisors(&asked, at(50)))
                .unwrap();
            live.sort_by_key(|row| row.id);
            let found: Vec<StaffRole> =
                found.into_iter().map(|index| rows[index].clone()).collect();
            assert_eq!(live, found);
        }
        // A group is a supervisor's, of one implementation, and in place of an organization.
        let staff = StaffRole {
            role: Role::HelpDesk,
            ..group(88, detroit)
        };
        let both = StaffRole {
            organization_id: Some(shelter),
            ..group(89, detroit)
        };
        for row in [staff, both, group(90, None)] {
            let refused = row.clone();
            let answer = bench.write(move |uow| uow.insert_staff_role(&refused));
            assert!(answer.is_err(), "{row:?}");
        }
    });
}

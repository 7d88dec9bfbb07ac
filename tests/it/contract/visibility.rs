//! A list holds what its reader may see and nothing else, by whole implementation, by organization and by person.

use hmis_licensing::application::actor::Role;
use hmis_licensing::application::ports::{
    AuditRecord, FactFilter, Page, PersonFilter, RosterFilter, StaffRole, StoreError, View, Visible,
};
use hmis_licensing::domain::fact::FactBody;
use hmis_licensing::domain::roster::{ContactDuty, OrganizationContact};
use uuid::Uuid;

use super::bench::{Bench, on_both};
use super::fixture::{
    FIRST, House, any_state, at, day, everything, fact, id, implementations, license,
    organizations, people, person, project, request, staff_role,
};

/// The lists of everything, each by the last digits of its ids.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
struct Lists {
    implementations: Vec<u128>,
    organizations: Vec<u128>,
    contacts: Vec<u128>,
    projects: Vec<u128>,
    people: Vec<u128>,
    requests: Vec<u128>,
    licenses: Vec<u128>,
    facts: Vec<u128>,
    staff_roles: Vec<u128>,
    audit_records: Vec<u128>,
}

fn lists(view: &mut dyn View, visible: &Visible, page: Page) -> Result<Lists, StoreError> {
    fn digits(ids: impl Iterator<Item = Uuid>) -> Vec<u128> {
        ids.map(|id| id.as_u128() & 0xffff_ffff).collect()
    }
    let all = RosterFilter::default();
    Ok(Lists {
        implementations: digits(view.implementations(visible, page)?.iter().map(|r| r.id.0)),
        organizations: digits(
            view.organizations(visible, &all, page)?
                .iter()
                .map(|r| r.id.0),
        ),
        contacts: digits(view.contacts(visible, &all, page)?.iter().map(|r| r.id.0)),
        projects: digits(view.projects(visible, &all, page)?.iter().map(|r| r.id.0)),
        people: digits(
            view.people(visible, &PersonFilter::default(), page)?
                .iter()
                .map(|r| r.id.0),
        ),
        requests: digits(
            view.requests(visible, &any_state(), page)?
                .iter()
                .map(|r| r.id.0),
        ),
        licenses: digits(
            view.licenses(visible, &any_state(), page)?
                .iter()
                .map(|r| r.id.0),
        ),
        facts: digits(
            view.facts(visible, &FactFilter::default(), page)?
                .iter()
                .map(|r| r.id.0),
        ),
        staff_roles: digits(
            view.staff_roles(visible, &all, page)?
                .iter()
                .map(|r| r.id.0),
        ),
        audit_records: digits(
            view.audit_records(visible, None, page)?
                .iter()
                .map(|r| r.id.0),
        ),
    })
}

fn contact(number: u128, house: &House) -> OrganizationContact {
    OrganizationContact {
        id: id(number),
        implementation_id: house.detroit.id,
        organization_id: house.shelter.id,
        duty: ContactDuty::BillingContact,
        name: "Ines Ruiz".into(),
        email: None,
        phone: None,
        from_on: day(1, 1),
        to_on: None,
        recorded_at: at(0),
        version: 1,
    }
}

/// Maya: licensed at the shelter. Noor: asks for a license at the outreach team. Sol (33): in Detroit, nowhere yet.
/// Otto: licensed in Alaska. Everybody took a course; Maya's departure and Noor's approval name their organizations.
fn furnish(bench: &Bench) -> House {
    let house = bench.house();
    let h = house.clone();
    bench
        .write(move |uow| {
            let sol = person(33, h.detroit.id, "Sol", "Kern");
            uow.insert_person(&sol)?;
            uow.insert_contact(&contact(40, &h))?;
            uow.insert_contact(&OrganizationContact {
                organization_id: h.outreach.id,
                ..contact(41, &h)
            })?;
            uow.insert_project(&project(50, &h.shelter))?;
            uow.insert_project(&project(51, &h.outreach))?;
            uow.insert_project(&project(52, &h.village))?;
            uow.insert_license(&license(60, &h.maya, h.shelter.id))?;
            uow.insert_request(&request(61, &h.noor, h.outreach.id))?;
            uow.insert_license(&license(62, &h.otto, h.village.id))?;
            let course = FactBody::Reinstated {
                undoes: Vec::new(),
                restores: Vec::new(),
            };
            uow.insert_facts(&[
                fact(70, &h.maya, None, course.clone()),
                fact(71, &h.noor, None, course.clone()),
                fact(72, &h.otto, None, course.clone()),
                fact(73, &sol, None, course),
                fact(74, &h.maya, Some(h.shelter.id), FactBody::Departed),
                fact(75, &h.noor, Some(h.outreach.id), FactBody::RequestApproved),
                // What Noor did elsewhere is not the outreach team's.
                fact(76, &h.noor, Some(h.shelter.id), FactBody::RequestDenied),
            ])?;
            let detroit = Some(h.detroit.id);
            uow.insert_staff_role(&staff_role(80, Role::SystemAdmin, None))?;
            uow.insert_staff_role(&staff_role(81, Role::HelpDesk, detroit))?;
            uow.insert_staff_role(&StaffRole {
                organization_id: Some(h.shelter.id),
                ..staff_role(82, Role::Supervisor, detroit)
            })?;
            for (number, implementation) in [(90, None), (91, detroit), (92, Some(h.alaska.id))] {
                let next = uow.next_audit_number(implementation)?;
                uow.insert_audit_record(&AuditRecord {
                    id: id(number),
                    implementation_id: implementation,
                    number: next,
                    recorded_at: at(0),
                    record: "{}".into(),
                    salts: vec![],
                })?;
            }
            Ok(())
        })
        .unwrap();
    house
}

fn all() -> Lists {
    Lists {
        implementations: vec![10, 11],
        organizations: vec![20, 21, 22],
        contacts: vec![40, 41],
        projects: vec![50, 51, 52],
        people: vec![30, 31, 32, 33],
        requests: vec![61],
        licenses: vec![60, 62],
        facts: vec![70, 71, 72, 73, 74, 75, 76],
        staff_roles: vec![80, 81, 82],
        audit_records: vec![90, 91, 92],
    }
}

/// Who may see what of the furnished house.
fn cases(house: &House) -> Vec<(Visible, Lists)> {
    let (detroit, alaska) = (house.detroit.id, house.alaska.id);
    let (shelter, outreach, village) = (house.shelter.id, house.outreach.id, house.village.id);
    let in_alaska = Lists {
        implementations: vec![11],
        organizations: vec![22],
        projects: vec![52],
        people: vec![32],
        licenses: vec![62],
        facts: vec![72],
        audit_records: vec![92],
        ..Lists::default()
    };
    let at_the_shelter = Lists {
        organizations: vec![20],
        contacts: vec![40],
        projects: vec![50],
        people: vec![30],
        licenses: vec![60],
        facts: vec![70, 74, 76],
        staff_roles: vec![82],
        ..Lists::default()
    };
    vec![
        (everything(), all()),
        (Visible::default(), Lists::default()),
        (
            implementations(&[detroit]),
            Lists {
                implementations: vec![10],
                organizations: vec![20, 21],
                contacts: vec![40, 41],
                projects: vec![50, 51],
                people: vec![30, 31, 33],
                requests: vec![61],
                licenses: vec![60],
                facts: vec![70, 71, 73, 74, 75, 76],
                staff_roles: vec![81, 82],
                audit_records: vec![91],
            },
        ),
        (implementations(&[alaska]), in_alaska.clone()),
        (organizations(&[shelter]), at_the_shelter.clone()),
        (
            organizations(&[outreach]),
            Lists {
                organizations: vec![21],
                contacts: vec![41],
                projects: vec![51],
                people: vec![31],
                requests: vec![61],
                facts: vec![71, 75],
                ..Lists::default()
            },
        ),
        (
            people(&[house.maya.id]),
            Lists {
                people: vec![30],
                licenses: vec![60],
                facts: vec![70, 74],
                ..Lists::default()
            },
        ),
        (
            people(&[house.noor.id]),
            Lists {
                people: vec![31],
                requests: vec![61],
                facts: vec![71, 75, 76],
                ..Lists::default()
            },
        ),
        // What several grants show is shown together.
        (
            Visible {
                everything: false,
                implementations: vec![alaska],
                organizations: vec![shelter, village],
                people: vec![house.noor.id],
            },
            Lists {
                implementations: vec![11],
                organizations: vec![20, 22],
                contacts: vec![40],
                projects: vec![50, 52],
                people: vec![30, 31, 32],
                requests: vec![61],
                licenses: vec![60, 62],
                facts: vec![70, 71, 72, 74, 75, 76],
                staff_roles: vec![82],
                audit_records: vec![92],
            },
        ),
    ]
}

#[test]
fn a_reader_lists_what_is_visible_and_nothing_else() {
    on_both(|bench| {
        let house = furnish(bench);
        for (visible, expected) in cases(&house) {
            let asked = visible.clone();
            let found = bench.read(move |view| lists(view, &asked, FIRST)).unwrap();
            assert_eq!(found, expected, "{visible:?}");
        }
    });
}

#[test]
fn a_filter_narrows_what_is_visible_and_never_widens_it() {
    on_both(|bench| {
        let house = furnish(bench);
        let (detroit, shelter, outreach) = (house.detroit.id, house.shelter.id, house.outreach.id);
        let found = bench
            .read(move |view| {
                let filter = RosterFilter {
                    implementation_id: Some(detroit),
                    organization_id: Some(outreach),
                };
                let seen = organizations(&[shelter]);
                let of_outreach = PersonFilter {
                    organization_id: Some(outreach),
                    ..PersonFilter::default()
                };
                Ok((
                    view.organizations(&seen, &filter, FIRST)?.len(),
                    view.projects(&seen, &filter, FIRST)?.len(),
                    view.contacts(&seen, &filter, FIRST)?.len(),
                    view.staff_roles(&seen, &filter, FIRST)?.len(),
                    view.people(&seen, &of_outreach, FIRST)?.len(),
                    view.audit_records(&seen, Some(detroit), FIRST)?.len(),
                ))
            })
            .unwrap();
        assert_eq!(found, (0, 0, 0, 0, 0, 0));
    });
}

#[test]
fn filters_narrow_the_roster() {
    on_both(|bench| {
        let house = furnish(bench);
        let (detroit, shelter) = (house.detroit.id, house.shelter.id);
        let found = bench
            .read(move |view| {
                let seen = everything();
                let in_detroit = RosterFilter {
                    implementation_id: Some(detroit),
                    organization_id: None,
                };
                let at_shelter = RosterFilter {
                    implementation_id: None,
                    organization_id: Some(shelter),
                };
                let mut counts = Vec::new();
                for filter in [in_detroit, at_shelter] {
                    counts.push([
                        view.organizations(&seen, &filter, FIRST)?.len(),
                        view.contacts(&seen, &filter, FIRST)?.len(),
                        view.projects(&seen, &filter, FIRST)?.len(),
                        view.staff_roles(&seen, &filter, FIRST)?.len(),
                    ]);
                }
                counts.push([view.audit_records(&seen, Some(detroit), FIRST)?.len(); 4]);
                Ok(counts)
            })
            .unwrap();
        assert_eq!(found, [[2, 2, 2, 2], [1, 1, 1, 1], [1, 1, 1, 1]]);
    });
}

/// The last digits of the ids on all pages of one list, and nothing on the page after the last.
fn walk(
    limit: i64,
    mut ids_of: impl FnMut(Page) -> Result<Vec<Uuid>, StoreError>,
) -> Result<Vec<u128>, StoreError> {
    let mut walked = Vec::new();
    let mut after = None;
    loop {
        let ids = ids_of(Page { after, limit })?;
        assert!(ids.len() <= usize::try_from(limit).unwrap());
        let Some(last) = ids.last() else {
            return Ok(walked);
        };
        after = Some(*last);
        walked.extend(ids.iter().map(|id| id.as_u128() & 0xffff_ffff));
    }
}

macro_rules! ids_of {
    ($rows:expr) => {
        $rows.map(|rows| rows.iter().map(|row| row.id.0).collect())
    };
}

#[test]
fn pages_follow_each_other_by_id_and_miss_nothing() {
    on_both(|bench| {
        furnish(bench);
        for limit in [1, 2, 3] {
            let walked = bench
                .read(move |view| {
                    let (seen, all) = (everything(), RosterFilter::default());
                    let (anybody, any_fact) = (PersonFilter::default(), FactFilter::default());
                    Ok(Lists {
                        implementations: walk(limit, |page| {
                            ids_of!(view.implementations(&seen, page))
                        })?,
                        organizations: walk(limit, |page| {
                            ids_of!(view.organizations(&seen, &all, page))
                        })?,
                        contacts: walk(limit, |page| ids_of!(view.contacts(&seen, &all, page)))?,
                        projects: walk(limit, |page| ids_of!(view.projects(&seen, &all, page)))?,
                        people: walk(limit, |page| ids_of!(view.people(&seen, &anybody, page)))?,
                        requests: walk(limit, |page| {
                            ids_of!(view.requests(&seen, &any_state(), page))
                        })?,
                        licenses: walk(limit, |page| {
                            ids_of!(view.licenses(&seen, &any_state(), page))
                        })?,
                        facts: walk(limit, |page| ids_of!(view.facts(&seen, &any_fact, page)))?,
                        staff_roles: walk(limit, |page| {
                            ids_of!(view.staff_roles(&seen, &all, page))
                        })?,
                        audit_records: walk(limit, |page| {
                            ids_of!(view.audit_records(&seen, None, page))
                        })?,
                    })
                })
                .unwrap();
            assert_eq!(walked, all(), "{limit} at a time");
        }
    });
}

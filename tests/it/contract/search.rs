//! People are found by the beginning of a name, by address and by external id.

use hmis_licensing::application::ports::{Page, PersonFilter};
use hmis_licensing::domain::roster::{ExternalId, ExternalKind, Person, PersonEmail};

use super::bench::{Bench, on_both};
use super::fixture::{FIRST, House, at, everything, id, implementations, license, person, request};

fn found(bench: &Bench, filter: PersonFilter) -> Vec<u128> {
    bench
        .read(move |view| view.people(&everything(), &filter, FIRST))
        .unwrap()
        .iter()
        .map(|row| row.id.0.as_u128() & 0xffff_ffff)
        .collect()
}

fn named(name: &str) -> PersonFilter {
    PersonFilter {
        name: Some(name.into()),
        ..PersonFilter::default()
    }
}

#[test]
fn names_match_from_the_start_without_case_and_without_wildcards() {
    on_both(|bench| {
        let detroit = bench.house().detroit.id;
        let rows: Vec<Person> = [
            ("100%", "Sure"),
            ("100", "Percent"),
            ("A_B", "Under"),
            ("AXB", "Letter"),
            ("back\\slash", "O'Neil"),
            ("\u{c9}milie", "\u{130}nan"),
            ("\u{39f}\u{394}\u{39f}\u{3a3}\u{397}\u{3a3}", "Sigma"),
            ("\u{1F511}", "Key"),
            ("Anna", "Mayer"),
        ]
        .into_iter()
        .zip(1000..)
        .map(|((given, family), number)| person(number, detroit, given, family))
        .collect();
        bench
            .write(move |uow| rows.iter().try_for_each(|row| uow.insert_person(row)))
            .unwrap();
        let cases: [(&str, &[u128]); 17] = [
            // Maya by her given name, Anna Mayer by her family name.
            ("may", &[30, 1008]),
            ("MAYA", &[30]),
            (" maya ", &[30]),
            ("aya", &[]),
            ("100%", &[1000]),
            ("100", &[1000, 1001]),
            ("%", &[]),
            ("a_b", &[1002]),
            ("_", &[]),
            ("BACK\\S", &[1004]),
            ("\\", &[]),
            ("o'n", &[1004]),
            ("\u{e9}M", &[1005]),
            ("\u{130}", &[1005]),
            // A beginning that ends in a sigma.
            ("\u{39f}\u{394}\u{39f}\u{3a3}", &[1006]),
            ("\u{1F511}", &[1007]),
            ("zz", &[]),
        ];
        for (name, expected) in cases {
            assert_eq!(found(bench, named(name)), expected, "{name}");
        }
    });
}

#[test]
fn a_renamed_person_is_found_by_the_new_name() {
    on_both(|bench| {
        let mut maya = bench.house().maya;
        maya.given_name = "Lou".into();
        maya.family_name = "Quist".into();
        bench.write(move |uow| uow.update_person(&maya)).unwrap();
        assert_eq!(found(bench, named("quis")), [30]);
        assert_eq!(found(bench, named("lou")), [30]);
        assert!(found(bench, named("maya")).is_empty());
        assert!(found(bench, named("okafor")).is_empty());
    });
}

#[test]
fn addresses_match_whole_without_case_and_external_ids_to_the_letter() {
    on_both(|bench| {
        let House {
            detroit,
            alaska,
            maya,
            noor,
            otto,
            ..
        } = bench.house();
        let email = |person: &Person, text: &str| PersonEmail {
            person_id: person.id,
            organization_id: None,
            email: text.into(),
            confirmed_at: None,
            retired_at: None,
            recorded_at: at(0),
        };
        let external = |person: &Person, system: &str, value: &str| ExternalId {
            implementation_id: person.implementation_id,
            kind: ExternalKind::Person,
            system: system.into(),
            value: value.into(),
            subject: person.id.0,
            recorded_at: at(0),
            closed_at: None,
            settled_at: None,
        };
        let emails = [
            email(&maya, "Maya.Okafor@Example.org"),
            email(&maya, "maya@example.org"),
            email(&noor, "maya.okafor@example.org"),
        ];
        let closed = ExternalId {
            closed_at: Some(at(1)),
            ..external(&noor, "username", "nhaddad")
        };
        let ids = [
            external(&maya, "username", "mokafor"),
            external(&otto, "username", "mokafor"),
            closed,
        ];
        bench
            .write(move |uow| {
                emails.iter().try_for_each(|row| uow.insert_email(row))?;
                ids.iter().try_for_each(|row| uow.insert_external_id(row))
            })
            .unwrap();
        let mailed = |text: &str| PersonFilter {
            email: Some(text.into()),
            ..PersonFilter::default()
        };
        assert_eq!(found(bench, mailed("MAYA.okafor@example.ORG")), [30, 31]);
        assert_eq!(found(bench, mailed("maya@example.org")), [30]);
        assert!(found(bench, mailed("maya")).is_empty());
        assert!(found(bench, mailed("maya%")).is_empty());

        let known_as = |system: &str, value: &str| PersonFilter {
            external_id: Some((system.into(), value.into())),
            ..PersonFilter::default()
        };
        assert_eq!(found(bench, known_as("username", "mokafor")), [30, 32]);
        assert_eq!(found(bench, known_as("username", "nhaddad")), [31]);
        assert!(found(bench, known_as("username", "MOkafor")).is_empty());
        assert!(found(bench, known_as("hmis_user_id", "mokafor")).is_empty());

        // Every part of a filter must hold.
        let both = |implementation| PersonFilter {
            implementation_id: Some(implementation),
            name: Some("o".into()),
            ..known_as("username", "mokafor")
        };
        assert_eq!(found(bench, both(alaska.id)), [32]);
        assert_eq!(found(bench, both(detroit.id)), [30]);
        let elsewhere = both(alaska.id);
        let seen = implementations(&[detroit.id]);
        let hidden = bench.read(move |view| view.people(&seen, &elsewhere, FIRST));
        assert_eq!(hidden.unwrap(), []);
    });
}

#[test]
fn people_of_an_organization_have_a_request_or_a_license_there() {
    on_both(|bench| {
        let house = bench.house();
        let (maya, noor, shelter, outreach) = (
            house.maya.clone(),
            house.noor.clone(),
            house.shelter.id,
            house.outreach.id,
        );
        bench
            .write(move |uow| {
                uow.insert_license(&license(60, &maya, shelter))?;
                uow.insert_request(&request(61, &maya, shelter))?;
                uow.insert_request(&request(62, &noor, shelter))?;
                uow.insert_request(&request(63, &noor, outreach))
            })
            .unwrap();
        let at_organization = |organization| PersonFilter {
            organization_id: Some(organization),
            ..PersonFilter::default()
        };
        // Maya is there twice and listed once.
        assert_eq!(found(bench, at_organization(shelter)), [30, 31]);
        assert_eq!(found(bench, at_organization(outreach)), [31]);
        assert!(found(bench, at_organization(house.village.id)).is_empty());
        let second = bench
            .read(move |view| {
                let page = Page {
                    after: Some(id(30)),
                    limit: 1,
                };
                view.people(&everything(), &at_organization(shelter), page)
            })
            .unwrap();
        assert_eq!(second, [house.noor]);
    });
}

//! Imports of HUD HMIS CSV exports.

use std::path::Path;

use futures_util::future::join;
use hmis_licensing::application::hmis_csv::{self, ExportFiles, HmisExport};
use hmis_licensing::application::import::{ImportReport, Matter, Tally, import_hmis_csv};
use serde_json::{Value, json};

use crate::roster::{House, each, text};
use crate::support::database::{on_both, on_sqlite};

const FIXTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/hmis-csv");

/// Beside the checkout, where it is present.
const SAMPLE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../shared/samples/hmis-csv-fy2024"
);

/// Files of an export, to be changed before they are read.
#[derive(Clone)]
struct Files(Vec<(&'static str, String)>);

impl Files {
    fn of_the_fixture() -> Self {
        let read = |name| {
            let path = Path::new(FIXTURE).join(name);
            (
                name,
                std::fs::read_to_string(path).expect("a file of the fixture"),
            )
        };
        Self(
            ["Export.csv", "Organization.csv", "Project.csv", "User.csv"]
                .map(read)
                .into(),
        )
    }

    /// Replaces a text that stands once in one file.
    #[track_caller]
    fn with(mut self, name: &str, old: &str, new: &str) -> Self {
        let file = self.0.iter_mut().find(|(file, _)| *file == name);
        let text = &mut file.expect("a file of the export").1;
        assert_eq!(text.matches(old).count(), 1, "{old} stands once in {name}");
        *text = text.replace(old, new);
        self
    }

    fn read(&self) -> HmisExport {
        let mut files = ExportFiles::new();
        for (name, text) in &self.0 {
            files.insert(name, text.clone().into_bytes());
        }
        hmis_csv::read_export(&files).expect("a usable export")
    }
}

async fn import(house: &House, files: &Files) -> ImportReport {
    import_hmis_csv(&house.app.app, "hand", files.read(), false)
        .await
        .expect("imported")
}

fn unchanged(count: usize) -> Tally {
    Tally {
        unchanged: count,
        ..Tally::default()
    }
}

fn created(count: usize) -> Tally {
    Tally {
        created: count,
        ..Tally::default()
    }
}

fn matters(report: &ImportReport) -> Vec<Matter> {
    report.listed.iter().map(|listed| listed.matter).collect()
}

/// The person with this HMIS user id.
async fn user(house: &House, id: &str) -> Value {
    let path = format!("/v1/people?system=hmis_user_id&external_id={id}");
    let listed = house.get(&house.admin, &path).await.expect(200);
    assert_eq!(listed["data"].as_array().unwrap().len(), 1, "{id}");
    listed["data"][0].clone()
}

async fn organization(house: &House, name: &str) -> Value {
    let listed = house
        .get(&house.admin, "/v1/organizations")
        .await
        .expect(200);
    let entries = listed["data"].as_array().unwrap();
    let found = entries.iter().find(|entry| entry["name"] == name);
    found.unwrap_or_else(|| panic!("{name} is missing")).clone()
}

/// All that imports record, as an administrator is shown it.
async fn everything(house: &House) -> String {
    let mut text = String::new();
    for list in ["organizations", "projects", "people"] {
        let listed = house.get(&house.admin, &format!("/v1/{list}")).await;
        listed.expect(200);
        text += &listed.text;
    }
    text
}

#[test]
fn an_export_becomes_organizations_projects_and_people() {
    on_both(|database| async move {
        let house = House::on(&database).await;
        let report = import(&house, &Files::of_the_fixture()).await;
        assert_eq!(report.source_key, "riverside-hmis");
        assert_eq!(report.fiscal_year, 2026);
        let but_one = |created| Tally {
            created,
            ignored: 1,
            ..Tally::default()
        };
        assert_eq!(
            report.organizations,
            but_one(5),
            "the deleted one was never known"
        );
        assert_eq!(report.projects, created(7));
        assert_eq!(report.people, but_one(5));
        assert_eq!(report.listed, []);
        assert!(!report.has_errors());
        assert!(
            !report.faults.is_empty(),
            "the export's date was rewritten by a spreadsheet"
        );

        let safe_house = organization(&house, "Harbor Light Safe House").await;
        assert_eq!(safe_house["victim_service_provider"], true);
        assert_eq!(safe_house["participation"]["from_on"], "2026-03-02");
        assert_eq!(
            safe_house["external_ids"][0]["system"],
            "hmis_csv:riverside-hmis"
        );
        assert_eq!(safe_house["external_ids"][0]["value"], "102");
        let cut = organization(&house, "Woodward Corridor Outreach and Day Center of").await;
        assert_eq!(cut["victim_service_provider"], false);

        let path = format!("/v1/projects?implementation_id={}", house.hand);
        let projects = house.get(&house.admin, &path).await.expect(200);
        let rapid = &projects["data"][2];
        assert_eq!(rapid["name"], "Corktown - Rapid Re-Housing, ESG");
        assert_eq!(rapid["project_type"], 13);
        assert_eq!(rapid["operating_to_on"], "2025-06-30");

        let dana = user(&house, "41").await;
        assert_eq!(dana["given_name"], "Dana");
        assert_eq!(
            dana["emails"][0]["email"],
            "d.whitfield@corktown-shelter.example"
        );
        assert_eq!(dana["emails"][0]["organization_id"], Value::Null);
        assert_eq!(dana["emails"][0]["confirmed_at"], Value::Null);
    });
}

#[test]
fn importing_again_changes_nothing() {
    on_both(|database| async move {
        let mut house = House::on(&database).await;
        let files = Files::of_the_fixture();
        import(&house, &files).await;
        let before = everything(&house).await;
        house.at("2026-03-09T12:00:00Z").await;
        let report = import(&house, &files).await;
        assert!(report.is_without_change(), "{report}");
        assert_eq!(report.projects, unchanged(7));
        assert_eq!(everything(&house).await, before);
    });
}

#[test]
fn a_dry_run_reports_the_same_and_keeps_nothing() {
    on_both(|database| async move {
        let house = House::on(&database).await;
        let files = Files::of_the_fixture();
        let dry = import_hmis_csv(&house.app.app, "hand", files.read(), true)
            .await
            .unwrap();
        assert!(dry.dry_run);
        for list in ["organizations", "projects", "people"] {
            let listed = house
                .get(&house.admin, &format!("/v1/{list}"))
                .await
                .expect(200);
            assert_eq!(listed["data"], json!([]), "{list}");
        }
        let wet = import(&house, &files).await;
        let wet = ImportReport {
            dry_run: true,
            ..wet
        };
        assert_eq!(dry, wet);
    });
}

#[test]
fn what_an_export_changes_is_recorded_with_its_date() {
    on_both(|database| async move {
        let mut house = House::on(&database).await;
        let files = Files::of_the_fixture();
        import(&house, &files).await;
        house.at("2026-03-04T18:00:00Z").await;
        let newer = files
            .clone()
            .with("User.csv", "\"Whitfield\"", "\"Okonkwo\"")
            .with("User.csv", "d.whitfield@corktown", "d.okonkwo@corktown")
            .with(
                "Organization.csv",
                "Eastern Market Housing Trust, Inc.",
                "Eastern Market Homes",
            )
            .with(
                "Project.csv",
                "Jefferson - Transitional Housing",
                "Jefferson - Bridge Housing",
            );
        let report = import(&house, &newer).await;
        let updated = |report: &ImportReport| {
            [
                report.organizations.updated,
                report.projects.updated,
                report.people.updated,
            ]
        };
        assert_eq!(updated(&report), [1, 1, 1], "{report}");
        let dana = user(&house, "41").await;
        assert_eq!(dana["family_name"], "Okonkwo");
        assert_eq!(dana["former_names"][0]["family_name"], "Whitfield");
        let addresses = each(&json!({ "data": dana["emails"] }), "email");
        assert_eq!(addresses.len(), 2);
        organization(&house, "Eastern Market Homes").await;

        // The older export, imported late, brings no former name and no address back.
        let late = files.clone().with(
            "Organization.csv",
            "Eastern Market Housing Trust, Inc.",
            "Eastern Market Homes",
        );
        let report = import(&house, &late).await;
        assert_eq!(report.people.updated, 0, "{report}");
        assert_eq!(user(&house, "41").await["family_name"], "Okonkwo");
        // The same name, changed in the HMIS after that, does.
        let back = files
            .clone()
            .with(
                "User.csv",
                "2026-01-12 09:00:00,2026-01-12 09:00:00",
                "2026-01-12 09:00:00,2026-03-04 13:30:00",
            )
            .with(
                "Organization.csv",
                "Eastern Market Housing Trust, Inc.",
                "Eastern Market Homes",
            );
        assert_eq!(import(&house, &back).await.people.updated, 1);
        assert_eq!(user(&house, "41").await["family_name"], "Whitfield");
    });
}

#[test]
fn a_name_recorded_by_staff_stands_until_the_hmis_changed_its_own_later() {
    on_sqlite(|database| async move {
        let house = House::on(&database).await;
        let files = Files::of_the_fixture();
        import(&house, &files).await;
        let dana = user(&house, "41").await;
        let path = format!("/v1/people/{}", text(&dana["id"]));
        let change = json!({ "given_name": "Danielle", "expected_version": 1 });
        // 13:00 in Detroit.
        house.patch(&house.admin, &path, &change).await.expect(200);
        let dated = |at: &str| {
            files.clone().with("User.csv", "\"Dana\"", "\"Dani\"").with(
                "User.csv",
                "2026-01-12 09:00:00,2026-01-12 09:00:00",
                &format!("2026-01-12 09:00:00,{at}"),
            )
        };
        for (at, name) in [
            ("2026-03-02 13:00:00", "Danielle"),
            ("2026-03-02 13:00:01", "Dani"),
        ] {
            import(&house, &dated(at)).await;
            assert_eq!(user(&house, "41").await["given_name"], name, "{at}");
        }
    });
}

#[test]
fn what_is_deleted_in_the_hmis_is_closed_and_listed_and_ends_nothing() {
    on_both(|database| async move {
        let mut house = House::on(&database).await;
        let files = Files::of_the_fixture();
        import(&house, &files).await;
        let deleted = files
            .clone()
            .with(
                "User.csv",
                "2026-01-12 09:00:00,,2051",
                "2026-01-12 09:00:00,2026-02-03 08:15:00,2051",
            )
            .with(
                "Project.csv",
                "2025-03-05 15:05:00,37,,2051",
                "2025-03-05 15:05:00,37,2026-02-01 00:00:00,2051",
            )
            .with(
                "Organization.csv",
                "2025-06-27 14:11:00,\"39\",,2051",
                "2025-06-27 14:11:00,\"39\",not a date,2051",
            );
        let report = import(&house, &deleted).await;
        assert_eq!(matters(&report), [Matter::Deleted; 3], "{report}");
        assert_eq!(
            [
                report.organizations.closed,
                report.projects.closed,
                report.people.closed
            ],
            [1, 1, 1]
        );
        // Read in Detroit; the user id still leads to the person.
        let dana = user(&house, "41").await;
        assert_eq!(dana["given_name"], "Dana");
        let closed = each(&json!({ "data": dana["external_ids"] }), "closed_at");
        assert_eq!(closed, ["2026-02-03T13:15:00Z"; 2]);
        let trust = organization(&house, "Eastern Market Housing Trust, Inc.").await;
        assert_eq!(trust["participation"]["to_on"], Value::Null);
        assert_eq!(
            trust["external_ids"][0]["closed_at"],
            "2026-03-02T18:00:00Z"
        );

        house.at("2026-03-03T18:00:00Z").await;
        let again = import(&house, &deleted).await;
        assert!(again.is_without_change(), "{again}");
        assert_eq!(
            matters(&again),
            [Matter::Deleted; 3],
            "listed until somebody settles it"
        );
        let returned = import(&house, &files).await;
        assert!(returned.is_without_change(), "{returned}");
        assert_eq!(matters(&returned), [Matter::Returned; 3]);

        // Missing rows mean nothing.
        let mut fewer = files.clone();
        for (name, text) in &mut fewer.0 {
            if *name == "User.csv" {
                *text = text.lines().take(2).collect::<Vec<_>>().join("\n");
            }
        }
        let report = import(&house, &fewer).await;
        assert_eq!(report.people, unchanged(1));
        user(&house, "43").await;
    });
}

#[test]
fn a_provider_stays_protected_and_a_project_is_not_closed() {
    on_both(|database| async move {
        let house = House::on(&database).await;
        let files = Files::of_the_fixture();
        import(&house, &files).await;
        let cases: [(&str, &[Matter]); 3] =
            [("99", &[]), ("", &[]), ("0", &[Matter::ProviderProtected])];
        for (flag, listed) in cases {
            let changed = files.clone().with(
                "Organization.csv",
                "\"Harbor Light Safe House\",1",
                &format!("\"Harbor Light Safe House\",{flag}"),
            );
            let report = import(&house, &changed).await;
            assert!(report.is_without_change(), "{report}");
            assert_eq!(matters(&report), listed, "{flag}");
        }
        let safe_house = organization(&house, "Harbor Light Safe House").await;
        assert_eq!(safe_house["victim_service_provider"], true);

        let closing = files
            .clone()
            .with(
                "Project.csv",
                "2017-03-01,,1,2",
                "2017-03-01,2026-02-28,1,2",
            )
            .with("Project.csv", "2003,100,", "2003,101,");
        let report = import(&house, &closing).await;
        assert!(report.is_without_change(), "{report}");
        assert_eq!(
            matters(&report),
            [Matter::OtherOrganization, Matter::ClosureProposed]
        );
        let projects = house.get(&house.admin, "/v1/projects").await.expect(200);
        assert_eq!(projects["data"][3]["operating_to_on"], Value::Null);
    });
}

#[test]
fn somebody_recorded_by_hand_is_found_by_the_user_id() {
    on_both(|database| async move {
        let house = House::on(&database).await;
        let body = json!({
            "implementation_id": house.hand,
            "given_name": "Danielle",
            "family_name": "Whitfield",
            "external_ids": [{ "system": "hmis_user_id", "value": "41" }],
        });
        let by_hand = house
            .post(&house.admin, "/v1/people", &body)
            .await
            .expect(201);
        let report = import(&house, &Files::of_the_fixture()).await;
        assert_eq!(
            (report.people.created, report.people.updated),
            (4, 1),
            "{report}"
        );
        let dana = user(&house, "41").await;
        assert_eq!(dana["id"], by_hand["id"]);
        assert_eq!(
            dana["given_name"], "Danielle",
            "staff recorded the name later than the HMIS"
        );
        assert_eq!(dana["external_ids"].as_array().unwrap().len(), 2);

        // A user of another HMIS product with the same number is somebody else.
        let other = Files::of_the_fixture()
            .with("Export.csv", "riverside-hmis", "outreach-hmis")
            .with(
                "User.csv",
                "\"Dana\",\"Whitfield\"",
                "\"Leif\",\"Sorensen\"",
            );
        let report = import(&house, &other).await;
        assert_eq!(report.people.created, 5);
        assert_eq!(matters(&report), [Matter::UserIdTaken; 5]);
        assert_eq!(user(&house, "41").await["id"], by_hand["id"]);
        let leif = house
            .get(&house.admin, "/v1/people?name=leif")
            .await
            .expect(200);
        assert_eq!(
            leif["data"][0]["external_ids"][0]["system"],
            "hmis_csv:outreach-hmis"
        );
    });
}

#[test]
fn two_imports_at_once_make_nobody_twice() {
    on_both(|database| async move {
        let house = House::on(&database).await;
        let files = Files::of_the_fixture();
        let (one, other) = join(import(&house, &files), import(&house, &files)).await;
        for report in [&one, &other] {
            assert!(!report.has_errors(), "{report}");
        }
        assert_eq!(one.people.created + other.people.created, 5);
        assert_eq!(one.organizations.created + other.organizations.created, 5);
        let people = house.get(&house.admin, "/v1/people").await.expect(200);
        assert_eq!(people["data"].as_array().unwrap().len(), 5);
    });
}

#[test]
fn many_rows_go_in_by_several_transactions() {
    on_sqlite(|database| async move {
        let house = House::on(&database).await;
        let mut files = Files::of_the_fixture();
        for (name, text) in &mut files.0 {
            if *name == "User.csv" {
                for number in 1_000..1_450 {
                    text.push_str(&format!("{number},Given{number},Family,,,,,,,2051\n"));
                }
            }
        }
        let report = import(&house, &files).await;
        assert_eq!(report.people.created, 455);
        let path = format!(
            "/v1/audit-records?implementation_id={}&limit=200",
            house.hand
        );
        let log = house.get(&house.admin, &path).await.expect(200);
        let of_people = each(&log, "record")
            .iter()
            .filter(|record| record.contains("\"action\":\"manage_person\""))
            .count();
        assert_eq!(of_people, 3);
        user(&house, "1449").await;
    });
}

#[test]
fn an_unknown_implementation_is_refused() {
    on_sqlite(|database| async move {
        let house = House::on(&database).await;
        let export = Files::of_the_fixture().read();
        let refused = import_hmis_csv(&house.app.app, "nowhere", export, false).await;
        assert!(
            matches!(refused, Err(hmis_licensing::application::Error::Invalid(_))),
            "{refused:?}"
        );
    });
}

/// A published test export that others made, with dangling user ids, a rewritten date and mixed quoting.
#[test]
fn the_shared_sample_imports_twice_without_change() {
    if !Path::new(SAMPLE).is_dir() {
        println!("skipped: the shared sample is not here");
        return;
    }
    on_both(|database| async move {
        let house = House::on(&database).await;
        let read = || {
            let files = hmis_csv::load_directory(Path::new(SAMPLE)).expect("readable");
            hmis_csv::read_export(&files).expect("a usable export")
        };
        let import = async || {
            import_hmis_csv(&house.app.app, "hand", read(), false)
                .await
                .unwrap()
        };
        let first = import().await;
        assert!(!first.has_errors(), "{first}");
        assert_eq!(first.fiscal_year, 2024);
        assert_eq!(
            [first.organizations, first.projects, first.people],
            [created(10), created(10), created(12)]
        );
        let second = import().await;
        assert!(second.is_without_change(), "{second}");
        assert_eq!(second.people, unchanged(12));
        assert_eq!(user(&house, "27").await["family_name"], "Permeate");
    });
}

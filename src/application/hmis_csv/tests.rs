use std::path::Path;

use super::*;

mod form;

const EXPORT: &str = "ExportID,SourceID,ExportDate,CSVVersion,ImplementationID\n\
                      7,MI-501,2026-02-03 06:15:00,2026 v1.0,riverside\n";
const ORGANIZATION: &str =
    "OrganizationID,OrganizationName,VictimServiceProvider\n100,Corktown Shelter,0\n";
const PROJECT: &str = "ProjectID,OrganizationID,ProjectName\n2001,100,Emergency Shelter\n";
const USER: &str = "UserID,UserFirstName,UserLastName,UserEmail\n41,Dana,Whitfield,d@c.example\n";

/// A small sound export with some files replaced.
fn files(replaced: &[(&str, &[u8])]) -> ExportFiles {
    let mut files = ExportFiles::new();
    let sound = [
        ("Export.csv", EXPORT),
        ("Organization.csv", ORGANIZATION),
        ("Project.csv", PROJECT),
        ("User.csv", USER),
    ];
    for (name, text) in sound {
        let bytes = replaced
            .iter()
            .find(|(replaced, _)| *replaced == name)
            .map_or(text.as_bytes(), |(_, bytes)| bytes);
        assert!(files.insert(name, bytes.to_vec()));
    }
    files
}

fn read(replaced: &[(&str, &[u8])]) -> HmisExport {
    read_export(&files(replaced)).unwrap()
}

fn unusable(replaced: &[(&str, &[u8])]) -> Vec<Fault> {
    read_export(&files(replaced)).unwrap_err().faults
}

/// Faults without their messages.
fn places(faults: &[Fault]) -> Vec<(&str, Option<u64>, &str, &str)> {
    faults
        .iter()
        .map(|fault| {
            (
                fault.file.name(),
                fault.line,
                fault.column.as_deref().unwrap_or_default(),
                fault.severity.as_str(),
            )
        })
        .collect()
}

fn user_ids(export: &HmisExport) -> Vec<&str> {
    export
        .users
        .iter()
        .map(|row| row.user_id.as_str())
        .collect()
}

#[test]
fn the_fixture_reads_with_warnings_only() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/hmis-csv");
    let export = read_export(&load_directory(&directory).unwrap()).unwrap();

    assert_eq!(export.source_key, "riverside-hmis");
    assert_eq!(export.fiscal_year, 2026);
    assert_eq!(export.export_date, None);
    assert!(!export.has_errors());
    assert_eq!(
        places(&export.faults),
        [
            ("Export.csv", Some(2), "ExportDate", "warning"),
            ("Organization.csv", Some(5), "UserID", "warning"),
            ("Project.csv", Some(4), "UserID", "warning"),
        ]
    );
    assert_eq!(
        (
            export.organizations.len(),
            export.projects.len(),
            export.users.len()
        ),
        (6, 7, 6)
    );

    let dana = export.users.iter().find(|row| row.user_id == "41").unwrap();
    assert_eq!(dana.first_name.as_deref(), Some("Dana"));
    assert_eq!(dana.last_name.as_deref(), Some("Whitfield"));
    assert_eq!(
        dana.email.as_deref(),
        Some("d.whitfield@corktown-shelter.example")
    );
    assert_eq!((dana.line, dana.deleted), (4, false));
    let deleted: Vec<_> = export.users.iter().filter(|row| row.deleted).collect();
    assert_eq!(deleted.len(), 1);
    assert_eq!(deleted[0].user_id, "45");
    assert_eq!(
        deleted[0].date_deleted.map(|at| at.to_string()).as_deref(),
        Some("2023-01-31 17:00:00")
    );

    let organization = |id| {
        let mut rows = export.organizations.iter();
        rows.find(|row| row.organization_id == id).unwrap()
    };
    assert_eq!(organization("100").victim_service_provider, Some(false));
    assert_eq!(organization("102").victim_service_provider, Some(true));
    assert_eq!(organization("107").victim_service_provider, None);
    assert_eq!(
        organization("107").name,
        "Eastern Market Housing Trust, Inc."
    );
    // Cut at 50 characters, blanks and all.
    assert_eq!(
        organization("104").name,
        "Woodward Corridor Outreach and Day Center of"
    );
    assert_eq!(
        organization("104").common_name.as_deref(),
        Some("Woodward \"Day\" Center")
    );
    assert!(organization("109").deleted);

    let common_name = export.projects[1].common_name.as_deref();
    assert_eq!(common_name, Some("Winter Shelter"));
    let updated = export.projects[1].date_updated.map(|at| at.to_string());
    assert_eq!(updated.as_deref(), Some("2025-10-20 08:15:00"));
    let project = &export.projects[2];
    assert_eq!(project.name, "Corktown - Rapid Re-Housing, ESG");
    assert_eq!(
        (
            project.project_id.as_str(),
            project.organization_id.as_str()
        ),
        ("2003", "100")
    );
    assert_eq!(project.project_type, Some(13));
    assert_eq!(
        project.operating_start_on,
        NaiveDate::from_ymd_opt(2020, 7, 1)
    );
    assert_eq!(
        project.operating_end_on,
        NaiveDate::from_ymd_opt(2025, 6, 30)
    );
}

/// An export others made, which lies beside the project on the builders' machines only.
#[test]
fn the_shared_sample_reads_where_it_is_present() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/samples/hmis-csv-fy2024");
    if !directory.is_dir() {
        eprintln!("skipped: no shared sample beside the project");
        return;
    }
    let export = read_export(&load_directory(&directory).unwrap()).unwrap();
    assert_eq!(export.source_key, "1106 I COUNT Network");
    assert_eq!(export.fiscal_year, 2024);
    assert_eq!(export.export_date, None);
    assert!(!export.has_errors());
    assert_eq!(
        (
            export.organizations.len(),
            export.projects.len(),
            export.users.len()
        ),
        (10, 10, 12)
    );
    let dangling = export
        .faults
        .iter()
        .filter(|fault| fault.column.as_deref() == Some("UserID"));
    assert_eq!(dangling.count(), 6);
}

#[test]
fn a_sound_export_has_no_faults() {
    let export = read(&[]);
    assert_eq!(export.faults, []);
    assert_eq!(export.source_key, "riverside");
    assert_eq!(
        export.export_date.map(|at| at.to_string()).as_deref(),
        Some("2026-02-03 06:15:00")
    );
}

#[test]
fn missing_columns_cost_their_file_only() {
    let text = "UserID,UserFirstName,UserEmail\n41,Dana,d@c.example\n";
    let export = read(&[("User.csv", text.as_bytes())]);
    assert_eq!(
        places(&export.faults),
        [("User.csv", Some(1), "UserLastName", "error")]
    );
    assert!(export.users.is_empty());
    assert_eq!((export.organizations.len(), export.projects.len()), (1, 1));

    let text = "OrganizationID;OrganizationName\n100;Corktown\n";
    let export = read(&[("Organization.csv", text.as_bytes())]);
    assert_eq!(
        places(&export.faults),
        [
            ("Organization.csv", Some(1), "OrganizationID", "error"),
            ("Organization.csv", Some(1), "OrganizationName", "error"),
            ("Project.csv", None, "", "error"),
        ]
    );
    assert!(export.projects.is_empty());

    let text = "UserID,UserFirstName,UserLastName,UserEmail,userid\n41,Dana,Whitfield,,42\n";
    let export = read(&[("User.csv", text.as_bytes())]);
    assert_eq!(
        places(&export.faults),
        [("User.csv", Some(1), "UserID", "error")]
    );

    let export = read(&[("User.csv", b"")]);
    assert_eq!(places(&export.faults), [("User.csv", None, "", "error")]);
}

#[test]
fn references_are_followed() {
    let organizations =
        "OrganizationID,OrganizationName,UserID\n100,Corktown,41\n101,,41\n102,Harbor,99\n";
    let projects = "ProjectID,OrganizationID,ProjectName,UserID\n1,100,A,41\n2,101,B,41\n3,555,C,41\n4,102,D,98\n";
    let export = read(&[
        ("Organization.csv", organizations.as_bytes()),
        ("Project.csv", projects.as_bytes()),
    ]);
    let kept: Vec<_> = export
        .projects
        .iter()
        .map(|row| row.project_id.as_str())
        .collect();
    assert_eq!(kept, ["1", "4"]);
    assert_eq!(
        places(&export.faults),
        [
            ("Organization.csv", Some(3), "OrganizationName", "error"),
            ("Organization.csv", Some(4), "UserID", "warning"),
            ("Project.csv", Some(3), "OrganizationID", "error"),
            ("Project.csv", Some(4), "OrganizationID", "error"),
            ("Project.csv", Some(5), "UserID", "warning"),
        ]
    );
    // One is to be corrected in the other file.
    assert!(export.faults[2].message.contains("error of its own"));
    assert!(
        export.faults[3]
            .message
            .starts_with("555 is not in Organization.csv")
    );
}

#[test]
fn of_rows_with_one_id_the_first_good_one_counts() {
    let text =
        "UserID,UserFirstName,UserLastName,UserEmail\n41,,,\n41,Dana,Whitfield,\n41,Eli,Ng,\n";
    let export = read(&[("User.csv", text.as_bytes())]);
    assert_eq!(export.users.len(), 1);
    assert_eq!(export.users[0].first_name.as_deref(), Some("Dana"));
    assert_eq!(
        places(&export.faults),
        [
            ("User.csv", Some(2), "UserLastName", "error"),
            ("User.csv", Some(4), "UserID", "error"),
        ]
    );
    assert!(export.faults[1].message.contains("line 3"));
}

#[test]
fn deleted_rows_are_kept_as_deleted() {
    let text = "UserID,UserFirstName,UserLastName,UserEmail,DateDeleted\n\
                1,Ada,Lim,,2026-01-31T17:00:00\n2,,,,1/31/2026\n3,Eli,Ng,, \n";
    let export = read(&[("User.csv", text.as_bytes())]);
    let deleted: Vec<_> = export
        .users
        .iter()
        .map(|row| (row.deleted, row.date_deleted.is_some()))
        .collect();
    assert_eq!(deleted, [(true, true), (true, false), (false, false)]);
    assert_eq!(
        places(&export.faults),
        [("User.csv", Some(3), "DateDeleted", "warning")]
    );
}

#[test]
fn doubtful_values_are_left_out_with_a_warning() {
    let users = format!(
        "UserID,UserFirstName,UserLastName,UserEmail\n1,{},Lim,none\n2,A\u{0}da,Lim,\n",
        "x".repeat(401)
    );
    let projects = "ProjectID,OrganizationID,ProjectName,ProjectType,OperatingStartDate,OperatingEndDate\n\
                    1,100,A,ES,3/1/2024,2024-13-01\n2,100,B,0,2024-03-01,2024-02-01\n";
    let export = read(&[
        ("User.csv", users.as_bytes()),
        ("Project.csv", projects.as_bytes()),
    ]);
    assert!(!export.has_errors());
    assert_eq!(
        places(&export.faults),
        [
            ("Project.csv", Some(2), "ProjectType", "warning"),
            ("Project.csv", Some(2), "OperatingStartDate", "warning"),
            ("Project.csv", Some(2), "OperatingEndDate", "warning"),
            ("Project.csv", Some(3), "OperatingEndDate", "warning"),
            ("User.csv", Some(2), "UserFirstName", "warning"),
            ("User.csv", Some(2), "UserEmail", "warning"),
            ("User.csv", Some(3), "UserFirstName", "warning"),
        ]
    );
    assert_eq!(export.projects[1].project_type, Some(0));
    assert_eq!(export.projects[1].operating_end_on, None);
    assert_eq!(
        (&export.users[0].first_name, &export.users[0].email),
        (&None, &None)
    );
}

#[test]
fn the_key_is_the_implementation_or_else_the_source() {
    let before_2024 =
        "ExportID,SourceID,ExportDate,CSVVersion\n7,MI-501,2023-02-03 06:15:00,2022 v1.2\n";
    let export = read(&[("Export.csv", before_2024.as_bytes())]);
    assert_eq!(
        (export.source_key.as_str(), export.fiscal_year),
        ("MI-501", 2022)
    );

    let blank =
        "SourceID,ExportDate,CSVVersion,ImplementationID\nMI-501,2025-02-03 06:15:00,2024 v1.3, \n";
    assert_eq!(
        read(&[("Export.csv", blank.as_bytes())]).source_key,
        "MI-501"
    );
}

#[test]
fn an_export_that_does_not_say_what_it_is_cannot_be_used() {
    let header = "SourceID,ExportDate,CSVVersion,ImplementationID";
    let row = "MI-501,2025-02-03 06:15:00,2024 v1.3,";
    let cases = [
        (String::new(), (None, "")),
        (format!("{header}\n"), (None, "")),
        (format!("{header}\n{row}\n{row}\n"), (Some(3), "")),
        (
            format!("{header}\n,2025-02-03 06:15:00,2024 v1.3,\n"),
            (Some(2), "SourceID"),
        ),
        (
            format!("{header}\nMI-501,2025-02-03 06:15:00,2020 v1.1,\n"),
            (Some(2), "CSVVersion"),
        ),
        ("SourceID\nMI-501\n".to_owned(), (Some(1), "CSVVersion")),
    ];
    for (text, (line, column)) in cases {
        let faults = unusable(&[("Export.csv", text.as_bytes())]);
        assert_eq!(
            places(&faults),
            [("Export.csv", line, column, "error")],
            "{text:?}"
        );
    }
    // The faults of the other files are told all the same.
    let faults = unusable(&[("Export.csv", b""), ("User.csv", b"")]);
    assert_eq!(faults.len(), 2);
}

#[test]
fn files_of_different_exports_are_noticed_once() {
    let text = "UserID,UserFirstName,UserLastName,UserEmail,ExportID\n1,Ada,Lim,,7\n2,Eli,Ng,,8\n3,Bo,Xu,,8\n";
    let export = read(&[("User.csv", text.as_bytes())]);
    assert_eq!(
        places(&export.faults),
        [("User.csv", Some(3), "ExportID", "warning")]
    );
    assert_eq!(export.users.len(), 3);
}

#[test]
fn a_directory_is_read_whatever_the_case_of_its_names() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
    write("EXPORT.CSV", EXPORT);
    write("organization.csv", ORGANIZATION);
    write("Project.csv", PROJECT);
    write("Client.csv", "PersonalID\n1\n");
    let export = read_export(&load_directory(directory.path()).unwrap()).unwrap();
    assert_eq!(places(&export.faults), [("User.csv", None, "", "error")]);
    assert!(export.faults[0].message.contains("User.csv is missing"));
    assert_eq!(export.projects.len(), 1);

    std::fs::create_dir(directory.path().join("User.csv")).unwrap();
    let export = read_export(&load_directory(directory.path()).unwrap()).unwrap();
    assert!(export.faults[0].message.contains("is not a file"));

    let error = load_directory(&directory.path().join("nowhere")).unwrap_err();
    assert!(error.to_string().contains("nowhere"), "{error}");
}

#[test]
fn other_files_of_an_export_are_not_taken() {
    let mut files = ExportFiles::new();
    assert!(!files.insert("Client.csv", b"PersonalID\n1\n".to_vec()));
    assert!(files.insert("user.CSV", USER.as_bytes().to_vec()));
    // Which of two would count is not for us to say.
    assert!(files.insert("User.csv", USER.as_bytes().to_vec()));
    let faults = read_export(&files).unwrap_err().faults;
    let user = faults.iter().find(|fault| fault.file == HmisFile::User);
    assert!(user.unwrap().message.contains("twice"));
}

//! The outer form of files: bytes, lines, quotation marks, ids.

use proptest::prelude::*;

use super::*;

#[test]
fn form_does_not_matter() {
    let expected = read(&[]).users;
    for form in [
        "\u{feff}UserID,UserFirstName,UserLastName,UserEmail\n41,Dana,Whitfield,d@c.example\n",
        "UserID,UserFirstName,UserLastName,UserEmail\r\n41,Dana,Whitfield,d@c.example\r\n",
        "UserID,UserFirstName,UserLastName,UserEmail\r41,Dana,Whitfield,d@c.example",
        "\"USERID\", userfirstname ,\"userLASTname\",USEREMAIL\n\"41\",\"Dana\",\"Whitfield\" ,d@c.example\n",
        "UserID,UserFirstName,UserLastName,UserEmail,,\n41,Dana   , Whitfield,d@c.example,,,\n,,,,,\n\n",
    ] {
        let export = read(&[("User.csv", form.as_bytes())]);
        assert_eq!(export.faults, [], "{form:?}");
        assert_eq!(export.users, expected, "{form:?}");
    }
    let reordered =
        "UserEmail,Extra,UserLastName,UserID,UserFirstName\nd@c.example,x,Whitfield,41,Dana\n";
    assert_eq!(read(&[("User.csv", reordered.as_bytes())]).users, expected);
}

#[test]
fn ids_are_strings() {
    let text =
        "UserID,UserFirstName,UserLastName,UserEmail\n007,A,B,\n7,C,D,\n7.0,E,F,\n1E+05,G,H,\n";
    let export = read(&[("User.csv", text.as_bytes())]);
    assert_eq!(user_ids(&export), ["007", "7", "7.0"]);
    assert_eq!(
        places(&export.faults),
        [("User.csv", Some(5), "UserID", "error")]
    );
}

#[test]
fn lines_are_those_of_the_file_whatever_its_line_ends() {
    for line_end in ["\n", "\r\n", "\r"] {
        let text = [
            "OrganizationID,OrganizationName,VictimServiceProvider",
            "100,\"Corktown",
            "Shelter",
            "Alliance\",0",
            "",
            "101,,0",
            "102,Harbor,maybe",
        ]
        .join(line_end);
        let export = read(&[("Organization.csv", text.as_bytes())]);
        assert_eq!(export.organizations[0].name, "Corktown Shelter Alliance");
        assert_eq!(
            places(&export.faults),
            [
                ("Organization.csv", Some(6), "OrganizationName", "error"),
                (
                    "Organization.csv",
                    Some(7),
                    "VictimServiceProvider",
                    "warning"
                ),
            ],
            "{line_end:?}"
        );
        assert_eq!(export.organizations[1].line, 7);
    }
}

#[test]
fn a_broken_row_takes_no_other_with_it() {
    let header = "UserID,UserFirstName,UserLastName,UserEmail";
    let cases: [(&str, &[&str]); 5] = [
        // Never closed, to the end of the file.
        ("2,\"Dana,Whitfield,", &["1", "3"]),
        // Never closed, yet the next row has as many marks as would make the count of values right.
        ("2,\"Dana,Whitfield,\n3,\"Eli\",Ng,", &["1", "3"]),
        // A mark inside that is not doubled.
        ("2,\"Dana \"D\" \",Whitfield,", &["1", "3"]),
        ("2,Dana,Whitfield", &["1", "3"]),
        ("2,Dana,Whitfield,,more", &["1", "3"]),
    ];
    for (broken, kept) in cases {
        let last = if broken.contains('\n') {
            ""
        } else {
            "3,Eli,Ng,\n"
        };
        let text = format!("{header}\n1,Ada,Lim,\n{broken}\n{last}");
        let export = read(&[("User.csv", text.as_bytes())]);
        assert_eq!(user_ids(&export), kept, "{broken}");
        assert_eq!(
            places(&export.faults),
            [("User.csv", Some(3), "", "error")],
            "{broken}"
        );
    }
}

#[test]
fn bytes_that_are_not_utf8_are_told_not_guessed() {
    let text = b"UserID,UserFirstName,UserLastName,UserEmail\n1,Jos\xe9,Ruiz,\n2,Ada,Lim,\n";
    let export = read(&[("User.csv", text)]);
    assert_eq!(user_ids(&export), ["2"]);
    assert_eq!(
        places(&export.faults),
        [("User.csv", Some(2), "UserFirstName", "error")]
    );

    let utf16: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain(USER.encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    let export = read(&[("User.csv", &utf16)]);
    assert_eq!(places(&export.faults), [("User.csv", None, "", "error")]);
    assert!(export.faults[0].message.contains("UTF-16"));
}

#[test]
fn endless_faults_end() {
    let text = format!("{}{}", USER, "1,\"a\"b,c,\n".repeat(5_000));
    let export = read(&[("User.csv", text.as_bytes())]);
    assert_eq!(export.faults.len(), 1_001);
    assert!(export.faults[1_000].message.contains("too many"));
    assert_eq!(user_ids(&export), ["41"]);
}

#[test]
fn faults_never_repeat_names_or_addresses() {
    let canary = "Zyxwv";
    let users = format!(
        "UserID,UserFirstName,UserLastName,UserEmail,DateUpdated,DateDeleted,ExportID\n\
         1,{canary}\u{1},{canary},{canary},{canary},{canary},{canary}\n\
         {canary},a,b,,,,\n{canary},a,b,,,,\n1,\"{canary}\"{canary},,,,,\n{canary},{canary}\n"
    );
    let organizations = format!(
        "OrganizationID,OrganizationName,VictimServiceProvider,UserID\n{canary}@x.org,,{canary},{canary}@x.org\n"
    );
    let projects = format!(
        "ProjectID,OrganizationID,ProjectName,ProjectType,OperatingStartDate\n1,{canary},x,{canary},{canary}\n"
    );
    let export = read(&[
        ("User.csv", users.as_bytes()),
        ("Organization.csv", organizations.as_bytes()),
        ("Project.csv", projects.as_bytes()),
    ]);
    assert!(export.faults.len() >= 12, "{:#?}", export.faults);
    let headless = format!("1,{canary},{canary},{canary}@x.org\n");
    let without_header = read(&[("User.csv", headless.as_bytes())]).faults;
    assert!(!without_header.is_empty());
    for fault in export.faults.iter().chain(&without_header) {
        assert!(!fault.to_string().contains(canary), "{fault}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        for name in ["Export.csv", "Organization.csv", "Project.csv", "User.csv"] {
            let _ = read_export(&files(&[(name, &bytes)]));
        }
    }

    /// Rows written as RFC 4180 says come back as they were, on the lines they were written to.
    #[test]
    fn written_rows_come_back(
        names in proptest::collection::vec("[a-z,\"\n\r]{0,12}[a-z]", 1..20),
        crlf in any::<bool>(),
    ) {
        let line_end = if crlf { "\r\n" } else { "\n" };
        let mut text = format!("OrganizationID,OrganizationName{line_end}");
        let mut line = 2;
        let mut expected = Vec::new();
        for (index, name) in names.iter().enumerate() {
            let row = format!("{index},\"{}\"{line_end}", name.replace('"', "\"\""));
            let normal = name.replace("\r\n", "\n").replace('\r', "\n");
            expected.push((line, index.to_string(), normal.replace('\n', " ").trim().to_owned()));
            line += 1 + normal.matches('\n').count() as u64;
            text.push_str(&row);
        }
        let export = read(&[
            ("Organization.csv", text.as_bytes()),
            ("Project.csv", b"ProjectID,OrganizationID,ProjectName\n"),
        ]);
        let found: Vec<_> = export
            .organizations
            .into_iter()
            .map(|row| (row.line, row.organization_id, row.name))
            .collect();
        prop_assert_eq!(export.faults, []);
        prop_assert_eq!(found, expected);
    }
}

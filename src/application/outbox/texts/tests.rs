//! What people read.

use super::*;
use crate::domain::fact::NoticeRule;
use crate::domain::policy::OffAction;

fn letter(passages: Vec<Passage>) -> Letter {
    Letter {
        to: Some("Dana <b>".to_owned()),
        implementation: "HAND\r\nBcc: x".to_owned(),
        organization: "Corktown & Sons".to_owned(),
        support_contact: "hmis@example.org".to_owned(),
        passages,
        ..Letter::default()
    }
}

fn passage(kind: NoticeKind) -> Passage {
    Passage {
        kind,
        rule: NoticeRule::Inactivity,
        at: None,
        of: None,
        title: None,
        add_on: None,
        anchor_on: NaiveDate::from_ymd_opt(2026, 3, 2).unwrap(),
        named_on: NaiveDate::from_ymd_opt(2026, 4, 8).unwrap(),
        logged_in: true,
        action: Some(OffAction::Deactivate),
    }
}

#[test]
fn a_notice_says_what_by_when_how_and_whom_to_ask() {
    let (text, html) = write(&letter(vec![passage(NoticeKind::Notice)]));
    for part in [
        "since Monday, 2 March 2026",
        "before Wednesday, 8 April 2026, you lose access at the beginning of that day",
        "log in to the HMIS once before that day",
        "hmis@example.org",
    ] {
        assert!(text.plain.contains(part), "{part}: {}", text.plain);
    }
    assert!(html.contains("Dana &lt;b&gt;") && html.contains("Corktown &amp; Sons"));
    assert_eq!(
        text.subject,
        "HAND Bcc: x: please act before Wednesday, 8 April 2026"
    );
}

#[test]
fn a_retraction_asks_for_nothing() {
    let (text, _) = write(&letter(vec![passage(NoticeKind::Retraction)]));
    assert!(text.plain.contains("That no longer holds"));
    assert!(text.subject.ends_with("you keep your access"));
}

fn recertification(title: &str, on: u32) -> Passage {
    Passage {
        rule: NoticeRule::Recertification,
        title: Some(title.to_owned()),
        named_on: NaiveDate::from_ymd_opt(2026, 4, on).unwrap(),
        ..passage(NoticeKind::Notice)
    }
}

#[test]
fn what_ends_alike_is_said_once_after_all_that_is_due() {
    let agreement = Passage {
        rule: NoticeRule::Agreement,
        title: Some("Code of ethics".to_owned()),
        ..passage(NoticeKind::Notice)
    };
    let (text, html) = write(&letter(vec![
        recertification("Privacy", 8),
        recertification("Later", 9),
        recertification("Security", 8),
        agreement,
    ]));
    let said = "Your recertification is due: Privacy.
Your recertification is due: Security.
An agreement has to be signed: Code of ethics.
If nothing happens before Wednesday, 8 April 2026, you lose access at the beginning of that day.
To keep your access, complete what is due before that day. Afterwards your supervisor can ask for your license again.
To keep your access, sign what has to be signed before that day. Once it is signed later, your access can come back.

Your recertification is due: Later.
";
    assert!(text.plain.contains(said), "{}", text.plain);
    for plain in [&text.plain, &html] {
        assert_eq!(
            plain.matches("8 April 2026, you lose").count(),
            1,
            "{plain}"
        );
    }
    // Of two people each keeps his own.
    let of = |name: &str| Passage {
        of: Some(name.to_owned()),
        ..recertification("Privacy", 8)
    };
    let (text, _) = write(&letter(vec![of("Dana"), of("Kim")]));
    assert_eq!(text.plain.matches("loses access").count(), 2);
}

#[test]
fn of_an_add_on_nobody_is_told_that_the_license_ends() {
    for (action, said) in [
        (
            OffAction::Deactivate,
            "Reports ends at the beginning of that day",
        ),
        (
            OffAction::Suspend,
            "Reports is suspended at the beginning of that day",
        ),
        (OffAction::List, "whether you keep Reports"),
    ] {
        let own = Passage {
            add_on: Some("Reports".to_owned()),
            action: Some(action),
            ..recertification("Report writing", 8)
        };
        let about = Passage {
            of: Some("Dana Whitfield".to_owned()),
            ..own.clone()
        };
        let (text, _) = write(&letter(vec![own]));
        let plain = &text.plain;
        assert!(
            plain.contains("for Reports is due: Report writing."),
            "{plain}"
        );
        assert!(
            plain.contains(said) && plain.contains("To keep Reports"),
            "{plain}"
        );
        assert!(
            !plain.contains("lose access") && !plain.contains("your access"),
            "{plain}"
        );
        let (text, _) = write(&letter(vec![about]));
        let plain = &text.plain;
        assert!(
            plain.contains("Reports") && !plain.contains("loses access"),
            "{plain}"
        );
        assert!(!plain.contains("keeps access"), "{plain}");
    }
}

#[test]
fn whoever_came_back_reads_until_when_to_log_in() {
    let back = Passage {
        anchor_on: NaiveDate::from_ymd_opt(2026, 4, 6).unwrap(),
        ..passage(NoticeKind::Return)
    };
    let (text, _) = write(&letter(vec![back]));
    assert!(
        text.plain.contains(
            "You have had access to the HMIS since Monday, 6 April 2026.
Log in by the end of Tuesday, 7 April 2026: otherwise you lose access at the beginning of Wednesday, 8 April 2026.
To keep your access, log in to the HMIS once by then."
        ),
        "{}",
        text.plain
    );
    assert!(text.plain.contains("hmis@example.org"));
}

#[test]
fn a_list_reads_as_the_text_that_staff_are_shown() {
    let lists = [
        (
            TemplateKind::Digest,
            Letter {
                coming: vec!["- Dana: log in once".to_owned()],
                ..letter(Vec::new())
            },
            "HAND Bcc: x: what is coming at Corktown & Sons",
        ),
        (
            TemplateKind::Signals,
            Letter {
                signals: vec!["- Monday: access signal 1".to_owned()],
                ..letter(Vec::new())
            },
            "HAND Bcc: x: somebody logged in whom nothing allowed to",
        ),
    ];
    for (kind, list, subject) in lists {
        let (shown, html) = write(&list);
        assert_eq!(shown.subject, subject);
        let by_staff = Letter {
            templates: BTreeMap::from([(kind, TemplateText::built_in(kind))]),
            ..list.clone()
        };
        assert_eq!(write(&by_staff), (shown.clone(), html.clone()));
        for item in list.coming.iter().chain(&list.signals) {
            assert!(
                shown.plain.contains(item.as_str()) && html.contains(item.as_str()),
                "{shown:?}"
            );
        }
        assert!(shown.plain.ends_with(&format!("{LAST}\n")));
    }
}

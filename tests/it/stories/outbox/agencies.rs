//! Whoever is licensed at several agencies gets one mail a day where he has one address, and one for each address where he
//! has several; nothing of an agency goes to an address that is confirmed only at another.

use hmis_licensing::application::ports::MailFailure;
use serde_json::{Value, json};

use super::Outbox;
use crate::support::database::{TestDatabase, on_both};

const HERE: &str = "dana@corktown.example";
const THERE: &str = "dana@jefferson.example";

async fn confirm_there(outbox: &Outbox, email: &str) {
    let story = &outbox.logins.story;
    let body = json!({ "email": email, "organization_id": story.jefferson });
    let path = format!("/v1/people/{}/emails", story.dana);
    story.post("help_desk", &path, &body).await.expect(201);
}

/// Dana is licensed at Corktown and at Jefferson, logged in on Monday 2026-03-02, and it is Thursday 04-02: she was not yet
/// told that she has to log in.
async fn due(database: &TestDatabase, email_there: &str) -> Outbox {
    let outbox = Outbox::on(database).await;
    let story = &outbox.logins.story;
    let dana = json!({ "external_id": { "system": "hmis_user_id", "value": "41" } });
    let request = story.request(story.jefferson, &dana);
    let request = story
        .post("jefferson", "/v1/license-requests", &request)
        .await;
    story.fulfil(&request.expect(201), "jefferson").await;
    confirm_there(&outbox, email_there).await;
    story.at("2026-03-02T22:00:00Z");
    let login = outbox
        .logins
        .login("evening", "2026-03-02T17:00:00-05:00")
        .await;
    login.expect(201);
    outbox.complete_at("2026-04-02T13:00:00Z").await;
    assert_eq!(outbox.sweep().await, 2, "each license's own");
    outbox
}

fn all<'n>(notices: &'n [Value], status: &str) -> Vec<&'n Value> {
    let found = notices
        .iter()
        .filter(|notice| notice["status"] == status && notice["rule"] == "inactivity");
    found.collect()
}

#[test]
fn one_mail_gathers_what_is_due_at_all_agencies_with_the_same_address() {
    on_both(|database| async move {
        let outbox = due(&database, HERE).await;
        let mails = outbox.sent().await;
        assert_eq!(mails.len(), 1, "{mails:?}");
        let (to, said) = &mails[0];
        assert_eq!(to, HERE);
        for part in [
            "your HMIS licenses at ",
            "At Corktown Shelter Alliance:\nYou have not logged in",
            "At Jefferson Avenue Family Center:\nYou have not logged in",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
        assert_eq!(outbox.messages().await.len(), 1);
        // Each was given, and starts the grace of its own license.
        assert_eq!(all(&outbox.notices().await, "counts").len(), 2);
        // What is taken back is taken back in one mail too.
        outbox.logins.story.at("2026-04-03T13:00:00Z");
        let login = outbox
            .logins
            .login("friday", "2026-04-03T08:00:00-04:00")
            .await;
        login.expect(201);
        outbox.sweep().await;
        let mails = outbox.sent().await;
        assert_eq!(mails.len(), 1, "{mails:?}");
        let said = &mails[0].1;
        assert_eq!(said.matches("That no longer holds").count(), 2, "{said}");
    });
}

#[test]
fn a_mailbox_that_refuses_fails_the_notices_of_all_its_agencies() {
    on_both(|database| async move {
        let outbox = due(&database, HERE).await;
        let refusal = MailFailure::Recipient("the recipient's mail server refused it: 550".into());
        outbox.caught.fail(Some(refusal));
        outbox.sent().await;
        outbox.caught.fail(None);
        let waiting = outbox.waiting().await;
        assert_eq!(all(&waiting, "undeliverable").len(), 2, "{waiting:?}");
        // Corrected at one agency, its own is sent there.
        outbox.complete_at("2026-04-03T13:00:00Z").await;
        confirm_there(&outbox, THERE).await;
        outbox.sweep().await;
        let mails = outbox.sent().await;
        assert_eq!(mails.len(), 1, "{mails:?}");
        let (to, said) = &mails[0];
        assert_eq!(to, THERE);
        assert!(
            said.contains("Jefferson") && !said.contains("Corktown"),
            "{said}"
        );
    });
}

/// Each agency's notice went to its own address only.
fn apart(mails: &[(String, String)]) {
    let to: Vec<&str> = mails.iter().map(|(to, _)| to.as_str()).collect();
    assert_eq!(to, [HERE, THERE]);
    for ((to, said), own, other) in [
        (&mails[0], "Corktown", "Jefferson"),
        (&mails[1], "Jefferson", "Corktown"),
    ] {
        assert!(said.contains(own) && !said.contains(other), "{to}: {said}");
        assert!(said.contains("your HMIS license at "), "{to}: {said}");
    }
}

#[test]
fn different_addresses_get_mails_of_their_own() {
    on_both(|database| async move {
        let outbox = due(&database, THERE).await;
        apart(&outbox.sent().await);
        assert_eq!(all(&outbox.notices().await, "counts").len(), 2);
    });
}

#[test]
fn an_address_that_is_confirmed_at_one_agency_before_the_sending_parts_them() {
    on_both(|database| async move {
        let outbox = due(&database, HERE).await;
        confirm_there(&outbox, THERE).await;
        let mut mails = outbox.sent().await;
        mails.extend(outbox.sent().await);
        mails.sort();
        apart(&mails);
        assert_eq!(all(&outbox.notices().await, "counts").len(), 2);
    });
}

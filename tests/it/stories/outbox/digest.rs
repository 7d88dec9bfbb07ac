//! Supervisors get one digest a week of what is coming, and an alert on the last day.

use hmis_licensing::application::token::OWN_ISSUER;
use serde_json::json;

use super::Outbox;
use crate::support::database::on_both;

#[test]
fn one_digest_a_week_says_what_is_coming_and_is_not_sent_where_nothing_is() {
    on_both(|database| async move {
        let outbox = Outbox::on(&database).await;
        outbox
            .supervisor("sam", "Sam", "sam@corktown.example")
            .await;
        // Thursday 2026-03-05: nothing is coming.
        outbox.complete_at("2026-03-05T13:00:00Z").await;
        assert!(outbox.sent().await.is_empty());
        // Sunday 2027-02-14 in Detroit is still the week before; her recertification is due within two weeks.
        for (now, id) in [("2027-02-13T13:00:00Z", "a"), ("2027-02-14T13:00:00Z", "b")] {
            outbox.complete_at(now).await;
            outbox.logins.login(id, now).await;
        }
        outbox.complete_at("2027-02-22T04:59:00Z").await;
        outbox.sent().await;
        assert!(outbox.sent().await.is_empty(), "this week's is over");
        outbox.complete_at("2027-02-22T05:00:00Z").await;
        let app = &outbox.logins.story.app.app;
        let (one, other) = futures_util::future::join(
            app.send_messages(&outbox.mailer),
            app.send_messages(&outbox.mailer),
        )
        .await;
        one.unwrap();
        other.unwrap();
        let mails = outbox.sent().await;
        let digests: Vec<_> = mails
            .iter()
            .filter(|(_, said)| said.contains("within two weeks"))
            .collect();
        assert_eq!(digests.len(), 1, "{mails:?}");
        let (to, said) = digests[0];
        assert_eq!(to, "sam@corktown.example");
        assert!(said.contains("Dana Whitfield: recertification"), "{said}");
        outbox.complete_at("2027-02-24T13:00:00Z").await;
        assert!(
            outbox
                .sent()
                .await
                .iter()
                .all(|(_, said)| !said.contains("within two weeks")),
            "once a week"
        );
    });
}

#[test]
fn a_digest_tells_nobody_of_his_own_departure() {
    on_both(|database| async move {
        let outbox = Outbox::on(&database).await;
        let story = &outbox.logins.story;
        outbox
            .supervisor("sam", "Sam", "sam@corktown.example")
            .await;
        let dana = Some(story.dana);
        let supervisor = hmis_licensing::application::actor::Role::Supervisor;
        story
            .grant("dana", supervisor, Some(story.corktown), dana)
            .await;
        outbox.complete_at("2026-03-09T13:00:00Z").await;
        story
            .depart_dana("help_desk", "2026-03-13T17:00:00-04:00")
            .await;
        let mails = outbox.sent().await;
        let to: Vec<&str> = mails.iter().map(|(to, _)| to.as_str()).collect();
        assert_eq!(to, ["sam@corktown.example"]);
        assert!(
            mails[0].1.contains("Dana Whitfield: employment ends"),
            "{}",
            mails[0].1
        );
    });
}

#[test]
fn on_the_last_day_before_a_cut_off_supervisors_are_alerted() {
    on_both(|database| async move {
        let outbox = Outbox::on(&database).await;
        outbox
            .supervisor("sam", "Sam", "sam@corktown.example")
            .await;
        outbox.complete_at("2026-04-02T13:00:00Z").await;
        outbox.sweep().await;
        outbox.sent().await;
        outbox.complete_at("2026-04-07T03:59:00Z").await;
        outbox.sweep().await;
        let before = outbox.sent().await;
        assert!(
            before.iter().all(|(_, said)| !said.contains("last day")),
            "{before:?}"
        );
        outbox.complete_at("2026-04-07T04:00:00Z").await;
        assert_eq!(outbox.sweep().await, 1);
        assert_eq!(outbox.sweep().await, 0, "once");
        let mails = outbox.sent().await;
        assert_eq!(mails.len(), 1, "{mails:?}");
        assert_eq!(mails[0].0, "sam@corktown.example");
        assert!(
            mails[0].1.contains("This is the last day. Dana Whitfield"),
            "{}",
            mails[0].1
        );
        assert!(
            mails[0].1.contains("Wednesday, 8 April 2026"),
            "{}",
            mails[0].1
        );
    });
}

#[test]
fn a_supervisor_of_a_region_is_told_of_an_organization_while_it_is_in_the_region() {
    on_both(|database| async move {
        let outbox = Outbox::on(&database).await;
        let story = &outbox.logins.story;
        let corktown = story.corktown;
        outbox
            .rules("2026-03-04T00:00:00Z", |document| {
                document["organization_groups"] = json!({ "wayne": {
                    "title": "Wayne County",
                    "members": [{ "organization_id": corktown, "until_on": "2026-04-05" }],
                } });
            })
            .await;
        outbox
            .supervisor("sam", "Sam", "sam@corktown.example")
            .await;
        outbox.complete_at("2026-03-04T13:00:00Z").await;
        let person = json!({
            "implementation_id": story.hand,
            "given_name": "Regina",
            "family_name": "Okafor",
            "emails": [{ "email": "regina@corktown.example", "organization_id": corktown }],
        });
        let person = story.post("admin", "/v1/people", &person).await.expect(201);
        let grant = json!({
            "principal": { "issuer": OWN_ISSUER, "subject": "regina" },
            "role": "supervisor",
            "implementation_id": story.hand,
            "organization_group": "wayne",
            "person_id": person["id"],
        });
        story
            .post("admin", "/v1/staff-roles", &grant)
            .await
            .expect(201);
        let to_regina = |mails: &[(String, String)], part: &str| {
            mails
                .iter()
                .any(|(to, said)| to == "regina@corktown.example" && said.contains(part))
        };
        outbox.complete_at("2026-04-02T13:00:00Z").await;
        outbox.sweep().await;
        let mails = outbox.sent().await;
        assert!(to_regina(&mails, "within two weeks"), "{mails:?}");
        // Corktown has left the region, and the alert goes to the supervisor it has left.
        outbox.complete_at("2026-04-07T13:00:00Z").await;
        outbox.sweep().await;
        let mails = outbox.sent().await;
        let alerted: Vec<&str> = mails
            .iter()
            .filter(|(_, said)| said.contains("This is the last day"))
            .map(|(to, _)| to.as_str())
            .collect();
        assert_eq!(alerted, ["sam@corktown.example"], "{mails:?}");
    });
}

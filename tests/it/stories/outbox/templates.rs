//! Texts that staff wrote instead of the built-in ones.

use actix_web::http::Method;
use serde_json::{Value, json};

use super::Outbox;
use crate::stories::{Story, text};
use crate::support::app::Answer;
use crate::support::database::on_both;

fn path(story: &Story, kind: &str) -> String {
    format!(
        "/v1/implementations/{}/message-templates/{kind}",
        story.hand
    )
}

async fn put(story: &Story, who: &str, kind: &str, body: &Value) -> Answer {
    let token = story.app.token(who);
    story
        .app
        .request(Method::PUT, &path(story, kind))
        .bearer(&token)
        .json(body)
        .send()
        .await
}

fn own_words() -> Value {
    json!({
        "subject": "{{implementation}}: {{day}} is near",
        "plain": "Dear {{given_name}}: {{what}} {{by_when}} {{how_back}} Call {{whom_to_ask}}",
        "html": "<p class=\"hand\">Dear {{given_name}}: {{what}} {{by_when}} {{how_back}} Call {{whom_to_ask}}</p>",
    })
}

#[test]
fn staff_say_it_in_their_own_words_and_no_version_is_lost() {
    on_both(|database| async move {
        let outbox = Outbox::on(&database).await;
        let story = &outbox.logins.story;
        let built_in = story
            .get("help_desk", &path(story, "inactivity"))
            .await
            .expect(200);
        assert_eq!(
            (&built_in["built_in"], &built_in["version"]),
            (&json!(true), &json!(1))
        );
        let first = json!({ "text": own_words(), "expected_version": 1 });
        let written = put(story, "admin", "inactivity", &first).await.expect(200);
        assert_eq!(
            (&written["built_in"], &written["version"]),
            (&json!(false), &json!(2))
        );
        put(story, "admin", "inactivity", &first)
            .await
            .problem(412, "stale");
        let none = json!({ "text": own_words() });
        put(story, "admin", "inactivity", &none)
            .await
            .problem(428, "precondition_required");
        put(story, "help_desk", "inactivity", &first)
            .await
            .problem(403, "forbidden");
        put(story, "admin", "nothing", &first)
            .await
            .problem(404, "not_found");

        outbox.complete_at("2026-04-02T13:00:00Z").await;
        outbox.sweep().await;
        let mail = outbox.send().await.remove(0);
        assert_eq!(
            mail.subject,
            "HAND HMIS, Detroit: Wednesday, 8 April 2026 is near"
        );
        assert!(
            mail.plain.starts_with("Dear Dana: You have not logged in"),
            "{}",
            mail.plain
        );
        assert!(mail.plain.contains("never asks for your password"));
        assert!(
            mail.html.contains("<p class=\"hand\">Dear Dana:"),
            "{}",
            mail.html
        );

        let again = json!({ "expected_version": 2 });
        let back = put(story, "admin", "inactivity", &again).await.expect(200);
        assert_eq!(
            (&back["built_in"], &back["text"]),
            (&json!(true), &built_in["text"])
        );
        let list = format!("/v1/implementations/{}/message-templates", story.hand);
        let versions = story.list("help_desk", &list).await;
        assert_eq!(versions.len(), 2);
        assert_eq!(versions[0]["text"], own_words());
        assert!(versions[1].get("text").is_none());
        let other = story.list("help_desk", &format!("{list}?kind=term")).await;
        assert!(other.is_empty());
    });
}

#[test]
fn a_bad_text_is_refused_with_every_fault() {
    on_both(|database| async move {
        let outbox = Outbox::on(&database).await;
        let story = &outbox.logins.story;
        let bad = json!({
            "text": {
                "subject": "Act now\r\nBcc: all@x.example {{password}}",
                "plain": "{{what}} {{by_when}} {{whom_to_ask}}",
                "html": "{{what}} {{by_when}} {{how_back}} {{whom_to_ask}} <script>",
            },
            "expected_version": 1,
        });
        let refused = put(story, "admin", "inactivity", &bad).await;
        refused.problem(422, "invalid");
        let faults = [
            "/text/subject",
            "/text/subject",
            "/text/plain",
            "/text/html",
        ];
        assert_eq!(refused.faults(), faults);
        let list = format!("/v1/implementations/{}/message-templates", story.hand);
        assert!(story.list("admin", &list).await.is_empty());
    });
}

#[test]
fn a_preview_escapes_what_is_filled_in_and_keeps_nothing() {
    on_both(|database| async move {
        let outbox = Outbox::on(&database).await;
        let story = &outbox.logins.story;
        let mut words = own_words();
        words["plain"] = json!(format!("{} {{{{organization}}}}", text(&words["plain"])));
        words["html"] = json!(format!("{} {{{{organization}}}}", text(&words["html"])));
        let path = format!("{}/preview", path(story, "agreement"));
        let body = json!({ "text": words });
        let preview = story.post("admin", &path, &body).await.expect(200);
        assert!(text(&preview["plain"]).contains("Corktown Shelter Alliance & Friends"));
        assert!(text(&preview["html"]).contains("Corktown Shelter Alliance &amp; Friends"));
        assert!(text(&preview["html"]).contains("<p class=\"hand\">"));
        let list = format!("/v1/implementations/{}/message-templates", story.hand);
        assert!(story.list("admin", &list).await.is_empty());
        story
            .post("help_desk", &path, &body)
            .await
            .problem(403, "forbidden");
    });
}

/// What staff say in a kind of message.
async fn says(story: &Story, kind: &str, text: &str) {
    let text = json!({ "subject": format!("{kind} of ours"), "plain": text, "html": text });
    let body = json!({ "text": text, "expected_version": 1 });
    put(story, "admin", kind, &body).await.expect(200);
}

#[test]
fn every_kind_of_message_has_a_text_with_placeholders_of_its_own() {
    on_both(|database| async move {
        let outbox = Outbox::on(&database).await;
        let story = &outbox.logins.story;
        outbox
            .supervisor("sam", "Sam", "sam@corktown.example")
            .await;
        let built_in = story.get("help_desk", &path(story, "digest")).await;
        let built_in = built_in.expect(200)["text"].clone();
        assert!(text(&built_in["plain"]).contains("{{items}}"));
        // What one kind fills in another does not know.
        let digest = json!({ "text": built_in, "expected_version": 1 });
        let refused = put(story, "admin", "retraction", &digest).await;
        refused.problem(422, "invalid");
        let preview = format!("{}/preview", path(story, "last_day"));
        let told = "Of {{person}}: {{what}} {{by_when}} {{how_back}} {{whom_to_ask}}";
        let words = json!({ "text": { "subject": "{{day}}", "plain": told, "html": told } });
        let shown = story.post("admin", &preview, &words).await.expect(200);
        assert!(
            text(&shown["plain"]).starts_with("Of Kim Moreau: This is the last day."),
            "{shown}"
        );
        says(story, "retraction", "All is well: {{what}} {{whom_to_ask}}").await;
        says(story, "last_day", told).await;
        says(story, "digest", "Sam, look:\n{{items}}\n{{whom_to_ask}}").await;

        outbox.complete_at("2026-04-02T13:00:00Z").await;
        outbox.sweep().await;
        let mails = outbox.send().await;
        let digest = mails
            .iter()
            .find(|mail| mail.to.starts_with("sam"))
            .unwrap();
        assert_eq!(digest.subject, "digest of ours");
        assert!(
            digest
                .plain
                .contains("Sam, look:\n- Dana Whitfield: log in once"),
            "{}",
            digest.plain
        );
        let notice = mails
            .iter()
            .find(|mail| mail.to.starts_with("dana"))
            .unwrap();
        assert!(notice.plain.contains("Hello Dana"), "{}", notice.plain);
        outbox.complete_at("2026-04-07T13:00:00Z").await;
        outbox.sweep().await;
        // The digest of this week goes out with it.
        let mails = outbox.send().await;
        let alert = mails
            .iter()
            .find(|mail| mail.subject == "last_day of ours")
            .unwrap();
        assert_eq!(alert.to, "sam@corktown.example");
        assert!(
            alert
                .plain
                .starts_with("Of Dana Whitfield: This is the last day.")
        );
        outbox
            .logins
            .login("tuesday", "2026-04-07T08:59:00-04:00")
            .await
            .expect(201);
        outbox.sweep().await;
        let mails = outbox.send().await;
        let back = mails
            .iter()
            .find(|mail| mail.to.starts_with("dana"))
            .unwrap();
        assert_eq!(back.subject, "retraction of ours");
        assert!(
            back.plain
                .starts_with("All is well: We wrote to you about Wednesday, 8 April 2026."),
            "{}",
            back.plain
        );
        let list = format!("/v1/implementations/{}/message-templates", story.hand);
        let found = story.list("admin", &format!("{list}?kind=last_day")).await;
        assert_eq!(found.len(), 1);
    });
}

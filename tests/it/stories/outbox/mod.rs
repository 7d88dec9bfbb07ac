//! What the service tells people by itself: nobody loses access without having been told the day, once.

mod add_ons;
mod agencies;
mod alerts;
mod deputies;
mod digest;
mod letters;
mod moved;
mod order;
mod returns;
mod signals;
mod supervisors;
mod templates;
mod unreachable;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use chrono::TimeDelta;
use hmis_licensing::application::App;
use hmis_licensing::application::actor::Role;
use hmis_licensing::application::clock::FixedClock;
use hmis_licensing::application::ports::{Mail, MailFailure, Mailer};
use hmis_licensing::domain::outgoing::MOST_ATTEMPTS;
use hmis_licensing::mail::SmtpMailer;
use serde_json::{Value, json};

use super::logins::Logins;
use super::text;
use crate::support::database::{TestDatabase, on_both};
use crate::support::mail::{Caught, SmtpServer};

const WAITING: &str = "/v1/notices?waiting=true";

const CAMPAIGNS: &str = "/v1/recertification-campaigns";

/// Dana, licensed at Corktown with a confirmed address there, logged in on Monday 2026-03-02; the login source is
/// complete until the time of asking whenever it is told to be.
struct Outbox {
    logins: Logins,
    caught: Arc<Caught>,
    mailer: Arc<dyn Mailer>,
}

impl Outbox {
    /// A campaign that asks for the policies in their new edition: from when training counts, when it opens, and its
    /// last day.
    pub async fn campaign(&self, [counts_from_on, opens_on, deadline_on]: [&str; 3]) -> Value {
        let story = &self.logins.story;
        let plan = json!({
            "implementation_id": story.hand,
            "title": "HUD data elements FY2026",
            "items": [{ "kind": "course", "course": "hand_policy_and_procedure", "edition": "FY2026" }],
            "counts_from_on": counts_from_on,
            "opens_on": opens_on,
            "deadline_on": deadline_on,
            "report": { "reason": "HUD's data elements change." },
        });
        let started = story.post("admin", CAMPAIGNS, &plan).await;
        started.expect(201)
    }

    async fn on(database: &TestDatabase) -> Self {
        Self::with(database, Some("dana@corktown.example")).await
    }

    async fn with(database: &TestDatabase, email: Option<&str>) -> Self {
        let logins = Logins::on(database).await;
        if let Some(email) = email {
            confirm(&logins, email).await;
        }
        logins.story.at("2026-03-02T21:00:00Z");
        logins
            .login("monday", "2026-03-02T16:00:00-05:00")
            .await
            .expect(201);
        let (caught, mailer) = Caught::mailer();
        Self {
            logins,
            caught,
            mailer,
        }
    }

    /// At an instant, with everything known about logins until then.
    async fn complete_at(&self, now: &str) {
        self.logins.story.at(now);
        self.logins.beat(now).await.expect(201);
    }

    async fn sweep(&self) -> usize {
        let sweeps = self.logins.story.app.app.sweep_all().await.unwrap();
        sweeps.iter().map(|sweep| sweep.notices.len()).sum()
    }

    async fn send(&self) -> Vec<Mail> {
        let app = &self.logins.story.app.app;
        app.send_messages(&self.mailer).await.unwrap();
        self.caught.take()
    }

    /// Somebody who supervises Corktown and can be written to.
    async fn supervisor(&self, subject: &str, given_name: &str, email: &str) -> String {
        let story = &self.logins.story;
        let person = json!({
            "implementation_id": story.hand,
            "given_name": given_name,
            "family_name": "Okafor",
            "emails": [{ "email": email, "organization_id": story.corktown }],
        });
        let person = story.post("admin", "/v1/people", &person).await.expect(201);
        let id = text(&person["id"]).to_owned();
        let corktown = Some(story.corktown);
        story
            .grant(
                subject,
                Role::Supervisor,
                corktown,
                Some(id.parse().unwrap()),
            )
            .await;
        id
    }

    /// The authorized signer of Corktown.
    async fn signer(&self, email: &str) {
        let story = &self.logins.story;
        let contact = json!({
            "organization_id": story.corktown,
            "duty": "authorized_signer",
            "name": "Pat Delacroix",
            "email": email,
            "from_on": "2026-01-01",
        });
        story
            .post("admin", "/v1/organization-contacts", &contact)
            .await
            .expect(201);
    }

    /// Whom and what was mailed, by recipient.
    async fn sent(&self) -> Vec<(String, String)> {
        let mut mails: Vec<(String, String)> = self
            .send()
            .await
            .into_iter()
            .map(|mail| (mail.to, mail.plain))
            .collect();
        mails.sort();
        mails
    }

    /// Detroit's rules as a test changes them, from an instant on.
    async fn rules(&self, from: &str, change: impl FnOnce(&mut Value)) {
        let story = &self.logins.story;
        let preset = story.get("admin", "/v1/policy-presets/hand").await;
        let mut document = preset.expect(200)["document"].clone();
        change(&mut document);
        let path = format!("/v1/implementations/{}/policies", story.hand);
        let rules = json!({ "document": document, "effective_from": from });
        story.post("admin", &path, &rules).await.expect(201);
    }

    /// The lead's address, as the support contact of the implementation.
    async fn lead(&self, support_contact: &str) {
        let story = &self.logins.story;
        let path = format!("/v1/implementations/{}", story.hand);
        let version = story.get("admin", &path).await.expect(200)["version"].clone();
        let body = json!({ "support_contact": support_contact, "expected_version": version });
        let token = story.app.token("admin");
        story
            .app
            .request(actix_web::http::Method::PATCH, &path)
            .bearer(&token)
            .header("Content-Type", "application/merge-patch+json")
            .json(&body)
            .send()
            .await
            .expect(200);
    }

    async fn waiting(&self) -> Vec<Value> {
        self.logins.story.list("help_desk", WAITING).await
    }

    async fn notices(&self) -> Vec<Value> {
        self.logins.story.list("help_desk", "/v1/notices").await
    }

    async fn messages(&self) -> Vec<Value> {
        self.logins.story.list("help_desk", "/v1/messages").await
    }
}

async fn confirm(logins: &Logins, email: &str) {
    let story = &logins.story;
    let body = json!({ "email": email, "organization_id": story.corktown });
    let path = format!("/v1/people/{}/emails", story.dana);
    story.post("help_desk", &path, &body).await.expect(201);
}

#[test]
fn detroit_warns_by_mail_on_the_day_and_the_cut_off_follows_from_the_sending() {
    on_both(|database| async move {
        let outbox = Outbox::on(&database).await;
        // Thursday 04-02 is the first day over thirty; a minute before it begins nothing is due.
        outbox.complete_at("2026-04-02T03:59:00Z").await;
        assert_eq!(outbox.sweep().await, 0);
        outbox.complete_at("2026-04-02T04:00:30Z").await;
        assert_eq!(outbox.sweep().await, 1);
        assert_eq!(outbox.sweep().await, 0, "once");
        let waiting = outbox.waiting().await;
        assert_eq!(waiting.len(), 1);
        assert_eq!(waiting[0]["status"], "queued");
        assert_eq!(waiting[0]["named_on"], "2026-04-08");
        assert_eq!(outbox.logins.state().await, "active", "queued is not told");

        let mails = outbox.send().await;
        assert_eq!(mails.len(), 1);
        assert_eq!(mails[0].to, "dana@corktown.example");
        for part in [
            "Hello Dana",
            "since Monday, 2 March 2026",
            "Wednesday, 8 April 2026",
        ] {
            assert!(mails[0].plain.contains(part), "{part}: {}", mails[0].plain);
        }
        assert!(outbox.send().await.is_empty(), "once");
        assert_eq!(outbox.logins.state().await, "warned");
        let notices = outbox.notices().await;
        assert_eq!(notices.len(), 1);
        assert_eq!(notices[0]["id"], waiting[0]["id"]);
        assert_eq!(notices[0]["status"], "counts");
        assert_eq!(notices[0]["channel"], "email");
        assert_eq!(notices[0]["named_on"], "2026-04-08");
        assert_eq!(outbox.messages().await[0]["state"], "sent");

        outbox.complete_at("2026-04-08T04:00:01Z").await;
        assert!(!outbox.logins.allowed("").await);
        outbox.sweep().await;
        assert_eq!(outbox.logins.state().await, "deactivated");
        assert!(outbox.send().await.is_empty(), "what was told came true");
        // Back by the ladder, nobody is told that the old day no longer holds.
        let license = &outbox.logins.license;
        let shown = outbox.logins.story.license("admin", license).await;
        let path = format!("/v1/licenses/{license}/reactivate");
        let back = json!({ "expected_version": shown["version"] });
        let story = &outbox.logins.story;
        story.post("admin", &path, &back).await.expect(200);
        outbox.sweep().await;
        assert!(outbox.send().await.is_empty());
        assert!(outbox.waiting().await.is_empty());
    });
}

#[test]
fn a_merge_takes_what_waits_along() {
    on_both(|database| async move {
        let outbox = Outbox::on(&database).await;
        let story = &outbox.logins.story;
        outbox.complete_at("2026-04-02T13:00:00Z").await;
        outbox.sweep().await;
        let twin = json!({
            "implementation_id": story.hand,
            "given_name": "Dana",
            "family_name": "Whitfield-Roe",
        });
        let twin = story.post("admin", "/v1/people", &twin).await.expect(201);
        let merge = json!({
            "survivor_id": twin["id"],
            "duplicate_id": story.dana,
            "report": { "reason": "She was recorded twice." },
        });
        story
            .post("admin", "/v1/person-merges", &merge)
            .await
            .expect(201);
        assert_eq!(outbox.waiting().await.len(), 1);
        let mails = outbox.send().await;
        assert_eq!(mails.len(), 1);
        assert_eq!(mails[0].to, "dana@corktown.example");
        assert_eq!(outbox.notices().await[0]["status"], "counts");
    });
}

#[test]
fn a_bounce_is_followed_by_no_all_clear() {
    on_both(|database| async move {
        let outbox = Outbox::on(&database).await;
        outbox.complete_at("2026-04-02T13:00:00Z").await;
        outbox.sweep().await;
        assert_eq!(outbox.send().await.len(), 1);
        let notice = outbox.notices().await.remove(0);
        outbox.complete_at("2026-04-03T13:00:00Z").await;
        let path = format!("/v1/notices/{}/bounce", text(&notice["id"]));
        let story = &outbox.logins.story;
        story.post("help_desk", &path, &json!({})).await.expect(200);
        outbox.sweep().await;
        assert!(outbox.send().await.is_empty(), "not to the same mailbox");
        confirm(&outbox.logins, "d.whitfield@corktown.example").await;
        outbox.sweep().await;
        let mails = outbox.send().await;
        assert_eq!(mails.len(), 1, "the same again, with a full grace");
        let said = &mails[0].plain;
        assert!(said.contains("Thursday, 9 April 2026"), "{said}");
        assert!(!said.contains("no longer holds"), "{said}");
    });
}

#[test]
fn a_login_takes_the_warning_back_and_says_so() {
    on_both(|database| async move {
        let outbox = Outbox::on(&database).await;
        outbox.complete_at("2026-04-02T13:00:00Z").await;
        outbox.sweep().await;
        assert_eq!(outbox.send().await.len(), 1);
        outbox.logins.story.at("2026-04-03T13:00:00Z");
        outbox
            .logins
            .login("friday", "2026-04-03T08:00:00-04:00")
            .await
            .expect(201);
        assert_eq!(outbox.sweep().await, 1);
        assert_eq!(outbox.sweep().await, 0, "once");
        let mails = outbox.send().await;
        assert_eq!(mails.len(), 1);
        assert!(
            mails[0].plain.contains("That no longer holds"),
            "{}",
            mails[0].plain
        );
        assert_eq!(outbox.logins.state().await, "active");
    });
}

#[test]
fn what_is_no_longer_true_when_it_is_to_be_sent_is_not() {
    on_both(|database| async move {
        let outbox = Outbox::on(&database).await;
        outbox.complete_at("2026-04-02T13:00:00Z").await;
        outbox.sweep().await;
        outbox
            .logins
            .login("thursday", "2026-04-02T08:59:00-04:00")
            .await
            .expect(201);
        assert!(outbox.waiting().await.is_empty());
        assert!(outbox.send().await.is_empty());
        assert_eq!(outbox.messages().await[0]["state"], "dropped");
        assert!(outbox.notices().await.is_empty());
    });
}

#[test]
fn nothing_is_warned_of_beyond_what_the_login_source_reported() {
    on_both(|database| async move {
        let outbox = Outbox::on(&database).await;
        outbox.logins.story.at("2026-04-20T13:00:00Z");
        assert_eq!(outbox.sweep().await, 0, "nobody knows who logged in");
        outbox.logins.beat("2026-04-01T23:00:00Z").await.expect(201);
        assert_eq!(outbox.sweep().await, 0);
        outbox.logins.beat("2026-04-20T12:00:00Z").await.expect(201);
        assert_eq!(outbox.sweep().await, 1);
        let mails = outbox.send().await;
        // A full grace from today, however long ago the day was.
        assert!(
            mails[0].plain.contains("Sunday, 26 April 2026"),
            "{}",
            mails[0].plain
        );
    });
}

#[test]
fn a_dead_mail_server_starts_no_grace_and_is_tried_until_staff_are_needed() {
    on_both(|database| async move {
        let outbox = Outbox::on(&database).await;
        outbox.complete_at("2026-04-02T13:00:00Z").await;
        outbox.sweep().await;
        outbox
            .caught
            .fail(Some(MailFailure::Ours("it could not be reached".into())));
        let mut attempts = 0;
        let mut now: chrono::DateTime<chrono::Utc> = "2026-04-02T13:00:00Z".parse().unwrap();
        loop {
            outbox.send().await;
            let message = outbox.messages().await.remove(0);
            attempts += 1;
            assert_eq!(message["attempts"], attempts);
            assert_eq!(message["failure"], "it could not be reached");
            if message["state"] == "dead" {
                break;
            }
            let next: chrono::DateTime<chrono::Utc> =
                text(&message["next_attempt_at"]).parse().unwrap();
            assert!(next > now, "a pause");
            now = next;
            outbox.logins.story.at(&now.to_rfc3339());
        }
        assert_eq!(attempts, MOST_ATTEMPTS);
        let tried_for = now
            - "2026-04-02T13:00:00Z"
                .parse::<chrono::DateTime<chrono::Utc>>()
                .unwrap();
        assert!(tried_for > TimeDelta::hours(88), "a long weekend");
        assert_eq!(outbox.logins.state().await, "active", "nobody was told");
        assert_eq!(outbox.waiting().await.len(), 1, "staff may still call");

        outbox.caught.fail(None);
        assert!(outbox.send().await.is_empty(), "it was put aside");
        let message = outbox.messages().await.remove(0);
        let path = format!("/v1/messages/{}/retry", text(&message["id"]));
        let stale = json!({ "expected_version": 1 });
        let story = &outbox.logins.story;
        story
            .post("admin", &path, &stale)
            .await
            .problem(412, "stale");
        let version = json!({ "expected_version": message["version"] });
        story.post("admin", &path, &version).await.expect(200);
        let mails = outbox.send().await;
        assert_eq!(mails.len(), 1);
        let told = outbox.notices().await.remove(0);
        // The grace counts from the day it was really sent.
        let sent_on = now.with_timezone(&chrono_tz::America::Detroit).date_naive();
        let named_on: chrono::NaiveDate = text(&told["named_on"]).parse().unwrap();
        assert_eq!((named_on - sent_on).num_days(), 6);
        assert_eq!(outbox.logins.state().await, "warned");
        let message = outbox.messages().await.remove(0);
        let again = json!({ "expected_version": message["version"] });
        let refused = story.post("admin", &path, &again).await;
        refused.problem(409, "transition_refused");
    });
}

#[test]
fn without_an_address_staff_give_the_notice_by_telephone() {
    on_both(|database| async move {
        let outbox = Outbox::with(&database, None).await;
        let story = &outbox.logins.story;
        outbox.complete_at("2026-04-02T13:00:00Z").await;
        // Hers, and that she cannot be reached, of which nobody with an address is there to be told.
        assert_eq!(outbox.sweep().await, 2);
        assert!(outbox.send().await.is_empty());
        let waiting = outbox.waiting().await;
        assert_eq!(waiting[0]["status"], "undeliverable");
        assert_eq!(waiting[1]["rule"], "unreachable");
        assert_eq!(waiting[1]["tells"], json!(["supervisors"]));
        let path = format!("/v1/notices/{}/delivery", text(&waiting[0]["id"]));
        let too_early = json!({ "channel": "phone", "named_on": "2026-04-07" });
        let refused = story.post("help_desk", &path, &too_early).await;
        refused.problem(422, "invalid");
        assert_eq!(refused.faults(), ["/named_on"]);
        let ahead = json!({
            "channel": "phone", "named_on": "2026-04-09", "given_at": "2026-04-02T13:06:00Z",
        });
        let refused = story.post("help_desk", &path, &ahead).await;
        assert_eq!(refused.faults(), ["/given_at"]);
        let mut both = ahead;
        both["named_on"] = json!("2126-04-16");
        let refused = story.post("help_desk", &path, &both).await;
        refused.problem(422, "invalid");
        assert_eq!(refused.faults(), ["/given_at", "/named_on"]);
        let called = json!({ "channel": "phone", "named_on": waiting[0]["named_on"] });
        let given = story.post("help_desk", &path, &called).await.expect(200);
        assert_eq!(given["status"], "counts");
        assert_eq!(given["channel"], "phone");
        assert_eq!(outbox.logins.state().await, "warned");
        story
            .post("help_desk", &path, &called)
            .await
            .problem(409, "transition_refused");
        assert!(outbox.waiting().await.is_empty());
    });
}

#[test]
fn an_address_that_is_confirmed_later_gets_what_waited() {
    on_both(|database| async move {
        let outbox = Outbox::with(&database, None).await;
        outbox.complete_at("2026-04-02T13:00:00Z").await;
        outbox.sweep().await;
        confirm(&outbox.logins, "dana@corktown.example").await;
        assert_eq!(outbox.sweep().await, 0, "nothing new is due");
        let mails = outbox.send().await;
        assert_eq!(mails.len(), 1);
        assert_eq!(mails[0].to, "dana@corktown.example");
    });
}

#[test]
fn a_refused_mailbox_waits_for_staff() {
    on_both(|database| async move {
        let outbox = Outbox::on(&database).await;
        outbox.complete_at("2026-04-02T13:00:00Z").await;
        outbox.sweep().await;
        let refusal = MailFailure::Recipient("the recipient's mail server refused it: 550".into());
        outbox.caught.fail(Some(refusal));
        outbox.send().await;
        assert_eq!(outbox.messages().await[0]["state"], "refused");
        assert_eq!(outbox.waiting().await[0]["status"], "undeliverable");
        outbox.caught.fail(None);
        // Whatever is recorded of her has the sweep look again.
        let story = &outbox.logins.story;
        let passed = story.pass("trainer", story.dana, "hand_policy_and_procedure");
        passed.await.expect(201);
        outbox.sweep().await;
        // Not to the same address, today or tomorrow.
        assert_eq!(outbox.waiting().await[0]["status"], "undeliverable");
        assert!(outbox.send().await.is_empty());
        assert_eq!(outbox.logins.state().await, "active");
        // A corrected address gets it, with a full grace from its sending.
        outbox.complete_at("2026-04-03T13:00:00Z").await;
        confirm(&outbox.logins, "d.whitfield@corktown.example").await;
        outbox.sweep().await;
        let mails = outbox.send().await;
        assert_eq!(mails.len(), 1);
        assert_eq!(mails[0].to, "d.whitfield@corktown.example");
        assert!(mails[0].plain.contains("Thursday, 9 April 2026"));
    });
}

#[test]
fn two_instances_send_each_message_once() {
    on_both(|database| async move {
        let outbox = Outbox::on(&database).await;
        outbox.complete_at("2026-04-02T13:00:00Z").await;
        let app = &outbox.logins.story.app.app;
        let (one, other) = futures_util::future::join(app.sweep_all(), app.sweep_all()).await;
        let found: usize = [one.unwrap(), other.unwrap()]
            .iter()
            .flatten()
            .map(|sweep| sweep.notices.len())
            .sum();
        assert_eq!(found, 1);
        let (one, other) = futures_util::future::join(
            app.send_messages(&outbox.mailer),
            app.send_messages(&outbox.mailer),
        )
        .await;
        assert_eq!(one.unwrap().sent + other.unwrap().sent, 1);
        assert_eq!(outbox.caught.take().len(), 1);
    });
}

/// A sender that is paused past its lease while another instance sends what it holds.
struct Paused {
    app: App,
    clock: Arc<FixedClock>,
    other: Arc<dyn Mailer>,
}

impl Mailer for Paused {
    fn send<'a>(
        &'a self,
        _: &'a Mail,
    ) -> Pin<Box<dyn Future<Output = Result<(), MailFailure>> + Send + 'a>> {
        Box::pin(async move {
            self.clock.set(self.app.now() + TimeDelta::minutes(6));
            assert_eq!(self.app.send_messages(&self.other).await.unwrap().sent, 1);
            Err(MailFailure::Recipient("it was refused".into()))
        })
    }
}

#[test]
fn a_sender_paused_past_its_lease_records_nothing() {
    on_both(|database| async move {
        let outbox = Outbox::on(&database).await;
        outbox.complete_at("2026-04-02T13:00:00Z").await;
        outbox.sweep().await;
        let test = &outbox.logins.story.app;
        let paused: Arc<dyn Mailer> = Arc::new(Paused {
            app: test.app.clone(),
            clock: test.clock.clone(),
            other: Arc::clone(&outbox.mailer),
        });
        test.app.send_messages(&paused).await.unwrap();
        assert_eq!(outbox.caught.take().len(), 1);
        let message = outbox.messages().await.remove(0);
        assert_eq!(
            (&message["state"], &message["attempts"]),
            (&json!("sent"), &json!(2))
        );
        assert_eq!(outbox.notices().await.len(), 1);
        assert!(outbox.send().await.is_empty());
    });
}

#[test]
fn a_real_mail_server_accepts_defers_and_refuses() {
    on_both(|database| async move {
        let Some(mut server) = SmtpServer::start() else {
            return;
        };
        let url = format!("smtp://127.0.0.1:{}", server.port);
        let mailer: Arc<dyn Mailer> =
            Arc::new(SmtpMailer::new(&url, "HMIS <hmis@example.org>").unwrap());
        let outbox = Outbox::on(&database).await;
        outbox.complete_at("2026-04-02T13:00:00Z").await;
        outbox.sweep().await;
        let app = &outbox.logins.story.app.app;
        assert_eq!(app.send_messages(&mailer).await.unwrap().sent, 1);
        let mail = server.next();
        assert_eq!(mail["to"], json!(["dana@corktown.example"]));
        assert_eq!(mail["from"], "hmis@example.org");
        let id = text(&outbox.messages().await[0]["id"]).to_owned();
        let data = text(&mail["data"]).to_owned();
        assert!(
            data.contains(&format!("Message-ID: <{id}@example.org>")),
            "{data}"
        );
        assert!(
            data.contains("text/plain") && data.contains("text/html"),
            "{data}"
        );
        let wrong: Arc<dyn Mailer> =
            Arc::new(SmtpMailer::new(&url, "HMIS <wrong@example.org>").unwrap());
        for (mailer, to, ours) in [
            (&mailer, "later@x.example", true),
            (&mailer, "gone@x.example", false),
            (&mailer, "nobody@x.example", false),
            (&mailer, "relay@x.example", true),
            (&mailer, "denied@x.example", true),
            (&mailer, "content@x.example", true),
            (&wrong, "dana@x.example", true),
        ] {
            let mail = Mail {
                id: uuid::Uuid::now_v7(),
                to: to.to_owned(),
                subject: "s".to_owned(),
                plain: "p".to_owned(),
                html: "h".to_owned(),
            };
            let failure = mailer.send(&mail).await.unwrap_err();
            assert_eq!(
                matches!(failure, MailFailure::Ours(_)),
                ours,
                "{to}: {failure}"
            );
            assert!(!failure.to_string().contains('@'), "{failure}");
        }
    });
}

//! Somebody whom nobody verified says that a person left.

use hmis_licensing::application::actor::Role;
use hmis_licensing::domain::ids::PersonId;
use serde_json::{Value, json};

use super::causes;
use crate::stories::{NOBODY, Story, text};
use crate::support::app::Answer;
use crate::support::database::on_both;

const PATH: &str = "/v1/departure-notices";

impl Story {
    fn said_that_dana_left(&self) -> Value {
        json!({
            "person_id": self.dana,
            "organization_id": self.corktown,
            "ended_on": "2026-03-02",
            "report": {
                "channel": "phone",
                "ticket_reference": "HD-1177",
                "reported_by": { "name": "A former colleague", "contact": "+1 313 555 0142" },
            },
        })
    }

    /// The help desk parks what a caller says.
    async fn park(&self) -> Value {
        let body = self.said_that_dana_left();
        self.post("help_desk", PATH, &body).await.expect(201)
    }

    /// Decides about a notice as it stands.
    async fn settle(&self, who: &str, notice: &Value, action: &str, more: Value) -> Answer {
        let path = format!("{PATH}/{}", text(&notice["id"]));
        let version = self.get("admin", &path).await.expect(200)["version"].clone();
        let mut body = more;
        body["expected_version"] = version;
        self.post(who, &format!("{path}/{action}"), &body).await
    }

    async fn open_notices(&self, who: &str) -> Vec<Value> {
        self.list(who, &format!("{PATH}?status=open")).await
    }
}

#[test]
fn the_license_is_held_at_once_and_a_supervisor_who_confirms_ends_it() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        // Tuesday morning in Detroit.
        story.at("2026-03-03T14:00:00Z");
        let notice = story.park().await;
        assert_eq!(notice["status"], "open");
        assert_eq!(notice["holds_until"], "2026-03-05T05:00:00Z");
        assert_eq!(notice["license_id"], json!(license));
        assert_eq!(story.sign_in("").await["allowed"], false);
        let seen = story.license("admin", &license).await;
        assert_eq!(seen["state"], "suspended");
        assert_eq!(causes(&seen), ["departure_unverified"]);
        // Her supervisor sees who said so, and nobody at another agency does; she herself does not either.
        let open = story.open_notices("supervisor").await;
        assert_eq!(open[0]["id"], notice["id"]);
        assert_eq!(open[0]["parked_since"], "2026-03-03T14:00:00Z");
        assert!(story.open_notices("jefferson").await.is_empty());
        let path = format!("{PATH}/{}", text(&notice["id"]));
        story
            .get("jefferson", &path)
            .await
            .problem(404, "not_found");
        story.get("dana", &path).await.problem(403, "forbidden");

        story.at("2026-03-04T14:00:00Z");
        let confirmed = story
            .settle("supervisor", &notice, "confirm", json!({}))
            .await
            .expect(200);
        assert_eq!(confirmed["status"], "confirmed");
        assert_eq!(confirmed["version"], 2);
        let seen = story.license("admin", &license).await;
        assert_eq!(seen["state"], "deactivated");
        assert_eq!(seen["end"]["cause"], "employment_ended");
        let path = format!("/v1/departures/{}", text(&confirmed["departure_id"]));
        let departure = story.get("supervisor", &path).await.expect(200);
        assert_eq!(departure["ended_at"], "2026-03-03T05:00:00Z");
        assert_eq!(departure["access_off_at"], "2026-03-04T14:00:00Z");
        // The end of Monday had to be reported by the end of Tuesday.
        assert_eq!(departure["late"], true);
        assert!(story.open_notices("admin").await.is_empty());
        // What is settled stays settled.
        for action in ["confirm", "reject"] {
            let more = json!({ "report": { "reason": "Once more." } });
            let problem = story
                .settle("supervisor", &notice, action, more)
                .await
                .problem(409, "transition_refused");
            assert_eq!(problem["state"], "confirmed");
            assert_eq!(problem["action"], action);
        }
    });
}

#[test]
fn a_rejection_gives_access_back_at_once() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        story.at("2026-03-03T14:00:00Z");
        let notice = story.park().await;
        let refused = story
            .settle("supervisor", &notice, "reject", json!({}))
            .await;
        refused.problem(422, "invalid");
        assert_eq!(refused.faults(), ["/report/reason"]);
        assert_eq!(story.sign_in("").await["allowed"], false);
        story.at("2026-03-03T15:00:00Z");
        let more = json!({ "report": { "reason": "She is on the night shift." } });
        let rejected = story
            .settle("supervisor", &notice, "reject", more)
            .await
            .expect(200);
        assert_eq!(rejected["status"], "rejected");
        assert_eq!(rejected["decision"]["reason"], "She is on the night shift.");
        assert_eq!(story.sign_in("").await["allowed"], true);
        assert_eq!(story.license("admin", &license).await["state"], "active");
        assert!(story.list("admin", "/v1/departures").await.is_empty());
    });
}

#[test]
fn after_one_business_day_the_hold_ends_and_the_notice_stays_listed() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        // Friday afternoon; through Monday.
        story.at("2026-03-06T21:00:00Z");
        let notice = story.park().await;
        let explanation = format!("/v1/licenses/{license}/explanation");
        let explained = story.get("help_desk", &explanation).await.expect(200);
        assert_eq!(
            explained["next_automatic_change"]["at"],
            "2026-03-10T04:00:00Z"
        );
        story.at("2026-03-10T03:59:59Z");
        assert_eq!(story.sign_in("").await["allowed"], false);
        story.at("2026-03-10T04:00:00Z");
        assert_eq!(story.sign_in("").await["allowed"], true);
        assert_eq!(story.open_notices("admin").await[0]["id"], notice["id"]);
        // Saying it again holds nobody again.
        let body = story.said_that_dana_left();
        story
            .post("help_desk", PATH, &body)
            .await
            .problem(409, "duplicate");
        assert_eq!(story.sign_in("").await["allowed"], true);
        // Late, and on another day, but confirmed.
        let more = json!({ "ended_at": "2026-03-06T17:00:00-05:00" });
        let confirmed = story
            .settle("supervisor", &notice, "confirm", more)
            .await
            .expect(200);
        let path = format!("/v1/departures/{}", text(&confirmed["departure_id"]));
        let departure = story.get("admin", &path).await.expect(200);
        assert_eq!(departure["ended_at"], "2026-03-06T22:00:00Z");
        assert_eq!(story.sign_in("").await["allowed"], false);
    });
}

#[test]
fn only_a_supervisor_or_the_signer_decides_and_nobody_his_own() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        story.license_dana().await;
        story.at("2026-03-03T14:00:00Z");
        let rosalind = Some(story.rosalind);
        let corktown = Some(story.corktown);
        story
            .grant("rosalind", Role::Supervisor, corktown, rosalind)
            .await;
        story.grant("second_desk", Role::HelpDesk, None, None).await;
        let signer = |name: &str, duty: &str| {
            json!({
                "organization_id": story.corktown, "duty": duty, "name": name, "phone": "+1 313 555 0101",
            })
        };
        let contact = async |body: &Value| {
            let path = "/v1/organization-contacts";
            story.post("admin", path, body).await.expect(201)["id"].clone()
        };
        let ingrid = contact(&signer("Ingrid Solberg", "authorized_signer")).await;
        let herself = contact(&signer("dana whitfield", "authorized_signer")).await;
        let billing = contact(&signer("Bo Lindgren", "billing_contact")).await;
        let notice = story.park().await;

        // Who recorded it, and whoever else has nobody of the organization to name.
        let named = json!({ "report": { "reported_by": { "person_id": story.rosalind } } });
        story
            .settle("help_desk", &notice, "confirm", named.clone())
            .await
            .problem(403, "own_case");
        for who in ["trainer", "auditor", "dana", "frontend", "integration"] {
            story
                .settle(who, &notice, "confirm", named.clone())
                .await
                .problem(403, "forbidden");
        }
        let jefferson = story
            .settle("jefferson", &notice, "confirm", json!({}))
            .await;
        jefferson.problem(404, "not_found");
        for (more, pointer) in [
            (json!({}), "/report/reported_by"),
            (
                json!({ "report": { "reported_by": { "name": "Rosalind" } } }),
                "/report/reported_by",
            ),
            (
                json!({ "report": { "reported_by": { "person_id": story.dana } } }),
                "/report/reported_by",
            ),
            (
                json!({ "signer_contact_id": billing }),
                "/signer_contact_id",
            ),
            (json!({ "signer_contact_id": NOBODY }), "/signer_contact_id"),
            (
                json!({ "signer_contact_id": herself }),
                "/signer_contact_id",
            ),
            (
                json!({
                    "signer_contact_id": ingrid,
                    "report": { "reported_by": { "person_id": story.rosalind } },
                }),
                "/signer_contact_id",
            ),
        ] {
            let answer = story
                .settle("second_desk", &notice, "confirm", more.clone())
                .await;
            answer.problem(422, "invalid");
            assert_eq!(answer.faults(), [pointer], "{more}");
        }
        assert_eq!(story.open_notices("admin").await.len(), 1);
        let confirmed = story
            .settle(
                "second_desk",
                &notice,
                "confirm",
                json!({ "signer_contact_id": ingrid }),
            )
            .await
            .expect(200);
        assert_eq!(
            confirmed["decision"]["reported_by"],
            json!({ "name": "Ingrid Solberg", "contact": "+1 313 555 0101" })
        );
    });
}

#[test]
fn who_supervises_now_decides_also_in_anothers_place_and_no_longer_who_left() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        story.rosalind_supervises().await;
        let kim = story.kim().await;
        story.license_dana().await;
        story.grant("second_desk", Role::HelpDesk, None, None).await;
        story
            .stand_in_for_rosalind(kim, "2026-03-02", "2026-03-20")
            .await;
        story.depart_rosalind("2026-03-03T13:00:00Z").await;
        story.at("2026-03-03T14:00:00Z");
        let notice = story.park().await;
        let word_of =
            |person: PersonId| json!({ "report": { "reported_by": { "person_id": person } } });
        for gone in [story.rosalind, kim] {
            let answer = story
                .settle("second_desk", &notice, "confirm", word_of(gone))
                .await;
            answer.problem(422, "invalid");
            assert_eq!(answer.faults(), ["/report/reported_by"]);
        }
        story.rosalind_supervises().await;
        story
            .stand_in_for_rosalind(kim, "2026-03-03", "2026-03-20")
            .await;
        let confirmed = story
            .settle("second_desk", &notice, "confirm", word_of(kim))
            .await
            .expect(200);
        assert_eq!(confirmed["status"], "confirmed");
        assert_eq!(
            confirmed["decision"]["reported_by"],
            json!({ "person_id": kim })
        );
    });
}

#[test]
fn who_only_stands_in_for_the_one_concerned_does_not_decide() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        story.rosalind_supervises().await;
        let kim = story.kim().await;
        story
            .stand_in_for_rosalind(kim, "2026-03-02", "2026-03-20")
            .await;
        story.grant("second_desk", Role::HelpDesk, None, None).await;
        story.at("2026-03-03T14:00:00Z");
        let mut body = story.said_that_dana_left();
        body["person_id"] = json!(story.rosalind);
        let notice = story.post("help_desk", PATH, &body).await.expect(201);
        let more = json!({ "report": {
            "reason": "She is on vacation.", "reported_by": { "person_id": kim },
        } });
        let answer = story.settle("second_desk", &notice, "reject", more).await;
        answer.problem(422, "invalid");
        assert_eq!(answer.faults(), ["/report/reported_by"]);
    });
}

#[test]
fn a_supervisor_neither_sees_nor_decides_what_is_said_of_him() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let (corktown, rosalind) = (Some(story.corktown), Some(story.rosalind));
        story
            .grant("rosalind", Role::Supervisor, corktown, rosalind)
            .await;
        story.at("2026-03-03T14:00:00Z");
        let mut body = story.said_that_dana_left();
        body["person_id"] = json!(story.rosalind);
        // She holds no license, but a role.
        let notice = story.post("help_desk", PATH, &body).await.expect(201);
        assert!(notice.get("license_id").is_none());
        assert!(story.open_notices("rosalind").await.is_empty());
        let path = format!("{PATH}/{}", text(&notice["id"]));
        story.get("rosalind", &path).await.problem(404, "not_found");
        story
            .settle("rosalind", &notice, "confirm", json!({}))
            .await
            .problem(403, "own_case");
        story
            .settle("supervisor", &notice, "confirm", json!({}))
            .await
            .expect(200);
        // With the departure her role ended.
        story
            .get("rosalind", "/v1/licenses")
            .await
            .problem(403, "forbidden");
    });
}

#[test]
fn a_departure_reported_by_somebody_else_settles_the_notice() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        story.at("2026-03-03T14:00:00Z");
        let notice = story.park().await;
        // She leaves, but at the end of the month: until then she works.
        let departure = story
            .depart_dana("supervisor", "2026-03-31T17:00:00-04:00")
            .await;
        let path = format!("{PATH}/{}", text(&notice["id"]));
        let settled = story.get("admin", &path).await.expect(200);
        assert_eq!(settled["status"], "confirmed");
        assert_eq!(settled["departure_id"], departure["id"]);
        assert_eq!(story.sign_in("").await["allowed"], true);
        assert_eq!(story.license("admin", &license).await["state"], "active");
    });
}

#[test]
fn a_notice_names_who_said_so_and_no_end_ahead() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        story.at("2026-03-03T14:00:00Z");
        let sound = story.said_that_dana_left();
        let with = |pointer: &str, value: Value| {
            let mut body = sound.clone();
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            let parent = body.pointer_mut(parent).unwrap().as_object_mut().unwrap();
            if value.is_null() {
                parent.remove(key);
            } else {
                parent.insert(key.to_owned(), value);
            }
            body
        };
        for (body, pointer) in [
            (
                with("/report/reported_by", Value::Null),
                "/report/reported_by",
            ),
            (with("/report", Value::Null), "/report/reported_by"),
            (with("/ended_on", json!("2026-03-04")), "/ended_on"),
            (with("/ended_on", json!("1996-03-04")), "/ended_on"),
            (with("/ended_on", Value::Null), "/ended_at"),
            (with("/person_id", json!(NOBODY)), "/person_id"),
            (with("/organization_id", json!(NOBODY)), "/organization_id"),
            (
                with("/organization_id", json!(story.jefferson)),
                "/organization_id",
            ),
            (with("/supersedes", json!(NOBODY)), "/report/reason"),
        ] {
            let answer = story.post("help_desk", PATH, &body).await;
            answer.problem(422, "invalid");
            assert_eq!(answer.faults(), [pointer], "{body}");
        }
        assert_eq!(story.sign_in("").await["allowed"], true);
        // Her last day may be today. Corrected, it holds her no longer than it did.
        let today = with("/ended_on", json!("2026-03-03"));
        let notice = story.post("help_desk", PATH, &today).await.expect(201);
        story.at("2026-03-04T14:00:00Z");
        let mut corrected = with("/supersedes", notice["id"].clone());
        corrected["report"]["reason"] = json!("The caller meant Monday.");
        let second = story.post("help_desk", PATH, &corrected).await.expect(201);
        assert_eq!(second["holds_until"], notice["holds_until"]);
        let path = format!("{PATH}/{}", text(&notice["id"]));
        let first = story.get("admin", &path).await.expect(200);
        assert_eq!(first["status"], "corrected");
        let seen = story.license("admin", &license).await;
        assert_eq!(causes(&seen), ["departure_unverified"]);
        assert_eq!(story.open_notices("admin").await.len(), 1);
        story.at("2026-03-05T05:00:00Z");
        assert_eq!(story.sign_in("").await["allowed"], true);
    });
}

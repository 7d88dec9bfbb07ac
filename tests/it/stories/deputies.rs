//! Deputies: somebody of the same organization acts for a supervisor, for stated dates and no longer than that one could.

use hmis_licensing::application::actor::Role;
use serde_json::{Value, json};

use super::{NOBODY, Story, text};
use crate::support::app::Answer;
use crate::support::database::on_both;

/// Corktown in March: Rosalind supervises it, Dana works there with a license and can sign in.
async fn corktown(story: &Story) -> String {
    let license = story.license_dana().await;
    let (corktown, rosalind) = (story.corktown, story.rosalind);
    story
        .grant("rosalind", Role::Supervisor, Some(corktown), Some(rosalind))
        .await;
    license
}

impl Story {
    fn deputy(&self, from: &str, until: &str) -> Value {
        json!({
            "organization_id": self.corktown,
            "deputy_id": self.dana,
            "from_on": from,
            "until_on": until,
            "reason": "Vacation.",
        })
    }

    /// Whether Dana may ask for a license of somebody new at Corktown now.
    async fn dana_asks(&self, family_name: &str) -> Answer {
        let person = json!({ "given_name": "Kim", "family_name": family_name });
        let body = self.request(self.corktown, &person);
        self.post("dana", "/v1/license-requests", &body).await
    }

    async fn standing(&self, delegation: &Value) -> Value {
        let path = format!("/v1/delegations/{}", text(&delegation["id"]));
        self.get("admin", &path).await.expect(200)["state"].clone()
    }
}

#[test]
fn a_deputy_acts_for_the_supervisor_within_the_dates_and_what_he_records_says_for_whom() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        corktown(&story).await;
        story.dana_asks("Before").await.problem(403, "forbidden");
        let body = story.deputy("2026-03-09", "2026-03-20");
        let named = story.post("rosalind", "/v1/delegations", &body).await;
        let delegation = named.expect(201);
        assert_eq!(delegation["state"], "pending");
        assert_eq!(delegation["supervisor_id"], json!(story.rosalind));
        assert_eq!(delegation["from_at"], "2026-03-09T04:00:00Z");
        assert_eq!(delegation["until_at"], "2026-03-21T04:00:00Z");
        story.at("2026-03-09T03:59:59Z");
        story.dana_asks("Early").await.problem(403, "forbidden");
        story.at("2026-03-09T04:00:00Z");
        assert_eq!(story.standing(&delegation).await, "live");
        let request = story.dana_asks("Moreau").await.expect(201);
        assert_eq!(request["requested_by"], json!(story.rosalind));
        let kim = text(&request["person_id"]).parse().unwrap();
        let signed = story
            .sign("dana", kim, story.corktown, "user_agreement", "supervisor")
            .await
            .expect(201);
        assert_eq!(signed["report"]["on_behalf_of"], json!(story.rosalind));
        // What is hers she signs for herself.
        let own = story
            .sign(
                "dana",
                story.dana,
                story.corktown,
                "user_agreement",
                "end_user",
            )
            .await
            .expect(201);
        assert_eq!(own["report"].get("on_behalf_of"), None);
        let records = story.audit(Some(story.hand)).await;
        let of = |action: &str| -> Vec<Value> {
            let parsed = records
                .iter()
                .map(|row| serde_json::from_str(&row.record).unwrap());
            parsed
                .filter(|one: &Value| one["action"] == action)
                .collect()
        };
        let asked = of("submit_request").pop().unwrap();
        assert_eq!(asked["on_behalf_of"], json!(story.rosalind));
        let signatures = of("record_signature");
        let [.., for_agency, for_herself] = &signatures[..] else {
            panic!("{signatures:?}")
        };
        assert_eq!(for_agency["on_behalf_of"], json!(story.rosalind));
        assert_eq!(for_herself.get("on_behalf_of"), None);
        // The day after the last one it is over.
        story.at("2026-03-21T03:59:59Z");
        story.dana_asks("Late").await.expect(201);
        story.at("2026-03-21T04:00:00Z");
        story.dana_asks("Over").await.problem(403, "forbidden");
        assert_eq!(story.standing(&delegation).await, "ended");
    });
}

#[test]
fn a_deputy_decides_neither_about_himself_nor_about_the_one_he_stands_for() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = corktown(&story).await;
        let body = story.deputy("2026-03-02", "2026-03-20");
        story
            .post("rosalind", "/v1/delegations", &body)
            .await
            .expect(201);
        let rosalind = json!({ "id": story.rosalind });
        let asked = story
            .post(
                "supervisor",
                "/v1/license-requests",
                &story.request(
                    story.corktown,
                    &json!({
                        "external_id": { "system": "hmis_user_id", "value": "42" },
                    }),
                ),
            )
            .await
            .expect(201);
        story
            .sign(
                "dana",
                story.rosalind,
                story.corktown,
                "user_agreement",
                "supervisor",
            )
            .await
            .problem(403, "own_case");
        let keep = json!({ "license_id": license, "report": { "reason": "I come back." } });
        story
            .post("dana", "/v1/keep-requests", &keep)
            .await
            .problem(403, "own_case");
        story
            .decide("supervisor", text(&asked["id"]), "withdraw")
            .await
            .expect(200);
        story
            .post(
                "dana",
                "/v1/license-requests",
                &story.request(story.corktown, &rosalind),
            )
            .await
            .problem(403, "own_case");
        // What Rosalind may not know of herself, her deputy does not learn for her.
        let future = json!({
            "person_id": story.rosalind, "organization_id": story.corktown, "ended_on": "2026-06-30",
        });
        let future = story
            .post("admin", "/v1/departures", &future)
            .await
            .expect(201);
        let path = format!("/v1/departures/{}", text(&future["id"]));
        for who in ["rosalind", "dana"] {
            story.get(who, &path).await.problem(404, "not_found");
        }
        story.get("supervisor", &path).await.expect(200);
        // And what was lent is not passed on.
        let mut on = story.deputy("2026-03-03", "2026-03-04");
        on["deputy_id"] = json!(story.rosalind);
        story
            .post("dana", "/v1/delegations", &on)
            .await
            .problem(403, "forbidden");
    });
}

#[test]
fn a_deputy_acts_only_as_long_as_the_supervisor_could() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        corktown(&story).await;
        let body = story.deputy("2026-03-02", "2026-05-20");
        let first = story
            .post("rosalind", "/v1/delegations", &body)
            .await
            .expect(201);
        story.dana_asks("One").await.expect(201);
        // Ended by hand, by whoever may speak for Rosalind.
        let path = format!("/v1/delegations/{}", text(&first["id"]));
        let end = format!("{path}/end");
        let seen = json!({ "expected_version": 1 });
        story
            .post("rosalind", &end, &json!({}))
            .await
            .problem(428, "precondition_required");
        story
            .post("rosalind", &end, &json!({ "expected_version": 2 }))
            .await
            .problem(412, "stale");
        story
            .post("dana", &end, &seen)
            .await
            .problem(403, "forbidden");
        story
            .post("supervisor", &end, &seen)
            .await
            .problem(403, "forbidden");
        let ended = story.post("rosalind", &end, &seen).await.expect(200);
        assert_eq!(
            (ended["state"].as_str(), ended["version"].as_i64()),
            (Some("ended"), Some(2))
        );
        story.dana_asks("Two").await.problem(403, "forbidden");
        let again = story
            .post("rosalind", &end, &json!({ "expected_version": 2 }))
            .await;
        assert_eq!(again.problem(409, "transition_refused")["state"], "ended");
        // With the role of the one he stands for.
        let second = story
            .post("rosalind", "/v1/delegations", &body)
            .await
            .expect(201);
        story.dana_asks("Three").await.expect(201);
        story.revoke("rosalind").await;
        story.dana_asks("Four").await.problem(403, "forbidden");
        assert_eq!(story.standing(&second).await, "ended");
        // By that one's departure.
        let (corktown, rosalind) = (story.corktown, story.rosalind);
        story.app.clock.advance(chrono::TimeDelta::seconds(1));
        story
            .grant("rosalind", Role::Supervisor, Some(corktown), Some(rosalind))
            .await;
        let third = story
            .post("rosalind", "/v1/delegations", &body)
            .await
            .expect(201);
        story.dana_asks("Five").await.expect(201);
        let leaves = json!({
            "person_id": rosalind, "organization_id": corktown, "ended_at": "2026-03-10T17:00:00Z",
        });
        story
            .post("supervisor", "/v1/departures", &leaves)
            .await
            .expect(201);
        story.at("2026-03-10T16:59:59Z");
        story.dana_asks("Six").await.expect(201);
        story.at("2026-03-10T17:00:00Z");
        story.dana_asks("Seven").await.problem(403, "forbidden");
        assert_eq!(story.standing(&third).await, "ended");
    });
}

#[test]
fn the_departure_of_the_deputy_ends_what_he_does_for_others() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        corktown(&story).await;
        let body = story.deputy("2026-03-02", "2026-05-20");
        let delegation = story
            .post("rosalind", "/v1/delegations", &body)
            .await
            .expect(201);
        story.dana_asks("One").await.expect(201);
        story.depart_dana("rosalind", "2026-03-10T17:00:00Z").await;
        story.at("2026-03-10T17:00:00Z");
        story.dana_asks("Two").await.problem(403, "forbidden");
        assert_eq!(story.standing(&delegation).await, "ended");
        let mut again = story.deputy("2026-03-11", "2026-03-12");
        again["from_on"] = json!("2026-03-11");
        let answer = story.post("rosalind", "/v1/delegations", &again).await;
        answer.problem(422, "invalid");
        assert_eq!(answer.faults(), ["/deputy_id"]);
    });
}

#[test]
fn only_somebody_of_the_same_organization_with_a_credential_stands_in() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        corktown(&story).await;
        let faults = async |who: &str, body: &Value| {
            let answer = story.post(who, "/v1/delegations", body).await;
            answer.problem(422, "invalid");
            answer.faults()
        };
        let sound = story.deputy("2026-03-09", "2026-03-20");
        let with = |member: &str, value: Value| {
            let mut body = sound.clone();
            body[member] = value;
            body
        };
        for (body, expected) in [
            (with("deputy_id", json!(story.rosalind)), "/deputy_id"),
            (with("deputy_id", json!(NOBODY)), "/deputy_id"),
            (with("supervisor_id", json!(story.dana)), "/supervisor_id"),
            (
                with("organization_id", json!(story.jefferson)),
                "/organization_id",
            ),
            (with("from_on", json!("2026-03-01")), "/from_on"),
            (with("until_on", json!("2026-03-08")), "/until_on"),
            (with("until_on", json!("2029-12-31")), "/until_on"),
            (with("reason", json!("  ")), "/reason"),
        ] {
            assert_eq!(faults("rosalind", &body).await, [expected], "{body}");
        }
        // A supervisor whom nobody can tell from others names nobody; an administrator says whom he means.
        assert_eq!(faults("supervisor", &sound).await, ["/supervisor_id"]);
        assert_eq!(faults("admin", &sound).await, ["/supervisor_id"]);
        // Somebody who works there without a credential.
        let person = json!({ "given_name": "Kim", "family_name": "Moreau" });
        let asked = story.request(story.corktown, &person);
        let asked = story
            .post("rosalind", "/v1/license-requests", &asked)
            .await
            .expect(201);
        let kim = with("deputy_id", asked["person_id"].clone());
        assert_eq!(faults("rosalind", &kim).await, ["/deputy_id"]);
        // And somebody with one who works elsewhere.
        let stranger = story
            .post(
                "help_desk",
                "/v1/people",
                &json!({
                    "implementation_id": story.hand, "given_name": "Ada", "family_name": "Nowak",
                }),
            )
            .await
            .expect(201);
        let id = text(&stranger["id"]).parse().unwrap();
        story.grant("ada", Role::EndUser, None, Some(id)).await;
        let ada = with("deputy_id", stranger["id"].clone());
        let ada_for_rosalind = {
            let mut body = ada;
            body["supervisor_id"] = json!(story.rosalind);
            body
        };
        assert_eq!(faults("admin", &ada_for_rosalind).await, ["/deputy_id"]);
        // One supervisor does not say who stands in for another.
        let rosalinds = with("supervisor_id", json!(story.rosalind));
        story
            .post("supervisor", "/v1/delegations", &rosalinds)
            .await
            .problem(403, "forbidden");
        story
            .post("admin", "/v1/delegations", &rosalinds)
            .await
            .expect(201);
        story
            .post("rosalind", "/v1/delegations", &sound)
            .await
            .problem(409, "duplicate");
        // Whom it concerns sees it; another agency does not.
        for (who, seen) in [
            ("rosalind", 1),
            ("dana", 1),
            ("supervisor", 1),
            ("jefferson", 0),
            ("auditor", 1),
        ] {
            assert_eq!(
                story.list(who, "/v1/delegations").await.len(),
                seen,
                "{who}"
            );
        }
    });
}

#[test]
fn organizations_without_a_supervisor_are_listed() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        corktown(&story).await;
        let listed = async |who: &str| -> Vec<Value> {
            let rows = story
                .list(who, "/v1/organizations?without_supervisor=true&limit=200")
                .await;
            rows.iter().map(|row| row["id"].clone()).collect()
        };
        let all = story
            .list("admin", "/v1/organizations?limit=200")
            .await
            .len();
        let (corktown, jefferson) = (json!(story.corktown), json!(story.jefferson));
        let before = listed("admin").await;
        assert_eq!(before.len(), all - 2);
        assert!(!before.contains(&corktown) && !before.contains(&jefferson));
        story.revoke("jefferson").await;
        story.revoke("supervisor").await;
        assert!(listed("help_desk").await.contains(&jefferson));
        assert!(!listed("auditor").await.contains(&corktown));
        // Rosalind was the last; a departure ends her role at its instant, and her deputy's with it.
        let body = story.deputy("2026-03-02", "2026-05-20");
        story
            .post("rosalind", "/v1/delegations", &body)
            .await
            .expect(201);
        let leaves = json!({
            "person_id": story.rosalind, "organization_id": story.corktown, "ended_at": "2026-03-10T17:00:00Z",
        });
        story
            .post("admin", "/v1/departures", &leaves)
            .await
            .expect(201);
        story.at("2026-03-10T16:59:59Z");
        assert!(!listed("admin").await.contains(&corktown));
        story.at("2026-03-10T17:00:00Z");
        assert!(listed("admin").await.contains(&corktown));
        for who in ["trainer", "integration"] {
            let path = "/v1/organizations?without_supervisor=true";
            story.get(who, path).await.problem(403, "forbidden");
        }
        // One page after another shows each of them once.
        let mut paged = Vec::new();
        let mut path = "/v1/organizations?without_supervisor=true&limit=1".to_owned();
        loop {
            let page = story.get("admin", &path).await.expect(200);
            paged.extend(
                page["data"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|row| row["id"].clone()),
            );
            let Some(cursor) = page["page"]["next_cursor"].as_str() else {
                break;
            };
            path = format!("/v1/organizations?without_supervisor=true&limit=1&cursor={cursor}");
        }
        assert_eq!(paged, listed("admin").await);
    });
}

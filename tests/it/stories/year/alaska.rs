//! Northern Lights Shelter in Anchorage, under AKHMIS's policy.

use chrono_tz::America::Anchorage;
use hmis_licensing::application::actor::Role;
use serde_json::{Value, json};

use super::{Person, Year, days};
use crate::stories::alaska::Alaska;
use crate::stories::text;
use crate::support::database::on_sqlite;

/// Who works there, or is to.
const CAST: [(&str, &str, &str); 4] = [
    (
        "kiana",
        "Kiana",
        "takes the whole road, with corrections, and signs again in time",
    ),
    ("aput", "Aput", "misses the first deadline"),
    ("suka", "Suka", "hands her practice cases in too late"),
    (
        "tulok",
        "Tulok",
        "does not log in for long, and forgets to sign again",
    ),
];

async fn agency(alaska: &Alaska) -> Year {
    alaska
        .grant("frontend", Role::HmisFrontend, None, None)
        .await;
    let source = json!({
        "implementation_id": alaska.implementation,
        "code": "awards",
        "name": "AWARDS",
        "kind": "hmis_frontend",
    });
    let source = alaska
        .post("admin", "/v1/login-sources", &source)
        .await
        .expect(201);
    let mut year = Year::new(
        alaska.app.clone(),
        Anchorage,
        text(&source["id"]).to_owned(),
    );
    for (name, given_name, _) in CAST {
        let body = json!({
            "implementation_id": alaska.implementation,
            "given_name": given_name,
            "family_name": "Northern",
            "external_ids": [{ "system": "username", "value": name }],
        });
        let person = alaska.post("admin", "/v1/people", &body).await.expect(201);
        let id = text(&person["id"]).to_owned();
        let email = json!({
            "email": format!("{name}@northern.example"),
            "organization_id": alaska.organization,
        });
        let path = format!("/v1/people/{id}/emails");
        alaska.post("help_desk", &path, &email).await.expect(201);
        year.people.insert(
            name,
            Person {
                name: given_name,
                id,
            },
        );
    }
    year
}

/// What people do, over HTTP.
struct Desk<'a> {
    alaska: &'a Alaska,
    year: &'a mut Year,
}

impl Desk<'_> {
    fn who(&self, name: &str) -> &'static str {
        self.year.people[name].name
    }

    async fn asks(&mut self, name: &'static str) {
        let mut body = self.alaska.for_noor();
        body["person"] = json!({ "id": self.year.id(name) });
        let made = self
            .year
            .post("help_desk", "/v1/license-requests", &body)
            .await
            .expect(201);
        self.shows(name, "asked for", &made);
    }

    /// The state of the only request of somebody, and the deadlines that run.
    fn shows(&mut self, name: &'static str, what: &str, request: &Value) {
        let who = self.who(name);
        self.year
            .say(who, &format!("{what}; request {}", text(&request["state"])));
    }

    async fn request(&self, name: &str) -> Value {
        let path = format!("/v1/license-requests?person_id={}", self.year.id(name));
        self.year.get("admin", &path).await.expect(200)["data"][0].clone()
    }

    /// What is due of somebody, as his supervisor's list has it.
    async fn due(&mut self, name: &'static str) {
        // Far enough for the month in which the workflow training is to be booked.
        let until = self.year.now().date_naive() + chrono::Days::new(60);
        let id = self.year.id(name);
        let path = format!("/v1/due-items?person_id={id}&until_on={until}");
        let found = self.year.get("supervisor", &path).await.expect(200);
        let items = found["data"][0]["items"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let said: Vec<String> = items
            .iter()
            .map(|item| {
                let about = item["about"].as_str().unwrap_or_default();
                format!("{} {about} by {}", text(&item["kind"]), text(&item["on"]))
            })
            .collect();
        let who = self.who(name);
        self.year.say(who, &format!("due: {}", said.join(", ")));
    }

    async fn approved(&mut self, name: &'static str) {
        let request = self.request(name).await;
        let path = format!("/v1/license-requests/{}/approve", text(&request["id"]));
        let body = json!({ "expected_version": request["version"] });
        let now = self.year.post("admin", &path, &body).await.expect(200);
        self.shows(name, "approved", &now);
        self.due(name).await;
    }

    async fn passes(&mut self, name: &'static str, course: &str) {
        let body = json!({
            "person_id": self.year.id(name),
            "course": course,
            "outcome": "pass",
            "completed_at": self.year.now(),
        });
        self.year
            .post("trainer", "/v1/training-completions", &body)
            .await
            .expect(201);
        let now = self.request(name).await;
        self.shows(name, &format!("passed {course}"), &now);
    }

    async fn signs(&mut self, name: &'static str) {
        for party in ["end_user", "supervisor"] {
            let body = json!({
                "person_id": self.year.id(name),
                "organization_id": self.alaska.organization,
                "agreement": "end_user_agreement",
                "party": party,
                "signed_at": self.year.now(),
            });
            self.year
                .post("supervisor", "/v1/agreement-signatures", &body)
                .await
                .expect(201);
        }
        let license = self.year.license(name).await;
        let who = self.who(name);
        let state = license["state"].as_str().unwrap_or("no license yet");
        self.year
            .say(who, &format!("the agreement is signed by both; {state}"));
    }

    async fn initial_steps(&mut self, name: &'static str) {
        self.signs(name).await;
        self.passes(name, "privacy_and_security").await;
        self.passes(name, "new_end_user").await;
        self.due(name).await;
    }

    async fn hands_in(&mut self, name: &'static str) {
        let body = json!({
            "person_id": self.year.id(name),
            "practice_set": "practice_shelter",
        });
        self.year
            .post("supervisor", "/v1/practice-case-submissions", &body)
            .await
            .expect(201);
        let now = self.request(name).await;
        self.shows(name, "practice cases handed in", &now);
    }

    async fn reviewed(&mut self, name: &'static str, result: &str) {
        let path = format!(
            "/v1/practice-case-submissions?person_id={}",
            self.year.id(name)
        );
        let found = self.year.get("trainer", &path).await.expect(200);
        let last = found["data"].as_array().unwrap().last().unwrap().clone();
        let mut body = json!({ "submission_id": last["id"], "result": result });
        if result == "returned" {
            body["findings"] = json!(["The exit date lies before the entry date."]);
        }
        self.year
            .post("trainer", "/v1/practice-case-results", &body)
            .await
            .expect(201);
        let now = self.request(name).await;
        self.shows(name, &format!("practice cases {result}"), &now);
        let license = self.year.license(name).await;
        if let Some(state) = license["state"].as_str() {
            let who = self.who(name);
            self.year
                .say(who, &format!("license {state}, without a click"));
            self.year.at_work.insert(name);
        } else {
            self.due(name).await;
        }
    }
}

#[test]
fn a_year_in_alaska() {
    on_sqlite(|database| async move {
        let alaska = Alaska::on(&database).await;
        let mut year = agency(&alaska).await;
        let mut listed = false;
        for day in days("2026-03-02", "2027-03-31") {
            if day.to_string() != "2026-03-02" {
                year.at(day, 0, 1);
                year.by_itself().await;
            }
            year.at(day, 12, 0);
            year.logins(day).await;
            let mut desk = Desk {
                alaska: &alaska,
                year: &mut year,
            };
            events(&mut desk, &day.to_string()).await;
            year.at(day, 12, 5);
            year.by_itself().await;
            let list = year
                .get("admin", "/v1/licenses?listed=true")
                .await
                .expect(200);
            let list = list["data"].as_array().unwrap().clone();
            if list.is_empty() == listed {
                listed = !listed;
                let names: Vec<&str> = list
                    .iter()
                    .map(|row| year.name_of(text(&row["person_id"])))
                    .collect();
                year.say(
                    "the lead",
                    &format!("licenses on the list: {}", names.join(", ")),
                );
            }
        }
        for (name, given_name, _) in CAST {
            let license = year.license(name).await;
            let state = license["state"].as_str().unwrap_or("no license");
            year.say(given_name, &format!("at the end of the year: {state}"));
        }
        year.compare("alaska");
    });
}

/// What people do on a day, at noon.
async fn events(desk: &mut Desk<'_>, day: &str) {
    match day {
        "2026-03-02" => {
            for name in ["kiana", "aput", "suka", "tulok"] {
                desk.asks(name).await;
            }
        }
        "2026-03-04" => {
            for name in ["kiana", "aput", "suka", "tulok"] {
                desk.approved(name).await;
            }
        }
        "2026-03-10" => {
            for name in ["kiana", "suka", "tulok"] {
                desk.initial_steps(name).await;
            }
        }
        "2026-03-17" => {
            for name in ["kiana", "suka", "tulok"] {
                desk.passes(name, "workflow_shelter").await;
                desk.due(name).await;
            }
        }
        "2026-03-19" => {
            for name in ["kiana", "tulok"] {
                desk.hands_in(name).await;
            }
        }
        "2026-03-23" => {
            desk.reviewed("kiana", "returned").await;
            desk.reviewed("tulok", "accepted").await;
        }
        "2026-03-27" => desk.hands_in("kiana").await,
        "2026-04-02" => desk.reviewed("kiana", "accepted").await,
        "2026-05-05" => {
            desk.year.at_work.remove("tulok");
            desk.year.say("Tulok", "stops logging in");
        }
        "2026-09-01" => {
            desk.year.at_work.insert("tulok");
            desk.year.say("Tulok", "logs in again from next Monday on");
        }
        "2026-11-02" => {
            desk.year.silent = true;
            desk.year.say("the feed", "the login source falls silent");
        }
        "2026-12-01" => {
            desk.year.silent = false;
            desk.year.say("the feed", "the login source is back");
        }
        "2027-02-26" => {
            // Kiana's notice waits for the mail server, Tulok's mailbox is gone.
            *desk.year.post.down.lock().unwrap() = true;
            desk.year
                .post
                .gone
                .lock()
                .unwrap()
                .insert("tulok@northern.example".into());
            desk.year
                .say("the mail", "the mail server cannot be reached");
        }
        "2027-03-05" => {
            *desk.year.post.down.lock().unwrap() = false;
            desk.year.say("the mail", "the mail server is back");
        }
        "2027-03-09" => desk.signs("kiana").await,
        "2027-03-12" => {
            let waiting = desk
                .year
                .get("help_desk", "/v1/notices?waiting=true")
                .await
                .expect(200);
            let notice = &waiting["data"][0];
            let path = format!("/v1/notices/{}/delivery", text(&notice["id"]));
            let body = json!({ "channel": "letter", "named_on": notice["named_on"] });
            let given = desk.year.post("help_desk", &path, &body).await.expect(200);
            let what = format!("told by letter: sign before {}", text(&given["named_on"]));
            desk.year.say("Tulok", &what);
        }
        "2027-03-25" => desk.signs("tulok").await,
        _ => {}
    }
}

//! Corktown Shelter Alliance in Detroit, under HAND's policy.

use chrono::{DateTime, Utc};
use chrono_tz::America::Detroit;
use serde_json::json;

use super::{Person, Year, days};
use crate::stories::{Story, text};
use crate::support::database::on_sqlite;

/// Who works there: the name to tell by, the user name, and what to call them.
const CAST: [(&str, &str, &str); 10] = [
    (
        "dana",
        "Dana",
        "uses the HMIS every Monday, and recertifies in time",
    ),
    (
        "marcus",
        "Marcus",
        "is saved on the last day once, and cut off once",
    ),
    ("ines", "Ines", "goes on leave for three months"),
    ("theo", "Theo", "has a mailbox that is gone"),
    ("priya", "Priya", "finds another job"),
    ("olga", "Olga", "forgets to recertify"),
    ("wendell", "Wendell", "logs in while the login feed is dead"),
    (
        "xena",
        "Xena",
        "does not log in while the login feed is dead",
    ),
    (
        "yusuf",
        "Yusuf",
        "is cut off because the login feed is dead",
    ),
    ("zoe", "Zoe", "is due while the mail server is dead"),
];

/// Everybody licensed on Monday 2026-03-02 at 13:00, and logged in at 14:00.
async fn agency(story: &Story) -> Year {
    let source = story.login_source("clarity").await;
    let mut year = Year::new(story.app.clone(), Detroit, source);
    for (name, given_name, _) in CAST {
        let body = json!({
            "implementation_id": story.hand,
            "given_name": given_name,
            "family_name": "Corktown",
            "external_ids": [{ "system": "username", "value": name }],
        });
        let person = story.post("admin", "/v1/people", &body).await.expect(201);
        let id = text(&person["id"]).to_owned();
        let email = json!({
            "email": format!("{name}@corktown.example"),
            "organization_id": story.corktown,
        });
        let path = format!("/v1/people/{id}/emails");
        story.post("help_desk", &path, &email).await.expect(201);
        let who = json!({ "external_id": { "system": "username", "value": name } });
        let request = story.request(story.corktown, &who);
        let request = story
            .post("supervisor", "/v1/license-requests", &request)
            .await;
        story.fulfil(&request.expect(201), "supervisor").await;
        year.people.insert(
            name,
            Person {
                name: given_name,
                id,
            },
        );
        year.at_work.insert(name);
    }
    year.say("everybody", "licensed");
    story.at("2026-03-02T19:00:00Z");
    for (name, ..) in CAST {
        year.login(name, year.now()).await.expect(201);
    }
    year
}

impl Year {
    async fn passes(&mut self, name: &'static str, course: &str) {
        let body = json!({
            "person_id": self.id(name),
            "course": course,
            "outcome": "pass",
            "completed_at": self.now(),
        });
        self.post("trainer", "/v1/training-completions", &body)
            .await
            .expect(201);
        self.say(self.people[name].name, &format!("passed {course}"));
    }

    async fn recertifies(&mut self, name: &'static str) {
        for course in ["hmis_user_training_series", "hand_policy_and_procedure"] {
            self.passes(name, course).await;
        }
    }

    /// Staff bring a license back.
    async fn staff(&mut self, name: &'static str, command: &str) {
        let license = self.license(name).await;
        let path = format!("/v1/licenses/{}/{command}", text(&license["id"]));
        let body = json!({
            "expected_version": license["version"],
            "report": { "reason": "Needed at the front desk." },
        });
        let answer = self.post("admin", &path, &body).await;
        let now = self.license(name).await;
        let outcome = match answer.status.as_u16() {
            200 => "done".to_owned(),
            status => format!("{status} {}", answer.json()["needs"]),
        };
        let state = text(&now["state"]).to_owned();
        let who = self.people[name].name;
        self.say(who, &format!("staff {command}: {outcome}; license {state}"));
    }
}

#[test]
fn a_year_in_detroit() {
    on_sqlite(|database| async move {
        let story = Story::on(&database).await;
        let mut year = agency(&story).await;
        for day in days("2026-03-03", "2027-03-31") {
            year.at(day, 0, 1);
            year.by_itself().await;
            year.at(day, 12, 0);
            year.logins(day).await;
            events(&story, &mut year, &day.to_string()).await;
            year.at(day, 12, 5);
            year.by_itself().await;
        }
        for (name, given_name, _) in CAST {
            let license = year.license(name).await;
            let end = license["end"]["cause"].as_str();
            let state = text(&license["state"]);
            let state = end.map_or(state.to_owned(), |cause| format!("{state} ({cause})"));
            year.say(given_name, &format!("at the end of the year: {state}"));
        }
        year.compare("detroit");
    });
}

/// What people do on a day, at noon.
async fn events(story: &Story, year: &mut Year, day: &str) {
    match day {
        "2026-03-31" => {
            year.at_work.remove("marcus");
            year.say("Marcus", "begins his vacation");
        }
        "2026-05-05" => {
            let at: DateTime<Utc> = year.now();
            year.login("marcus", at).await.expect(201);
            year.say("Marcus", "logs in, on the last day");
            year.at_work.insert("marcus");
        }
        "2026-07-14" => {
            year.at_work.remove("marcus");
            year.say("Marcus", "stops logging in");
        }
        "2026-09-08" => {
            year.staff("marcus", "reactivate").await;
            year.at_work.insert("marcus");
        }
        "2026-04-28" => {
            year.at_work.remove("ines");
            let body = json!({
                "person_id": year.id("ines"),
                "organization_id": story.corktown,
                "from_on": "2026-05-04",
                "until_on": "2026-08-02",
            });
            year.post("supervisor", "/v1/leaves", &body)
                .await
                .expect(201);
            year.say("Ines", "leave recorded: 2026-05-04 through 2026-08-02");
        }
        "2026-08-04" => year.staff("ines", "reactivate").await,
        "2026-08-05" => {
            year.passes("ines", "hand_policy_and_procedure").await;
            year.staff("ines", "reactivate").await;
            year.at_work.insert("ines");
        }
        "2026-06-02" => {
            year.at_work.remove("theo");
            year.post
                .gone
                .lock()
                .unwrap()
                .insert("theo@corktown.example".into());
            year.say("Theo", "stops logging in; his mailbox is gone");
        }
        "2026-07-06" => {
            let waiting = year
                .get("help_desk", "/v1/notices?waiting=true")
                .await
                .expect(200);
            let notice = &waiting["data"][0];
            let path = format!("/v1/notices/{}/delivery", text(&notice["id"]));
            let body = json!({ "channel": "phone", "named_on": notice["named_on"] });
            let given = year.post("help_desk", &path, &body).await.expect(200);
            let what = format!(
                "told by telephone: cut off before {}",
                text(&given["named_on"])
            );
            year.say("Theo", &what);
        }
        "2026-08-29" => {
            year.at_work.remove("priya");
            let body = json!({
                "person_id": year.id("priya"),
                "organization_id": story.corktown,
                "ended_at": "2026-08-28T17:00:00-04:00",
            });
            let left = year
                .post("supervisor", "/v1/departures", &body)
                .await
                .expect(201);
            let late = if left["late"] == true {
                "late"
            } else {
                "in time"
            };
            let state = text(&year.license("priya").await["state"]).to_owned();
            year.say(
                "Priya",
                &format!("left yesterday at 17:00, reported {late}; license {state}"),
            );
        }
        "2026-09-01" => {
            year.at_work.remove("yusuf");
            year.say("Yusuf", "stops logging in");
        }
        "2026-09-09" => {
            year.at_work.remove("wendell");
            year.at_work.remove("xena");
            year.say("Wendell", "stops logging in, and so does Xena");
        }
        "2026-10-03" => {
            year.silent = true;
            year.say("the feed", "the login source falls silent");
        }
        "2026-10-21" => {
            year.silent = false;
            for (name, at) in [
                ("yusuf", "2026-10-05T15:00:00Z"),
                ("wendell", "2026-10-12T13:00:00Z"),
            ] {
                year.login(name, at.parse().unwrap()).await.expect(201);
            }
            // Everybody else was at work all the time.
            for name in year.at_work.clone() {
                for at in [
                    "2026-10-05T13:00:00Z",
                    "2026-10-12T13:00:00Z",
                    "2026-10-19T13:00:00Z",
                ] {
                    year.login(name, at.parse().unwrap()).await.expect(201);
                }
            }
            year.say(
                "the feed",
                "is back, with the logins since: Yusuf's of 10-05, Wendell's of 10-12",
            );
            year.at_work.insert("wendell");
        }
        "2026-10-22" => {
            let contested = year.get("admin", "/v1/contested-items").await.expect(200);
            let count = contested["data"].as_array().unwrap().len();
            year.say("the lead", &format!("contested ends on the list: {count}"));
            year.staff("yusuf", "reinstate").await;
            year.at_work.insert("yusuf");
        }
        "2026-11-03" => {
            year.at_work.remove("zoe");
            year.say("Zoe", "stops logging in");
        }
        "2026-12-01" => {
            *year.post.down.lock().unwrap() = true;
            year.say("the mail", "the mail server cannot be reached");
        }
        "2026-12-04" => {
            *year.post.down.lock().unwrap() = false;
            year.say("the mail", "the mail server is back");
        }
        "2026-12-09" => {
            year.login("zoe", year.now()).await.expect(201);
            year.say("Zoe", "logs in");
            year.at_work.insert("zoe");
        }
        "2027-02-10" => {
            for name in ["dana", "ines", "wendell", "xena", "yusuf", "zoe"] {
                year.recertifies(name).await;
            }
        }
        "2027-03-02" => year.recertifies("marcus").await,
        _ => {}
    }
}

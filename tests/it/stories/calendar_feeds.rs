//! Calendars at secret addresses: they name nobody, and open nothing once their ground is gone.

use hmis_licensing::application::actor::Role;
use hmis_licensing::application::ports::{Page, RosterFilter};
use serde_json::{Value, json};

use super::logins::Logins;
use super::{EVERYTHING, Story, read, text, without_request_id};
use crate::support::app::Answer;
use crate::support::database::on_both;

const FEEDS: &str = "/v1/calendar-feeds";

/// A feed of Corktown, as somebody makes it: its row and its address.
async fn feed(story: &Story, who: &str) -> (Value, String) {
    let body = json!({ "organization_id": story.corktown });
    let made = story.post(who, FEEDS, &body).await.expect(201);
    let url = text(&made["url"]).to_owned();
    (made, url)
}

/// As a calendar program asks: without any credential.
async fn open(story: &Story, url: &str) -> Answer {
    story.app.get(url).send().await
}

/// The events, each as its lines without those of its frame, unfolded.
fn events(calendar: &str) -> Vec<Vec<(String, String)>> {
    let whole = calendar.replace("\r\n ", "");
    let mut events = Vec::new();
    for line in whole.split("\r\n") {
        match line {
            "BEGIN:VEVENT" => events.push(Vec::new()),
            line => {
                if let (Some(event), Some((name, value))) =
                    (events.last_mut(), line.split_once(':'))
                {
                    event.push((name.to_owned(), value.to_owned()));
                }
            }
        }
    }
    events
}

fn said<'a>(event: &'a [(String, String)], name: &str) -> &'a str {
    let found = event.iter().find(|(known, _)| known == name);
    &found.unwrap_or_else(|| panic!("{name}: {event:?}")).1
}

#[test]
fn a_calendar_tells_what_is_due_and_names_nobody() {
    on_both(|database| async move {
        let logins = Logins::on(&database).await;
        let story = &logins.story;
        logins.warned().await;
        let (_, url) = feed(story, "supervisor").await;
        let answer = open(story, &url).await;
        assert_eq!(answer.status, 200);
        assert_eq!(
            answer.header("content-type"),
            Some("text/calendar; charset=utf-8")
        );
        assert_eq!(answer.header("cache-control"), Some("private, no-cache"));
        let events = self::events(&answer.text);
        assert_eq!(events.len(), 3, "{}", answer.text);
        let short = &logins.license[28..];
        assert_eq!(
            said(&events[0], "SUMMARY"),
            format!("Last day to log in: license {short}")
        );
        assert_eq!(said(&events[0], "DTSTART;VALUE=DATE"), "20260401");
        assert_eq!(said(&events[0], "DTEND;VALUE=DATE"), "20260402");
        assert_eq!(said(&events[0], "DTSTAMP"), "20260402T130000Z");
        assert!(said(&events[0], "DESCRIPTION").contains("2026-04-09T04:00:00Z"));
        assert_eq!(said(&events[1], "DTSTART;VALUE=DATE"), "20270302");
        for name in [
            "Dana",
            "Whitfield",
            "dana",
            "corktown.example",
            "hmis_user_id",
            "Rosalind",
        ] {
            assert!(!answer.text.contains(name), "{name}: {}", answer.text);
        }
        for line in answer.text.split("\r\n") {
            assert!(line.len() <= 75 && !line.contains('\n'), "{line}");
        }
        // The same until something is recorded; then the same events, told anew.
        let etag = answer.header("etag").unwrap().to_owned();
        story.at("2026-04-02T20:00:00Z");
        let again = story
            .app
            .get(&url)
            .header("If-None-Match", &etag)
            .send()
            .await;
        assert_eq!((again.status.as_u16(), again.text.as_str()), (304, ""));
        logins
            .login("back", "2026-04-02T15:00:00-04:00")
            .await
            .expect(201);
        let later = story
            .app
            .get(&url)
            .header("If-None-Match", &etag)
            .send()
            .await;
        assert_eq!(later.status, 200);
        let moved = self::events(&later.text);
        assert_eq!(said(&moved[0], "UID"), said(&events[0], "UID"));
        assert_eq!(said(&moved[0], "DTSTART;VALUE=DATE"), "20260502");
    });
}

#[test]
fn an_address_opens_nothing_once_it_was_revoked_or_its_role_has_ended() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        story.license_dana().await;
        let (made, revoked) = feed(&story, "supervisor").await;
        let (_, ended) = feed(&story, "supervisor").await;
        let (_, disabled) = feed(&story, "help_desk").await;
        let (_, departed) = {
            let (corktown, rosalind) = (story.corktown, story.rosalind);
            let role = Role::Supervisor;
            story
                .grant("rosalind", role, Some(corktown), Some(rosalind))
                .await;
            feed(&story, "rosalind").await
        };
        for url in [&revoked, &ended, &disabled, &departed] {
            assert_eq!(open(&story, url).await.status, 200);
        }
        let path = format!("{FEEDS}/{}", text(&made["id"]));
        let version = json!({ "expected_version": 1 });
        let revoke = format!("{path}/revoke");
        story
            .post("jefferson", &revoke, &version)
            .await
            .problem(404, "not_found");
        let gone = story.post("help_desk", &revoke, &version).await.expect(200);
        assert_eq!(gone["revoked_at"], "2026-03-02T18:00:00Z");
        let twice = json!({ "expected_version": 2 });
        let refused = story.post("help_desk", &revoke, &twice).await;
        refused.problem(409, "transition_refused");
        let unknown = open(&story, "/calendar/hlcal_AAAA.ics").await;
        unknown.problem(404, "not_found");
        assert_eq!(
            open(&story, &ended).await.status,
            200,
            "the other one goes on"
        );
        story.revoke("supervisor").await;
        story.app.disable("help_desk").await;
        let left = json!({
            "person_id": story.rosalind, "organization_id": story.corktown,
            "ended_at": story.app.app.now(),
        });
        story
            .post("admin", "/v1/departures", &left)
            .await
            .expect(201);
        let mut altered = ended.clone();
        let place = altered.len() - 8;
        let other = if &altered[place..=place] == "A" {
            "B"
        } else {
            "A"
        };
        altered.replace_range(place..=place, other);
        for url in [&revoked, &ended, &disabled, &departed, &altered] {
            let answer = open(&story, url).await;
            answer.problem(404, "not_found");
            assert_eq!(without_request_id(&answer), without_request_id(&unknown));
        }
        // Somebody else's role at the same place opens it no more than none.
        story
            .grant("supervisor", Role::Supervisor, Some(story.jefferson), None)
            .await;
        assert_eq!(open(&story, &ended).await.status, 404);
    });
}

#[test]
fn the_address_is_shown_once_and_kept_nowhere() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let body = json!({ "organization_id": story.corktown });
        let first = story.post_once("supervisor", FEEDS, "k-1", &body).await;
        let made = first.expect(201);
        let again = story.post_once("supervisor", FEEDS, "k-1", &body).await;
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
        let replayed = again.expect(201);
        assert_eq!(replayed.get("url"), None, "a secret is never replayed");
        assert_eq!(replayed["id"], made["id"]);
        assert_eq!(story.list("supervisor", FEEDS).await, [replayed]);
        let secret = text(&made["url"]).trim_start_matches("/calendar/hlcal_");
        let secret = secret.trim_end_matches(".ics").to_owned();
        let page = Page {
            after: None,
            limit: 10,
        };
        let rows = read(&story.app, move |view| {
            view.calendar_feeds(&EVERYTHING, &RosterFilter::default(), page)
        });
        let rows = rows.await;
        assert_eq!(rows.len(), 1);
        assert!(!format!("{rows:?}").contains(&secret));
        for record in story.audit(Some(story.hand)).await {
            assert!(!record.record.contains(&secret));
        }
        let elsewhere = json!({ "organization_id": story.jefferson });
        let refused = story.post("supervisor", FEEDS, &elsewhere).await;
        refused.problem(422, "invalid");
        assert_eq!(refused.faults(), ["/organization_id"]);
    });
}

#[test]
fn a_calendar_tells_nobody_of_his_own_departure_and_never_of_an_investigation() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        let (corktown, dana) = (story.corktown, story.dana);
        story
            .grant("herself", Role::Supervisor, Some(corktown), Some(dana))
            .await;
        let (_, own) = feed(&story, "herself").await;
        let (_, others) = feed(&story, "supervisor").await;
        let (_, admins) = feed(&story, "admin").await;
        story.at("2026-03-02T19:00:00Z");
        let before = open(&story, &own).await;
        story
            .depart_dana("supervisor", "2026-03-20T17:00:00-04:00")
            .await;
        let after = open(&story, &own).await;
        assert_eq!(after.text, before.text, "not even when it was recorded");
        let held =
            json!({ "license_id": license, "cause": "investigation", "until_on": "2026-03-11" });
        story.post("admin", "/v1/holds", &held).await.expect(201);
        for url in [&others, &admins] {
            let seen = open(&story, url).await.text;
            assert!(seen.contains("DTSTART;VALUE=DATE:20260320"), "{seen}");
            assert!(!seen.contains("investigation"), "{seen}");
            assert!(!seen.contains("20260312"), "{seen}");
        }
    });
}

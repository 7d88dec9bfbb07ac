//! Dates at the seams of the calendar, as callers write them: local days that are 23 and 25 hours long, hours that a zone
//! skips or has twice, and the last day of February.

use serde_json::json;

use crate::stories::{Story, text};
use crate::support::database::on_both;

/// When a departure of that day or instant acts, and until when it is reported in time.
async fn departs(story: &Story, member: &str, when: &str) -> (String, String) {
    let mut body = json!({ "person_id": story.dana, "organization_id": story.corktown });
    body[member] = json!(when);
    let path = "/v1/departures?dry_run=true";
    let shown = story.post("supervisor", path, &body).await.expect(200);
    (
        text(&shown["ended_at"]).to_owned(),
        text(&shown["notice_due_at"]).to_owned(),
    )
}

#[test]
fn a_local_day_is_over_when_the_next_begins_also_where_it_has_23_or_25_hours() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        story.license_dana().await;
        for (day, over, due) in [
            // The clocks go forward on 8 March 2026 and back on 1 November.
            ("2026-03-07", "2026-03-08T05:00:00Z", "2026-03-09T05:00:00Z"),
            ("2026-03-08", "2026-03-09T04:00:00Z", "2026-03-10T04:00:00Z"),
            ("2026-10-31", "2026-11-01T04:00:00Z", "2026-11-02T04:00:00Z"),
            ("2026-11-01", "2026-11-02T05:00:00Z", "2026-11-03T05:00:00Z"),
            ("2028-02-29", "2028-03-01T05:00:00Z", "2028-03-02T05:00:00Z"),
        ] {
            let found = departs(&story, "ended_on", day).await;
            assert_eq!(found, (over.to_owned(), due.to_owned()), "{day}");
        }
    });
}

#[test]
fn an_hour_that_comes_twice_or_never_is_told_apart_by_its_offset() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        story.license_dana().await;
        for (written, instant) in [
            ("2026-11-01T01:30:00-04:00", "2026-11-01T05:30:00Z"),
            ("2026-11-01T01:30:00-05:00", "2026-11-01T06:30:00Z"),
            // No clock in Detroit shows this, but it names an instant.
            ("2026-03-08T02:30:00-05:00", "2026-03-08T07:30:00Z"),
        ] {
            let (ended, _) = departs(&story, "ended_at", written).await;
            assert_eq!(ended, instant, "{written}");
        }
        // Without an offset it would be a guess, in any hour.
        for bare in [
            "2026-03-08T02:30:00",
            "2026-11-01T01:30:00",
            "2026-03-09T12:00",
        ] {
            let body = json!({
                "person_id": story.dana, "organization_id": story.corktown, "ended_at": bare,
            });
            let refused = story.post("supervisor", "/v1/departures", &body).await;
            assert_eq!(refused.status.as_u16(), 422, "{bare}");
            assert_eq!(refused.faults(), ["/ended_at"], "{bare}");
        }
        for no_day in ["2026-02-29", "2026-11-31", "2026-3-8"] {
            let body = json!({
                "person_id": story.dana, "organization_id": story.corktown, "ended_on": no_day,
            });
            let refused = story.post("supervisor", "/v1/departures", &body).await;
            assert_eq!(refused.faults(), ["/ended_on"], "{no_day}");
        }
    });
}

#[test]
fn an_end_on_the_day_the_clocks_change_acts_at_the_first_instant_of_the_next() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        let body = json!({
            "license_id": license, "cause": "no_longer_needed", "effective_on": "2026-11-01",
        });
        let end = story
            .post("supervisor", "/v1/deactivations", &body)
            .await
            .expect(201);
        assert_eq!(end["acts_at"], "2026-11-02T05:00:00Z");
        // Logins keep it from inactivity; the day has an hour more than others.
        let leave = json!({
            "person_id": story.dana, "organization_id": story.corktown,
            "from_on": "2026-03-08", "until_on": "2026-03-08",
        });
        let leave = story
            .post("supervisor", "/v1/leaves", &leave)
            .await
            .expect(201);
        let path = format!("/v1/leaves/{}", text(&leave["id"]));
        for (instant, allowed) in [
            ("2026-03-08T04:59:59Z", true),
            ("2026-03-08T05:00:00Z", false),
            ("2026-03-09T03:59:59Z", false),
            ("2026-03-09T04:00:00Z", true),
            ("2026-11-02T04:59:59Z", true),
            ("2026-11-02T05:00:00Z", false),
        ] {
            story.at(instant);
            assert_eq!(story.sign_in("").await["allowed"], allowed, "{instant}");
        }
        story.get("supervisor", &path).await.expect(200);
    });
}

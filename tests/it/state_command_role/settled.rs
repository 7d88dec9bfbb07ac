//! What waits for somebody's word, and is settled once: emergency restorations and parked departure notices.

use hmis_licensing::application::actor::Role;
use hmis_licensing::domain::departure_notice::NoticeStanding;
use hmis_licensing::domain::evaluate::RestorationStanding;
use hmis_licensing::domain::ids::PersonId;
use serde_json::{Value, json};

use super::{ROLES, request_in};
use crate::stories::{Story, text};
use crate::support::database::on_both;

const RESTORATIONS: &str = "/v1/emergency-restorations";
const NOTICES: &str = "/v1/departure-notices";

/// The confirmation of a restoration, by what became of it.
#[rustfmt::skip]
const CONFIRM_RESTORATION: [(RestorationStanding, [u16; 8]); 4] = [
    //                                admin train  help superv user audit front integr
    (RestorationStanding::Open,      [ 200,  403,  200,  403,  403,  403,  403,  403]),
    (RestorationStanding::Confirmed, [ 409,  403,  409,  403,  403,  403,  403,  403]),
    (RestorationStanding::RanOut,    [ 409,  403,  409,  403,  403,  403,  403,  403]),
    (RestorationStanding::Overtaken, [ 409,  403,  409,  403,  403,  403,  403,  403]),
];

/// The confirmation and the rejection of a departure notice, by what became of it.
#[rustfmt::skip]
const SETTLE_NOTICE: [(NoticeStanding, &str, [u16; 8]); 8] = [
    //                                        admin train  help superv user audit front integr
    (NoticeStanding::Open,      "confirm", [ 200,  403,  200,  200,  403,  403,  403,  403]),
    (NoticeStanding::Open,      "reject",  [ 200,  403,  200,  200,  403,  403,  403,  403]),
    (NoticeStanding::Confirmed, "confirm", [ 409,  403,  409,  409,  403,  403,  403,  403]),
    (NoticeStanding::Confirmed, "reject",  [ 409,  403,  409,  409,  403,  403,  403,  403]),
    (NoticeStanding::Rejected,  "confirm", [ 409,  403,  409,  409,  403,  403,  403,  403]),
    (NoticeStanding::Rejected,  "reject",  [ 409,  403,  409,  409,  403,  403,  403,  403]),
    (NoticeStanding::Corrected, "confirm", [ 409,  403,  409,  409,  403,  403,  403,  403]),
    (NoticeStanding::Corrected, "reject",  [ 409,  403,  409,  409,  403,  403,  403,  403]),
];

/// A restoration, by another of staff than those of the table, of a license that a mistake ended.
async fn restoration_in(story: &Story, standing: RestorationStanding, number: usize) -> Value {
    let request = request_in(story, "fulfilled", number, true).await;
    let license = text(&request["license_id"]).to_owned();
    let end = async || {
        story.app.clock.advance(chrono::TimeDelta::seconds(1));
        let body = json!({ "license_id": license, "cause": "no_longer_needed" });
        let ended = story.post("supervisor", "/v1/deactivations", &body).await;
        ended.expect(201);
        story.app.clock.advance(chrono::TimeDelta::seconds(1));
    };
    end().await;
    let path = format!("/v1/licenses/{license}/emergency-restorations");
    let body = json!({ "report": { "reason": "A mistake.", "ticket_reference": "HD-1" } });
    let restored = story.post("second_admin", &path, &body).await.expect(201);
    let path = format!("{RESTORATIONS}/{}", text(&restored["id"]));
    match standing {
        RestorationStanding::Open => {}
        RestorationStanding::Confirmed => {
            let body = json!({ "expected_version": restored["version"] });
            let confirmed = story.post("admin", &format!("{path}/confirm"), &body).await;
            confirmed.expect(200);
        }
        RestorationStanding::RanOut => story.app.clock.advance(chrono::TimeDelta::hours(73)),
        RestorationStanding::Overtaken => end().await,
    }
    let restored = story.get("admin", &path).await.expect(200);
    assert_eq!(restored["standing"], standing.as_str());
    restored
}

#[test]
fn each_standing_of_a_restoration_answers_each_role() {
    let standings = CONFIRM_RESTORATION.map(|(standing, _)| standing);
    assert_eq!(standings, RestorationStanding::ALL);
    on_both(|database| async move {
        let story = Story::on(&database).await;
        story
            .grant("second_admin", Role::SystemAdmin, None, None)
            .await;
        let mut number = 0;
        let mut wrong = Vec::new();
        for (standing, row) in CONFIRM_RESTORATION {
            let mut kept: Option<Value> = None;
            for ((who, _), expected) in ROLES.into_iter().zip(row) {
                let restoration = match kept.take() {
                    Some(found) => found,
                    None => {
                        number += 1;
                        restoration_in(&story, standing, number).await
                    }
                };
                let path = format!("{RESTORATIONS}/{}", text(&restoration["id"]));
                let body = json!({ "expected_version": restoration["version"] });
                let answer = story.post(who, &format!("{path}/confirm"), &body).await;
                if answer.status != expected {
                    wrong.push(format!(
                        "{} by {who}: {} instead of {expected}: {}",
                        standing.as_str(),
                        answer.status,
                        answer.text
                    ));
                }
                if answer.status == 409 {
                    let problem = answer.problem(409, "transition_refused");
                    assert_eq!(problem["state"], standing.as_str());
                }
                if answer.status != 200 {
                    let now = story.get("admin", &path).await.expect(200);
                    assert_eq!(now, restoration, "{} by {who}", standing.as_str());
                    kept = Some(restoration);
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    });
}

/// A notice that another of staff than those of the table parked.
async fn notice_in(story: &Story, standing: NoticeStanding, number: usize) -> Value {
    let request = request_in(story, "fulfilled", number, true).await;
    story.app.clock.advance(chrono::TimeDelta::seconds(1));
    let mut body = json!({
        "person_id": request["person_id"], "organization_id": story.corktown,
        "ended_at": story.app.app.now(),
        "report": { "reported_by": { "name": "A caller", "contact": "+1 313 555 0142" } },
    });
    let parked = story.post("second_desk", NOTICES, &body).await.expect(201);
    let path = format!("{NOTICES}/{}", text(&parked["id"]));
    story.app.clock.advance(chrono::TimeDelta::seconds(1));
    let settled = json!({ "expected_version": 1, "report": { "reason": "Asked the agency." } });
    match standing {
        NoticeStanding::Open => {}
        NoticeStanding::Confirmed => {
            let path = format!("{path}/confirm");
            story.post("supervisor", &path, &settled).await.expect(200);
        }
        NoticeStanding::Rejected => {
            let path = format!("{path}/reject");
            story.post("supervisor", &path, &settled).await.expect(200);
        }
        NoticeStanding::Corrected => {
            body["supersedes"] = parked["id"].clone();
            body["report"]["reason"] = json!("It was an hour later.");
            story.post("second_desk", NOTICES, &body).await.expect(201);
        }
    }
    let notice = story.get("admin", &path).await.expect(200);
    assert_eq!(notice["status"], standing.as_str());
    notice
}

#[test]
fn each_standing_of_a_departure_notice_answers_each_role() {
    let mut rows = SETTLE_NOTICE.iter();
    for standing in NoticeStanding::ALL {
        for action in ["confirm", "reject"] {
            let row = rows
                .next()
                .map(|(standing, action, _)| (*standing, *action));
            assert_eq!(row, Some((standing, action)));
        }
    }
    on_both(|database| async move {
        let story = Story::on(&database).await;
        story.grant("second_desk", Role::HelpDesk, None, None).await;
        let boss = json!({
            "implementation_id": story.hand, "given_name": "Sam", "family_name": "Corktown",
        });
        let boss = story.post("admin", "/v1/people", &boss).await.expect(201);
        let boss_id: PersonId = text(&boss["id"]).parse().unwrap();
        story
            .grant(
                "boss",
                Role::Supervisor,
                Some(story.corktown),
                Some(boss_id),
            )
            .await;
        let mut number = 0;
        let mut wrong = Vec::new();
        for (standing, action, row) in SETTLE_NOTICE {
            let mut kept: Option<Value> = None;
            for ((who, _), expected) in ROLES.into_iter().zip(row) {
                let notice = match kept.take() {
                    Some(found) => found,
                    None => {
                        number += 1;
                        notice_in(&story, standing, number).await
                    }
                };
                let path = format!("{NOTICES}/{}", text(&notice["id"]));
                let mut body = json!({
                    "expected_version": notice["version"], "report": { "reason": "Asked." },
                });
                // Staff say who of the agency told them.
                if who != "supervisor" {
                    body["report"]["reported_by"] = json!({ "person_id": boss["id"] });
                }
                let answer = story.post(who, &format!("{path}/{action}"), &body).await;
                if answer.status != expected {
                    wrong.push(format!(
                        "{action} what is {} by {who}: {} instead of {expected}: {}",
                        standing.as_str(),
                        answer.status,
                        answer.text
                    ));
                }
                if answer.status == 409 {
                    let problem = answer.problem(409, "transition_refused");
                    assert_eq!(problem["state"], standing.as_str());
                    assert_eq!(problem["action"], action);
                }
                if answer.status != 200 {
                    let now = story.get("admin", &path).await.expect(200);
                    assert_eq!(now, notice, "{action} {} by {who}", standing.as_str());
                    kept = Some(notice);
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    });
}

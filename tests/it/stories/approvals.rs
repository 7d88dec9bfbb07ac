//! What a policy says about requests beyond the ready-made ones: whose steps of approval there are, and whether a work
//! e-mail address is needed.

use chrono::TimeDelta;
use hmis_licensing::application::actor::Role;
use serde_json::{Value, json};

use super::{Story, text, texts};
use crate::support::database::on_both;

pub const REQUESTS: &str = "/v1/license-requests";

/// Puts Detroit's policy with other request rules into force.
pub async fn under(story: &Story, change: impl Fn(&mut Value)) {
    let preset = story.get("admin", "/v1/policy-presets/hand").await;
    let mut document = preset.expect(200)["document"].clone();
    change(&mut document["requests"]);
    let path = format!("/v1/implementations/{}/policies", story.hand);
    let posted = story
        .post("admin", &path, &json!({ "document": document }))
        .await
        .expect(201);
    story.at(text(&posted["effective_from"]));
    story.app.clock.advance(TimeDelta::hours(1));
}

fn by(role: &str) -> Value {
    json!({ "by": { "kind": "role", "role": role } })
}

#[test]
fn each_step_of_approval_is_given_by_its_role_in_order_and_by_no_other() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        under(&story, |requests| {
            requests["approval"] = json!([by("supervisor"), by("trainer"), by("help_desk")]);
        })
        .await;
        let corktown = Some(story.corktown);
        story
            .grant("requester", Role::Supervisor, corktown, None)
            .await;
        let request = story
            .post("requester", REQUESTS, &story.request_for_dana())
            .await
            .expect(201);
        let id = text(&request["id"]);
        // Nobody approves what he asked for, though the step is his role's.
        let own = story.decide("requester", id, "approve").await;
        own.problem(403, "own_case");
        for (index, step) in ["supervisor", "trainer", "help_desk"].iter().enumerate() {
            let explained = story
                .get("admin", &format!("{REQUESTS}/{id}/explanation"))
                .await
                .expect(200);
            assert_eq!(explained["state"], "submitted", "{step}");
            let who = texts(&explained["who_can_act"]);
            assert!(who[0].contains(&step.replace('_', " ")), "{who:?}");
            let not_enforced = texts(&explained["not_enforced"]).join(" ");
            assert!(!not_enforced.contains("approval"), "{not_enforced}");
            let others = ["supervisor", "trainer", "help_desk", "dana", "auditor"];
            for other in others.into_iter().filter(|other| other != step) {
                let refused = story.decide(other, id, "approve").await;
                refused.problem(403, "forbidden");
            }
            // Another organization's supervisor does not know of the request.
            let hidden = story.decide("jefferson", id, "approve").await;
            hidden.problem(404, "not_found");
            // A step gives no more than itself.
            for command in ["deny", "activate"] {
                let refused = story.decide(step, id, command).await;
                refused.problem(403, "forbidden");
            }
            let approved = story.decide(step, id, "approve").await.expect(200);
            let state = if index == 2 {
                "onboarding"
            } else {
                "submitted"
            };
            assert_eq!(approved["state"], state, "{step}");
        }
        // Whoever has a step is told that none is open; whoever has none learns nothing of it.
        let refused = story.decide("trainer", id, "approve").await;
        refused.problem(409, "transition_refused");
        let refused = story.decide("auditor", id, "approve").await;
        refused.problem(403, "forbidden");
    });
}

#[test]
fn a_policy_may_ask_for_a_work_address() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        under(&story, |requests| {
            requests["work_email"] = json!("required")
        })
        .await;
        let nameless = story.request(
            story.corktown,
            &json!({ "given_name": "Ada", "family_name": "Kowalczyk" }),
        );
        let refused = story.post("supervisor", REQUESTS, &nameless).await;
        refused.problem(422, "invalid");
        assert_eq!(refused.faults(), ["/person/email"]);
        // A known person needs one too; that of another agency, or one that nobody confirmed, is none.
        let emails = format!("/v1/people/{}/emails", story.dana);
        let other = json!({ "email": "d.w@jefferson.example", "organization_id": story.jefferson });
        story.post("help_desk", &emails, &other).await.expect(201);
        let request = story.request_for_dana();
        let refused = story.post("supervisor", REQUESTS, &request).await;
        refused.problem(422, "invalid");
        assert_eq!(refused.faults(), ["/person"]);
        assert!(refused.text.contains("/emails"), "{}", refused.text);
        let work = json!({ "email": "d.w@corktown.example", "organization_id": story.corktown });
        story.post("help_desk", &emails, &work).await.expect(201);
        let request = story
            .post("supervisor", REQUESTS, &request)
            .await
            .expect(201);
        let explained = story
            .get(
                "admin",
                &format!("{REQUESTS}/{}/explanation", text(&request["id"])),
            )
            .await
            .expect(200);
        assert!(!texts(&explained["not_enforced"]).contains(&"/requests/work_email"));
    });
}

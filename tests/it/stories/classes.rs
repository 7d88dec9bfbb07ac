//! Other types, add-ons and classes, under a policy that has them: HAND's with an add-on and a type that only reads.

use hmis_licensing::domain::policy::preset;
use serde_json::{Value, json};

use super::{Story, text, texts};
use crate::support::database::{TestDatabase, on_both};

/// Corktown with a policy of three types, and Dana licensed under it.
async fn story(database: &TestDatabase) -> (Story, String) {
    let story = Story::on(database).await;
    let path = format!("/v1/implementations/{}/policies", story.hand);
    let mut document = serde_json::to_value(&preset("hand").unwrap().document).unwrap();
    document["license_types"]["reports"] = json!({
        "title": "Reports",
        "license": { "kind": "add_on", "depends_on": ["end_user"] },
        "requirement_sets": { "own": { "courses": [{ "course": "reports" }] } },
        "classes": { "add_on": { "kind": "set", "set": "own" } },
    });
    document["courses"]["reports"] = json!({ "title": "Reports" });
    document["license_types"]["end_user"]["classes"]["type_change"] =
        json!({ "kind": "same_as", "class": "new" });
    let none = json!({ "kind": "set", "set": "none" });
    document["license_types"]["read_only"] = json!({
        "title": "Read only",
        "license": { "kind": "base" },
        "requirement_sets": { "none": { "courses": [] } },
        "classes": { "new": none, "returning": none, "additional": none, "type_change": none },
    });
    story
        .post("admin", &path, &json!({ "document": document }))
        .await
        .expect(201);
    story.at("2026-03-04T14:00:00Z");
    let license = story.license_dana().await;
    (story, license)
}

fn dana(story: &Story, license_type: &str) -> Value {
    let mut request = story.request_for_dana();
    request["license_type"] = json!(license_type);
    request
}

#[test]
fn an_add_on_is_requested_on_its_base_follows_it_and_is_confirmed_by_staff() {
    on_both(|database| async move {
        let (story, license) = story(&database).await;
        let ask = dana(&story, "reports");
        let request = story
            .post("supervisor", "/v1/license-requests", &ask)
            .await
            .expect(201);
        assert_eq!(request["class"], "add_on");
        let id = text(&request["id"]);
        story.decide("admin", id, "approve").await.expect(200);
        let refused = story.decide("admin", id, "activate").await;
        let refused = refused.problem(409, "transition_refused");
        assert!(texts(&refused["needs"])[0].contains("`reports` is not passed"));
        story
            .pass("trainer", story.dana, "reports")
            .await
            .expect(201);
        let done = story.decide("admin", id, "activate").await.expect(200);
        assert_eq!(done["license_id"], json!(license));

        let shown = story.license("supervisor", &license).await;
        assert_eq!(shown["license_type"], "end_user");
        assert_eq!(shown["add_ons"][0]["state"], "on");
        assert_eq!(
            story.sign_in("").await["licenses"][0]["add_ons"],
            json!(["reports"])
        );
        // Twice the same is refused.
        let again = story.post("supervisor", "/v1/license-requests", &ask).await;
        again.problem(409, "transition_refused");

        // The base ends, and the add-on with it.
        story.at("2026-03-05T14:00:00Z");
        story
            .depart_dana("supervisor", "2026-03-05T13:00:00Z")
            .await;
        let add_on = text(&shown["add_ons"][0]["id"]).to_owned();
        let path = format!("/v1/add-ons/{add_on}");
        let ended = story.get("supervisor", &path).await.expect(200);
        assert_eq!(ended["state"], "ended");
        assert_eq!(ended["ended_at"], "2026-03-05T14:00:00Z");
        let refused = story
            .post(
                "admin",
                &format!("{path}/confirm"),
                &json!({ "expected_version": 1 }),
            )
            .await;
        refused.problem(409, "transition_refused");
        let refused = story.post("supervisor", "/v1/license-requests", &ask).await;
        let refused = refused.problem(409, "transition_refused");
        assert!(texts(&refused["needs"])[0].contains("a base license here that gives access"));
    });
}

#[test]
fn a_supervisor_ends_an_add_on_that_nobody_needs() {
    on_both(|database| async move {
        let (story, license) = story(&database).await;
        let request = story
            .post(
                "supervisor",
                "/v1/license-requests",
                &dana(&story, "reports"),
            )
            .await
            .expect(201);
        let id = text(&request["id"]);
        story.decide("admin", id, "approve").await.expect(200);
        story
            .pass("trainer", story.dana, "reports")
            .await
            .expect(201);
        story.decide("admin", id, "activate").await.expect(200);
        let listed = story.list("supervisor", "/v1/add-ons").await;
        let path = format!("/v1/add-ons/{}/end", text(&listed[0]["id"]));
        let mut reason = json!({ "report": { "reason": "She no longer writes reports." } });
        let unseen = story.post("supervisor", &path, &reason).await;
        unseen.problem(428, "precondition_required");
        reason["expected_version"] = json!(2);
        let stale = story.post("supervisor", &path, &reason).await;
        stale.problem(412, "stale");
        reason["expected_version"] = json!(1);
        let ended = story.post("supervisor", &path, &reason).await.expect(200);
        assert_eq!(
            (&ended["state"], &ended["version"]),
            (&json!("ended"), &json!(2))
        );
        let late = story.post("supervisor", &path, &reason).await;
        late.problem(412, "stale");
        reason["expected_version"] = json!(2);
        assert_eq!(
            story.license("supervisor", &license).await["state"],
            "active"
        );
        let twice = story.post("supervisor", &path, &reason).await;
        assert_eq!(twice.problem(409, "transition_refused")["state"], "ended");
        assert!(story.list("jefferson", "/v1/add-ons").await.is_empty());
    });
}

#[test]
fn a_change_that_adds_no_requirement_is_recorded_at_once() {
    on_both(|database| async move {
        let (story, license) = story(&database).await;
        let change = |to: &str| json!({ "license_id": license, "license_type": to });
        let changed = story
            .post("supervisor", "/v1/license-changes", &change("read_only"))
            .await
            .expect(201);
        assert_eq!(changed["license_type"], "read_only");
        let shown = story.license("supervisor", &license).await;
        assert_eq!(shown["license_type"], "read_only");
        assert_eq!(shown["state"], "active");
        let refused = story
            .post("supervisor", "/v1/license-changes", &change("reports"))
            .await;
        refused.problem(409, "transition_refused");
        let unknown = story
            .post("supervisor", "/v1/license-changes", &change("everything"))
            .await;
        let fault = &unknown.problem(422, "invalid")["errors"][0];
        assert_eq!(fault["pointer"], "/license_type");
        assert_eq!(
            story.list("supervisor", "/v1/license-changes").await.len(),
            1
        );
    });
}

#[test]
fn a_change_that_adds_requirements_takes_a_request_and_the_old_type_stays_until_then() {
    on_both(|database| async move {
        let (story, _) = story(&database).await;
        // Rosalind reads; to enter data she must train.
        let mut ask = story.request(
            story.corktown,
            &json!({ "external_id": { "system": "hmis_user_id", "value": "42" } }),
        );
        ask["license_type"] = json!("read_only");
        let request = story
            .post("supervisor", "/v1/license-requests", &ask)
            .await
            .expect(201);
        let id = text(&request["id"]);
        story.decide("admin", id, "approve").await.expect(200);
        let done = story.decide("admin", id, "activate").await.expect(200);
        let license = text(&done["license_id"]).to_owned();

        let change = json!({ "license_id": license, "license_type": "end_user" });
        let refused = story
            .post("supervisor", "/v1/license-changes", &change)
            .await;
        let refused = refused.problem(409, "transition_refused");
        let needs = texts(&refused["needs"]).join("; ");
        assert!(
            needs.contains("`hmis_user_training_series` is not passed"),
            "{needs}"
        );
        assert!(
            needs.contains("a license request for `end_user`"),
            "{needs}"
        );

        ask["license_type"] = json!("end_user");
        let request = story
            .post("supervisor", "/v1/license-requests", &ask)
            .await
            .expect(201);
        assert_eq!(request["class"], "type_change");
        assert_eq!(
            story.license("admin", &license).await["license_type"],
            "read_only"
        );
        let done = story.fulfil(&request, "supervisor").await;
        assert_eq!(done["license_id"], json!(license));
        let shown = story.license("admin", &license).await;
        assert_eq!(shown["license_type"], "end_user");
        assert_eq!(shown["state"], "active");
    });
}

#[test]
fn staff_reclassify_with_a_reason_and_nobody_decides_upon_what_he_has_not_seen() {
    on_both(|database| async move {
        let (story, _) = story(&database).await;
        let ask = story.request(
            story.corktown,
            &json!({ "external_id": { "system": "hmis_user_id", "value": "42" } }),
        );
        let request = story
            .post("supervisor", "/v1/license-requests", &ask)
            .await
            .expect(201);
        assert_eq!(request["class"], "new");
        let path = format!("/v1/license-requests/{}/reclassify", text(&request["id"]));
        let body = |class: &str, version: i64| json!({ "expected_version": version, "class": class, "reason": "Before our records." });
        let forbidden = story.post("supervisor", &path, &body("returning", 1)).await;
        forbidden.problem(403, "forbidden");
        let refused = story.post("admin", &path, &body("type_change", 1)).await;
        assert!(
            texts(&refused.problem(409, "transition_refused")["needs"])[0].contains("runs here")
        );
        let changed = story
            .post("admin", &path, &body("returning", 1))
            .await
            .expect(200);
        assert_eq!(changed["class"], "returning");
        assert_eq!(changed["version"], 2);
        // The state is the same, and still whoever saw the old class is told.
        let stale = story.post("admin", &path, &body("new", 1)).await;
        stale.problem(412, "stale");
    });
}

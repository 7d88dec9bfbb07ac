//! Ids of somebody else: what the caller may not know of is answered like what does not exist.

use hmis_licensing::application::actor::Role;
use hmis_licensing::application::ports::{StoreError, StoreExt, UnitOfWork};
use hmis_licensing::domain::roster::ExternalKind;
use serde_json::{Value, json};

use super::{REQUESTS, alaska};
use crate::stories::{EXPORT, NOBODY, Story, text, without_request_id};
use crate::support::database::on_both;

#[test]
#[expect(clippy::too_many_lines, reason = "one table of ids")]
fn a_foreign_id_and_a_random_one_are_answered_alike() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let (far_organization, far_person) = alaska(&story).await;
        let license = story.license_dana().await;
        let request = story.list("admin", REQUESTS).await.remove(0);
        let departure = story
            .depart_dana("supervisor", "2026-03-20T21:00:00Z")
            .await;
        let signature = story
            .list("admin", "/v1/agreement-signatures")
            .await
            .remove(0);
        let census = story.census().await;
        // In paths, for the supervisor of another agency.
        for (path, id, more) in [
            (REQUESTS, text(&request["id"]), ""),
            (REQUESTS, text(&request["id"]), "/checklist"),
            (REQUESTS, text(&request["id"]), "/explanation"),
            ("/v1/licenses", license.as_str(), ""),
            ("/v1/licenses", license.as_str(), "/explanation"),
            ("/v1/licenses", license.as_str(), "/history"),
            ("/v1/departures", text(&departure["id"]), ""),
            ("/v1/deactivations", text(&departure["id"]), ""),
            ("/v1/agreement-signatures", text(&signature["id"]), ""),
        ] {
            let foreign = story.get("jefferson", &format!("{path}/{id}{more}")).await;
            let random = story
                .get("jefferson", &format!("{path}/{NOBODY}{more}"))
                .await;
            foreign.problem(404, "not_found");
            assert_eq!(without_request_id(&foreign), without_request_id(&random));
        }
        // In paths of commands.
        let version = json!({ "expected_version": 1 });
        for (path, id, command) in [
            (REQUESTS, text(&request["id"]), "withdraw"),
            ("/v1/departures", text(&departure["id"]), "cancel"),
            ("/v1/deactivations", text(&departure["id"]), "cancel"),
        ] {
            let foreign = story
                .post("jefferson", &format!("{path}/{id}/{command}"), &version)
                .await;
            let random = story
                .post("jefferson", &format!("{path}/{NOBODY}/{command}"), &version)
                .await;
            foreign.problem(404, "not_found");
            assert_eq!(without_request_id(&foreign), without_request_id(&random));
        }
        // In bodies: another agency's, another implementation's, nobody's.
        let dana = json!({ "id": story.dana });
        let with = |path: &'static str, field: &'static str, mut body: Value, ids: [Value; 2]| {
            ids.map(|id| {
                *body.pointer_mut(field).unwrap() = id;
                (path, field, body.clone())
            })
        };
        let far = [json!(far_organization), json!(NOBODY)];
        let near = [json!(story.corktown), json!(NOBODY)];
        let people = [json!(far_person), json!(NOBODY)];
        let departs = json!({
            "person_id": story.dana, "organization_id": story.corktown,
            "ended_at": "2026-03-01T12:00:00Z",
        });
        let signs = json!({
            "person_id": story.dana, "organization_id": story.corktown, "party": "end_user",
            "agreement": "user_agreement", "signed_on": "2026-03-01",
        });
        let passes = json!({
            "person_id": story.dana, "course": "data_quality", "outcome": "pass",
            "completed_on": "2026-03-01",
        });
        let ends = json!({ "license_id": license, "cause": "requested" });
        let asks = {
            let mut body = story.request(story.corktown, &dana);
            body["project_ids"] = json!([]);
            body
        };
        let (jefferson, rosalind) = (story.jefferson, story.rosalind);
        story
            .grant(
                "rosalind",
                Role::Supervisor,
                Some(jefferson),
                Some(rosalind),
            )
            .await;
        let asks_here = {
            let mut body = story.request(jefferson, &dana);
            body["project_ids"] = json!([]);
            body["requested_by"] = json!(rosalind);
            body
        };
        let reported = {
            let mut body = departs.clone();
            body["report"] = json!({ "reported_by": { "person_id": NOBODY } });
            body
        };
        let for_supervisor = {
            let mut body = asks_here.clone();
            body["requested_by"] = json!(NOBODY);
            body
        };
        for (who, [foreign, random]) in [
            (
                "admin",
                with(REQUESTS, "/organization_id", asks.clone(), far.clone()),
            ),
            (
                "jefferson",
                with(REQUESTS, "/organization_id", asks.clone(), near.clone()),
            ),
            (
                "admin",
                with(REQUESTS, "/person/id", asks_here.clone(), people.clone()),
            ),
            (
                "admin",
                with(REQUESTS, "/requested_by", for_supervisor, people.clone()),
            ),
            (
                "jefferson",
                with(
                    REQUESTS,
                    "/person/id",
                    asks_here,
                    [json!(story.dana), json!(NOBODY)],
                ),
            ),
            (
                "admin",
                with(
                    "/v1/departures",
                    "/person_id",
                    departs.clone(),
                    people.clone(),
                ),
            ),
            (
                "admin",
                with(
                    "/v1/departures",
                    "/organization_id",
                    departs.clone(),
                    far.clone(),
                ),
            ),
            (
                "jefferson",
                with(
                    "/v1/departures",
                    "/organization_id",
                    departs.clone(),
                    near.clone(),
                ),
            ),
            (
                "supervisor",
                with(
                    "/v1/departures",
                    "/report/reported_by/person_id",
                    reported,
                    people.clone(),
                ),
            ),
            (
                "admin",
                with(
                    "/v1/agreement-signatures",
                    "/person_id",
                    signs.clone(),
                    people.clone(),
                ),
            ),
            (
                "admin",
                with(
                    "/v1/agreement-signatures",
                    "/organization_id",
                    signs.clone(),
                    far,
                ),
            ),
            (
                "jefferson",
                with(
                    "/v1/agreement-signatures",
                    "/person_id",
                    signs,
                    [json!(story.dana), json!(NOBODY)],
                ),
            ),
            (
                "trainer",
                with("/v1/training-completions", "/person_id", passes, people),
            ),
            (
                "jefferson",
                with(
                    "/v1/deactivations",
                    "/license_id",
                    ends,
                    [json!(license), json!(NOBODY)],
                ),
            ),
        ] {
            let (path, field, body) = foreign;
            let foreign = story.post(who, path, &body).await;
            let random = story.post(who, path, &random.2).await;
            foreign.problem(422, "invalid");
            assert_eq!(foreign.faults(), [field], "{path} by {who}");
            assert_eq!(
                without_request_id(&foreign),
                without_request_id(&random),
                "{path} by {who}"
            );
        }
        assert_eq!(story.census().await, census);
    });
}

#[test]
fn a_person_of_another_implementation_is_nobody_here() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let (_, person) = alaska(&story).await;
        let census = story.census().await;
        let (corktown, rosalind) = (story.corktown, story.rosalind);
        story
            .grant("rosalind", Role::Supervisor, Some(corktown), Some(rosalind))
            .await;
        let mut body = story.request(corktown, &json!({ "id": person }));
        body["requested_by"] = json!(rosalind);
        let refused = story.post("root", REQUESTS, &body).await;
        refused.problem(422, "invalid");
        assert_eq!(refused.faults(), ["/person/id"]);
        let body = json!({
            "person_id": person, "organization_id": story.corktown,
            "ended_at": "2026-03-01T12:00:00Z",
        });
        let refused = story.post("root", "/v1/departures", &body).await;
        refused.problem(422, "invalid");
        assert_eq!(refused.faults(), ["/person_id"]);
        let body = json!({
            "person_id": person, "organization_id": story.corktown, "party": "end_user",
            "agreement": "user_agreement", "signed_on": "2026-03-01",
        });
        let refused = story.post("root", "/v1/agreement-signatures", &body).await;
        refused.problem(422, "invalid");
        assert_eq!(refused.faults(), ["/organization_id"]);
        assert_eq!(story.census().await, census);
    });
}

#[test]
fn a_closed_external_id_names_nobody_new_and_still_decides() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        let (hand, now) = (story.hand, story.app.app.now());
        story
            .app
            .app
            .store()
            .write(move |unit: &mut dyn UnitOfWork| -> Result<(), StoreError> {
                let person = ExternalKind::Person;
                unit.close_external_id(hand, person, EXPORT, "41", now)?;
                unit.close_external_id(hand, person, "hmis_user_id", "41", now)
            })
            .await
            .unwrap();
        let mut body = story.request_for_dana();
        body["organization_id"] = json!(story.jefferson);
        body["project_ids"] = json!([]);
        let closed = story.post("jefferson", REQUESTS, &body).await;
        closed.problem(422, "invalid");
        assert_eq!(closed.faults(), ["/person/external_id"]);
        body["person"]["external_id"]["value"] = json!("4141");
        let unknown = story.post("jefferson", REQUESTS, &body).await;
        assert_eq!(without_request_id(&closed), without_request_id(&unknown));
        let decision = story.sign_in("").await;
        assert_eq!(decision["allowed"], true);
        assert_eq!(decision["licenses"][0]["license_id"], json!(license));
    });
}

#[test]
fn a_decision_is_not_asked_about_the_future_nor_elsewhere() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        alaska(&story).await;
        let ask = |implementation: &str, more: &str| {
            let path = format!(
                "/v1/access-decisions?implementation={implementation}&system=hmis_user_id&external_id=41{more}"
            );
            let story = &story;
            async move { story.get("frontend", &path).await }
        };
        let future = ask("hand", "&at=2026-03-02T18:00:01Z").await;
        future.problem(422, "invalid");
        assert_eq!(future.faults(), ["at"]);
        let bare = ask("hand", "&at=2026-03-02T12:00:00").await;
        bare.problem(422, "wrong_shape");
        assert_eq!(bare.faults(), ["at"]);
        let foreign = ask("akhmis", "").await;
        foreign.problem(422, "invalid");
        let random = ask("nowhere", "").await;
        assert_eq!(without_request_id(&foreign), without_request_id(&random));
        let nobody = story
            .get(
                "frontend",
                "/v1/access-decisions?implementation=hand&system=hmis_user_id&external_id=nobody",
            )
            .await;
        assert_eq!(nobody.header("cache-control"), Some("no-store"));
        let nobody = nobody.expect(200);
        assert_eq!(nobody["allowed"], false);
        assert_eq!(nobody["reason"], "unknown_person");
        story
            .get(
                "supervisor",
                "/v1/access-decisions?implementation=hand&system=hmis_user_id&external_id=41",
            )
            .await
            .problem(403, "forbidden");
    });
}

//! Licenses that begin with only the projects whose workflows' practice is accepted.

use serde_json::{Value, json};

use super::super::{text, texts};
use super::{Alaska, SHELTER};
use crate::support::database::on_both;

const OUTREACH: &str = "practice_outreach";

/// Noor asks for the shelter and for street outreach; only practice is open, under a policy that lets a license begin
/// with accepted workflows, or does not.
struct Partly {
    alaska: Alaska,
    outreach: String,
    request: String,
}

impl Partly {
    async fn on(alaska: Alaska, activation: Value) -> Self {
        alaska.rules(&[("/requests/activation", activation)]).await;
        let project = json!({
            "organization_id": alaska.organization,
            "name": "Street outreach",
            "project_type": 4,
        });
        let outreach = alaska.made("/v1/projects", &project).await;
        let mut body = alaska.for_noor();
        body["project_ids"] = json!([alaska.project, outreach]);
        let made = alaska
            .post("help_desk", "/v1/license-requests", &body)
            .await;
        let request = text(&made.expect(201)["id"]).to_owned();
        alaska.approve(&request).await;
        let zone = chrono_tz::America::Anchorage;
        let today = alaska.app.app.now().with_timezone(&zone).date_naive();
        let today = today.to_string();
        alaska.initial_steps(&today).await;
        alaska.pass("workflow_shelter", &today).await;
        alaska.pass("workflow_outreach", &today).await;
        Self {
            alaska,
            outreach,
            request,
        }
    }

    fn later(&self) {
        let clock = &self.alaska.app.clock;
        clock.advance(chrono::TimeDelta::minutes(10));
    }

    async fn accepted(&self, set: &str) {
        self.later();
        let body = json!({ "person_id": self.alaska.noor, "practice_set": set });
        let submission = self
            .alaska
            .post("noor", "/v1/practice-case-submissions", &body)
            .await
            .expect(201);
        self.later();
        self.alaska
            .review("trainer", text(&submission["id"]), "accepted")
            .await
            .expect(201);
    }

    async fn seen(&self) -> Value {
        self.alaska.request(&self.request).await
    }

    async fn activate(&self, who: &str) -> crate::support::app::Answer {
        let body = json!({ "expected_version": self.seen().await["version"] });
        let path = format!("/v1/license-requests/{}/activate", self.request);
        self.alaska.post(who, &path, &body).await
    }

    async fn license(&self) -> Value {
        let id = self.seen().await["license_id"].clone();
        let path = format!("/v1/licenses/{}", text(&id));
        self.alaska.get("admin", &path).await.expect(200)
    }
}

#[test]
fn the_license_begins_with_the_accepted_workflow_and_gets_the_others_when_theirs_is_accepted() {
    on_both(|database| async move {
        let alaska = Alaska::on(&database).await;
        let rule = json!({ "by": "automatic", "accepted_workflows_only": true });
        let story = Partly::on(alaska, rule).await;
        let (shelter, outreach) = (story.alaska.project.clone(), story.outreach.clone());

        // Nothing is accepted yet: nobody begins, not even by hand.
        let problem = story.activate("admin").await;
        let problem = problem.problem(409, "transition_refused");
        assert_eq!(
            texts(&problem["needs"]),
            [
                "`practice_outreach` is not submitted",
                "`practice_shelter` is not submitted"
            ]
        );

        story.accepted(SHELTER).await;
        let seen = story.seen().await;
        assert_eq!(seen["state"], "practice");
        assert_eq!(seen["begun_with_project_ids"], json!([shelter]));
        assert!(seen.get("may_begin_with_project_ids").is_none());
        assert_eq!(
            texts(&seen["needs"]),
            ["`practice_outreach` is not submitted"]
        );
        let license = story.license().await;
        assert_eq!(license["state"], "active");
        assert_eq!(license["project_ids"], json!([shelter]));
        // Nothing more to activate, and no second request for what is open.
        let problem = story.activate("admin").await;
        problem.problem(409, "transition_refused");
        let again = story
            .alaska
            .post(
                "help_desk",
                "/v1/license-requests",
                &story.alaska.for_noor(),
            )
            .await;
        again.problem(409, "duplicate");
        // The policy's rule is worked, and said to be nowhere else.
        let path = format!("/v1/license-requests/{}/explanation", story.request);
        let explained = story.alaska.get("admin", &path).await.expect(200);
        let gaps = texts(&explained["not_enforced"]);
        assert!(
            gaps.iter().all(|gap| !gap.contains("activation")),
            "{gaps:?}"
        );

        // The last workflow adds its projects in the transaction of its review, and fulfils the request.
        story.accepted(OUTREACH).await;
        let seen = story.seen().await;
        assert_eq!(seen["state"], "fulfilled");
        assert_eq!(seen["begun_with_project_ids"], json!([shelter, outreach]));
        let license = story.license().await;
        assert_eq!(license["project_ids"], json!([shelter, outreach]));
        assert_eq!(license["state"], "active");
    });
}

#[test]
fn staff_begin_it_where_the_policy_leaves_activation_to_them() {
    on_both(|database| async move {
        let alaska = Alaska::on(&database).await;
        let rule = json!({ "by": "staff", "accepted_workflows_only": true });
        let story = Partly::on(alaska, rule).await;
        let (shelter, outreach) = (story.alaska.project.clone(), story.outreach.clone());
        story.accepted(OUTREACH).await;
        let seen = story.seen().await;
        assert_eq!(seen["state"], "practice");
        assert_eq!(seen["may_begin_with_project_ids"], json!([outreach]));
        assert!(seen.get("license_id").is_none());
        let path = format!("/v1/license-requests/{}/explanation", story.request);
        let explained = story.alaska.get("admin", &path).await.expect(200);
        let who = texts(&explained["who_can_act"]);
        assert!(who.iter().any(|who| who.contains("activate")), "{who:?}");
        story.activate("supervisor").await.problem(403, "forbidden");

        let begun = story.activate("admin").await.expect(200);
        assert_eq!(begun["state"], "practice");
        assert_eq!(begun["begun_with_project_ids"], json!([outreach]));
        assert_ne!(begun["version"], seen["version"]);
        assert_eq!(story.license().await["project_ids"], json!([outreach]));
        // The rest needs no second click.
        story.accepted(SHELTER).await;
        assert_eq!(story.seen().await["state"], "fulfilled");
        assert_eq!(
            story.license().await["project_ids"],
            json!([outreach, shelter])
        );
    });
}

#[test]
fn a_policy_without_the_rule_waits_for_every_workflow() {
    on_both(|database| async move {
        let alaska = Alaska::on(&database).await;
        let story = Partly::on(alaska, json!({ "by": "automatic" })).await;
        story.accepted(SHELTER).await;
        let seen = story.seen().await;
        assert_eq!(seen["state"], "practice");
        assert!(seen.get("license_id").is_none());
        let problem = story.activate("admin").await;
        let problem = problem.problem(409, "transition_refused");
        assert_eq!(
            texts(&problem["needs"]),
            ["`practice_outreach` is not submitted"]
        );
        story.accepted(OUTREACH).await;
        let seen = story.seen().await;
        assert_eq!(seen["state"], "fulfilled");
        assert!(seen.get("begun_with_project_ids").is_none());
    });
}

#[test]
fn the_rest_lapses_with_its_deadline_and_the_license_keeps_what_it_has() {
    on_both(|database| async move {
        let alaska = Alaska::on(&database).await;
        let rule = json!({ "by": "automatic", "accepted_workflows_only": true });
        let story = Partly::on(alaska, rule).await;
        let shelter = story.alaska.project.clone();
        story.accepted(SHELTER).await;
        // Five business days for practice.
        story.alaska.app.clock.advance(chrono::TimeDelta::days(9));
        let seen = story.seen().await;
        assert_eq!(seen["state"], "lapsed");
        let license = story.license().await;
        assert_eq!(license["state"], "active");
        assert_eq!(license["project_ids"], json!([shelter]));
        let body = json!({ "person_id": story.alaska.noor, "practice_set": OUTREACH });
        story
            .alaska
            .post("noor", "/v1/practice-case-submissions", &body)
            .await
            .problem(409, "transition_refused");
    });
}

#[test]
fn the_end_of_the_license_ends_the_rest_of_its_request_and_a_reinstatement_restores_it() {
    on_both(|database| async move {
        let alaska = Alaska::on(&database).await;
        let rule = json!({ "by": "automatic", "accepted_workflows_only": true });
        let story = Partly::on(alaska, rule).await;
        story.accepted(SHELTER).await;
        story.later();
        let license = story.license().await;
        let body = json!({ "license_id": license["id"], "cause": "requested", "effective_at": story.alaska.app.app.now() });
        let ended = story.alaska.post("admin", "/v1/deactivations", &body).await;
        ended.expect(201);
        assert_eq!(story.seen().await["state"], "withdrawn");
        story.later();
        let version = story.license().await["version"].clone();
        let body =
            json!({ "expected_version": version, "report": { "reason": "The wrong person." } });
        let path = format!("/v1/licenses/{}/reinstate", text(&license["id"]));
        story.alaska.post("admin", &path, &body).await.expect(200);
        assert_eq!(story.seen().await["state"], "practice");
        story.accepted(OUTREACH).await;
        assert_eq!(story.seen().await["state"], "fulfilled");
        let projects = json!([story.alaska.project, story.outreach]);
        assert_eq!(story.license().await["project_ids"], projects);
    });
}

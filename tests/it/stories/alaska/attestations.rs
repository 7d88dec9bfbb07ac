//! What requesters attest: a background check belongs to the person and counts at every agency, as long as it is young
//! enough.

use hmis_licensing::application::actor::Role;
use serde_json::{Value, json};

use super::Alaska;
use crate::stories::text;
use crate::support::app::Answer;
use crate::support::database::on_both;

impl Alaska {
    async fn decide(&self, request: &Value, command: &str) {
        let path = format!("/v1/license-requests/{}", text(&request["id"]));
        let version = self.get("admin", &path).await.expect(200)["version"].clone();
        let mut body = json!({ "expected_version": version });
        if command == "deny" {
            body["reason"] = json!("The check was somebody else's.");
        }
        let path = format!("{path}/{command}");
        self.post("admin", &path, &body).await.expect(200);
    }
}

#[test]
fn a_background_check_counts_at_every_agency_while_it_is_young_enough() {
    on_both(|database| async move {
        let alaska = Alaska::on(&database).await;
        let rules = json!([
            { "kind": "job_need" },
            { "kind": "at_least_18" },
            { "kind": "background_check", "maximum_age": { "months": 12 } },
        ]);
        // Tuesday 2026-03-03 from here on.
        alaska.rules(&[("/requests/attestations", rules)]).await;
        let other = json!({
            "implementation_id": alaska.implementation,
            "name": "Harbor House",
            "participation": { "from_on": "2020-01-01" },
        });
        let other = alaska.made("/v1/organizations", &other).await;
        let person = json!({
            "implementation_id": alaska.implementation, "given_name": "Ada", "family_name": "Nowak",
        });
        let ada = alaska.made("/v1/people", &person).await;
        alaska
            .grant("ada", Role::Supervisor, Some(other.clone()), Some(&ada))
            .await;

        let mut here = alaska.for_noor();
        let mut there = alaska.for_noor();
        there["organization_id"] = json!(other);
        there["requested_by"] = json!(ada);
        there["project_ids"] = json!([]);
        there["attestations"] = json!([{ "code": "job_need" }, { "code": "at_least_18" }]);
        let ask = async |body: &Value| -> Answer {
            alaska.post("help_desk", "/v1/license-requests", body).await
        };
        let check = |on: Option<&str>| match on {
            Some(on) => json!({ "code": "background_check", "on": on }),
            None => json!({ "code": "background_check" }),
        };
        // Its day is needed, has come, and lies at most twelve months back.
        for on in [None, Some("2026-03-04"), Some("2025-03-02")] {
            here["attestations"][2] = check(on);
            let refused = ask(&here).await;
            refused.problem(422, "invalid");
            assert_eq!(refused.faults(), ["/attestations/2/on"], "{on:?}");
        }
        let unknown = ask(&there).await;
        assert_eq!(unknown.faults(), ["/attestations"]);
        // What was attested on a request that was denied says nothing.
        here["attestations"][2] = check(Some("2025-03-03"));
        let denied = ask(&here).await.expect(201);
        alaska.decide(&denied, "deny").await;
        assert_eq!(ask(&there).await.faults(), ["/attestations"]);

        ask(&here).await.expect(201);
        let mut silent = there.clone();
        silent["attestations"] = json!([{ "code": "at_least_18" }]);
        let refused = ask(&silent).await;
        assert_eq!(
            refused.faults(),
            ["/attestations"],
            "the need of this job is said for it"
        );
        let asked = ask(&there).await.expect(201);
        alaska.decide(&asked, "withdraw").await;
        // The next day it is too old.
        alaska.at("2026-03-04T19:00:00Z");
        assert_eq!(ask(&there).await.faults(), ["/attestations"]);
    });
}

#[test]
fn every_fault_of_a_request_is_named_at_once() {
    on_both(|database| async move {
        let alaska = Alaska::on(&database).await;
        let mut body = alaska.for_noor();
        body["person"] = json!({ "external_id": { "system": "hmis_user_id", "value": "99999" } });
        body["license_type"] = json!("no_such_type");
        body["attestations"] = json!([{ "code": "job_need" }, { "code": "at_least_18" }]);
        body["requested_by"] = json!(alaska.noor);
        body["report"]["reported_at"] = json!("2026-03-02T19:00:00Z");
        let refused = alaska
            .post("help_desk", "/v1/license-requests", &body)
            .await;
        refused.problem(422, "invalid");
        assert_eq!(
            refused.faults(),
            [
                "/person/external_id",
                "/license_type",
                "/attestations",
                "/requested_by",
                "/report/reported_at",
            ]
        );
    });
}

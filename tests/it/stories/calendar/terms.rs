//! Terms: a license expires at the end of its term unless somebody renews it.

use serde_json::{Value, json};

use super::under;
use crate::stories::{Story, text, texts};
use crate::support::database::{TestDatabase, on_both};

/// A year, renewed by the supervisor, the signer or staff, with 30 days of grace.
fn year() -> Value {
    json!({
        "ends": { "kind": "after", "length": { "months": 12 } },
        "renewal_grace": { "days": 30 },
        "renewed_by": ["supervisor", "authorized_signer", "staff"],
    })
}

/// Everybody's license runs through 30 September; renewals open on 1 August.
fn fiscal_year() -> Value {
    json!({
        "ends": { "kind": "yearly", "date": {
            "due": { "month": 9, "day": 30 },
            "opens": { "month": 8, "day": 1 },
            "newcomers_from": { "month": 7, "day": 1 },
        } },
        "renewed_by": ["user", "supervisor"],
    })
}

async fn with_term(database: &TestDatabase, term: Value) -> (Story, String) {
    under(database, &[("/license_types/end_user/term", term)]).await
}

async fn told(story: &Story, license: &str) {
    story.at("2027-02-10T15:00:00Z");
    story
        .tell(license, "term", None, ["2026-03-03", "2027-03-04"])
        .await;
}

#[test]
fn a_license_expires_at_its_term_and_a_renewal_in_the_grace_brings_it_back() {
    on_both(|database| async move {
        let (story, license) = with_term(&database, year()).await;
        let explained = story.explained("dana", &license).await;
        let due = &explained["due"][0];
        assert_eq!(due["rule"], "term", "{explained}");
        assert_eq!(due["due_on"], "2027-03-03");
        let who = texts(&explained["who_can_act"]).join("; ");
        assert!(
            who.contains("a supervisor or the authorized signer or staff of the HMIS lead: renew the license, from 2026-03-03 on and through 2027-03-03"),
            "{who}"
        );
        told(&story, &license).await;
        let seen = story.license("dana", &license).await;
        assert_eq!(seen["next_automatic_change"]["at"], "2027-03-04T05:00:00Z");
        assert_eq!(seen["next_automatic_change"]["cause"], "term_ended");

        story.at("2027-03-04T04:59:59.999999Z");
        assert_eq!(story.state(&license).await, "active");
        story.at("2027-03-04T05:00:00Z");
        assert_eq!(story.state(&license).await, "expired");
        assert_eq!(
            story.sign_in("&at=2027-03-04T04:59:59Z").await["allowed"],
            true
        );
        let explained = story.explained("dana", &license).await;
        assert_eq!(explained["blocks"][0]["code"], "term_ended");
        let who = texts(&explained["who_can_act"]).join("; ");
        assert!(
            who.contains("renew the license through 2027-04-02"),
            "{who}"
        );

        story.at("2027-04-02T14:00:00Z");
        let renewal = json!({ "license_id": license });
        let renewed = story
            .post("supervisor", "/v1/license-renewals", &renewal)
            .await
            .expect(201);
        assert_eq!(
            (&renewed["by"], &renewed["decision"]),
            (&json!("supervisor"), &json!("renewed"))
        );
        assert_eq!(story.state(&license).await, "active");
        let path = format!("/v1/license-renewals/{}", text(&renewed["id"]));
        assert_eq!(story.get("dana", &path).await.expect(200), renewed);
        assert_eq!(story.list("dana", "/v1/license-renewals").await.len(), 1);
        assert!(
            story
                .list("jefferson", "/v1/license-renewals")
                .await
                .is_empty()
        );
        let history = story
            .get("dana", &format!("/v1/licenses/{license}/history"))
            .await
            .expect(200);
        assert_eq!(history["periods"][1]["cause"], "renewal");
        assert_eq!(
            story.explained("dana", &license).await["due"][0]["due_on"],
            "2028-03-03"
        );
    });
}

#[test]
fn after_the_grace_a_renewal_is_refused_unless_it_was_given_in_time_and_then_staff_decide() {
    on_both(|database| async move {
        let (story, license) = with_term(&database, year()).await;
        told(&story, &license).await;
        story.at("2027-04-03T14:00:00Z");
        let refused = story
            .post(
                "supervisor",
                "/v1/license-renewals",
                &json!({ "license_id": license }),
            )
            .await;
        let problem = refused.problem(409, "transition_refused");
        assert_eq!(
            (&problem["state"], &problem["action"]),
            (&json!("expired"), &json!("renew"))
        );
        assert_eq!(
            texts(&problem["needs"]),
            ["a returning request: the renewal grace ended on 2027-04-02"]
        );
        let late = json!({ "license_id": license, "renewed_on": "2027-02-20" });
        story
            .post("supervisor", "/v1/license-renewals", &late)
            .await
            .expect(201);
        assert_eq!(story.state(&license).await, "expired");
        assert_eq!(story.list("admin", "/v1/contested-items").await.len(), 1);
        story
            .act("admin", &license, "reinstate", json!({}))
            .await
            .expect(200);
        assert_eq!(story.state(&license).await, "active");
    });
}

#[test]
fn before_the_opening_a_renewal_is_refused_with_the_opening_named() {
    on_both(|database| async move {
        let (story, license) = with_term(&database, fiscal_year()).await;
        let renewal = json!({ "license_id": license });
        let renew = async |who: &str| story.post(who, "/v1/license-renewals", &renewal).await;
        // 23:59:59 in Detroit on 31 July.
        story.at("2026-08-01T03:59:59Z");
        let problem = renew("dana").await.problem(409, "transition_refused");
        assert_eq!(
            texts(&problem["needs"]),
            ["the opening of the renewal on 2026-08-01: the term runs through 2026-09-30"]
        );
        story.at("2026-08-01T04:00:00Z");
        assert_eq!(renew("dana").await.expect(201)["by"], "user");
        let problem = renew("supervisor").await.problem(409, "transition_refused");
        assert_eq!(
            texts(&problem["needs"]),
            ["the opening of the renewal on 2027-08-01: the term runs through 2027-09-30"]
        );
    });
}

#[test]
fn nobody_renews_without_authority() {
    on_both(|database| async move {
        let (story, license) = with_term(&database, year()).await;
        let renew = async |who: &str, more: Value| {
            let mut body = json!({ "license_id": license });
            body.as_object_mut()
                .unwrap()
                .extend(more.as_object().unwrap().clone());
            story.post(who, "/v1/license-renewals", &body).await
        };
        let nothing = || json!({});
        let before = story.census().await;
        // The policy does not name the user, and nobody speaks for the agency about himself.
        assert_eq!(renew("dana", nothing()).await.faults(), ["/by"]);
        renew("dana", json!({ "by": "supervisor" }))
            .await
            .problem(403, "own_case");
        // Another agency's supervisor knows of nothing here.
        assert_eq!(
            renew("jefferson", nothing()).await.faults(),
            ["/license_id"]
        );
        for who in ["auditor", "trainer", "frontend", "integration"] {
            renew(who, nothing()).await.problem(403, "forbidden");
        }
        // A supervisor is no staff; a signer has no access of his own, and whoever records for him names him.
        renew("supervisor", json!({ "by": "staff" }))
            .await
            .problem(403, "forbidden");
        let signer = json!({ "by": "authorized_signer" });
        assert_eq!(
            renew("supervisor", signer).await.faults(),
            ["/report/reported_by"]
        );
        assert_eq!(
            renew("help_desk", json!({ "by": "supervisor" }))
                .await
                .faults(),
            ["/report/reported_by"]
        );
        assert_eq!(
            renew("supervisor", json!({ "renewed_on": "2027-01-01" }))
                .await
                .faults(),
            ["/renewed_on"]
        );
        assert_eq!(story.census().await, before);
        let signed = json!({
            "by": "authorized_signer",
            "report": { "reported_by": { "name": "M. Okafor" }, "channel": "letter" },
        });
        renew("supervisor", signed).await.expect(201);
    });
}

#[test]
fn a_renewal_that_was_an_error_is_taken_back_by_a_correction() {
    on_both(|database| async move {
        let (story, license) = with_term(&database, year()).await;
        story.at("2026-06-01T14:00:00Z");
        let renewed = story
            .post(
                "help_desk",
                "/v1/license-renewals",
                &json!({ "license_id": license }),
            )
            .await
            .expect(201);
        let mut correction = json!({
            "license_id": license, "decision": "declined", "supersedes": renewed["id"],
        });
        let bare = story
            .post("help_desk", "/v1/license-renewals", &correction)
            .await;
        assert_eq!(bare.faults(), ["/report/reason"]);
        correction["report"] = json!({ "reason": "Meant for somebody else." });
        story
            .post("help_desk", "/v1/license-renewals", &correction)
            .await
            .expect(201);
        assert_eq!(
            story.explained("admin", &license).await["due"][0]["due_on"],
            "2027-03-03"
        );
        let twice = story
            .post("help_desk", "/v1/license-renewals", &correction)
            .await;
        assert_eq!(twice.faults(), ["/supersedes"]);
    });
}

#[test]
fn a_license_without_a_term_and_one_that_ended_are_not_renewed() {
    on_both(|database| async move {
        let (story, license) = under(&database, &[]).await;
        let renewal = json!({ "license_id": license });
        let renew = async || {
            story
                .post("supervisor", "/v1/license-renewals", &renewal)
                .await
        };
        let problem = renew().await.problem(409, "transition_refused");
        assert_eq!(
            texts(&problem["needs"]),
            [
                "a license type with a term, or whose recertification asks for the requester's renewal"
            ]
        );
        story.at("2026-03-05T14:00:00Z");
        story
            .depart_dana("supervisor", "2026-03-05T13:00:00Z")
            .await;
        let problem = renew().await.problem(409, "transition_refused");
        assert_eq!(problem["state"], "deactivated");
        assert_eq!(
            texts(&problem["needs"]),
            ["a returning request: the license has ended"]
        );
    });
}

#[test]
fn ends_of_need_are_late_or_not_like_departures() {
    on_both(|database| async move {
        let hours = json!({ "departure_notice_hours": 24, "no_longer_needed_notice_hours": 48 });
        let (story, license) = under(&database, &[("/ends_of_need", hours)]).await;
        story.at("2026-03-10T14:00:00Z");
        let mut end = json!({
            "license_id": license, "cause": "no_longer_needed",
            "effective_at": "2026-03-08T14:00:00Z",
        });
        let on_time = story
            .post("supervisor", "/v1/deactivations?dry_run=true", &end)
            .await;
        let on_time = on_time.expect(200);
        assert_eq!(on_time["notice_due_at"], "2026-03-10T14:00:00Z");
        assert_eq!(
            (&on_time["late"], &on_time["minutes_until_report"]),
            (&json!(false), &json!(2880))
        );
        end["effective_at"] = json!("2026-03-08T13:59:59Z");
        let late = story
            .post("supervisor", "/v1/deactivations", &end)
            .await
            .expect(201);
        assert_eq!(late["late"], true);
        assert_eq!(late.get("logins_after_end"), None);
    });
}

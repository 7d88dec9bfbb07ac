//! Holds: who opens and lifts them, what each reader sees of them.

use hmis_licensing::application::actor::Role;
use hmis_licensing::application::ports::{StoreError, StoreExt, UnitOfWork};
use hmis_licensing::domain::license::LicenseStatus;
use serde_json::json;

use super::causes;
use crate::stories::{Story, text};
use crate::support::database::on_both;

#[test]
fn a_hold_takes_access_until_it_is_lifted_and_lifts_no_other() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        story.at("2026-03-03T14:00:00Z");
        let first = story.hold(&license, "investigation").await;
        let second = story.hold(&license, "fee_unpaid").await;
        assert_eq!(story.sign_in("").await["allowed"], false);
        assert_eq!(story.sign_in("").await["reason"], "not_allowed");
        story.at("2026-03-04T14:00:00Z");
        let lift = |hold: &serde_json::Value| format!("/v1/holds/{}/lift", text(&hold["id"]));
        let body = json!({ "expected_version": 1, "report": { "reason": "Explained." } });
        let lifted = story.post("admin", &lift(&first), &body).await.expect(200);
        assert_eq!(lifted["open"], false);
        assert_eq!(lifted["version"], 2);
        let seen = story.license("admin", &license).await;
        assert_eq!(causes(&seen), ["fee_unpaid"]);
        assert_eq!(story.sign_in("").await["allowed"], false);
        story.post("admin", &lift(&second), &body).await.expect(200);
        assert_eq!(story.sign_in("").await["allowed"], true);
        // Lifted is lifted.
        let again = json!({ "expected_version": 2, "report": { "reason": "Explained." } });
        let refused = story.post("admin", &lift(&second), &again).await;
        let problem = refused.problem(409, "transition_refused");
        assert_eq!(problem["needs"], json!(["an open hold"]));
        let stale = story.post("admin", &lift(&second), &body).await;
        stale.problem(412, "stale");
    });
}

#[test]
fn a_lift_needs_a_reason() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        let hold = story.hold(&license, "investigation").await;
        let path = format!("/v1/holds/{}/lift", text(&hold["id"]));
        let body = json!({ "expected_version": 1 });
        let refused = story.post("admin", &path, &body).await;
        let problem = refused.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], "/report/reason");
    });
}

#[test]
fn a_hold_may_end_by_itself() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        let body = json!({ "license_id": license, "cause": "violation", "until_on": "2026-03-10" });
        let hold = story.post("admin", "/v1/holds", &body).await.expect(201);
        assert_eq!(hold["until"], "2026-03-11T04:00:00Z");
        story.at("2026-03-11T03:59:59Z");
        assert_eq!(story.sign_in("").await["allowed"], false);
        story.at("2026-03-11T04:00:00Z");
        assert_eq!(story.sign_in("").await["allowed"], true);
        let path = format!("/v1/holds/{}", text(&hold["id"]));
        let seen = story.get("admin", &path).await.expect(200);
        assert_eq!(seen["ended_at"], "2026-03-11T04:00:00Z");
        let past = json!({ "license_id": license, "cause": "violation", "until_on": "2026-03-09" });
        let refused = story.post("admin", "/v1/holds", &past).await;
        assert_eq!(
            refused.problem(422, "invalid")["errors"][0]["pointer"],
            "/until_on"
        );
    });
}

#[test]
fn what_a_rule_opens_by_itself_is_not_opened_by_hand() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        for (cause, way) in [
            ("leave", "/v1/leaves"),
            ("recertification_overdue", "recertification rule"),
            ("agreement_lapsed", "a signature cures it"),
            ("long_inactivity", "inactivity rule"),
            ("evidence_withdrawn", "`supersedes`"),
            ("departure_unverified", "/v1/departure-notices"),
        ] {
            let body = json!({ "license_id": license, "cause": cause });
            let refused = story.post("admin", "/v1/holds", &body).await;
            let problem = refused.problem(422, "invalid");
            assert_eq!(problem["errors"][0]["pointer"], "/cause", "{cause}");
            let detail = text(&problem["errors"][0]["detail"]);
            assert!(detail.contains(way), "{cause}: {detail}");
        }
        assert_eq!(story.sign_in("").await["allowed"], true);
    });
}

#[test]
fn each_reader_sees_of_an_investigation_what_he_may() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        let body = json!({
            "license_id": license, "cause": "investigation", "until_on": "2026-04-30",
            "report": { "reason": "Sign-ins from two places.", "ticket_reference": "HD-7" },
        });
        let hold = story.post("admin", "/v1/holds", &body).await.expect(201);
        let path = format!("/v1/holds/{}", text(&hold["id"]));
        for (who, cause, knows_until, knows_why) in [
            ("admin", "investigation", true, true),
            ("auditor", "investigation", true, true),
            ("help_desk", "investigation", true, false),
            ("supervisor", "contact_the_lead", false, false),
            ("dana", "contact_the_lead", false, false),
        ] {
            let seen = story.get(who, &path).await.expect(200);
            assert_eq!(seen["cause"], cause, "{who}");
            assert_eq!(seen.get("until").is_some(), knows_until, "{who}");
            assert_eq!(seen["report"].get("reason").is_some(), knows_why, "{who}");
            assert_eq!(
                seen["report"].get("ticket_reference").is_some(),
                knows_why,
                "{who}"
            );
            let listed = story.list(who, "/v1/holds").await;
            assert_eq!(listed, [seen], "{who}");
            let shown = story.license(who, &license).await;
            assert_eq!(causes(&shown), [cause], "{who}");
            assert_eq!(
                shown["holds"][0].get("until").is_some(),
                knows_until,
                "{who}"
            );
            let change = &shown["next_automatic_change"]["change"];
            assert_eq!(*change == "resumes", knows_until, "{who}: {change}");
            let explanation = format!("/v1/licenses/{license}/explanation");
            let explained = story.get(who, &explanation).await.expect(200);
            assert_eq!(explained["blocks"][0]["code"], cause, "{who}");
            let history = format!("/v1/licenses/{license}/history");
            let history = story.get(who, &history).await.expect(200);
            assert_eq!(history["transitions"][1]["cause"], cause, "{who}");
        }
        // Another agency knows nothing of it, and a front-end that access is off.
        story
            .get("jefferson", &path)
            .await
            .problem(404, "not_found");
        assert_eq!(story.list("jefferson", "/v1/holds").await.len(), 0);
        let decision = story.sign_in("").await;
        assert_eq!(decision["reason"], "not_allowed");
        assert_ne!(decision["next_automatic_change_at"], "2026-05-01T04:00:00Z");
    });
}

#[test]
fn a_correction_of_a_hold_replaces_it() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        let hold = story.hold(&license, "violation").await;
        let mut body = json!({
            "license_id": license, "cause": "fee_unpaid", "supersedes": hold["id"],
        });
        let refused = story.post("admin", "/v1/holds", &body).await;
        assert_eq!(
            refused.problem(422, "invalid")["errors"][0]["pointer"],
            "/report/reason"
        );
        body["report"] = json!({ "reason": "It was about an invoice." });
        let corrected = story.post("admin", "/v1/holds", &body).await.expect(201);
        assert_eq!(corrected["report"]["supersedes"], hold["id"]);
        assert_eq!(
            causes(&story.license("admin", &license).await),
            ["fee_unpaid"]
        );
        // Both stay visible, and the replaced one is corrected no more.
        assert_eq!(story.list("admin", "/v1/holds").await.len(), 2);
        let again = story.post("admin", "/v1/holds", &body).await;
        assert_eq!(
            again.problem(422, "invalid")["errors"][0]["pointer"],
            "/supersedes"
        );
    });
}

#[test]
fn a_hold_of_an_ended_license_is_refused() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        story.at("2026-03-05T14:00:00Z");
        story
            .depart_dana("supervisor", "2026-03-04T22:00:00Z")
            .await;
        let body = json!({ "license_id": license, "cause": "violation" });
        let refused = story.post("admin", "/v1/holds", &body).await;
        let problem = refused.problem(409, "transition_refused");
        assert_eq!(problem["state"], "deactivated");
        assert_eq!(problem["action"], "suspend");
    });
}

#[test]
fn what_a_clock_that_runs_behind_records_comes_after_what_is_known() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        story.at("2026-03-05T14:00:00Z");
        story
            .depart_dana("supervisor", "2026-03-05T14:00:00Z")
            .await;
        story.at("2026-03-05T14:10:00Z");
        let reason = json!({ "report": { "reason": "It was a namesake." } });
        story
            .act("admin", &license, "reinstate", reason)
            .await
            .expect(200);
        // Another instance, whose clock is five minutes late, or a transaction that waited for this one.
        story.at("2026-03-05T14:05:00Z");
        let hold = story.hold(&license, "violation").await;
        assert_eq!(hold["report"]["recorded_at"], "2026-03-05T14:10:00Z");
        story.at("2026-03-05T14:20:00Z");
        let held = story.license("admin", &license).await;
        assert_eq!(held["state"], "suspended");
        assert_eq!(causes(&held), ["violation"]);
    });
}

#[test]
fn a_clock_that_was_set_back_hides_nothing_that_is_known() {
    on_both(|database| async move {
        let story = Story::on(&database).await;
        let license = story.license_dana().await;
        let corktown = Some(story.corktown);
        story
            .grant("leaver", Role::Supervisor, corktown, None)
            .await;
        story.at("2026-03-05T14:00:00Z");
        story
            .get("leaver", "/v1/licenses?limit=1")
            .await
            .expect(200);
        story.at("2026-03-05T14:10:00Z");
        story
            .depart_dana("supervisor", "2026-03-05T14:10:00Z")
            .await;
        story.revoke("leaver").await;
        // Two hours back, as by a wrong time server.
        story.at("2026-03-05T12:10:00Z");
        assert_eq!(story.sign_in("").await["allowed"], false);
        let seen = story.license("admin", &license).await;
        assert_eq!(seen["state"], "deactivated");
        let path = format!("/v1/licenses/{license}/explanation");
        let explained = story.get("admin", &path).await.expect(200);
        assert_eq!(explained["allowed"], false);
        assert_eq!(explained["state"], "deactivated");
        story
            .get("leaver", "/v1/licenses?limit=1")
            .await
            .problem(403, "forbidden");
        // Nor does a sweep at that time give anything back, although it looks at everybody anew.
        let (hand, dana) = (story.hand, story.dana);
        let recorded = move |unit: &mut dyn UnitOfWork| {
            let recorded = unit.licenses_of_people(&[dana])?.swap_remove(0).recorded;
            unit.bump_generation(hand)?;
            Ok::<_, StoreError>((recorded.state, recorded.generation))
        };
        let before = story.app.app.store().write(recorded).await.unwrap();
        story.app.app.sweep_all().await.unwrap();
        let after = story.app.app.store().write(recorded).await.unwrap();
        assert_eq!(after, (LicenseStatus::Deactivated, before.1 + 1));
        assert_eq!(story.sign_in("").await["allowed"], false);
        // What is asked about an earlier instant is answered from what was known then.
        let before = story.sign_in("&at=2026-03-05T12:00:00Z").await;
        assert_eq!(before["allowed"], true);
    });
}

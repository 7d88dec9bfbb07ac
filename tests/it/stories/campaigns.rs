//! Recertification campaigns in Alaska: whom they ask is seen before, a miss is listed, staff suspend until it is done.

use serde_json::{Value, json};

use super::alaska::Alaska;
use super::text;
use crate::support::database::{TestDatabase, on_both};

const CAMPAIGNS: &str = "/v1/recertification-campaigns";

/// Noor, licensed since Monday 2026-03-02.
struct Campaigns {
    alaska: Alaska,
    license: String,
}

impl Campaigns {
    async fn on(database: &TestDatabase) -> Self {
        let alaska = Alaska::on(database).await;
        let request = alaska.in_practice().await;
        let submitted = alaska.submit("noor").await.expect(201);
        let reviewed = alaska.review("trainer", text(&submitted["id"]), "accepted");
        reviewed.await.expect(201);
        let license = text(&alaska.request(&request).await["license_id"]).to_owned();
        Self { alaska, license }
    }

    /// The refresher in its new edition, from 1 to 30 September; what was done in August counts.
    fn plan(&self) -> Value {
        json!({
            "implementation_id": self.alaska.implementation,
            "title": "HUD data elements FY2026",
            "items": [{ "kind": "course", "course": "refresher", "edition": "FY2026" }],
            "counts_from_on": "2026-08-01",
            "opens_on": "2026-09-01",
            "deadline_on": "2026-09-30",
            "report": { "reason": "HUD's data elements change on 1 October." },
        })
    }

    async fn start(&self) -> String {
        self.alaska.at("2026-08-17T17:00:00Z");
        let started = self.alaska.post("admin", CAMPAIGNS, &self.plan()).await;
        let started = started.expect(201);
        assert_eq!(started["state"], "scheduled");
        text(&started["id"]).to_owned()
    }

    /// Noor is told on the first day, by telephone.
    async fn tell(&self, campaign: &str) {
        self.alaska.at("2026-09-01T18:00:00Z");
        let notice = json!({
            "license_id": self.license,
            "rule": "campaign",
            "requirement": format!("campaign:{campaign}:course:refresher"),
            "anchor_on": "2026-09-01",
            "named_on": "2026-10-01",
            "channel": "phone",
            "sent_at": "2026-09-01T18:00:00Z",
        });
        let told = self.alaska.post("help_desk", "/v1/notices", &notice).await;
        told.expect(201);
    }

    async fn people(&self, campaign: &str, query: &str) -> Vec<Value> {
        let path = format!("{CAMPAIGNS}/{campaign}/people{query}");
        let found = self.alaska.get("help_desk", &path).await.expect(200);
        found["data"].as_array().unwrap().clone()
    }

    async fn act(&self, campaign: &str, action: &str, body: Value) -> crate::support::app::Answer {
        let path = format!("{CAMPAIGNS}/{campaign}/{action}");
        self.alaska.post("admin", &path, &body).await
    }

    async fn state(&self) -> String {
        let path = format!("/v1/licenses/{}", self.license);
        let license = self.alaska.get("admin", &path).await.expect(200);
        text(&license["state"]).to_owned()
    }

    /// Noor signs in, as the HMIS reports at once.
    async fn log_in(&self, at: &str) {
        let id = json!({ "system": "hmis_user_id", "value": "41" });
        let path = format!("/v1/people/{}/external-ids", self.alaska.noor);
        self.alaska.post("admin", &path, &id).await.expect(201);
        let source = json!({
            "implementation_id": self.alaska.implementation,
            "code": "clarity", "name": "Clarity", "kind": "hmis_frontend",
        });
        let source = self.alaska.post("admin", "/v1/login-sources", &source);
        let login = json!({
            "login_source_id": source.await.expect(201)["id"], "source_event_id": "friday",
            "occurred_at": at, "external_id": id,
        });
        self.alaska.at(at);
        let login = self.alaska.post("admin", "/v1/login-events", &login).await;
        assert_eq!(login.expect(201)["outcome"], "accepted");
    }

    /// The refresher in an edition.
    async fn pass(&self, edition: &str, on: &str) {
        let body = json!({
            "person_id": self.alaska.noor,
            "course": "refresher",
            "edition": edition,
            "outcome": "pass",
            "completed_on": on,
        });
        let passed = self
            .alaska
            .post("trainer", "/v1/training-completions", &body);
        passed.await.expect(201);
    }
}

fn because(reason: &str) -> Value {
    json!({ "report": { "reason": reason } })
}

fn decided(version: i32, reason: &str) -> Value {
    json!({ "expected_version": version, "report": { "reason": reason } })
}

#[test]
fn whom_it_asks_is_seen_before_and_a_miss_is_listed_until_staff_suspend_all() {
    on_both(|database| async move {
        let story = Campaigns::on(&database).await;
        story.log_in("2026-08-14T18:20:00Z").await;
        story.alaska.at("2026-08-17T17:00:00Z");
        let path = format!("{CAMPAIGNS}?dry_run=true");
        let tried = story.alaska.post("admin", &path, &story.plan()).await;
        let tried = tried.expect(200);
        assert_eq!((&tried["count"], &tried["met"]), (&json!(1), &json!(0)));
        assert_eq!(tried["data"][0]["family_name"], "Haddad");
        assert_eq!(tried["data"][0]["standing"], "due");
        assert_eq!(tried["data"][0]["last_login_at"], "2026-08-14T18:20:00Z");
        let none = story.alaska.get("admin", CAMPAIGNS).await.expect(200);
        assert_eq!(none["data"], json!([]), "nothing was kept");

        let campaign = story.start().await;
        assert_eq!(story.people(&campaign, "").await, Vec::<Value>::new());
        story.tell(&campaign).await;
        let asked = story.people(&campaign, "").await;
        assert_eq!(asked[0]["standing"], "due");
        assert_eq!(asked[0]["license_id"], story.license.as_str());

        // 1 October, midnight in Anchorage.
        story.alaska.at("2026-10-01T08:00:00Z");
        assert_eq!(story.state().await, "active");
        let path = "/v1/licenses?listed=true";
        let listed = story.alaska.get("admin", path).await.expect(200);
        assert_eq!(listed["data"][0]["id"], story.license.as_str());
        let overdue = story.people(&campaign, "?standing=overdue").await;
        assert_eq!(overdue.len(), 1);
        assert_eq!(
            overdue[0]["missing"],
            json!([format!("campaign:{campaign}:course:refresher")])
        );
        let path = format!("{CAMPAIGNS}/{campaign}");
        let found = story.alaska.get("admin", &path).await.expect(200);
        assert_eq!(found["state"], "over");

        let stale = story.act(&campaign, "suspend-all", decided(7, "Reports are due."));
        stale.await.problem(412, "stale");
        let silent = story.act(&campaign, "suspend-all", json!({ "expected_version": 1 }));
        assert_eq!(silent.await.faults(), ["/report/reason"]);
        let enforced = story.act(&campaign, "suspend-all", decided(1, "Reports are due."));
        let enforced = enforced.await.expect(200);
        assert_eq!(enforced["suspends_all"], true);
        assert_eq!(enforced["version"], 2);
        assert_eq!(story.state().await, "suspended");
        assert_eq!(story.people(&campaign, "").await[0]["suspended"], true);
        let twice = story.act(&campaign, "suspend-all", decided(2, "Reports are due."));
        twice.await.problem(409, "transition_refused");

        // The old edition cures nothing.
        story.pass("FY2024", "2026-10-01").await;
        assert_eq!(story.state().await, "suspended");
        story.pass("FY2026", "2026-10-01").await;
        assert_eq!(story.state().await, "active");
        assert_eq!(story.people(&campaign, "").await[0]["standing"], "met");
    });
}

#[test]
fn a_campaign_is_done_by_acknowledging_what_it_asks() {
    on_both(|database| async move {
        let story = Campaigns::on(&database).await;
        let read = json!({ "person_id": story.alaska.noor, "acknowledgement": "fy2026_elements" });
        let path = "/v1/acknowledgements";
        let unasked = story.alaska.post("noor", path, &read).await;
        assert_eq!(unasked.faults(), ["/acknowledgement"]);
        story.alaska.at("2026-08-17T17:00:00Z");
        let mut plan = story.plan();
        plan["items"] = json!([
            { "kind": "acknowledgement", "code": "fy2026_elements", "title": "The new elements were read" },
        ]);
        let started = story.alaska.post("admin", CAMPAIGNS, &plan).await;
        let campaign = text(&started.expect(201)["id"]).to_owned();
        story.alaska.at("2026-09-02T18:00:00Z");
        assert_eq!(story.people(&campaign, "").await[0]["standing"], "due");
        let other = json!({ "person_id": story.alaska.noor, "acknowledgement": "fy2024_elements" });
        let refused = story.alaska.post("noor", path, &other).await;
        assert_eq!(refused.faults(), ["/acknowledgement"]);
        story.alaska.post("noor", path, &read).await.expect(201);
        assert_eq!(story.people(&campaign, "").await[0]["standing"], "met");
        // One that was called off asks for nothing any more.
        let body = decided(1, "HUD took its elements back.");
        story.act(&campaign, "cancel", body).await.expect(200);
        let late = story.alaska.post("noor", path, &read).await;
        assert_eq!(late.faults(), ["/acknowledgement"]);
    });
}

#[test]
fn staff_suspend_one_extend_and_cancel() {
    on_both(|database| async move {
        let story = Campaigns::on(&database).await;
        let campaign = story.start().await;
        story.tell(&campaign).await;
        story.alaska.at("2026-10-02T08:00:00Z");
        let mut one = because("Asked three times.");
        one["license_id"] = json!(story.license);
        let unseen = story.act(&campaign, "suspend", one.clone()).await;
        unseen.problem(428, "precondition_required");
        one["expected_version"] = json!(2);
        let stale = story.act(&campaign, "suspend", one.clone()).await;
        stale.problem(412, "stale");
        one["expected_version"] = json!(1);
        one["license_id"] = json!(super::NOBODY);
        let unknown = story.act(&campaign, "suspend", one.clone()).await;
        assert_eq!(unknown.faults(), ["/license_id"]);
        one["license_id"] = json!(story.license);
        story
            .act(&campaign, "suspend", one.clone())
            .await
            .expect(200);
        assert_eq!(story.state().await, "suspended");

        let mut extended = decided(1, "The course was not online for a week.");
        extended["deadline_on"] = json!("2026-09-30");
        let refused = story.act(&campaign, "extend", extended.clone()).await;
        assert_eq!(refused.faults(), ["/deadline_on"]);
        extended["deadline_on"] = json!("2026-10-01");
        let refused = story.act(&campaign, "extend", extended.clone()).await;
        assert_eq!(refused.faults(), ["/deadline_on"], "it lies in the past");
        extended["deadline_on"] = json!("2026-10-15");
        let shown = story.act(&campaign, "extend", extended).await.expect(200);
        assert_eq!(shown["deadline_on"], "2026-10-15");
        assert_eq!(shown["decisions"][0]["kind"], "campaign_extended");
        assert_eq!(story.state().await, "active", "it came too early");

        // The new day was never told, so that it never suspends by itself.
        story.alaska.at("2026-10-16T09:00:00Z");
        assert_eq!(story.state().await, "active");
        let body = decided(2, "HUD took its elements back.");
        let cancelled = story
            .act(&campaign, "cancel", body.clone())
            .await
            .expect(200);
        assert_eq!(cancelled["state"], "cancelled");
        assert_eq!(story.people(&campaign, "").await, Vec::<Value>::new());
        for (action, version) in [("cancel", 3), ("suspend-all", 3)] {
            let over = story
                .act(&campaign, action, decided(version, "Again."))
                .await;
            over.problem(409, "transition_refused");
        }
    });
}

#[test]
fn an_excuse_is_seen_lifts_the_hold_and_is_taken_back() {
    on_both(|database| async move {
        let story = Campaigns::on(&database).await;
        let campaign = story.start().await;
        story.tell(&campaign).await;
        story.alaska.at("2026-10-02T08:00:00Z");
        let body = decided(1, "Reports are due.");
        story.act(&campaign, "suspend-all", body).await.expect(200);
        assert_eq!(story.state().await, "suspended");
        let mut excuse = because("Teaches the course.");
        excuse["person_id"] = json!(story.alaska.noor);
        let unseen = story.act(&campaign, "excuse", excuse.clone()).await;
        unseen.problem(428, "precondition_required");
        // It was decided about since.
        excuse["expected_version"] = json!(1);
        let stale = story.act(&campaign, "excuse", excuse.clone()).await;
        stale.problem(412, "stale");
        excuse["expected_version"] = json!(2);
        let excused = story.act(&campaign, "excuse", excuse.clone()).await;
        let excused = excused.expect(200);
        assert_eq!(story.state().await, "active");
        let asked = story.people(&campaign, "?standing=excused").await;
        assert_eq!(asked[0]["person_id"], story.alaska.noor.as_str());
        let twice = story.act(&campaign, "excuse", excuse).await;
        twice.problem(409, "transition_refused");
        let back = json!({ "fact_id": excused["id"], "reason": "She does not." });
        let path = "/v1/fact-withdrawals";
        let refused = story.alaska.post("help_desk", path, &back).await;
        refused.problem(403, "forbidden");
        story.alaska.post("admin", path, &back).await.expect(201);
        assert_eq!(story.people(&campaign, "").await[0]["standing"], "overdue");
    });
}

#[test]
fn who_returns_owes_every_campaign_that_stands() {
    on_both(|database| async move {
        let story = Campaigns::on(&database).await;
        let departure = json!({
            "person_id": story.alaska.noor,
            "organization_id": story.alaska.organization,
            "ended_at": "2026-06-01T17:00:00-08:00",
        });
        story.alaska.at("2026-06-02T02:00:00Z");
        let gone = story.alaska.post("help_desk", "/v1/departures", &departure);
        gone.await.expect(201);
        let campaign = story.start().await;
        story.alaska.at("2026-11-02T18:00:00Z");
        let mut request = story.alaska.for_noor();
        request["attestations"][2]["on"] = json!("2026-10-15");
        let made = story
            .alaska
            .post("help_desk", "/v1/license-requests", &request)
            .await
            .expect(201);
        assert_eq!(made["class"], "returning");
        let key = format!("campaign:{campaign}:course:refresher");
        let owed = async || {
            let path = format!("/v1/license-requests/{}/checklist", text(&made["id"]));
            let list = story.alaska.get("admin", &path).await.expect(200);
            let items = list["requirements"].as_array().unwrap().clone();
            let found = items
                .iter()
                .find(|item| item["requirement"] == key.as_str());
            found.map(|item| item["status"].clone())
        };
        assert_eq!(owed().await, Some(json!("due")));
        story.pass("FY2026", "2026-11-02").await;
        assert_eq!(owed().await, Some(json!("met")));
    });
}

#[test]
fn every_fault_of_a_campaign_is_named_and_nothing_is_kept() {
    on_both(|database| async move {
        let story = Campaigns::on(&database).await;
        story.alaska.at("2026-08-17T17:00:00Z");
        let with = |changes: &[(&str, Value)]| {
            let mut plan = story.plan();
            for (pointer, value) in changes {
                plan[*pointer] = value.clone();
            }
            plan
        };
        for (changes, faults) in [
            (
                // It would end before it opens, and nothing could be done in time.
                vec![
                    ("opens_on", json!("2026-10-05")),
                    ("counts_from_on", json!("2026-10-05")),
                ],
                vec!["/deadline_on", "/counts_from_on", "/cut_off_on"],
            ),
            (
                vec![
                    ("opens_on", json!("2026-07-01")),
                    ("deadline_on", json!("2026-08-16")),
                    ("counts_from_on", json!("2026-07-01")),
                ],
                vec!["/deadline_on", "/opens_on"],
            ),
            (
                vec![(
                    "items",
                    json!([{ "kind": "course", "course": "no_such_course" }]),
                )],
                vec!["/items/0/course"],
            ),
            (
                vec![(
                    "items",
                    json!([
                        { "kind": "course", "course": "refresher" },
                        { "kind": "course", "course": "refresher", "edition": "FY2026" },
                        { "kind": "practice_set", "practice_set": "no_such_set" },
                    ]),
                )],
                vec!["/items/1", "/items/2/practice_set"],
            ),
            (
                vec![(
                    "items",
                    json!([{ "kind": "acknowledgement", "code": "read" }]),
                )],
                vec!["/items/0/title"],
            ),
            (
                vec![(
                    "items",
                    json!([{ "kind": "course", "course": "refresher", "code": "x" }]),
                )],
                vec!["/items/0/code"],
            ),
            (
                vec![("license_types", json!(["no_such_type"]))],
                vec!["/license_types/0"],
            ),
            (
                vec![("organization_ids", json!([super::NOBODY]))],
                vec!["/organization_ids/0"],
            ),
            (vec![("report", json!({}))], vec!["/report/reason"]),
            (vec![("items", json!([]))], vec!["/items"]),
            (
                vec![
                    (
                        "items",
                        json!([{ "kind": "course", "course": "no_such_course" }]),
                    ),
                    ("organization_ids", json!([super::NOBODY])),
                    ("report", json!({})),
                ],
                vec!["/items/0/course", "/organization_ids/0", "/report/reason"],
            ),
        ] {
            for path in [CAMPAIGNS.to_owned(), format!("{CAMPAIGNS}?dry_run=true")] {
                let refused = story.alaska.post("admin", &path, &with(&changes)).await;
                refused.problem(422, "invalid");
                assert_eq!(refused.faults(), faults, "{changes:?}");
            }
        }
        let plan = story.plan();
        let refused = story.alaska.post("supervisor", CAMPAIGNS, &plan).await;
        refused.problem(403, "forbidden");
        let none = story.alaska.get("admin", CAMPAIGNS).await.expect(200);
        assert_eq!(none["data"], json!([]));
    });
}

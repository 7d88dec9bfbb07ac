//! A desert HMIS in a zone without daylight saving time: everybody's license runs to the end of June, and expires unless
//! the supervisor renews it.

use serde_json::{Value, json};

use super::{Community, plain, text};
use crate::support::database::on_both;

fn policy() -> Value {
    let mut policy = plain("America/Phoenix");
    policy["notices"] = json!({ "minimum_days": { "term": 10 } });
    policy["license_types"] = json!({
        "counselor": {
            "title": "Counselor",
            "license": { "kind": "base" },
            "requirement_sets": { "nothing": {} },
            "classes": {
                "new": { "kind": "set", "set": "nothing" },
                "additional": { "kind": "set", "set": "nothing" },
                "returning": { "kind": "set", "set": "nothing" },
            },
            "term": {
                "ends": { "kind": "yearly", "date": {
                    "due": { "month": 6, "day": 30 },
                    "opens": { "month": 5, "day": 1 },
                    "newcomers_from": { "month": 4, "day": 1 },
                } },
                "renewal_grace": { "business_days": 10 },
                "renewed_by": ["supervisor"],
            },
        },
    });
    policy
}

#[test]
fn licenses_expire_on_one_date_of_the_year_unless_they_are_renewed() {
    on_both(|database| async move {
        let mesa = Community::posting(&database, ("mesa", "America/Phoenix"), &policy()).await;
        let request = mesa.request(&mesa.ask("counselor").await).await;
        let license = text(&request["license_id"]).to_owned();
        let renewal = json!({ "license_id": license });
        let renew = async |who: &str| mesa.post(who, "/v1/license-renewals", &renewal).await;
        // Before the first of May a renewal counts for no coming year.
        mesa.at("2026-05-01T06:59:59Z");
        renew("supervisor").await.problem(409, "transition_refused");
        // Nobody told them, so nothing ends.
        mesa.at("2026-07-01T07:00:00Z");
        assert_eq!(mesa.state(&license).await, "active");
        let term = json!({ "rule": "term" });
        let soon = mesa.tell(&license, &term, "2026-03-02", "2026-07-11").await;
        soon.problem(422, "invalid");
        let told = mesa.tell(&license, &term, "2026-03-02", "2026-07-12").await;
        told.expect(201);
        mesa.at("2026-07-12T06:59:59.999999Z");
        assert_eq!(mesa.state(&license).await, "active");
        mesa.at("2026-07-12T07:00:00Z");
        assert_eq!(mesa.state(&license).await, "expired");
        let refused = renew("robin").await;
        refused.problem(422, "invalid");
        assert_eq!(refused.faults(), ["/by"]);
        renew("supervisor").await.expect(201);
        assert_eq!(mesa.state(&license).await, "active");
        let path = format!("/v1/licenses/{license}/explanation");
        let due = mesa.get("admin", &path).await["due"][0].clone();
        assert_eq!(
            (&due["rule"], &due["due_on"]),
            (&json!("term"), &json!("2027-06-30"))
        );
    });
}

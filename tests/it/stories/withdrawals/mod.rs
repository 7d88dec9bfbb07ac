//! Facts recorded by mistake are taken back: by whom, which never, and that it acts from then on and not before.

mod effects;
mod refusals;

use serde_json::{Value, json};

use super::{Story, text};
use crate::support::app::Answer;

pub const WITHDRAWALS: &str = "/v1/fact-withdrawals";

impl Story {
    /// Takes a fact back, with a reason.
    pub async fn take_back(&self, who: &str, fact: &str) -> Answer {
        let body = json!({ "fact_id": fact, "reason": "Recorded by mistake." });
        self.post(who, WITHDRAWALS, &body).await
    }

    /// The facts of a kind about Dana that somebody may know of, oldest first.
    pub async fn facts_about_dana(&self, who: &str, kind: &str) -> Vec<Value> {
        let path = format!("/v1/facts?person_id={}&limit=200", self.dana);
        let mut facts = self.list(who, &path).await;
        facts.retain(|fact| fact["kind"] == kind);
        facts
    }

    /// The last fact of a kind about Dana.
    pub async fn last_of_dana(&self, kind: &str) -> String {
        let facts = self.facts_about_dana("admin", kind).await;
        text(&facts.last().unwrap_or_else(|| panic!("no {kind}"))["id"]).to_owned()
    }
}

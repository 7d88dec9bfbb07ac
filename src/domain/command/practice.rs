//! Practice: when a set may be submitted, and what a review may come to.

use super::super::error::Rejection;
use super::super::evaluate::{PracticeStanding, PracticeState, RequestEvaluation};

/// How the submission of a practice set is called.
pub const SUBMIT_PRACTICE: &str = "submit_practice";
/// How its review is called.
pub const REVIEW_PRACTICE: &str = "review_practice";

impl RequestEvaluation {
    /// A practice set that the request owes.
    #[must_use]
    pub fn practice_of(&self, practice_set: &str) -> Option<&PracticeStanding> {
        self.practice
            .iter()
            .find(|standing| standing.practice_set == practice_set)
    }

    /// Whether a practice set may be submitted. Nothing where the request does not owe it.
    pub fn submit_practice(&self, practice_set: &str) -> Option<Result<(), Rejection>> {
        let standing = self.practice_of(practice_set)?;
        let state = self.state.as_str();
        if !self.state.is_open() {
            return Some(Err(Rejection::never(state, SUBMIT_PRACTICE)));
        }
        let needs = match standing.state {
            PracticeState::Open | PracticeState::Corrections => return Some(Ok(())),
            PracticeState::Closed => standing.waits_for.clone(),
            PracticeState::InReview => {
                vec![format!("the review of the submitted `{practice_set}`")]
            }
            PracticeState::Accepted | PracticeState::Waived => {
                vec![format!(
                    "nothing more: `{practice_set}` is accepted or waived"
                )]
            }
            PracticeState::Failed => {
                vec![format!(
                    "a new request: every attempt at `{practice_set}` is used up"
                )]
            }
        };
        Some(Err(Rejection::needing(state, SUBMIT_PRACTICE, needs)))
    }
}

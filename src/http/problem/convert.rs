//! How each error of the application is spoken over HTTP.

use super::{Code, Problem, Refused};
use crate::application::Error;
use crate::application::ports::StoreError;

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Unauthenticated => Self::unauthenticated(
                "The token identifies nobody this service knows.",
                Some("Bearer realm=\"hmis-licensing\", error=\"invalid_token\""),
            ),
            Error::Forbidden => Self::new(
                Code::Forbidden,
                "None of your roles allows this action here.",
            ),
            Error::OwnCase(detail) => Self::new(Code::OwnCase, detail),
            Error::NotFound => Self::new(
                Code::NotFound,
                "There is nothing at this address that you may know of.",
            ),
            Error::Invalid(faults) => Self::invalid(faults),
            Error::Rejected(rejection) => {
                let mut problem = Self::new(Code::TransitionRefused, rejection.to_string());
                problem.more.refused = Some(Refused {
                    state: rejection.state,
                    action: rejection.action,
                    needs: rejection.needs,
                });
                problem
            }
            Error::NoPolicy => Self::of(Code::NoPolicy),
            Error::Duplicate(detail) => Self::new(Code::Duplicate, detail),
            Error::Stale { current } => Self::new(
                Code::Stale,
                format!(
                    "The current version is {current}. Read the resource again, look at what changed, and repeat with \
                     its new ETag in If-Match, or with `expected_version` {current}."
                ),
            ),
            Error::PreconditionRequired => Self::new(
                Code::PreconditionRequired,
                "Send If-Match with the ETag of the resource, or `expected_version` in the body.",
            ),
            Error::BadCursor => Self::of(Code::BadCursor),
            Error::KeyReused => Self::of(Code::KeyReused),
            Error::KeyBusy => Self::of(Code::KeyBusy),
            Error::Reindexing => Self::of(Code::Reindexing),
            Error::Store(error) => store(&error),
        }
    }
}

/// A failure of the store. Its cause goes to the log, never into the answer.
fn store(error: &StoreError) -> Problem {
    match error {
        StoreError::Stale => Problem::new(
            Code::Stale,
            "Another change was made at the same moment. Read the resource again, look at what changed, and repeat \
             with its new version.",
        ),
        StoreError::Conflict => Problem::of(Code::Duplicate),
        StoreError::Busy | StoreError::Retry => {
            log::warn!("the store is overloaded: {error}");
            Problem::of(Code::Unavailable)
        }
        StoreError::Unavailable(_) => {
            log::error!("{error}");
            Problem::of(Code::Unavailable)
        }
        StoreError::Corrupt(_) | StoreError::Panicked => {
            log::error!("{error}");
            Problem::of(Code::Internal)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::error::Rejection;

    fn body(problem: &Problem) -> serde_json::Value {
        serde_json::to_value(problem.body("r-1")).unwrap()
    }

    #[test]
    fn a_refused_transition_names_state_action_and_needs() {
        let rejection = Rejection::needing("onboarding", "activate", vec!["sign it".into()]);
        let problem = Problem::from(Error::from(rejection));
        let body = body(&problem);
        assert_eq!(body["status"], 409);
        assert_eq!(body["code"], "transition_refused");
        assert_eq!(body["state"], "onboarding");
        assert_eq!(body["action"], "activate");
        assert_eq!(body["needs"][0], "sign it");
        assert_eq!(body["instance"], "r-1");
    }

    #[test]
    fn a_failing_store_reveals_no_cause() {
        for error in [
            StoreError::Unavailable("host db.internal refused".into()),
            StoreError::Corrupt("host db.internal refused".into()),
        ] {
            let text = body(&Problem::from(Error::Store(error))).to_string();
            assert!(!text.contains("db.internal"), "{text}");
        }
        let response = Problem::from(Error::Store(StoreError::Busy)).response("r");
        assert!(response.headers().contains_key("retry-after"));
    }

    #[test]
    fn a_stale_version_is_answered_with_what_to_do() {
        for (error, parts) in [
            (
                Error::Stale { current: 7 },
                ["current version is 7", "`expected_version` 7"],
            ),
            (
                Error::Store(StoreError::Stale),
                ["at the same moment", "Read the resource again"],
            ),
        ] {
            let body = body(&Problem::from(error));
            assert_eq!(body["status"], 412);
            let detail = body["detail"].as_str().unwrap();
            assert!(parts.iter().all(|part| detail.contains(part)), "{detail}");
        }
    }

    #[test]
    fn unauthenticated_carries_a_challenge() {
        let response = Problem::from(Error::Unauthenticated).response("r");
        assert_eq!(response.status(), 401);
        let challenge = response.headers().get("www-authenticate").unwrap();
        assert!(challenge.to_str().unwrap().contains("invalid_token"));
    }
}

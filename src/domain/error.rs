//! Refused transitions.

use std::fmt;

/// A command that the present state does not allow: names the state, the action and what would be needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The state as the field names it, for example `onboarding`.
    pub state: String,
    /// The command, for example `activate`.
    pub action: String,
    /// What is missing, each a sentence; empty means that this state never allows the action.
    pub needs: Vec<String>,
}

impl Rejection {
    /// A command that this state never allows.
    pub fn never(state: impl Into<String>, action: impl Into<String>) -> Self {
        Self {
            state: state.into(),
            action: action.into(),
            needs: Vec::new(),
        }
    }

    /// A command that will be allowed once every need is met.
    pub fn needing(
        state: impl Into<String>,
        action: impl Into<String>,
        needs: Vec<String>,
    ) -> Self {
        Self {
            state: state.into(),
            action: action.into(),
            needs,
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is not possible in state `{}`",
            self.action, self.state
        )?;
        if self.needs.is_empty() {
            f.write_str("; this state never allows it")
        } else {
            write!(f, ": {}", self.needs.join("; "))
        }
    }
}

impl std::error::Error for Rejection {}

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

    /// A verdict about a command, where something is needed besides: a refusal lists all needs at once, so that whoever
    /// meets them is not refused anew. What is never allowed needs nothing.
    ///
    /// # Errors
    /// The refusal, or a new one where only the other needs keep the command from being done.
    pub fn besides<T>(
        verdict: Result<T, Self>,
        (state, action): (&str, &str),
        others: impl IntoIterator<Item = String>,
    ) -> Result<T, Self> {
        let mut others = others.into_iter().peekable();
        match verdict {
            Err(mut refused) => {
                if !refused.needs.is_empty() {
                    refused.needs.extend(others);
                }
                Err(refused)
            }
            Ok(_) if others.peek().is_some() => Err(Self::needing(state, action, others.collect())),
            allowed => allowed,
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

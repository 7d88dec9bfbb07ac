//! Who may do what: one row for each operation that takes a credential, written out by hand, in the file of its topic.
//!
//! A row is the operation, who may, what somebody from elsewhere is told, and a request that would succeed:
//!
//! ```text
//! row("approve_license_request", "A-------", ONE)
//!     .of("$open_request")
//!     .sending(DECIDED),
//! ```
//!
//! Who may: one letter for each role, in the order of `Role::ALL`, and `-` for those who may not: `A`dministrator,
//! `T`rainer, `H`elp desk, `S`upervisor, `E`nd user, a`U`ditor, `F`ront-end, `I`ntegration. `$words` in id, query and
//! body stand for ids of the [world](super::world).

mod campaigns;
mod evidence;
mod implementations;
mod licenses;
mod logins;
mod practice;
mod requests;
mod roster;
mod staff;
mod sweeps;

use hmis_licensing::application::actor::Role;

/// In an order in which the operations of one role can follow upon each other.
const TOPICS: &[&[Row]] = &[
    implementations::ROWS,
    roster::ROWS,
    requests::ROWS,
    evidence::ROWS,
    staff::ROWS,
    practice::ROWS,
    licenses::ROWS,
    logins::ROWS,
    staff::DEPARTURE_NOTICES,
    staff::CORRECTIONS,
    sweeps::ROWS,
    campaigns::ROWS,
];

pub fn all() -> impl Iterator<Item = &'static Row> {
    TOPICS.iter().copied().flatten()
}

/// The letters of the roles, in the order of `Role::ALL`.
const LETTERS: &str = "ATHSEUFI";

/// What somebody is told who has a permitted role elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Elsewhere {
    /// What does not belong to any organization, or to the whole implementation: he sees it too.
    Sees,
    /// The list, without anything of ours.
    Nothing,
    /// As if the id of the path did not exist.
    NotFound,
    /// As if the ids of the body or query did not exist.
    Unknown,
    /// His role there does not reach so far, which is no secret.
    Forbidden,
}

/// What somebody is told with a permitted role in another organization of the implementation, and in another
/// implementation.
pub type Answers = (Elsewhere, Elsewhere);

/// A list of what is an organization's or a person's.
pub const LIST: Answers = (Elsewhere::Nothing, Elsewhere::Nothing);
/// One thing, by the id in the path, that is an organization's or a person's.
pub const ONE: Answers = (Elsewhere::NotFound, Elsewhere::NotFound);
/// Things named in the body or in the query.
pub const NAMED: Answers = (Elsewhere::Unknown, Elsewhere::Unknown);
/// One thing that the whole implementation may know.
pub const SHARED: Answers = (Elsewhere::Sees, Elsewhere::NotFound);
/// A list of what the whole implementation may know.
pub const LISTED: Answers = (Elsewhere::Sees, Elsewhere::Nothing);
/// What is the same for all implementations.
pub const OPEN: Answers = (Elsewhere::Sees, Elsewhere::Sees);
/// What only a role in the whole deployment may do.
pub const ABOVE: Answers = (Elsewhere::Forbidden, Elsewhere::Forbidden);

/// The body of a decision about something new.
pub const DECIDED: &str = r#"{"expected_version": 1}"#;

/// One operation.
pub struct Row {
    pub operation: &'static str,
    /// A letter or `-` for each role.
    pub who: &'static str,
    /// The id in the path.
    pub id: &'static str,
    pub query: &'static str,
    pub body: &'static str,
    pub elsewhere: Answers,
    /// Whether the world's state refuses it to whoever may do it.
    pub refused_by_state: bool,
    /// Roles that another policy permits: they are refused only once it is known what they ask about.
    pub by_policy: &'static str,
}

pub const fn row(operation: &'static str, who: &'static str, elsewhere: Answers) -> Row {
    Row {
        operation,
        who,
        id: "",
        query: "",
        body: "",
        elsewhere,
        refused_by_state: false,
        by_policy: "--------",
    }
}

impl Row {
    /// The id in the path.
    const fn of(self, id: &'static str) -> Self {
        Self { id, ..self }
    }

    /// The query.
    const fn asking(self, query: &'static str) -> Self {
        Self { query, ..self }
    }

    /// The body.
    const fn sending(self, body: &'static str) -> Self {
        Self { body, ..self }
    }

    /// Nothing in the world is in a state that allows it: 409 after everything else was right.
    const fn refused_by_state(self) -> Self {
        Self {
            refused_by_state: true,
            ..self
        }
    }

    /// Roles that another policy permits, written like `who`.
    const fn where_the_policy_says(self, by_policy: &'static str) -> Self {
        Self { by_policy, ..self }
    }

    /// Whether the roles are written as they should be.
    pub fn is_legible(&self) -> bool {
        [self.who, self.by_policy].iter().all(|roles| {
            roles.len() == LETTERS.len()
                && roles
                    .chars()
                    .zip(LETTERS.chars())
                    .all(|(found, letter)| found == '-' || found == letter)
        })
    }

    pub fn permits(&self, role: Role) -> bool {
        names(self.who, role)
    }

    /// Whether another policy than the world's permits it.
    pub fn may_be_permitted(&self, role: Role) -> bool {
        names(self.by_policy, role)
    }
}

fn names(roles: &str, role: Role) -> bool {
    let index = Role::ALL.iter().position(|one| *one == role);
    roles.as_bytes()[index.expect("a role")] != b'-'
}

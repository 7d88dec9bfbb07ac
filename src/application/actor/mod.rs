//! Who acts, and THE [`Actor::authorize`]: the one choke point of every credential kind and every route.
//!
//! A token only identifies; what its principal may do is read from live, dated grants on each request, inside the
//! same transaction as the work, so that a revocation holds on the next request.

mod reach;

pub use reach::{Action, Reach, reach};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::ports::{Principal, StaffRole, Visible};
use crate::domain::departure::has_departed;
use crate::domain::fact::Fact;
use crate::domain::ids::{ImplementationId, OrganizationId, PersonId};

type Instant = DateTime<Utc>;

/// The roles of the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    SystemAdmin,
    Trainer,
    HelpDesk,
    Supervisor,
    EndUser,
    Auditor,
    HmisFrontend,
    Integration,
}

impl Role {
    pub const ALL: [Self; 8] = [
        Self::SystemAdmin,
        Self::Trainer,
        Self::HelpDesk,
        Self::Supervisor,
        Self::EndUser,
        Self::Auditor,
        Self::HmisFrontend,
        Self::Integration,
    ];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SystemAdmin => "system_admin",
            Self::Trainer => "trainer",
            Self::HelpDesk => "help_desk",
            Self::Supervisor => "supervisor",
            Self::EndUser => "end_user",
            Self::Auditor => "auditor",
            Self::HmisFrontend => "hmis_frontend",
            Self::Integration => "integration",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    /// Staff of the HMIS lead, as against agencies and machines.
    #[must_use]
    pub fn is_staff(self) -> bool {
        matches!(self, Self::SystemAdmin | Self::Trainer | Self::HelpDesk)
    }
}

/// What an action is done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// Absent: the whole deployment.
    pub implementation_id: Option<ImplementationId>,
    pub organization_id: Option<OrganizationId>,
    pub person_id: Option<PersonId>,
}

impl Scope {
    pub const DEPLOYMENT: Self = Self {
        implementation_id: None,
        organization_id: None,
        person_id: None,
    };

    #[must_use]
    pub fn implementation(id: ImplementationId) -> Self {
        Self {
            implementation_id: Some(id),
            ..Self::DEPLOYMENT
        }
    }

    #[must_use]
    pub fn organization(implementation: ImplementationId, id: OrganizationId) -> Self {
        Self {
            organization_id: Some(id),
            ..Self::implementation(implementation)
        }
    }

    /// A person, at an organization where the action is about one.
    #[must_use]
    pub fn person(
        implementation: ImplementationId,
        organization: Option<OrganizationId>,
        id: PersonId,
    ) -> Self {
        Self {
            implementation_id: Some(implementation),
            organization_id: organization,
            person_id: Some(id),
        }
    }
}

/// Why an action is not allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The actor may know of the thing, or may do this nowhere: 403.
    #[error("not allowed")]
    Forbidden,
    /// The actor may not know of the thing: it looks exactly like one that does not exist.
    #[error("unknown")]
    Hidden,
}

/// The reader's row of the field's table of who sees what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sight {
    Frontend,
    EndUser,
    OwnSupervisor,
    HelpDesk,
    /// Auditors and administrators.
    Full,
}

/// A principal with the grants that are live now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    pub principal: Principal,
    /// Only grants that are live at the instant the actor was loaded.
    pub grants: Vec<StaffRole>,
}

impl Actor {
    /// Keeps the live ones of `grants`; a disabled principal has none.
    #[must_use]
    pub fn new(principal: Principal, grants: Vec<StaffRole>, now: Instant) -> Self {
        let grants = grants
            .into_iter()
            .filter(|grant| principal.disabled_at.is_none() && grant.is_live(now))
            .collect();
        Self { principal, grants }
    }

    /// Refuses an action that the actor may do nowhere. Asked before any look-up, so that the answer cannot depend on
    /// what exists.
    pub fn require(&self, action: Action) -> Result<(), Denied> {
        if self
            .grants
            .iter()
            .any(|grant| reach(grant.role, action) != Reach::No)
        {
            Ok(())
        } else {
            Err(Denied::Forbidden)
        }
    }

    /// THE decision: may this actor do `action` to `scope`? Returns the grant that allows it.
    pub fn authorize(&self, action: Action, scope: Scope) -> Result<&StaffRole, Denied> {
        self.require(action)?;
        // His own authority first; then that of somebody whom the matter does not concern.
        let best = self
            .grants
            .iter()
            .filter(|grant| grant.allows(action, scope))
            .min_by_key(|grant| {
                let own = grant.stands_for.is_none();
                (!own, !own && grant.stands_for == scope.person_id)
            });
        if let Some(grant) = best {
            return Ok(grant);
        }
        if scope == Scope::DEPLOYMENT {
            // There is nothing to hide about the deployment itself.
            return Err(Denied::Forbidden);
        }
        let sees = match (scope.person_id, scope.organization_id) {
            (Some(_), _) => Action::ReadPerson,
            (None, Some(_)) => Action::ReadRoster,
            (None, None) => Action::ReadImplementation,
        };
        if self.grants.iter().any(|grant| grant.allows(sees, scope)) {
            Err(Denied::Forbidden)
        } else {
            Err(Denied::Hidden)
        }
    }

    /// The rows that the actor may list under `action`.
    #[must_use]
    pub fn visible(&self, action: Action) -> Visible {
        let mut visible = Visible::default();
        for grant in &self.grants {
            match (reach(grant.role, action), grant.implementation_id) {
                (Reach::No, _) => {}
                (Reach::Implementation, None) => visible.everything = true,
                (Reach::Implementation, Some(id)) => visible.implementations.push(id),
                (Reach::Organization, _) => visible.organizations.extend(grant.organization_id),
                (Reach::Own, _) => visible.people.extend(grant.person_id),
            }
        }
        visible
    }

    /// Who the actor is in an implementation, if he is a person there.
    pub fn people(&self) -> impl Iterator<Item = PersonId> + '_ {
        self.grants.iter().filter_map(|grant| grant.person_id)
    }

    /// Whether the actor is the person.
    #[must_use]
    pub fn is(&self, person: PersonId) -> bool {
        self.people().any(|id| id == person)
    }

    /// Whether what is done to a person is the actor's own case: he is the person, or could only act in that person's
    /// place.
    #[must_use]
    pub fn is_concerned(&self, action: Action, scope: Scope) -> bool {
        let Some(person) = scope.person_id else {
            return false;
        };
        let mut allowing = self
            .grants
            .iter()
            .filter(|grant| grant.allows(action, scope))
            .peekable();
        self.is(person)
            || (allowing.peek().is_some() && allowing.all(|grant| grant.stands_for == Some(person)))
    }

    /// The actor's best row of the table of who sees what, for one person at one organization.
    #[must_use]
    pub fn sight(
        &self,
        implementation: ImplementationId,
        organization: Option<OrganizationId>,
        person: PersonId,
    ) -> Option<Sight> {
        let scope = Scope::person(implementation, organization, person);
        self.grants
            .iter()
            .filter(|grant| {
                grant.allows(Action::ReadLicense, scope)
                    || grant.allows(Action::DecideAccess, scope)
            })
            .map(|grant| match grant.role {
                Role::SystemAdmin | Role::Auditor => Sight::Full,
                Role::HelpDesk | Role::Trainer => Sight::HelpDesk,
                // By whichever grant he is known: nobody supervises himself, and a deputy sees no more of whom he
                // stands for than that one does.
                Role::Supervisor if self.is(person) || grant.stands_for == Some(person) => {
                    Sight::EndUser
                }
                Role::Supervisor => Sight::OwnSupervisor,
                Role::EndUser => Sight::EndUser,
                Role::HmisFrontend | Role::Integration => Sight::Frontend,
            })
            .max()
    }
}

impl StaffRole {
    /// Whether it counts now. It is revoked at once: a clock that was set back since gives nothing back.
    #[must_use]
    pub fn is_live(&self, now: Instant) -> bool {
        self.from_at <= now
            && self.until_at.is_none_or(|until| now < until)
            && self.revoked_at.is_none()
    }

    /// Whether the one to whom it was granted at an organization has left that since, by facts about him.
    #[must_use]
    pub fn has_left(&self, facts: &[Fact], now: Instant) -> bool {
        match (self.person_id, self.organization_id) {
            (Some(person), Some(organization)) => {
                has_departed(facts, person, organization, self.from_at, now)
            }
            _ => false,
        }
    }

    /// Whether it is the same role of the same principal in the same scope.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.principal_id == other.principal_id
            && self.role == other.role
            && self.implementation_id == other.implementation_id
            && self.organization_id == other.organization_id
            && self.organization_group == other.organization_group
            && self.person_id == other.person_id
    }

    /// Whether this grant alone allows the action in the scope.
    #[must_use]
    pub fn allows(&self, action: Action, scope: Scope) -> bool {
        let in_implementation = match (self.implementation_id, scope.implementation_id) {
            (None, _) => true,
            (Some(granted), Some(asked)) => granted == asked,
            (Some(_), None) => false,
        };
        // Nobody passes on what was lent to him.
        let lent = self.stands_for.is_some() && action == Action::NameDeputy;
        in_implementation
            && !lent
            && match reach(self.role, action) {
                Reach::No => false,
                Reach::Own => self.person_id.is_some() && self.person_id == scope.person_id,
                Reach::Organization => {
                    self.organization_id.is_some() && self.organization_id == scope.organization_id
                }
                Reach::Implementation => true,
            }
    }
}

//! Whom a new policy version would touch: everybody of the implementation, a page of people at a time.

use crate::application::Error;
use crate::application::ports::{Page, PersonFilter, View, Visible};
use crate::domain::calendar::Instant;
use crate::domain::evaluate::{End, NewVersion};
use crate::domain::ids::{ImplementationId, LicenseId, OrganizationId, PersonId, RequestId};
use crate::domain::license::LicenseStatus;
use crate::domain::requirement::RequirementKey;
use crate::domain::roster::Person;

use super::dossier::Dossier;

/// People looked at together: what they need is held in memory at once.
const PEOPLE_AT_ONCE: i64 = 100;

/// The most rows that are shown of a kind; the count goes on.
const MOST_SHOWN: usize = 200;

/// A license or request that a new version would touch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touched {
    pub person_id: PersonId,
    pub given_name: String,
    pub family_name: String,
    pub organization_id: OrganizationId,
    /// The last login that was accepted there.
    pub last_login_at: Option<Instant>,
    pub license_id: Option<LicenseId>,
    pub request_id: Option<RequestId>,
    /// The state that the license would leave.
    pub restored_from: Option<LicenseStatus>,
    /// What would be owed and is not.
    pub requirements: Vec<RequirementKey>,
    /// The end that would not have happened.
    pub end: Option<End>,
}

/// How many there are, and the first of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TouchedList {
    pub count: usize,
    pub rows: Vec<Touched>,
}

impl TouchedList {
    fn add(&mut self, row: impl FnOnce() -> Touched) {
        self.count += 1;
        if self.rows.len() < MOST_SHOWN {
            self.rows.push(row());
        }
    }

    /// Whether there are more than are shown.
    #[must_use]
    pub fn has_more(&self) -> bool {
        self.count > self.rows.len()
    }
}

/// Whom a new version would touch at its start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Impact {
    /// Licenses for which a warning would become due.
    pub warnable: TouchedList,
    /// Licenses whose warning or suspension would be gone.
    pub restored: TouchedList,
    /// Licenses and open requests that would owe more.
    pub newly_obliged: TouchedList,
    /// Licenses that would lose access at its start, without notice, as its rules say.
    pub losing_access: TouchedList,
    /// Licenses ended in the last 30 days that would not have been.
    pub needless_ends: TouchedList,
}

/// Evaluates everybody of an implementation with and without a new version.
pub fn policy_impact(
    view: &mut dyn View,
    implementation: ImplementationId,
    new: NewVersion<'_>,
    now: Instant,
) -> Result<Impact, Error> {
    let everybody = Visible {
        implementations: vec![implementation],
        ..Visible::default()
    };
    let filter = PersonFilter {
        implementation_id: Some(implementation),
        ..PersonFilter::default()
    };
    let mut page = Page {
        after: None,
        limit: PEOPLE_AT_ONCE,
    };
    let mut impact = Impact::default();
    loop {
        let people = view.people(&everybody, &filter, page)?;
        let ids: Vec<PersonId> = people.iter().map(|person| person.id).collect();
        let Some(last) = ids.last() else {
            return Ok(impact);
        };
        page.after = Some(last.0);
        for dossier in Dossier::load_many(view, &ids, &[])? {
            impact.look_at(&dossier, new, now);
        }
    }
}

impl Impact {
    fn look_at(&mut self, dossier: &Dossier, new: NewVersion<'_>, now: Instant) {
        for license in &dossier.licenses {
            let preview = dossier.preview_license(license.organization_id, new, now);
            if preview.is_nothing() {
                continue;
            }
            let row = || Touched {
                license_id: Some(license.id),
                ..seen(dossier, license.organization_id, now)
            };
            if preview.warnable {
                self.warnable.add(row);
            }
            if preview.restored_from.is_some() {
                self.restored.add(|| Touched {
                    restored_from: preview.restored_from,
                    ..row()
                });
            }
            if preview.loses_access {
                self.losing_access.add(row);
            }
            if !preview.newly_owed.is_empty() {
                self.newly_obliged.add(|| Touched {
                    requirements: preview.newly_owed.clone(),
                    ..row()
                });
            }
            if preview.needless_end.is_some() {
                self.needless_ends.add(|| Touched {
                    end: preview.needless_end.clone(),
                    ..row()
                });
            }
        }
        for request in &dossier.requests {
            let requirements = dossier.preview_request(request, new, now);
            if !requirements.is_empty() {
                self.newly_obliged.add(|| Touched {
                    request_id: Some(request.id),
                    requirements,
                    ..seen(dossier, request.organization_id, now)
                });
            }
        }
    }
}

/// Somebody with the last login, which says who would notice.
fn seen(dossier: &Dossier, organization: OrganizationId, now: Instant) -> Touched {
    Touched {
        last_login_at: dossier.license_at(organization, now).last_login_at,
        ..touched(&dossier.person, organization)
    }
}

fn touched(person: &Person, organization: OrganizationId) -> Touched {
    Touched {
        last_login_at: None,
        person_id: person.id,
        given_name: person.given_name.clone(),
        family_name: person.family_name.clone(),
        organization_id: organization,
        license_id: None,
        request_id: None,
        restored_from: None,
        requirements: Vec::new(),
        end: None,
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_list_shows_the_first_and_counts_all() {
        let person = Person {
            id: PersonId(Uuid::nil()),
            implementation_id: ImplementationId(Uuid::nil()),
            given_name: "Ada".to_owned(),
            family_name: "Kowalczyk".to_owned(),
            recorded_at: Instant::MIN_UTC,
            version: 1,
        };
        let mut list = TouchedList::default();
        for added in 1..=MOST_SHOWN + 1 {
            assert!(!list.has_more());
            list.add(|| touched(&person, OrganizationId(Uuid::nil())));
            assert_eq!(list.count, added);
        }
        assert_eq!(list.rows.len(), MOST_SHOWN);
        assert!(list.has_more());
    }
}

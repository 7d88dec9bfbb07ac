//! Whom a campaign asks.

use std::collections::BTreeSet;

use super::start::{NewCampaign, check};
use super::{in_force, known};
use crate::application::actor::{Action, Scope};
use crate::application::licensing::dossier::Dossier;
use crate::application::page::{Paging, Slice, fill_page};
use crate::application::ports::{Page, StateFilter, View, Visible};
use crate::application::visible::visible_implementation;
use crate::application::{Error, Rx};
use crate::domain::calendar::{Instant, start_of_day};
use crate::domain::campaign::campaigns;
use crate::domain::fact::{Envelope, FactBody, ImplementationFact};
use crate::domain::ids::{FactId, ImplementationId, LicenseId, OrganizationId, PersonId};
use crate::domain::license::License;
use crate::domain::requirement::{Status, standing_facts};

/// Licenses looked at together.
const LICENSES_AT_ONCE: i64 = 200;
/// The most rows of a preview; the count goes on.
const MOST_SHOWN: usize = 200;

/// How far somebody is whom a campaign asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AskedStanding {
    Met,
    Waived,
    Excused,
    Due,
    Overdue,
}

/// A license whose holder a campaign asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub license_id: LicenseId,
    pub organization_id: OrganizationId,
    pub person_id: PersonId,
    pub given_name: String,
    pub family_name: String,
    pub last_login_at: Option<Instant>,
    pub standing: AskedStanding,
    /// Whether the miss holds the license now.
    pub suspended: bool,
    /// What is not done, as explanations name it.
    pub missing: Vec<String>,
}

/// Whom a campaign would ask.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CampaignPreview {
    pub count: usize,
    /// How many of them have done already what it asks.
    pub met: usize,
    /// The first of them.
    pub rows: Vec<Asked>,
}

fn asked_of(dossier: &Dossier, license: &License, id: FactId, at: Instant) -> Option<Asked> {
    let evaluation = dossier.license_at(license.organization_id, at);
    let standing = evaluation
        .requirements
        .iter()
        .filter(|standing| standing.key.campaign() == Some(id));
    let worst = standing
        .clone()
        .map(|standing| match standing.status {
            Status::Met => AskedStanding::Met,
            Status::Waived => AskedStanding::Waived,
            Status::Due => AskedStanding::Due,
            Status::Overdue => AskedStanding::Overdue,
        })
        .max();
    let excused = || {
        let facts: Vec<_> = dossier
            .facts
            .iter()
            .filter(|fact| fact.envelope.recorded_at <= at)
            .collect();
        let standing = standing_facts(facts.into_iter());
        let running = campaigns(&standing, Some(license.organization_id));
        let open = evaluation
            .period()
            .is_some_and(|period| period.end.is_none());
        (open
            && running
                .iter()
                .any(|campaign| campaign.id == id && campaign.excused))
        .then_some(AskedStanding::Excused)
    };
    Some(Asked {
        license_id: license.id,
        organization_id: license.organization_id,
        person_id: dossier.person.id,
        given_name: dossier.person.given_name.clone(),
        family_name: dossier.person.family_name.clone(),
        last_login_at: evaluation.last_login_at,
        standing: worst.or_else(excused)?,
        suspended: evaluation
            .open_holds()
            .any(|hold| hold.requirement.as_ref().and_then(|key| key.campaign()) == Some(id)),
        missing: standing
            .filter(|standing| standing.status.is_open())
            .map(|standing| standing.key.to_string())
            .collect(),
    })
}

/// The licenses of a page, each with whether a campaign asks its holder; `also` is read besides what is recorded.
fn look_at(
    view: &mut dyn View,
    implementation: ImplementationId,
    page: Page,
    now: Instant,
    also: Option<&ImplementationFact>,
    (id, at): (FactId, Instant),
) -> Result<Vec<(LicenseId, Option<Asked>)>, Error> {
    let everybody = Visible {
        implementations: vec![implementation],
        ..Visible::default()
    };
    let filter = StateFilter {
        implementation_id: Some(implementation),
        organization_id: None,
        person_id: None,
        license_type: None,
        states: Vec::new(),
        listed: false,
        now,
    };
    let rows = view.licenses(&everybody, &filter, page)?;
    let people: BTreeSet<PersonId> = rows.iter().map(|row| row.person_id).collect();
    let mut dossiers = Dossier::load_many(view, &people.into_iter().collect::<Vec<_>>(), &[])?;
    if let Some(fact) = also {
        for dossier in &mut dossiers {
            let person = dossier.person.id;
            dossier.learn(&[fact.read_by(person)]);
        }
    }
    Ok(rows
        .into_iter()
        .map(|row| {
            let dossier = dossiers
                .iter()
                .find(|dossier| dossier.person.id == row.person_id)
                .filter(|_| row.duplicate_of.is_none());
            let found = dossier.and_then(|dossier| asked_of(dossier, &row, id, at));
            (row.id, found)
        })
        .collect())
}

/// Whom a campaign asks, with how far each is.
pub fn asked(
    rx: &mut Rx<'_>,
    id: FactId,
    standings: &[AskedStanding],
    paging: Paging,
) -> Result<Slice<Asked>, Error> {
    let implementation = known(rx, id)?.implementation_id;
    let now = rx.now;
    let slice = fill_page(
        paging,
        |page| {
            // Whoever is looked for may be rare: many are looked at together.
            let page = Page {
                limit: page.limit.max(LICENSES_AT_ONCE),
                ..page
            };
            look_at(rx.view, implementation, page, now, None, (id, now))
        },
        |(license, _)| license.0,
        |(_, asked)| {
            asked
                .as_ref()
                .is_some_and(|asked| standings.is_empty() || standings.contains(&asked.standing))
        },
    )?;
    Ok(Slice {
        rows: slice.rows.into_iter().filter_map(|(_, row)| row).collect(),
        next: slice.next,
    })
}

/// Whom a campaign would ask when it opens, if nothing else were recorded until then. Reads only.
///
/// # Errors
/// As for starting it.
pub fn preview_campaign(rx: &mut Rx<'_>, new: &NewCampaign) -> Result<CampaignPreview, Error> {
    let implementation = new.implementation_id;
    visible_implementation(rx.view, rx.actor, implementation, "/implementation_id")?;
    rx.authorize(
        Action::ManageCampaign,
        Scope::implementation(implementation),
    )?;
    check(rx.view, new, rx.now)?;
    let zone = in_force(rx.view, implementation, rx.now)?
        .document
        .zone()
        .ok_or(Error::NoPolicy)?;
    let id = FactId(uuid::Uuid::nil());
    let fact = ImplementationFact {
        id,
        implementation_id: implementation,
        envelope: Envelope::recorded_now(rx.actor.principal.id, rx.now),
        body: FactBody::CampaignStarted(Box::new(new.plan.clone())),
    };
    let opens_at = start_of_day(zone, new.plan.opens_on).max(rx.now);
    let mut preview = CampaignPreview::default();
    let mut page = Page {
        after: None,
        limit: LICENSES_AT_ONCE,
    };
    loop {
        let found = look_at(
            rx.view,
            implementation,
            page,
            rx.now,
            Some(&fact),
            (id, opens_at),
        )?;
        let Some((last, _)) = found.last() else {
            return Ok(preview);
        };
        page.after = Some(last.0);
        for asked in found.into_iter().filter_map(|(_, asked)| asked) {
            preview.count += 1;
            preview.met += usize::from(asked.standing == AskedStanding::Met);
            if preview.rows.len() < MOST_SHOWN {
                preview.rows.push(asked);
            }
        }
    }
}

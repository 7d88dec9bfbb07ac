//! Organizations, when they take part, who they are reached through, and their projects.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::{Result, Row, all, by_ids, compared_and_set, done, ids, one, read_word, word};
use crate::application::ports::{
    OrganizationReads, OrganizationWrites, Page, RosterFilter, Visible,
};
use crate::domain::ids::{ContactId, OrganizationId, ProjectId};
use crate::domain::roster::{Organization, OrganizationContact, Participation, Project};
use crate::persistence::Session;
use crate::persistence::backend::MultiBackend;
use crate::persistence::schema::{
    organization_contacts, organization_participations, organizations, projects,
};
use crate::persistence::types::{Id, Instant};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = organizations)]
struct OrganizationRow {
    id: Id,
    implementation_id: Id,
    name: String,
    victim_service_provider: bool,
    recorded_at: Instant,
    version: i32,
}

impl Row for OrganizationRow {
    type Record = Organization;

    fn of(record: &Organization) -> Result<Self> {
        Ok(Self {
            id: Id::of(record.id),
            implementation_id: Id::of(record.implementation_id),
            name: record.name.clone(),
            victim_service_provider: record.victim_service_provider,
            recorded_at: Instant(record.recorded_at),
            version: record.version,
        })
    }

    fn read(self) -> Result<Organization> {
        Ok(Organization {
            id: self.id.to(),
            implementation_id: self.implementation_id.to(),
            name: self.name,
            victim_service_provider: self.victim_service_provider,
            recorded_at: self.recorded_at.0,
            version: self.version,
        })
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = organization_participations)]
struct ParticipationRow {
    organization_id: Id,
    from_on: NaiveDate,
    to_on: Option<NaiveDate>,
    recorded_at: Instant,
    recorded_by: Id,
}

impl Row for ParticipationRow {
    type Record = Participation;

    fn of(record: &Participation) -> Result<Self> {
        Ok(Self {
            organization_id: Id::of(record.organization_id),
            from_on: record.from_on,
            to_on: record.to_on,
            recorded_at: Instant(record.recorded_at),
            recorded_by: Id::of(record.recorded_by),
        })
    }

    fn read(self) -> Result<Participation> {
        Ok(Participation {
            organization_id: self.organization_id.to(),
            from_on: self.from_on,
            to_on: self.to_on,
            recorded_at: self.recorded_at.0,
            recorded_by: self.recorded_by.to(),
        })
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = organization_contacts)]
struct ContactRow {
    id: Id,
    implementation_id: Id,
    organization_id: Id,
    duty: String,
    name: String,
    email: Option<String>,
    phone: Option<String>,
    from_on: NaiveDate,
    to_on: Option<NaiveDate>,
    recorded_at: Instant,
    version: i32,
}

impl Row for ContactRow {
    type Record = OrganizationContact;

    fn of(record: &OrganizationContact) -> Result<Self> {
        Ok(Self {
            id: Id::of(record.id),
            implementation_id: Id::of(record.implementation_id),
            organization_id: Id::of(record.organization_id),
            duty: word(&record.duty)?,
            name: record.name.clone(),
            email: record.email.clone(),
            phone: record.phone.clone(),
            from_on: record.from_on,
            to_on: record.to_on,
            recorded_at: Instant(record.recorded_at),
            version: record.version,
        })
    }

    fn read(self) -> Result<OrganizationContact> {
        Ok(OrganizationContact {
            id: self.id.to(),
            implementation_id: self.implementation_id.to(),
            organization_id: self.organization_id.to(),
            duty: read_word(&self.duty)?,
            name: self.name,
            email: self.email,
            phone: self.phone,
            from_on: self.from_on,
            to_on: self.to_on,
            recorded_at: self.recorded_at.0,
            version: self.version,
        })
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = projects)]
struct ProjectRow {
    id: Id,
    implementation_id: Id,
    organization_id: Id,
    name: String,
    project_type: Option<i16>,
    operating_from_on: Option<NaiveDate>,
    operating_to_on: Option<NaiveDate>,
    recorded_at: Instant,
    version: i32,
}

impl Row for ProjectRow {
    type Record = Project;

    fn of(record: &Project) -> Result<Self> {
        Ok(Self {
            id: Id::of(record.id),
            implementation_id: Id::of(record.implementation_id),
            organization_id: Id::of(record.organization_id),
            name: record.name.clone(),
            project_type: record.project_type,
            operating_from_on: record.operating_from_on,
            operating_to_on: record.operating_to_on,
            recorded_at: Instant(record.recorded_at),
            version: record.version,
        })
    }

    fn read(self) -> Result<Project> {
        Ok(Project {
            id: self.id.to(),
            implementation_id: self.implementation_id.to(),
            organization_id: self.organization_id.to(),
            name: self.name,
            project_type: self.project_type,
            operating_from_on: self.operating_from_on,
            operating_to_on: self.operating_to_on,
            recorded_at: self.recorded_at.0,
            version: self.version,
        })
    }
}

/// The list of what belongs to organizations: contacts or projects.
macro_rules! roster_list {
    ($conn:expr, $table:ident, $row:ty, $visible:expr, $filter:expr, $page:expr) => {{
        let (visible, filter) = ($visible, $filter);
        let mut query = visible_rows!(
            $table::table
                .select(<$row>::as_select())
                .into_boxed::<MultiBackend>(),
            visible,
            $table::implementation_id.eq_any(ids(&visible.implementations)),
            $table::organization_id.eq_any(ids(&visible.organizations)),
        );
        if let Some(id) = filter.implementation_id {
            query = query.filter($table::implementation_id.eq(Id::of(id)));
        }
        if let Some(id) = filter.organization_id {
            query = query.filter($table::organization_id.eq(Id::of(id)));
        }
        all(page_by!(query, $table::id, $page).load::<$row>($conn))
    }};
}

impl OrganizationReads for Session<'_> {
    fn organization(&mut self, id: OrganizationId) -> Result<Option<Organization>> {
        one(organizations::table
            .find(Id::of(id))
            .select(OrganizationRow::as_select())
            .first(self.conn)
            .optional())
    }

    fn organizations(
        &mut self,
        visible: &Visible,
        filter: &RosterFilter,
        page: Page,
    ) -> Result<Vec<Organization>> {
        let mut query = visible_rows!(
            organizations::table
                .select(OrganizationRow::as_select())
                .into_boxed::<MultiBackend>(),
            visible,
            organizations::implementation_id.eq_any(ids(&visible.implementations)),
            organizations::id.eq_any(ids(&visible.organizations)),
        );
        if let Some(id) = filter.implementation_id {
            query = query.filter(organizations::implementation_id.eq(Id::of(id)));
        }
        if let Some(id) = filter.organization_id {
            query = query.filter(organizations::id.eq(Id::of(id)));
        }
        all(page_by!(query, organizations::id, page).load::<OrganizationRow>(self.conn))
    }

    fn participations(&mut self, ids: &[OrganizationId]) -> Result<Vec<Participation>> {
        let mut found = by_ids(ids, |ids| {
            all::<ParticipationRow>(
                organization_participations::table
                    .filter(organization_participations::organization_id.eq_any(ids))
                    .order((
                        organization_participations::recorded_at.asc(),
                        organization_participations::id.asc(),
                    ))
                    .select(ParticipationRow::as_select())
                    .load(self.conn),
            )
        })?;
        found.sort_by_key(|record| record.recorded_at);
        Ok(found)
    }

    fn contact(&mut self, id: ContactId) -> Result<Option<OrganizationContact>> {
        one(organization_contacts::table
            .find(Id::of(id))
            .select(ContactRow::as_select())
            .first(self.conn)
            .optional())
    }

    fn contacts(
        &mut self,
        visible: &Visible,
        filter: &RosterFilter,
        page: Page,
    ) -> Result<Vec<OrganizationContact>> {
        roster_list!(
            self.conn,
            organization_contacts,
            ContactRow,
            visible,
            filter,
            page
        )
    }

    fn project(&mut self, id: ProjectId) -> Result<Option<Project>> {
        one(projects::table
            .find(Id::of(id))
            .select(ProjectRow::as_select())
            .first(self.conn)
            .optional())
    }

    fn projects_by_id(&mut self, ids: &[ProjectId]) -> Result<Vec<Project>> {
        by_ids(ids, |ids| {
            all::<ProjectRow>(
                projects::table
                    .filter(projects::id.eq_any(ids))
                    .order(projects::id.asc())
                    .select(ProjectRow::as_select())
                    .load(self.conn),
            )
        })
    }

    fn projects(
        &mut self,
        visible: &Visible,
        filter: &RosterFilter,
        page: Page,
    ) -> Result<Vec<Project>> {
        roster_list!(self.conn, projects, ProjectRow, visible, filter, page)
    }
}

impl OrganizationWrites for Session<'_> {
    fn insert_organization(&mut self, row: &Organization) -> Result<()> {
        done(
            diesel::insert_into(organizations::table)
                .values(OrganizationRow::of(row)?)
                .execute(self.conn),
        )
    }

    fn update_organization(&mut self, row: &Organization) -> Result<()> {
        compared_and_set(
            diesel::update(organizations::table.find(Id::of(row.id)))
                .filter(organizations::version.eq(row.version))
                .set((
                    organizations::name.eq(&row.name),
                    organizations::victim_service_provider.eq(row.victim_service_provider),
                    organizations::version.eq(organizations::version + 1),
                ))
                .execute(self.conn),
        )
    }

    fn insert_participation(&mut self, row: &Participation) -> Result<()> {
        done(
            diesel::insert_into(organization_participations::table)
                .values(ParticipationRow::of(row)?)
                .execute(self.conn),
        )
    }

    fn insert_contact(&mut self, row: &OrganizationContact) -> Result<()> {
        done(
            diesel::insert_into(organization_contacts::table)
                .values(ContactRow::of(row)?)
                .execute(self.conn),
        )
    }

    fn update_contact(&mut self, row: &OrganizationContact) -> Result<()> {
        compared_and_set(
            diesel::update(organization_contacts::table.find(Id::of(row.id)))
                .filter(organization_contacts::version.eq(row.version))
                .set((
                    organization_contacts::duty.eq(word(&row.duty)?),
                    organization_contacts::name.eq(&row.name),
                    organization_contacts::email.eq(&row.email),
                    organization_contacts::phone.eq(&row.phone),
                    organization_contacts::from_on.eq(row.from_on),
                    organization_contacts::to_on.eq(row.to_on),
                    organization_contacts::version.eq(organization_contacts::version + 1),
                ))
                .execute(self.conn),
        )
    }

    fn insert_project(&mut self, row: &Project) -> Result<()> {
        done(
            diesel::insert_into(projects::table)
                .values(ProjectRow::of(row)?)
                .execute(self.conn),
        )
    }

    fn update_project(&mut self, row: &Project) -> Result<()> {
        compared_and_set(
            diesel::update(projects::table.find(Id::of(row.id)))
                .filter(projects::version.eq(row.version))
                .set((
                    projects::name.eq(&row.name),
                    projects::project_type.eq(row.project_type),
                    projects::operating_from_on.eq(row.operating_from_on),
                    projects::operating_to_on.eq(row.operating_to_on),
                    projects::version.eq(projects::version + 1),
                ))
                .execute(self.conn),
        )
    }
}

//! Principals, the roles granted to them, and the deputies of supervisors.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::{Result, Row, all, by_ids, compared_and_set, done, ids, one};
use crate::application::actor::Role;
use crate::application::ports::{
    AuthorityReads, AuthorityWrites, Delegation, Page, Principal, RosterFilter, StaffRole,
    StoreError, Visible,
};
use crate::domain::ids::{
    DelegationId, ImplementationId, OrganizationId, PersonId, PrincipalId, StaffRoleId,
};
use crate::persistence::Session;
use crate::persistence::backend::MultiBackend;
use crate::persistence::schema::{delegations, organizations, principals, staff_roles};
use crate::persistence::types::{Id, Instant};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = principals)]
struct PrincipalRow {
    id: Id,
    issuer: String,
    subject: String,
    display_name: String,
    recorded_at: Instant,
    disabled_at: Option<Instant>,
    version: i32,
}

impl Row for PrincipalRow {
    type Record = Principal;

    fn of(record: &Principal) -> Result<Self> {
        Ok(Self {
            id: Id::of(record.id),
            issuer: record.issuer.clone(),
            subject: record.subject.clone(),
            display_name: record.display_name.clone(),
            recorded_at: Instant(record.recorded_at),
            disabled_at: record.disabled_at.map(Instant),
            version: record.version,
        })
    }

    fn read(self) -> Result<Principal> {
        Ok(Principal {
            id: self.id.to(),
            issuer: self.issuer,
            subject: self.subject,
            display_name: self.display_name,
            recorded_at: self.recorded_at.0,
            disabled_at: self.disabled_at.map(|at| at.0),
            version: self.version,
        })
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = staff_roles)]
struct StaffRoleRow {
    id: Id,
    principal_id: Id,
    role: String,
    implementation_id: Option<Id>,
    organization_id: Option<Id>,
    organization_group: Option<String>,
    person_id: Option<Id>,
    from_at: Instant,
    until_at: Option<Instant>,
    granted_by: Id,
    revoked_at: Option<Instant>,
    recorded_at: Instant,
    version: i32,
}

impl Row for StaffRoleRow {
    type Record = StaffRole;

    fn of(record: &StaffRole) -> Result<Self> {
        Ok(Self {
            id: Id::of(record.id),
            principal_id: Id::of(record.principal_id),
            role: record.role.as_str().to_owned(),
            implementation_id: record.implementation_id.map(Id::of),
            organization_id: record.organization_id.map(Id::of),
            organization_group: record.organization_group.clone(),
            person_id: record.person_id.map(Id::of),
            from_at: Instant(record.from_at),
            until_at: record.until_at.map(Instant),
            granted_by: Id::of(record.granted_by),
            revoked_at: record.revoked_at.map(Instant),
            recorded_at: Instant(record.recorded_at),
            version: record.version,
        })
    }

    fn read(self) -> Result<StaffRole> {
        Ok(StaffRole {
            id: self.id.to(),
            principal_id: self.principal_id.to(),
            role: Role::parse(&self.role)
                .ok_or_else(|| StoreError::Corrupt(format!("there is no role `{}`", self.role)))?,
            implementation_id: self.implementation_id.map(Id::to),
            organization_id: self.organization_id.map(Id::to),
            organization_group: self.organization_group,
            person_id: self.person_id.map(Id::to),
            from_at: self.from_at.0,
            until_at: self.until_at.map(|at| at.0),
            granted_by: self.granted_by.to(),
            revoked_at: self.revoked_at.map(|at| at.0),
            recorded_at: self.recorded_at.0,
            version: self.version,
            stands_for: None,
        })
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = delegations)]
struct DelegationRow {
    id: Id,
    implementation_id: Id,
    organization_id: Id,
    supervisor_role_id: Id,
    deputy_role_id: Id,
    from_at: Instant,
    until_at: Instant,
    reason: String,
    named_by: Id,
    ended_at: Option<Instant>,
    ended_by: Option<Id>,
    recorded_at: Instant,
    version: i32,
}

impl Row for DelegationRow {
    type Record = Delegation;

    fn of(record: &Delegation) -> Result<Self> {
        Ok(Self {
            id: Id::of(record.id),
            implementation_id: Id::of(record.implementation_id),
            organization_id: Id::of(record.organization_id),
            supervisor_role_id: Id::of(record.supervisor_role_id),
            deputy_role_id: Id::of(record.deputy_role_id),
            from_at: Instant(record.from_at),
            until_at: Instant(record.until_at),
            reason: record.reason.clone(),
            named_by: Id::of(record.named_by),
            ended_at: record.ended_at.map(Instant),
            ended_by: record.ended_by.map(Id::of),
            recorded_at: Instant(record.recorded_at),
            version: record.version,
        })
    }

    fn read(self) -> Result<Delegation> {
        Ok(Delegation {
            id: self.id.to(),
            implementation_id: self.implementation_id.to(),
            organization_id: self.organization_id.to(),
            supervisor_role_id: self.supervisor_role_id.to(),
            deputy_role_id: self.deputy_role_id.to(),
            from_at: self.from_at.0,
            until_at: self.until_at.0,
            reason: self.reason,
            named_by: self.named_by.to(),
            ended_at: self.ended_at.map(|at| at.0),
            ended_by: self.ended_by.map(Id::to),
            recorded_at: self.recorded_at.0,
            version: self.version,
        })
    }
}

/// Narrows a query of grants to those that are live. A disabled principal may do nothing, so its grants are no live ones.
macro_rules! live {
    ($query:expr, $now:expr) => {
        $query
            .filter(staff_roles::from_at.le($now))
            .filter(
                staff_roles::until_at
                    .is_null()
                    .or(staff_roles::until_at.gt($now)),
            )
            .filter(staff_roles::revoked_at.is_null())
            .filter(
                staff_roles::principal_id.eq_any(
                    principals::table
                        .filter(principals::disabled_at.is_null())
                        .select(principals::id),
                ),
            )
    };
}

/// The grants that say who these people are.
macro_rules! roles_of {
    ($people:expr) => {
        staff_roles::table
            .filter(staff_roles::person_id.eq_any($people))
            .select(staff_roles::id)
    };
}

impl AuthorityReads for Session<'_> {
    fn principal(&mut self, id: PrincipalId) -> Result<Option<Principal>> {
        one(principals::table
            .find(Id::of(id))
            .select(PrincipalRow::as_select())
            .first(self.conn)
            .optional())
    }

    fn principal_of(&mut self, issuer: &str, subject: &str) -> Result<Option<Principal>> {
        one(principals::table
            .filter(principals::issuer.eq(issuer))
            .filter(principals::subject.eq(subject))
            .select(PrincipalRow::as_select())
            .first(self.conn)
            .optional())
    }

    fn principals_by_id(&mut self, ids: &[PrincipalId]) -> Result<Vec<Principal>> {
        by_ids(ids, |ids| {
            all::<PrincipalRow>(
                principals::table
                    .filter(principals::id.eq_any(ids))
                    .order(principals::id.asc())
                    .select(PrincipalRow::as_select())
                    .load(self.conn),
            )
        })
    }

    fn staff_roles_of(&mut self, principal: PrincipalId) -> Result<Vec<StaffRole>> {
        all::<StaffRoleRow>(
            staff_roles::table
                .filter(staff_roles::principal_id.eq(Id::of(principal)))
                .order(staff_roles::id.asc())
                .select(StaffRoleRow::as_select())
                .load(self.conn),
        )
    }

    fn staff_role(&mut self, id: StaffRoleId) -> Result<Option<StaffRole>> {
        one(staff_roles::table
            .find(Id::of(id))
            .select(StaffRoleRow::as_select())
            .first(self.conn)
            .optional())
    }

    fn staff_roles(
        &mut self,
        visible: &Visible,
        filter: &RosterFilter,
        page: Page,
    ) -> Result<Vec<StaffRole>> {
        let mut query = visible_rows!(
            staff_roles::table
                .select(StaffRoleRow::as_select())
                .into_boxed::<MultiBackend>(),
            visible,
            staff_roles::implementation_id.eq_any(ids(&visible.implementations)),
            staff_roles::organization_id.eq_any(ids(&visible.organizations)),
        );
        if let Some(id) = filter.implementation_id {
            query = query.filter(staff_roles::implementation_id.eq(Id::of(id)));
        }
        if let Some(id) = filter.organization_id {
            query = query.filter(staff_roles::organization_id.eq(Id::of(id)));
        }
        all(page_by!(query, staff_roles::id, page).load::<StaffRoleRow>(self.conn))
    }

    fn live_grants(
        &mut self,
        role: Role,
        implementation: Option<ImplementationId>,
        now: DateTime<Utc>,
    ) -> Result<Vec<StaffRole>> {
        let now = Instant(now);
        let mut query = live!(
            staff_roles::table.filter(staff_roles::role.eq(role.as_str())),
            now
        )
        .order(staff_roles::id.asc())
        .select(StaffRoleRow::as_select())
        .into_boxed::<MultiBackend>();
        query = match implementation {
            None => query.filter(staff_roles::implementation_id.is_null()),
            Some(id) => query.filter(
                staff_roles::implementation_id
                    .is_null()
                    .or(staff_roles::implementation_id.eq(Id::of(id))),
            ),
        };
        all::<StaffRoleRow>(query.load(self.conn))
    }

    fn staff_roles_by_id(&mut self, ids: &[StaffRoleId]) -> Result<Vec<StaffRole>> {
        by_ids(ids, |ids| {
            all::<StaffRoleRow>(
                staff_roles::table
                    .filter(staff_roles::id.eq_any(ids))
                    .select(StaffRoleRow::as_select())
                    .load(self.conn),
            )
        })
    }

    fn staff_roles_of_people(&mut self, people: &[PersonId]) -> Result<Vec<StaffRole>> {
        by_ids(people, |people| {
            all::<StaffRoleRow>(
                staff_roles::table
                    .filter(staff_roles::person_id.eq_any(people))
                    .order(staff_roles::id.asc())
                    .select(StaffRoleRow::as_select())
                    .load(self.conn),
            )
        })
    }

    fn live_supervisors(
        &mut self,
        organizations: &[OrganizationId],
        now: DateTime<Utc>,
    ) -> Result<Vec<StaffRole>> {
        let now = Instant(now);
        by_ids(organizations, |some| {
            let mut found = all::<StaffRoleRow>(
                live!(
                    staff_roles::table
                        .filter(staff_roles::role.eq(Role::Supervisor.as_str()))
                        .filter(staff_roles::organization_id.eq_any(some.clone())),
                    now
                )
                .select(StaffRoleRow::as_select())
                .load(self.conn),
            )?;
            found.append(&mut all::<StaffRoleRow>(
                live!(
                    staff_roles::table
                        .filter(staff_roles::organization_group.is_not_null())
                        .filter(
                            staff_roles::implementation_id.eq_any(
                                organizations::table
                                    .filter(organizations::id.eq_any(some))
                                    .select(organizations::implementation_id.nullable()),
                            ),
                        ),
                    now
                )
                .select(StaffRoleRow::as_select())
                .load(self.conn),
            )?);
            Ok(found)
        })
    }

    fn delegation(&mut self, id: DelegationId) -> Result<Option<Delegation>> {
        one(delegations::table
            .find(Id::of(id))
            .select(DelegationRow::as_select())
            .first(self.conn)
            .optional())
    }

    fn delegations(
        &mut self,
        visible: &Visible,
        filter: &RosterFilter,
        page: Page,
    ) -> Result<Vec<Delegation>> {
        let mut query = visible_rows!(
            delegations::table
                .select(DelegationRow::as_select())
                .into_boxed::<MultiBackend>(),
            visible,
            delegations::implementation_id.eq_any(ids(&visible.implementations)),
            delegations::organization_id.eq_any(ids(&visible.organizations)),
            delegations::deputy_role_id.eq_any(roles_of!(ids(&visible.people))),
            delegations::supervisor_role_id.eq_any(roles_of!(ids(&visible.people))),
        );
        if let Some(id) = filter.implementation_id {
            query = query.filter(delegations::implementation_id.eq(Id::of(id)));
        }
        if let Some(id) = filter.organization_id {
            query = query.filter(delegations::organization_id.eq(Id::of(id)));
        }
        all(page_by!(query, delegations::id, page).load::<DelegationRow>(self.conn))
    }

    fn delegations_at(
        &mut self,
        implementation: ImplementationId,
        organization: Option<OrganizationId>,
        at: DateTime<Utc>,
    ) -> Result<Vec<Delegation>> {
        let at = Instant(at);
        let mut query = delegations::table
            .filter(delegations::implementation_id.eq(Id::of(implementation)))
            .filter(delegations::from_at.le(at))
            .filter(delegations::until_at.gt(at))
            .filter(
                delegations::ended_at
                    .is_null()
                    .or(delegations::ended_at.gt(at)),
            )
            .order(delegations::id.asc())
            .select(DelegationRow::as_select())
            .into_boxed::<MultiBackend>();
        if let Some(id) = organization {
            query = query.filter(delegations::organization_id.eq(Id::of(id)));
        }
        all::<DelegationRow>(query.load(self.conn))
    }

    fn delegations_to(
        &mut self,
        deputies: &[PersonId],
        at: DateTime<Utc>,
    ) -> Result<Vec<Delegation>> {
        let at = Instant(at);
        by_ids(deputies, |people| {
            all::<DelegationRow>(
                delegations::table
                    .filter(delegations::deputy_role_id.eq_any(roles_of!(people)))
                    .filter(delegations::from_at.le(at))
                    .filter(delegations::until_at.gt(at))
                    .filter(
                        delegations::ended_at
                            .is_null()
                            .or(delegations::ended_at.gt(at)),
                    )
                    .order(delegations::id.asc())
                    .select(DelegationRow::as_select())
                    .load(self.conn),
            )
        })
    }

    fn delegations_of(&mut self, supervisor_role: StaffRoleId) -> Result<Vec<Delegation>> {
        all::<DelegationRow>(
            delegations::table
                .filter(delegations::supervisor_role_id.eq(Id::of(supervisor_role)))
                .filter(delegations::ended_at.is_null())
                .order(delegations::id.asc())
                .select(DelegationRow::as_select())
                .load(self.conn),
        )
    }
}

impl AuthorityWrites for Session<'_> {
    fn insert_principal(&mut self, row: &Principal) -> Result<()> {
        done(
            diesel::insert_into(principals::table)
                .values(PrincipalRow::of(row)?)
                .execute(self.conn),
        )
    }

    fn update_principal(&mut self, row: &Principal) -> Result<()> {
        compared_and_set(
            diesel::update(principals::table.find(Id::of(row.id)))
                .filter(principals::version.eq(row.version))
                .set((
                    principals::display_name.eq(&row.display_name),
                    principals::disabled_at.eq(row.disabled_at.map(Instant)),
                    principals::version.eq(principals::version + 1),
                ))
                .execute(self.conn),
        )
    }

    fn insert_staff_role(&mut self, row: &StaffRole) -> Result<()> {
        done(
            diesel::insert_into(staff_roles::table)
                .values(StaffRoleRow::of(row)?)
                .execute(self.conn),
        )
    }

    fn update_staff_role(&mut self, row: &StaffRole) -> Result<()> {
        // Who was granted what, and where, is never rewritten: another role is another grant.
        compared_and_set(
            diesel::update(staff_roles::table.find(Id::of(row.id)))
                .filter(staff_roles::version.eq(row.version))
                .set((
                    staff_roles::from_at.eq(Instant(row.from_at)),
                    staff_roles::until_at.eq(row.until_at.map(Instant)),
                    staff_roles::revoked_at.eq(row.revoked_at.map(Instant)),
                    staff_roles::version.eq(staff_roles::version + 1),
                ))
                .execute(self.conn),
        )
    }

    fn insert_delegation(&mut self, row: &Delegation) -> Result<()> {
        done(
            diesel::insert_into(delegations::table)
                .values(DelegationRow::of(row)?)
                .execute(self.conn),
        )
    }

    fn end_delegation(&mut self, row: &Delegation) -> Result<()> {
        compared_and_set(
            diesel::update(delegations::table.find(Id::of(row.id)))
                .filter(delegations::version.eq(row.version))
                .set((
                    delegations::ended_at.eq(row.ended_at.map(Instant)),
                    delegations::ended_by.eq(row.ended_by.map(Id::of)),
                    delegations::version.eq(delegations::version + 1),
                ))
                .execute(self.conn),
        )
    }
}

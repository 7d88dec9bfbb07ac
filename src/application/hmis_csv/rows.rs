//! From fields to rows. All fields of a row are read before any is missed, so that all faults are told.

use super::fields::Fields;
use super::{OrganizationRow, ProjectRow, UserRow};

pub(super) fn organization(fields: &mut Fields<'_>) -> Option<OrganizationRow> {
    let organization_id = fields.id("OrganizationID");
    let name = fields.required_name("OrganizationName");
    let common_name = fields.name("OrganizationCommonName");
    let victim_service_provider = fields.flag("VictimServiceProvider");
    let date_updated = fields.datetime("DateUpdated");
    let (deleted, date_deleted) = fields.deleted();
    Some(OrganizationRow {
        line: fields.row.line,
        organization_id: organization_id?,
        name: name?,
        common_name,
        victim_service_provider,
        date_updated,
        deleted,
        date_deleted,
    })
}

pub(super) fn project(fields: &mut Fields<'_>) -> Option<ProjectRow> {
    let project_id = fields.id("ProjectID");
    let organization_id = fields.id("OrganizationID");
    let name = fields.required_name("ProjectName");
    let common_name = fields.name("ProjectCommonName");
    let project_type = fields.code("ProjectType");
    let operating_start_on = fields.date("OperatingStartDate");
    let mut operating_end_on = fields.date("OperatingEndDate");
    if operating_end_on.is_some_and(|end| operating_start_on.is_some_and(|start| end < start)) {
        fields.warn(
            "OperatingEndDate",
            "lies before OperatingStartDate; the row was read without it",
        );
        operating_end_on = None;
    }
    let date_updated = fields.datetime("DateUpdated");
    let (deleted, date_deleted) = fields.deleted();
    Some(ProjectRow {
        line: fields.row.line,
        project_id: project_id?,
        organization_id: organization_id?,
        name: name?,
        common_name,
        project_type,
        operating_start_on,
        operating_end_on,
        date_updated,
        deleted,
        date_deleted,
    })
}

pub(super) fn user(fields: &mut Fields<'_>) -> Option<UserRow> {
    let user_id = fields.id("UserID");
    let first_name = fields.name("UserFirstName");
    let last_name = fields.name("UserLastName");
    let email = fields.email("UserEmail");
    let date_updated = fields.datetime("DateUpdated");
    let (deleted, date_deleted) = fields.deleted();
    // Some products blank the names of users they delete.
    if first_name.is_none() && last_name.is_none() && !deleted {
        fields.refuse(
            "UserLastName",
            "and UserFirstName are both empty; a person needs a name",
        );
        return None;
    }
    Some(UserRow {
        line: fields.row.line,
        user_id: user_id?,
        first_name,
        last_name,
        email,
        date_updated,
        deleted,
        date_deleted,
    })
}

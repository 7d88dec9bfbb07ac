// @generated automatically by Diesel CLI.

diesel::table! {
    use diesel::sql_types::*;
    use crate::persistence::types::sql::{Timestamptz, Uuid};

    access_signals (id) {
        id -> Uuid,
        implementation_id -> Uuid,
        login_event_id -> Uuid,
        person_id -> Uuid,
        organization_id -> Nullable<Uuid>,
        state -> Text,
        reason -> Nullable<Text>,
        closed_at -> Nullable<Timestamptz>,
        closed_by -> Nullable<Uuid>,
        occurred_at -> Timestamptz,
        recorded_at -> Timestamptz,
        version -> Int4,
        recorded_for -> Nullable<Uuid>,
        message_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::persistence::types::sql::{Timestamptz, Uuid};

    audit_heads (scope) {
        scope -> Text,
        number -> Int8,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::persistence::types::sql::{Timestamptz, Uuid};

    audit_records (id) {
        id -> Uuid,
        scope -> Text,
        implementation_id -> Nullable<Uuid>,
        number -> Int8,
        recorded_at -> Timestamptz,
        record -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::persistence::types::sql::{Timestamptz, Uuid};

    audit_salts (audit_record_id, field) {
        audit_record_id -> Uuid,
        field -> Text,
        salt -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::persistence::types::sql::{Timestamptz, Uuid};

    calendar_feeds (id) {
        id -> Uuid,
        implementation_id -> Uuid,
        organization_id -> Uuid,
        principal_id -> Uuid,
        staff_role_id -> Uuid,
        secret_sha256 -> Text,
        recorded_at -> Timestamptz,
        revoked_at -> Nullable<Timestamptz>,
        version -> Int4,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::persistence::types::sql::{Timestamptz, Uuid};

    delegations (id) {
        id -> Uuid,
        implementation_id -> Uuid,
        organization_id -> Uuid,
        supervisor_role_id -> Uuid,
        deputy_role_id -> Uuid,
        from_at -> Timestamptz,
        until_at -> Timestamptz,
        reason -> Text,
        named_by -> Uuid,
        ended_at -> Nullable<Timestamptz>,
        ended_by -> Nullable<Uuid>,
        recorded_at -> Timestamptz,
        version -> Int4,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::persistence::types::sql::{Timestamptz, Uuid};

    external_ids (implementation_id, kind, system, value) {
        implementation_id -> Uuid,
        kind -> Text,
        system -> Text,
        value -> Text,
        subject -> Uuid,
        recorded_at -> Timestamptz,
        closed_at -> Nullable<Timestamptz>,
        recorded_for -> Nullable<Uuid>,
        settled_at -> Nullable<Timestamptz>,
        settle_reason -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::persistence::types::sql::{Timestamptz, Uuid};

    facts (id) {
        id -> Uuid,
        implementation_id -> Uuid,
        person_id -> Uuid,
        organization_id -> Nullable<Uuid>,
        request_id -> Nullable<Uuid>,
        license_id -> Nullable<Uuid>,
        kind -> Text,
        payload -> Text,
        occurred_at -> Timestamptz,
        precision -> Text,
        reported_at -> Timestamptz,
        recorded_at -> Timestamptz,
        reporter -> Text,
        recorded_by -> Uuid,
        channel -> Text,
        ticket_reference -> Nullable<Text>,
        reason -> Nullable<Text>,
        supersedes -> Nullable<Uuid>,
        recorded_for -> Nullable<Uuid>,
        on_behalf_of -> Nullable<Uuid>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::persistence::types::sql::{Timestamptz, Uuid};

    idempotency_keys (principal_id, key) {
        principal_id -> Uuid,
        key -> Text,
        fingerprint -> Text,
        authorized -> Text,
        status -> Int4,
        location -> Nullable<Text>,
        etag -> Nullable<Text>,
        body -> Text,
        recorded_at -> Timestamptz,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::persistence::types::sql::{Timestamptz, Uuid};

    implementation_facts (id) {
        id -> Uuid,
        implementation_id -> Uuid,
        about_id -> Nullable<Uuid>,
        kind -> Text,
        payload -> Text,
        reported_at -> Timestamptz,
        recorded_at -> Timestamptz,
        reporter -> Text,
        recorded_by -> Uuid,
        channel -> Text,
        ticket_reference -> Nullable<Text>,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::persistence::types::sql::{Timestamptz, Uuid};

    implementations (id) {
        id -> Uuid,
        code -> Text,
        name -> Text,
        time_zone -> Text,
        support_contact -> Text,
        generation -> Int8,
        guard -> Int8,
        recorded_at -> Timestamptz,
        version -> Int4,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::persistence::types::sql::{Timestamptz, Uuid};

    kept_seats (license_id) {
        license_id -> Uuid,
        implementation_id -> Uuid,
        organization_id -> Uuid,
        license_type -> Text,
        kept_at -> Timestamptz,
        until_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::persistence::types::sql::{Timestamptz, Uuid};

    license_requests (id) {
        id -> Uuid,
        implementation_id -> Uuid,
        organization_id -> Uuid,
        person_id -> Uuid,
        license_type -> Text,
        class -> Text,
        job_role -> Nullable<Text>,
        projects -> Text,
        attestations -> Text,
        requester -> Uuid,
        requested_by -> Nullable<Uuid>,
        channel -> Text,
        ticket_reference -> Nullable<Text>,
        reported_at -> Timestamptz,
        reporter -> Text,
        reason -> Nullable<Text>,
        submitted_at -> Timestamptz,
        state -> Text,
        next_change_at -> Nullable<Timestamptz>,
        generation -> Int8,
        open_key -> Nullable<Text>,
        version -> Int4,
        recorded_for -> Nullable<Uuid>,
        source -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::persistence::types::sql::{Timestamptz, Uuid};

    licenses (id) {
        id -> Uuid,
        implementation_id -> Uuid,
        organization_id -> Uuid,
        person_id -> Uuid,
        license_type -> Text,
        state -> Text,
        next_change_at -> Nullable<Timestamptz>,
        generation -> Int8,
        recorded_at -> Timestamptz,
        version -> Int4,
        contested_at -> Nullable<Timestamptz>,
        listed_from -> Nullable<Timestamptz>,
        recorded_for -> Nullable<Uuid>,
        duplicate_of -> Nullable<Uuid>,
        next_notice_at -> Nullable<Timestamptz>,
        next_warning_at -> Nullable<Timestamptz>,
        notices_counting -> Int4,
        next_absence_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::persistence::types::sql::{Timestamptz, Uuid};

    login_events (id) {
        id -> Uuid,
        implementation_id -> Uuid,
        login_source_id -> Uuid,
        source_event_id -> Text,
        fingerprint -> Text,
        outcome -> Text,
        unmatched_reason -> Nullable<Text>,
        external_system -> Nullable<Text>,
        external_value -> Nullable<Text>,
        person_id -> Nullable<Uuid>,
        organization_id -> Nullable<Uuid>,
        fact_id -> Nullable<Uuid>,
        access_signal_id -> Nullable<Uuid>,
        occurred_at -> Timestamptz,
        recorded_at -> Timestamptz,
        recorded_by -> Uuid,
        activity -> Nullable<Text>,
        recorded_for -> Nullable<Uuid>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::persistence::types::sql::{Timestamptz, Uuid};

    login_heartbeats (id) {
        id -> Uuid,
        implementation_id -> Uuid,
        login_source_id -> Uuid,
        complete_through -> Timestamptz,
        lowered -> Bool,
        decisive -> Bool,
        recorded_at -> Timestamptz,
        recorded_by -> Uuid,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::persistence::types::sql::{Timestamptz, Uuid};

    login_source_services (id) {
        id -> Uuid,
        implementation_id -> Uuid,
        login_source_id -> Uuid,
        in_service -> Bool,
        from_at -> Timestamptz,
        reason -> Nullable<Text>,
        recorded_at -> Timestamptz,
        recorded_by -> Uuid,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::persistence::types::sql::{Timestamptz, Uuid};

    login_sources (id) {
        id -> Uuid,
        implementation_id -> Uuid,
        code -> Text,
        name -> Text,
        kind -> Text,
        complete_through -> Nullable<Timestamptz>,
        heartbeat_at -> Nullable<Timestamptz>,
        lowered_at -> Nullable<Timestamptz>,
        guard -> Int8,
        recorded_at -> Timestamptz,
        recorded_by -> Uuid,
        version -> Int4,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::persistence::types::sql::{Timestamptz, Uuid};

    message_templates (id) {
        id -> Uuid,
        implementation_id -> Uuid,
        kind -> Text,
        number -> Int4,
        subject -> Nullable<Text>,
        plain -> Nullable<Text>,
        html -> Nullable<Text>,
        recorded_at -> Timestamptz,
        recorded_by -> Uuid,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::persistence::types::sql::{Timestamptz, Uuid};

    messages (id) {
        id -> Uuid,
        implementation_id -> Uuid,
        person_id -> Nullable<Uuid>,
        organization_id -> Nullable<Uuid>,
        on_day -> Date,
        state -> Text,
        attempts -> Int4,
        next_attempt_at -> Timestamptz,
        lease_id -> Nullable<Uuid>,
        leased_until -> Nullable<Timestamptz>,
        subject -> Nullable<Text>,
        plain -> Nullable<Text>,
        failure -> Nullable<Text>,
        queued_at -> Timestamptz,
        settled_at -> Nullable<Timestamptz>,
        recorded_for -> Nullable<Uuid>,
        version -> Int4,
        contact_id -> Nullable<Uuid>,
        kind -> Text,
        once -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::persistence::types::sql::{Timestamptz, Uuid};

    notice_copies (id) {
        id -> Uuid,
        implementation_id -> Uuid,
        organization_id -> Uuid,
        notice_id -> Uuid,
        person_id -> Nullable<Uuid>,
        contact_id -> Nullable<Uuid>,
        state -> Text,
        message_id -> Nullable<Uuid>,
        queued_at -> Timestamptz,
        settled_at -> Nullable<Timestamptz>,
        recorded_for -> Nullable<Uuid>,
        version -> Int4,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::persistence::types::sql::{Timestamptz, Uuid};

    organization_contacts (id) {
        id -> Uuid,
        implementation_id -> Uuid,
        organization_id -> Uuid,
        duty -> Text,
        name -> Text,
        email -> Nullable<Text>,
        phone -> Nullable<Text>,
        from_on -> Date,
        to_on -> Nullable<Date>,
        recorded_at -> Timestamptz,
        version -> Int4,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::persistence::types::sql::{Timestamptz, Uuid};

    organization_participations (id) {
        id -> Int8,
        organization_id -> Uuid,
        from_on -> Date,
        to_on -> Nullable<Date>,
        recorded_at -> Timestamptz,
        recorded_by -> Uuid,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::persistence::types::sql::{Timestamptz, Uuid};

    organizations (id) {
        id -> Uuid,
        implementation_id -> Uuid,
        name -> Text,
        victim_service_provider -> Bool,
        recorded_at -> Timestamptz,
        version -> Int4,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::persistence::types::sql::{Timestamptz, Uuid};

    people (id) {
        id -> Uuid,
        implementation_id -> Uuid,
        given_name -> Text,
        family_name -> Text,
        given_key -> Text,
        family_key -> Text,
        guard -> Int8,
        recorded_at -> Timestamptz,
        version -> Int4,
        merged_into -> Nullable<Uuid>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::persistence::types::sql::{Timestamptz, Uuid};

    person_emails (id) {
        id -> Int8,
        person_id -> Uuid,
        organization_id -> Nullable<Uuid>,
        email -> Text,
        email_key -> Text,
        confirmed_at -> Nullable<Timestamptz>,
        retired_at -> Nullable<Timestamptz>,
        recorded_at -> Timestamptz,
        recorded_for -> Nullable<Uuid>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::persistence::types::sql::{Timestamptz, Uuid};

    person_merges (id) {
        id -> Uuid,
        implementation_id -> Uuid,
        survivor_id -> Uuid,
        duplicate_id -> Uuid,
        reported_at -> Timestamptz,
        reporter -> Text,
        channel -> Text,
        ticket_reference -> Nullable<Text>,
        reason -> Text,
        recorded_at -> Timestamptz,
        recorded_by -> Uuid,
        undone_at -> Nullable<Timestamptz>,
        undone_by -> Nullable<Uuid>,
        undo_reason -> Nullable<Text>,
        version -> Int4,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::persistence::types::sql::{Timestamptz, Uuid};

    person_names (id) {
        id -> Int8,
        person_id -> Uuid,
        given_name -> Text,
        family_name -> Text,
        given_key -> Text,
        family_key -> Text,
        recorded_at -> Timestamptz,
        recorded_by -> Uuid,
        recorded_for -> Nullable<Uuid>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::persistence::types::sql::{Timestamptz, Uuid};

    policies (id) {
        id -> Uuid,
        implementation_id -> Uuid,
        number -> Int4,
        effective_from -> Timestamptz,
        recorded_at -> Timestamptz,
        document -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::persistence::types::sql::{Timestamptz, Uuid};

    principals (id) {
        id -> Uuid,
        issuer -> Text,
        subject -> Text,
        display_name -> Text,
        recorded_at -> Timestamptz,
        disabled_at -> Nullable<Timestamptz>,
        version -> Int4,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::persistence::types::sql::{Timestamptz, Uuid};

    projects (id) {
        id -> Uuid,
        implementation_id -> Uuid,
        organization_id -> Uuid,
        name -> Text,
        project_type -> Nullable<Int2>,
        operating_from_on -> Nullable<Date>,
        operating_to_on -> Nullable<Date>,
        recorded_at -> Timestamptz,
        version -> Int4,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::persistence::types::sql::{Timestamptz, Uuid};

    staff_roles (id) {
        id -> Uuid,
        principal_id -> Uuid,
        role -> Text,
        implementation_id -> Nullable<Uuid>,
        organization_id -> Nullable<Uuid>,
        person_id -> Nullable<Uuid>,
        from_at -> Timestamptz,
        until_at -> Nullable<Timestamptz>,
        granted_by -> Uuid,
        revoked_at -> Nullable<Timestamptz>,
        recorded_at -> Timestamptz,
        version -> Int4,
        recorded_for -> Nullable<Uuid>,
        organization_group -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::persistence::types::sql::{Timestamptz, Uuid};

    waitlist_entries (request_id, place) {
        request_id -> Uuid,
        place -> Text,
        implementation_id -> Uuid,
        organization_id -> Uuid,
        person_id -> Uuid,
        license_type -> Text,
        changes_from -> Nullable<Text>,
        joined_at -> Timestamptz,
        may_take -> Bool,
        reserved_at -> Nullable<Timestamptz>,
        reserved_until -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::persistence::types::sql::{Timestamptz, Uuid};

    waitlists (implementation_id) {
        implementation_id -> Uuid,
        guard -> Int8,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::persistence::types::sql::{Timestamptz, Uuid};

    queued_notices (id) {
        id -> Uuid,
        implementation_id -> Uuid,
        organization_id -> Uuid,
        person_id -> Uuid,
        license_id -> Uuid,
        kind -> Text,
        rule -> Text,
        step -> Nullable<Int4>,
        requirement -> Nullable<Text>,
        anchor_on -> Date,
        days_before -> Nullable<Int4>,
        skipped -> Text,
        retracts -> Nullable<Uuid>,
        due_at -> Timestamptz,
        queued_at -> Timestamptz,
        state -> Text,
        message_id -> Nullable<Uuid>,
        named_on -> Nullable<Date>,
        settled_at -> Nullable<Timestamptz>,
        recorded_for -> Nullable<Uuid>,
        version -> Int4,
        tells -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::persistence::types::sql::{Timestamptz, Uuid};

    sweeps (id) {
        id -> Uuid,
        implementation_id -> Uuid,
        as_of -> Timestamptz,
        started_at -> Timestamptz,
        finished_at -> Timestamptz,
        people -> Int8,
        failed -> Int8,
        complete -> Bool,
        late_by_seconds -> Int8,
        changes -> Text,
        notices -> Text,
        recorded_by -> Uuid,
        absence_hold -> Nullable<Text>,
    }
}

diesel::joinable!(access_signals -> implementations (implementation_id));
diesel::joinable!(access_signals -> login_events (login_event_id));
diesel::joinable!(access_signals -> messages (message_id));
diesel::joinable!(access_signals -> principals (closed_by));
diesel::joinable!(audit_records -> audit_heads (scope));
diesel::joinable!(audit_records -> implementations (implementation_id));
diesel::joinable!(audit_salts -> audit_records (audit_record_id));
diesel::joinable!(calendar_feeds -> implementations (implementation_id));
diesel::joinable!(calendar_feeds -> principals (principal_id));
diesel::joinable!(calendar_feeds -> staff_roles (staff_role_id));
diesel::joinable!(delegations -> implementations (implementation_id));
diesel::joinable!(external_ids -> implementations (implementation_id));
diesel::joinable!(facts -> implementations (implementation_id));
diesel::joinable!(facts -> license_requests (request_id));
diesel::joinable!(facts -> licenses (license_id));
diesel::joinable!(facts -> principals (recorded_by));
diesel::joinable!(idempotency_keys -> principals (principal_id));
diesel::joinable!(implementation_facts -> implementations (implementation_id));
diesel::joinable!(implementation_facts -> principals (recorded_by));
diesel::joinable!(kept_seats -> implementations (implementation_id));
diesel::joinable!(kept_seats -> licenses (license_id));
diesel::joinable!(license_requests -> implementations (implementation_id));
diesel::joinable!(license_requests -> principals (requester));
diesel::joinable!(licenses -> implementations (implementation_id));
diesel::joinable!(login_events -> facts (fact_id));
diesel::joinable!(login_events -> implementations (implementation_id));
diesel::joinable!(login_events -> principals (recorded_by));
diesel::joinable!(login_heartbeats -> implementations (implementation_id));
diesel::joinable!(login_heartbeats -> principals (recorded_by));
diesel::joinable!(login_source_services -> implementations (implementation_id));
diesel::joinable!(login_source_services -> principals (recorded_by));
diesel::joinable!(login_heartbeats -> login_sources (login_source_id));
diesel::joinable!(login_sources -> implementations (implementation_id));
diesel::joinable!(login_sources -> principals (recorded_by));
diesel::joinable!(message_templates -> implementations (implementation_id));
diesel::joinable!(message_templates -> principals (recorded_by));
diesel::joinable!(messages -> implementations (implementation_id));
diesel::joinable!(messages -> organization_contacts (contact_id));
diesel::joinable!(messages -> organizations (organization_id));
diesel::joinable!(messages -> people (person_id));
diesel::joinable!(notice_copies -> implementations (implementation_id));
diesel::joinable!(notice_copies -> messages (message_id));
diesel::joinable!(notice_copies -> organization_contacts (contact_id));
diesel::joinable!(notice_copies -> organizations (organization_id));
diesel::joinable!(notice_copies -> people (person_id));
diesel::joinable!(notice_copies -> queued_notices (notice_id));
diesel::joinable!(organization_contacts -> implementations (implementation_id));
diesel::joinable!(organization_participations -> organizations (organization_id));
diesel::joinable!(organization_participations -> principals (recorded_by));
diesel::joinable!(organizations -> implementations (implementation_id));
diesel::joinable!(people -> implementations (implementation_id));
diesel::joinable!(person_emails -> organizations (organization_id));
diesel::joinable!(person_emails -> people (person_id));
diesel::joinable!(person_merges -> implementations (implementation_id));
diesel::joinable!(person_names -> people (person_id));
diesel::joinable!(person_names -> principals (recorded_by));
diesel::joinable!(policies -> implementations (implementation_id));
diesel::joinable!(projects -> implementations (implementation_id));
diesel::joinable!(queued_notices -> implementations (implementation_id));
diesel::joinable!(queued_notices -> licenses (license_id));
diesel::joinable!(queued_notices -> messages (message_id));
diesel::joinable!(queued_notices -> organizations (organization_id));
diesel::joinable!(queued_notices -> people (person_id));
diesel::joinable!(staff_roles -> implementations (implementation_id));
diesel::joinable!(sweeps -> implementations (implementation_id));
diesel::joinable!(sweeps -> principals (recorded_by));
diesel::joinable!(waitlist_entries -> implementations (implementation_id));
diesel::joinable!(waitlist_entries -> license_requests (request_id));
diesel::joinable!(waitlists -> implementations (implementation_id));

diesel::allow_tables_to_appear_in_same_query!(
    access_signals,
    audit_heads,
    audit_records,
    audit_salts,
    calendar_feeds,
    delegations,
    external_ids,
    facts,
    idempotency_keys,
    implementation_facts,
    implementations,
    kept_seats,
    license_requests,
    licenses,
    login_events,
    login_heartbeats,
    login_source_services,
    login_sources,
    message_templates,
    messages,
    notice_copies,
    organization_contacts,
    organization_participations,
    organizations,
    people,
    person_emails,
    person_merges,
    person_names,
    policies,
    principals,
    projects,
    queued_notices,
    staff_roles,
    sweeps,
    waitlist_entries,
    waitlists,
);

//! The tags of the document, in the order in which a license lives.

/// Declares the tags with their descriptions, in order.
macro_rules! tags {
    ($($name:ident = $tag:literal, $description:literal;)+) => {
        $(#[doc = $description] pub const $name: &str = $tag;)+

        /// Every tag with its description, in order.
        pub const ALL: &[(&str, &str)] = &[$(($tag, $description),)+];
    };
}

tags! {
    IMPLEMENTATIONS = "implementations", "HMIS installations, each run by one HMIS lead.";
    POLICIES = "policies", "The versions of an implementation's policy: every local rule as data.";
    ORGANIZATIONS = "organizations", "Participating agencies and their dates of participation.";
    ORGANIZATION_CONTACTS = "organization-contacts",
        "Authorized signers, security officers and billing contacts of organizations.";
    PROJECTS = "projects", "HMIS projects of organizations; a license reaches some of them.";
    PEOPLE = "people", "Humans within one implementation.";
    PERSON_MERGES = "person-merges", "Two records of one human, read as one person.";
    STAFF_ROLES = "staff-roles", "Who may do what, where, from when to when.";
    DELEGATIONS = "delegations", "Deputies of supervisors, for stated dates.";
    LICENSE_REQUESTS = "license-requests", "The road to activation.";
    AGREEMENT_SIGNATURES = "agreement-signatures", "Agreements signed, by whom and when.";
    TRAINING_COMPLETIONS = "training-completions", "Courses completed, with outcome and date.";
    ACKNOWLEDGEMENTS = "acknowledgements", "What people stated that they read, as recertification asks.";
    TRAINING_BOOKINGS = "training-bookings", "Courses scheduled for people.";
    PRACTICE_CASE_SUBMISSIONS = "practice-case-submissions",
        "Fake clients entered in the training site, handed in for review.";
    PRACTICE_CASE_RESULTS = "practice-case-results", "What the review of practice cases came to.";
    WAIVERS = "waivers", "Requirements that staff waive for one person at one organization.";
    EXTRA_REQUIREMENTS = "extra-requirements", "What staff ask of one request beyond the policy.";
    LICENSES = "licenses", "One per person and organization: state, history, explanation.";
    LICENSE_CHANGES = "license-changes", "Another type for a running license.";
    LICENSE_RENEWALS = "license-renewals", "Who says that a license goes on, for another term or because it is needed.";
    KEEP_REQUESTS = "keep-requests", "Licenses that a supervisor asks to keep although nobody logged in.";
    ADD_ONS = "add-ons", "Licenses that depend on a base license, and are on only while it gives access.";
    HOLDS = "holds", "Causes for suspension that staff open and lift by hand.";
    LEAVES = "leaves", "From when to when somebody is away; the license is held by itself.";
    DEPARTURE_NOTICES = "departure-notices",
        "What somebody unverified said: parked until a supervisor or the authorized signer decides.";
    DEPARTURES = "departures", "Employment at an organization ended.";
    DEACTIVATIONS = "deactivations", "Access ended, now or later.";
    CONTESTED_ITEMS = "contested-items", "Ends that late facts or corrections contest; staff decide.";
    FACTS = "facts", "Everything recorded of people, by kind; what each says, its own resource shows.";
    FACT_WITHDRAWALS = "fact-withdrawals", "Facts recorded by mistake, taken back; both stay on record.";
    EMERGENCY_RESTORATIONS = "emergency-restorations",
        "Mistaken ends and suspensions taken back for some hours, until another of staff confirms.";
    BARS = "bars", "People who may not hold a license in an implementation.";
    SEATS = "seats", "Paid vendor places and practice places: who has them, who waits.";
    DUE_ITEMS = "due-items", "What is due or comes by itself, license by license and request by request.";
    CALENDAR_FEEDS = "calendar-feeds", "The same as calendars at secret addresses, without names.";
    RECERTIFICATION_CAMPAIGNS = "recertification-campaigns",
        "Everybody of a population is asked anew, because data elements changed.";
    NOTICES = "notices", "What people were told before access ends.";
    LOGIN_SOURCES = "login-sources", "Where logins are reported from, and how far each is complete.";
    LOGIN_EVENTS = "login-events", "Sign-ins to the live site, as a source reports them.";
    ACCESS_SIGNALS = "access-signals", "Sign-ins that nothing allowed.";
    ACCESS_DECISIONS = "access-decisions", "What a front-end asks at sign-in.";
    SWEEPS = "sweeps", "Passes over what is due, which record what time alone changed.";
    ABSENCE_HOLDS = "absence-holds",
        "The circuit breaker: suspiciously many absences at once wait until staff look.";
    AUDIT_RECORDS = "audit-records", "One record per use case, numbered without gaps.";
    SERVICE = "service", "Health of the service, and what its problems mean.";
}

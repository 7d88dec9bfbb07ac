//! What becomes of licenses and requests, told as stories in Detroit: each test is named after the rule it checks.

mod add_ons;
mod agreements;
mod contested;
mod courses;
mod deadlines;
mod ends;
mod histories;
mod holds;
mod inactivity;
mod knowledge;
mod knowledge_properties;
mod ladder;
mod leave;
mod notices;
mod policies;
mod practice;
mod practice_properties;
mod properties;
mod requests;
mod sources;
mod support;
mod terms;
mod unused;
mod upkeep;
mod waivers;
mod yearly;

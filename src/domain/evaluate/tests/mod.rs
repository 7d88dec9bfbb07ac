//! What becomes of licenses and requests, told as stories in Detroit: each test is named after the rule it checks.

mod agreements;
mod courses;
mod ends;
mod holds;
mod inactivity;
mod knowledge;
mod policies;
mod requests;
mod sources;
mod support;
mod waivers;

//! The rules of HMIS end-user licenses: pure functions over dated facts, versioned policy and an injected `now`.

pub mod absence_hold;
pub mod acknowledgement;
pub mod calendar;
pub mod campaign;
pub mod command;
pub mod departure;
pub mod departure_notice;
pub mod error;
pub mod evaluate;
pub mod fact;
pub mod ids;
pub mod license;
pub mod login;
pub mod merge;
pub mod outgoing;
pub mod policy;
pub mod request;
pub mod requirement;
pub mod roster;
pub mod seat;
pub mod sweep;
pub mod template;

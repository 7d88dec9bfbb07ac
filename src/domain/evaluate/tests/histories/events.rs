//! What may happen to one license, at random.

use proptest::prelude::*;
use proptest::sample::Index;

use crate::domain::fact::HoldCause;

/// The causes for which somebody suspends a license by hand.
fn cause() -> impl Strategy<Value = HoldCause> {
    prop::sample::select(vec![
        HoldCause::FeeUnpaid,
        HoldCause::Violation,
        HoldCause::Investigation,
        HoldCause::OrganizationSuspended,
        HoldCause::LastProjectRemoved,
        HoldCause::Unreachable,
    ])
}

#[derive(Clone, Debug)]
pub enum Event {
    Login {
        late_minutes: i64,
    },
    LoginElsewhere,
    Activity(bool),
    Keep {
        late_minutes: i64,
    },
    AddOn,
    ConfirmAddOn,
    PassReports,
    Notice {
        rule: u8,
        step: usize,
        named_in: u64,
    },
    Pass(bool),
    Renew {
        late_minutes: i64,
        declined: bool,
    },
    Sign,
    Waive {
        days: u64,
    },
    Hold {
        cause: HoldCause,
        ahead: i64,
        minutes: Option<i64>,
    },
    Leave {
        ahead: i64,
        minutes: Option<i64>,
    },
    Back,
    Uphold,
    Lift,
    Depart {
        ahead: i64,
    },
    Cancel,
    Move {
        ahead: i64,
    },
    Return(bool),
    Restore {
        hours: i64,
    },
    ConfirmRestoration,
    Bounce,
    /// A fact is taken back.
    Correct(Index),
    /// A fact is said anew, otherwise than before.
    CorrectSameKind {
        which: Index,
        earlier_minutes: i64,
        until_minutes: Option<i64>,
    },
    Heartbeat {
        source: Index,
        behind: i64,
    },
    Deactivate {
        ahead: i64,
    },
    Activate,
    Bar {
        ahead: i64,
        minutes: Option<i64>,
    },
    LiftBar,
    ChangeType {
        read_only: bool,
    },
    /// The organization takes part from so many days ahead, for so many.
    Participation {
        from_in: i64,
        days: Option<u64>,
    },
    NoticeDeparture {
        minutes: i64,
    },
    RejectDepartureNotice,
    /// What is to be told does not reach the holder.
    FailNotice(Index),
    CorrectAddress,
    Campaign {
        opens_in: u64,
        days: u64,
    },
    OfCampaign(u8),
    HoldAbsences {
        hours: i64,
    },
    DecideAbsences(bool),
}

pub fn events() -> impl Strategy<Value = Event> {
    let minutes = || prop_oneof![Just(0_i64), 0_i64..30_000];
    prop_oneof![
        4 => prop_oneof![Just(0_i64), 0_i64..6_000].prop_map(|late_minutes| Event::Login { late_minutes }),
        1 => Just(Event::LoginElsewhere),
        1 => any::<bool>().prop_map(Event::Activity),
        1 => prop_oneof![Just(0_i64), 0_i64..6_000].prop_map(|late_minutes| Event::Keep { late_minutes }),
        2 => Just(Event::AddOn),
        1 => Just(Event::ConfirmAddOn),
        1 => Just(Event::PassReports),
        6 => (0_u8..12, 0_usize..2, 0_u64..20)
            .prop_map(|(rule, step, named_in)| Event::Notice { rule, step, named_in }),
        2 => any::<bool>().prop_map(Event::Pass),
        3 => (prop_oneof![Just(0_i64), 0_i64..20_000], prop::bool::weighted(0.1))
            .prop_map(|(late_minutes, declined)| Event::Renew { late_minutes, declined }),
        2 => Just(Event::Sign),
        1 => (0_u64..60).prop_map(|days| Event::Waive { days }),
        2 => (cause(), minutes(), prop::option::of(1_i64..30_000))
            .prop_map(|(cause, ahead, minutes)| Event::Hold { cause, ahead, minutes }),
        2 => (minutes(), prop::option::of(1_i64..60_000))
            .prop_map(|(ahead, minutes)| Event::Leave { ahead: ahead - 500, minutes }),
        1 => Just(Event::Back),
        1 => Just(Event::Uphold),
        1 => Just(Event::Lift),
        1 => minutes().prop_map(|ahead| Event::Depart { ahead: ahead - 500 }),
        1 => Just(Event::Cancel),
        1 => minutes().prop_map(|ahead| Event::Move { ahead }),
        2 => any::<bool>().prop_map(Event::Return),
        3 => (1_i64..=72).prop_map(|hours| Event::Restore { hours }),
        1 => Just(Event::ConfirmRestoration),
        1 => Just(Event::Bounce),
        2 => any::<Index>().prop_map(Event::Correct),
        2 => (any::<Index>(), 0_i64..3_000, prop::option::of(1_i64..30_000)).prop_map(
            |(which, earlier_minutes, until_minutes)| Event::CorrectSameKind {
                which,
                earlier_minutes,
                until_minutes,
            }
        ),
        3 => (any::<Index>(), -4_i64..3_000)
            .prop_map(|(source, behind)| Event::Heartbeat { source, behind }),
        1 => minutes().prop_map(|ahead| Event::Deactivate { ahead: ahead - 500 }),
        2 => Just(Event::Activate),
        1 => (minutes(), prop::option::of(1_i64..30_000))
            .prop_map(|(ahead, minutes)| Event::Bar { ahead: ahead - 500, minutes }),
        1 => Just(Event::LiftBar),
        1 => any::<bool>().prop_map(|read_only| Event::ChangeType { read_only }),
        1 => (-200_i64..20, prop::option::of(0_u64..400))
            .prop_map(|(from_in, days)| Event::Participation { from_in, days }),
        1 => (1_i64..5_000).prop_map(|minutes| Event::NoticeDeparture { minutes }),
        1 => Just(Event::RejectDepartureNotice),
        2 => any::<Index>().prop_map(Event::FailNotice),
        1 => Just(Event::CorrectAddress),
        2 => (0_u64..20, 0_u64..20)
            .prop_map(|(opens_in, days)| Event::Campaign { opens_in, days }),
        2 => (0_u8..5).prop_map(Event::OfCampaign),
        2 => (1_i64..=72).prop_map(|hours| Event::HoldAbsences { hours }),
        1 => any::<bool>().prop_map(Event::DecideAbsences),
    ]
}

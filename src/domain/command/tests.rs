use super::*;

const ALLOWED: &str = "allowed";
const NEVER: &str = "never";

fn shown(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allowed => ALLOWED,
        Verdict::Never => NEVER,
        Verdict::Needs(what) => what,
    }
}

/// One row for each state, one column for each command, all written out: a state or command without its cells does not
/// compile or fails.
#[test]
fn every_request_state_has_a_verdict_for_every_command() {
    use RequestState as S;
    const LATE: &str = "a completion, signature or submission that occurred in time and reopens it; without one, submit a new request";
    #[rustfmt::skip]
    let rows: [(S, [&str; 8]); 11] = [
        //               confirm  approve  deny     withdraw reclassify extend_deadline settle_match activate
        (S::Submitted, [ALLOWED, ALLOWED, ALLOWED, ALLOWED, ALLOWED, ALLOWED, ALLOWED, "the approval of the request"]),
        (S::Onboarding, [NEVER, NEVER, ALLOWED, ALLOWED, ALLOWED, ALLOWED, ALLOWED, "every agreement and training"]),
        (S::Practice, [NEVER, NEVER, ALLOWED, ALLOWED, ALLOWED, ALLOWED, ALLOWED, "every practice set, submitted"]),
        (S::InReview, [NEVER, NEVER, ALLOWED, ALLOWED, ALLOWED, ALLOWED, ALLOWED, "the review of the practice cases"]),
        (S::Corrections, [NEVER, NEVER, ALLOWED, ALLOWED, ALLOWED, ALLOWED, ALLOWED, "the corrected practice cases"]),
        (S::Ready, [NEVER, NEVER, ALLOWED, ALLOWED, ALLOWED, ALLOWED, ALLOWED, ALLOWED]),
        (S::Waitlisted, [NEVER, NEVER, ALLOWED, ALLOWED, ALLOWED, ALLOWED, ALLOWED, "a free seat"]),
        (S::Fulfilled, [NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER]),
        (S::Denied, [NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER]),
        (S::Withdrawn, [NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER]),
        (S::Lapsed, [NEVER, NEVER, NEVER, NEVER, NEVER, LATE, NEVER, NEVER]),
    ];
    assert_eq!(rows.map(|(state, _)| state), S::ALL);
    let commands = [
        RequestCommand::Confirm,
        RequestCommand::Approve,
        RequestCommand::Deny,
        RequestCommand::Withdraw,
        RequestCommand::Reclassify,
        RequestCommand::ExtendDeadline,
        RequestCommand::SettleMatch,
        RequestCommand::Activate,
    ];
    assert_eq!(commands, RequestCommand::ALL);
    for (state, cells) in rows {
        for (command, cell) in commands.into_iter().zip(cells) {
            assert_eq!(
                shown(request_verdict(state, command)),
                cell,
                "{} a request that is {}",
                command.as_str(),
                state.as_str()
            );
        }
    }
}

#[test]
fn every_license_state_has_a_verdict_for_every_command() {
    use LicenseCommand as C;
    use LicenseStatus as S;
    const LICENSE: &str = "a license";
    const WARNING: &str = "a running inactivity warning";
    const SUSPENDED: &str = "the end of the suspension of its base license";
    #[rustfmt::skip]
    let rows: [(Option<S>, [&str; 14]); 6] = [
        //                      depart   deactivate suspend  lift
        //                      reactivate, reinstate, restore_in_emergency, uphold, take_leave, change_type, renew, keep, activate, carry_add_on
        (None,                  [ALLOWED, LICENSE, LICENSE, LICENSE,
                                 LICENSE, LICENSE, LICENSE, LICENSE, LICENSE, LICENSE, LICENSE, LICENSE, ALLOWED, LICENSE]),
        (Some(S::Active),       [ALLOWED, ALLOWED, ALLOWED, "an open hold",
                                 NEVER, NEVER, NEVER, NEVER, ALLOWED, ALLOWED, ALLOWED, WARNING, NEVER, ALLOWED]),
        (Some(S::Warned),       [ALLOWED, ALLOWED, ALLOWED, "an open hold",
                                 NEVER, NEVER, NEVER, NEVER, ALLOWED, ALLOWED, ALLOWED, ALLOWED, NEVER, ALLOWED]),
        (Some(S::Suspended),    [ALLOWED, ALLOWED, ALLOWED, ALLOWED,
                                 ALLOWED, NEVER, ALLOWED, NEVER, ALLOWED, ALLOWED, ALLOWED, ALLOWED, NEVER, SUSPENDED]),
        (Some(S::Deactivated),  [ALLOWED, NEVER, NEVER, NEVER,
                                 ALLOWED, ALLOWED, ALLOWED, ALLOWED, NEVER, NEVER, ALLOWED, ALLOWED, ALLOWED, NEVER]),
        (Some(S::Expired),      [ALLOWED, NEVER, NEVER, NEVER,
                                 "a renewal or a returning request", ALLOWED, ALLOWED, ALLOWED, NEVER, NEVER, ALLOWED, NEVER, ALLOWED, NEVER]),
    ];
    let states: Vec<Option<S>> = std::iter::once(None)
        .chain(S::ALL.into_iter().map(Some))
        .collect();
    assert_eq!(rows.map(|(state, _)| state).to_vec(), states);
    let commands = [
        C::Depart,
        C::Deactivate,
        C::Suspend,
        C::Lift,
        C::Reactivate,
        C::Reinstate,
        C::RestoreInEmergency,
        C::Uphold,
        C::TakeLeave,
        C::ChangeType,
        C::Renew,
        C::Keep,
        C::Activate,
        C::CarryAddOn,
    ];
    assert_eq!(commands, C::ALL);
    for (state, cells) in rows {
        for (command, cell) in commands.into_iter().zip(cells) {
            assert_eq!(
                shown(license_verdict(state, command)),
                cell,
                "{} a license that is {}",
                command.as_str(),
                state.map_or("none", S::as_str)
            );
        }
    }
}

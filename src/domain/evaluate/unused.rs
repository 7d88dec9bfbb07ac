//! The hold `long_inactivity` that the rules opened: it lasts only while its ground stands by what became known since.

use super::inactivity;
use super::machine::Machine;
use super::tracked::TrackedNotice;
use crate::domain::calendar::Instant;
use crate::domain::fact::HoldCause;
use crate::domain::ids::FactId;

/// Why nobody's use of the license opened a hold.
pub(super) enum Ground {
    /// Nobody logged in before the cut-off that these notices of the last step had told of.
    CutOff {
        cut_off_at: Instant,
        notices: Vec<TrackedNotice>,
    },
    /// Nobody logged in after a return before the cut-off that its message had told of.
    FirstLogin { cut_off_at: Instant, since: Instant },
    /// The return from the leave of this hold came too late.
    Leave { hold: usize, at: Instant },
}

/// The hold and what it rests on.
pub(super) struct Unused {
    pub hold: usize,
    pub ground: Ground,
}

impl Unused {
    /// The instant before which a login saves.
    pub(super) fn saved_before(&self) -> Option<Instant> {
        match &self.ground {
            Ground::CutOff { cut_off_at, .. } | Ground::FirstLogin { cut_off_at, .. } => {
                Some(*cut_off_at)
            }
            Ground::Leave { .. } => None,
        }
    }
}

impl Machine<'_> {
    /// Opens the hold on a ground.
    pub(super) fn hold_unused(&mut self, ground: Ground) {
        let hold = self.holds.len();
        self.open_hold(super::Hold {
            cause: HoldCause::LongInactivity,
            from: self.now(),
            until: None,
            ended_at: None,
            fact: None,
            requirement: None,
        });
        self.unused = Some(Unused { hold, ground });
    }

    /// A notice did not arrive or was an error: nothing rests on it.
    pub(super) fn forget_notice(&mut self, notice: FactId) {
        if let Some(Unused {
            ground: Ground::CutOff { notices, .. },
            ..
        }) = &mut self.unused
            && notices.iter().any(|told| told.fact == notice)
        {
            notices.retain(|told| told.fact != notice);
            if notices.is_empty() {
                self.lift_unused_hold();
            }
        }
    }

    /// Lifts the hold once what was reported late or corrected took its ground away.
    pub(super) fn settle_unused(&mut self) {
        let open = self.unused.as_ref().is_some_and(|unused| {
            let hold = self.holds.get(unused.hold);
            hold.is_some_and(|hold| hold.ended_at.is_none())
        });
        if !open {
            self.unused = None;
        } else if !self.unused_ground_stands() {
            self.lift_unused_hold();
        }
    }

    fn lift_unused_hold(&mut self) {
        if let Some(unused) = self.unused.take() {
            self.end_hold(unused.hold);
        }
    }

    fn unused_ground_stands(&self) -> bool {
        match self.unused.as_ref().map(|unused| &unused.ground) {
            None => false,
            Some(Ground::Leave { hold, at }) => self.absent_at_return(*hold, *at),
            Some(Ground::CutOff {
                cut_off_at,
                notices,
            }) => !self.was_away(*cut_off_at) && inactivity::was_over(self, *cut_off_at, notices),
            Some(Ground::FirstLogin { cut_off_at, since }) => {
                let saved = |login: &Instant| since <= login && login < cut_off_at;
                !self.was_away(*cut_off_at) && !self.logins.iter().any(|(_, login)| saved(login))
            }
        }
    }

    /// Whether a leave that is known by now kept a cut-off away.
    fn was_away(&self, cut_off_at: Instant) -> bool {
        self.leaves.iter().any(|leave| {
            leave.began < cut_off_at && leave.until.is_none_or(|until| until > cut_off_at)
        })
    }
}

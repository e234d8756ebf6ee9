//! Which calls a worker makes, and how often.

use crate::lin::rng::Rng;

#[derive(Clone, Copy, Debug)]
pub(super) enum Call {
    TrySend,
    Send,
    SendWith,
    #[cfg_attr(wakering_shuttle, allow(dead_code))]
    SendTimeout,
    ForceSend,
    TrySendMany,
    SendMany,
    KeepSend,
    TryReserve,
    Reserve,
    TryReserveMany,
    ReserveMany,
    ReserveOwned,
    TryReserveOwned,
    UsePermit,
    TryRecv,
    Recv,
    RecvWith,
    #[cfg_attr(wakering_shuttle, allow(dead_code))]
    RecvTimeout,
    TryRecvMany,
    RecvMany,
    Drain,
    PollRecv,
    NextRecv,
    KeepRecv,
    FinishKept,
    Close,
    Len,
    IsFull,
    IsClosed,
}

/// How often a producer and a consumer make each call. A worker of the third kind does both.
const WEIGHTS: &[(Call, usize, usize)] = &[
    (Call::TrySend, 30, 0),
    (Call::Send, 30, 0),
    (Call::SendWith, 4, 0),
    #[cfg(not(wakering_shuttle))]
    (Call::SendTimeout, 2, 0),
    (Call::ForceSend, 6, 0),
    (Call::TrySendMany, 8, 0),
    (Call::SendMany, 8, 0),
    (Call::KeepSend, 6, 0),
    (Call::TryReserve, 6, 0),
    (Call::Reserve, 6, 0),
    (Call::TryReserveMany, 2, 0),
    (Call::ReserveMany, 2, 0),
    (Call::ReserveOwned, 3, 0),
    (Call::TryReserveOwned, 3, 0),
    (Call::UsePermit, 24, 4),
    (Call::TryRecv, 0, 34),
    (Call::Recv, 0, 40),
    (Call::RecvWith, 0, 4),
    #[cfg(not(wakering_shuttle))]
    (Call::RecvTimeout, 0, 2),
    (Call::TryRecvMany, 0, 10),
    (Call::RecvMany, 0, 10),
    (Call::Drain, 0, 3),
    (Call::PollRecv, 0, 6),
    (Call::NextRecv, 0, 4),
    (Call::KeepRecv, 0, 8),
    (Call::FinishKept, 6, 8),
    (Call::Close, 1, 1),
    (Call::Len, 3, 3),
    (Call::IsFull, 2, 2),
    (Call::IsClosed, 1, 1),
];

/// The calls of one worker, each with its weight.
pub(super) struct Mix(Vec<(Call, usize)>);

impl Mix {
    /// Half of all programs use every call as often as the table says. The others leave some calls out and make some
    /// more often, the same for all workers: rare things meet only if common ones do not get in between.
    pub(super) fn new(program: u64, worker: &mut Rng) -> Mix {
        let role = worker.below(3);
        let mut rng = Rng::fork(program, 1_000);
        let plain = rng.one_in(2);
        let weigh = |&(call, send, recv): &(Call, usize, usize)| {
            let factor = if plain { 1 } else { [0, 0, 1, 8][rng.below(4)] };
            (call, factor * [send, recv, send + recv][role])
        };
        let mix = Mix(WEIGHTS.iter().map(weigh).collect());
        if mix.total() > 0 {
            return mix;
        }
        Mix(WEIGHTS
            .iter()
            .map(|&(call, send, recv)| (call, send + recv))
            .collect())
    }

    fn total(&self) -> usize {
        self.0.iter().map(|(_, weight)| weight).sum()
    }

    pub(super) fn choose(&self, rng: &mut Rng) -> Call {
        let mut pick = rng.below(self.total());
        for &(call, weight) in &self.0 {
            match pick.checked_sub(weight) {
                Some(rest) => pick = rest,
                None => return call,
            }
        }
        unreachable!()
    }
}

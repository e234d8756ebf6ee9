//! How often receivers tell waiting senders of room: `src/chan/throttle.rs`, for the model.
//!
//! The channel has two flags. `TX_WAITS` is up whenever somebody waits or `TX_TOLD` is up; else it makes no difference which
//! it is. So the model needs only the other one.

/// From this capacity on.
const LEAST: usize = 16;

/// At least so many senders are told in each lap.
const STRIDES: usize = 2;

#[derive(Debug)]
pub struct Throttle {
    /// Each receive tells a sender at positions that this divides; 1: at all of them.
    stride: usize,
    /// Messages taken out so far.
    position: usize,
    /// A sender has been told and has not looked: the others are told by it.
    told: bool,
}

impl Throttle {
    pub fn new(capacity: usize) -> Self {
        let stride = if capacity < LEAST {
            1
        } else {
            1 << (capacity / STRIDES).ilog2()
        };
        Self {
            stride,
            position: 0,
            told: false,
        }
    }

    pub fn is_on(&self) -> bool {
        self.stride > 1
    }

    /// `n` messages are taken out: how many senders that tells.
    pub fn tells(&mut self, n: usize) -> usize {
        let taken = self.position..self.position + n;
        self.position = taken.end;
        let strides = taken.filter(|at| at % self.stride == 0).count();
        strides.max(usize::from(n > 0 && !self.told))
    }

    /// A sender is told.
    pub fn told(&mut self) {
        self.told = self.is_on();
    }

    /// A sender that was told looks, or nobody is left who could.
    pub fn looked(&mut self) {
        self.told = false;
    }

    pub fn is_told(&self) -> bool {
        self.told
    }
}

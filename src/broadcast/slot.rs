//! The place of one message, and who still wants it.

use alloc::boxed::Box;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

use super::position::Position;
use crate::sync::UnsafeCell;
use crate::wait::Lock;

/// Where a message lies.
type Place<T> = UnsafeCell<MaybeUninit<T>>;

pub(super) struct Slot<T> {
    state: Lock<State<T>>,
    /// Where messages lie until one of them is overwritten while it is lent: from then on they are in boxes.
    first: Place<T>,
}

struct State<T> {
    position: Position,
    /// How many receivers have not finished with the message (B3).
    remaining: usize,
    /// It is being cloned (B4).
    lent: bool,
    /// `None`: `first`.
    boxed: Option<Boxed<T>>,
}

/// A place that has been allocated. Freed by whoever finds itself its last user (B5).
struct Boxed<T>(NonNull<Place<T>>);

impl<T> Clone for Boxed<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Boxed<T> {}

impl<T> Boxed<T> {
    /// # Safety
    ///
    /// Nobody uses it any more.
    unsafe fn free(self) {
        // SAFETY: it came from a box; the rest is the contract.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

// SAFETY: B3 and B4: a message is reached by one thread at a time, from the one that sent it to those that clone it, one
// after the other, and to the one that takes it out. The state is under its lock.
unsafe impl<T: Send> Send for Slot<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Slot<T> {}

/// What a receiver gets.
pub(super) enum Taken<T> {
    /// It was the last to want it: the message itself.
    Last(T),
    /// A look at it, for as long as it takes to clone it. To be given back.
    Lent(Loan<T>),
    /// It is lent to somebody else.
    Busy,
    /// It has been overwritten.
    Gone,
}

/// A message that is lent.
pub(super) struct Loan<T> {
    position: Position,
    boxed: Option<Boxed<T>>,
}

/// Why a message was not placed.
pub(super) enum NotPlaced {
    /// Somebody still wants the one that is there, and it was not to be overwritten.
    Full,
    /// The one that is there is lent: bring a place to put the new one.
    NeedsPlace,
}

/// What a sender brings with it.
pub(super) struct Delivery<T> {
    /// The message; gone when it has been placed.
    pub(super) message: Option<T>,
    /// The message that had to go for it, to be dropped after the turn (B8).
    pub(super) evicted: Option<T>,
    /// A place to put it, if it needs one.
    pub(super) spare: Option<Box<Place<T>>>,
}

impl<T> Delivery<T> {
    /// Makes a place, outside of the turn.
    #[cold]
    pub(super) fn bring_place(&mut self) {
        self.spare = Some(Box::new(UnsafeCell::new(MaybeUninit::uninit())));
    }
}

impl<T> Slot<T> {
    /// An empty one, as if the message of `position` had been finished with.
    pub(super) fn new(position: Position) -> Self {
        Self {
            state: Lock::new(State {
                position,
                remaining: 0,
                lent: false,
                boxed: None,
            }),
            first: UnsafeCell::new(MaybeUninit::uninit()),
        }
    }

    fn place(&self, boxed: Option<Boxed<T>>) -> &Place<T> {
        match boxed {
            None => &self.first,
            // SAFETY: it is not freed before those who know of it have done with it (B4, B5).
            Some(boxed) => unsafe { boxed.0.as_ref() },
        }
    }

    /// # Safety
    ///
    /// There is a message, it is ours alone, and is treated as gone from now on.
    unsafe fn take_out(&self, boxed: Option<Boxed<T>>) -> T {
        // SAFETY: the contract.
        self.place(boxed)
            .with_mut(|place| unsafe { (*place).assume_init_read() })
    }

    /// Places the message of `position`, for so many receivers. `overwrites`: even if the one that is there is still wanted.
    #[inline]
    pub(super) fn put(
        &self,
        position: Position,
        receivers: usize,
        delivery: &mut Delivery<T>,
        overwrites: bool,
    ) -> Result<(), NotPlaced> {
        self.state.with(|state| {
            if state.remaining > 0 {
                if !overwrites {
                    return Err(NotPlaced::Full);
                }
                if state.lent {
                    let Some(spare) = delivery.spare.take() else {
                        return Err(NotPlaced::NeedsPlace);
                    };
                    // B5: the old place is the borrower's from here on.
                    state.boxed = Some(Boxed(NonNull::from(Box::leak(spare))));
                    state.lent = false;
                } else {
                    // SAFETY: B3: there is one, and we put another one in its place; B4: it is not lent.
                    delivery.evicted = Some(unsafe { self.take_out(state.boxed) });
                }
            }
            let Some(message) = delivery.message.take() else {
                unreachable!("a delivery has its message until it is placed");
            };
            self.place(state.boxed).with_mut(|place| {
                // SAFETY: B3, B4: there is no message, and so nobody who looks at it.
                unsafe { (*place).write(message) };
            });
            state.position = position;
            state.remaining = receivers;
            Ok(())
        })
    }

    /// One receiver takes the message of `position`.
    #[inline]
    pub(super) fn take(&self, position: Position) -> Taken<T> {
        self.state.with(|state| {
            if state.position != position {
                return Taken::Gone;
            }
            debug_assert!(state.remaining > 0, "the caller has not finished with it");
            if state.lent {
                return Taken::Busy;
            }
            if state.remaining == 1 {
                state.remaining = 0;
                // SAFETY: B3: we have taken it to 0; B4: it is not lent.
                return Taken::Last(unsafe { self.take_out(state.boxed) });
            }
            state.lent = true;
            Taken::Lent(Loan {
                position,
                boxed: state.boxed,
            })
        })
    }

    /// Shows what is lent.
    pub(super) fn look<R>(&self, loan: &Loan<T>, f: impl FnOnce(&T) -> R) -> R {
        // SAFETY: B4: it is there until it is given back, and nobody changes it.
        self.place(loan.boxed)
            .with(|place| f(unsafe { (*place).assume_init_ref() }))
    }

    /// The borrower has finished with the message. Hands it out if nobody wants it any more; and whether the slot is free
    /// for that reason.
    #[inline]
    pub(super) fn give_back(&self, loan: Loan<T>) -> (Option<T>, bool) {
        let robbed = self.state.with(|state| {
            if state.position != loan.position {
                return Err(());
            }
            state.lent = false;
            Ok(self.finish(state))
        });
        match robbed {
            Ok(message) => {
                let freed = message.is_some();
                (message, freed)
            }
            Err(()) => {
                // SAFETY: B5: it has been left to us, with its place.
                let message = unsafe { self.take_out(loan.boxed) };
                if let Some(boxed) = loan.boxed {
                    // SAFETY: B5: as above. `first`, if it was that, is not used again.
                    unsafe { boxed.free() };
                }
                (Some(message), false)
            }
        }
    }

    /// A receiver does not want the message of `position`. Hands it out if nobody else does.
    pub(super) fn skip(&self, position: Position) -> Option<T> {
        self.state.with(|state| {
            if state.position == position {
                self.finish(state)
            } else {
                None
            }
        })
    }

    fn finish(&self, state: &mut State<T>) -> Option<T> {
        state.remaining -= 1;
        // SAFETY: B3: we have taken it to 0. B4: it is not lent, since its borrower would count.
        (state.remaining == 0).then(|| unsafe { self.take_out(state.boxed) })
    }

    /// Whether some receiver has not finished with its message.
    pub(super) fn is_wanted(&self) -> bool {
        self.state.with(|state| state.remaining > 0)
    }
}

impl<T> Drop for Slot<T> {
    fn drop(&mut self) {
        // The last receivers have taken the messages out (B3), and nobody borrows without a receiver.
        let boxed = self.state.with(|state| {
            debug_assert_eq!(state.remaining, 0);
            state.boxed.take()
        });
        if let Some(boxed) = boxed {
            // SAFETY: it is empty, and the slot was the last to know of it.
            unsafe { boxed.free() };
        }
    }
}

//! What a send does when the channel is full.

/// What a send does when the channel is full. Chosen by [`Builder::overflow`](crate::Builder::overflow).
///
/// The policy is that of every call that sends a message: `send`, `try_send`, the blocking ones, those with a time limit,
/// and batches, message by message. It is not that of permits: `reserve`, and the sinks, which reserve, wait for room
/// whatever the policy is, and what a permit sends has its room. `force_send` evicts and returns the oldest message
/// under every policy.
///
/// | | `send` in a full channel | `try_send` in a full channel |
/// |---|---|---|
/// | [`Wait`](Self::Wait) | waits for room | `Full` |
/// | [`Reject`](Self::Reject) | the message comes back at once | `Full` |
/// | [`DropNewest`](Self::DropNewest) | `Ok`, and the message is dropped | the same |
/// | [`DropOldest`](Self::DropOldest) | `Ok`, and the oldest message is dropped | the same |
///
/// A message that is dropped by a policy is counted (`dropped()` of the handles) and handed to the callback of
/// [`Builder::on_drop`](crate::Builder::on_drop). So, when nobody is in the middle of a call: messages sent are messages
/// received, dropped, or queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Overflow {
    /// It waits for room.
    #[default]
    Wait,
    /// It fails at once and gives the message back. `send` says [`SendError`](crate::SendError) although the channel is open:
    /// `is_closed` tells which it was. Sends with a time limit say `Timeout`, at once.
    Reject,
    /// It drops its own message, and says `Ok`.
    DropNewest,
    /// It makes room by dropping the oldest message, and says `Ok`. Where nothing is queued that could be dropped, since
    /// permits hold all the room, its own message is dropped; and so it is by `try_send`, which never waits, while another
    /// thread is stopped in the middle of an operation on the oldest message.
    DropOldest,
}

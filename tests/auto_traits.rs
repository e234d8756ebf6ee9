//! Which types are `Send`, `Sync`, `Unpin`, `UnwindSafe` and `RefUnwindSafe`, for messages that are `Send`
//! and `Sync`, only `Send`, and neither; and programs that must not compile.
#![cfg(all(
    feature = "std",
    feature = "stream",
    not(any(wakering_loom, wakering_shuttle))
))]

use std::cell::Cell;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;

use wakering::*;

/// A message that may be shared and sent, one that may only be sent, one that must stay where it is.
type Shared = u8;
type Sent = Cell<u8>;
type Local = Rc<u8>;

/// The auto traits of a type. `has!` asks for one: an inherent constant that exists only where the bound
/// holds hides the constant of a trait that every type has.
macro_rules! traits {
    ($type:ty) => {{
        [
            (has!($type: std::marker::Send), "Send"),
            (has!($type: Sync), "Sync"),
            (has!($type: Unpin), "Unpin"),
            (has!($type: std::panic::UnwindSafe), "UnwindSafe"),
            (has!($type: std::panic::RefUnwindSafe), "RefUnwindSafe"),
        ]
        .into_iter()
        .filter_map(|(has, name)| has.then_some(name))
        .collect::<Vec<_>>()
        .join(" ")
    }};
}

macro_rules! has {
    ($type:ty: $bound:path) => {{
        #[allow(dead_code)]
        trait Otherwise {
            const HAS: bool = false;
        }
        impl<T: ?Sized> Otherwise for T {}
        struct Probe<T: ?Sized>(#[allow(dead_code)] std::marker::PhantomData<T>);
        #[allow(dead_code)]
        impl<T: ?Sized + $bound> Probe<T> {
            const HAS: bool = true;
        }
        <Probe<$type>>::HAS
    }};
}

/// One row: the type and what it has with each kind of message.
macro_rules! row {
    ($rows:ident, $name:ident<$($lifetime:lifetime,)? _ $(, $timer:ty)?>: $shared:expr, $sent:expr, $local:expr) => {
        $rows.push((
            stringify!($name),
            [
                traits!($name<$($lifetime,)? Shared $(, $timer)?>),
                traits!($name<$($lifetime,)? Sent $(, $timer)?>),
                traits!($name<$($lifetime,)? Local $(, $timer)?>),
            ],
            [$shared, $sent, $local],
        ));
    };
}

fn check(rows: Vec<(&str, [String; 3], [&str; 3])>) {
    let mut wrong = Vec::new();
    for (name, actual, expected) in rows {
        for (message, (actual, expected)) in ["shared", "sent", "local"]
            .into_iter()
            .zip(actual.into_iter().zip(expected))
        {
            if actual != expected {
                wrong.push(format!(
                    "{name} ({message}): expected [{expected}], got [{actual}]"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

const ALL: &str = "Send Sync Unpin UnwindSafe RefUnwindSafe";
const NOT_SENT: &str = "Unpin UnwindSafe RefUnwindSafe";

/// A handle shares the channel, never a message: `Send` and `Sync` exactly when the message is `Send`.
#[test]
fn handles_and_permits() {
    let mut rows = Vec::new();
    row!(rows, Sender<_>: ALL, ALL, NOT_SENT);
    row!(rows, Receiver<_>: ALL, ALL, NOT_SENT);
    row!(rows, WeakSender<_>: ALL, ALL, NOT_SENT);
    row!(rows, WeakReceiver<_>: ALL, ALL, NOT_SENT);
    row!(rows, Permit<'static, _>: ALL, ALL, NOT_SENT);
    row!(rows, PermitIterator<'static, _>: ALL, ALL, NOT_SENT);
    row!(rows, OwnedPermit<_>: ALL, ALL, NOT_SENT);
    check(rows);
}

/// Messages are shared between deliveries: `Send` and `Sync` only where the message is both.
#[test]
fn ack() {
    use wakering::ack::{Consumer, DeadLetter, DeadLetters, Delivery, Producer};
    let mut rows = Vec::new();
    row!(rows, Producer<_>: ALL, NOT_SENT, NOT_SENT);
    row!(rows, Consumer<_>: ALL, NOT_SENT, NOT_SENT);
    row!(rows, Delivery<_>: ALL, NOT_SENT, NOT_SENT);
    row!(rows, DeadLetters<_>: ALL, NOT_SENT, NOT_SENT);
    row!(rows, DeadLetter<_>: ALL, NOT_SENT, NOT_SENT);
    check(rows);
    assert_eq!(traits!(wakering::ack::Id), ALL);
    assert_eq!(traits!(wakering::ack::Expired), ALL);
    assert_eq!(traits!(wakering::ack::MockClock), ALL);
}

/// The names of `wakering::mpsc`, for the tables below.
mod single {
    pub(crate) use wakering::mpsc::error::{
        PollSendError, RecvTimeoutError, SendError, SendTimeoutError, TryRecvError, TrySendError,
    };
    pub(crate) use wakering::mpsc::{
        OwnedPermit, Permit, PermitIterator, PollSender, Receiver, Sender, UnboundedReceiver,
        UnboundedSender, WeakSender, WeakUnboundedSender, channel, unbounded_channel,
    };
}

/// As tokio's; its futures have no names, and neither have ours.
#[test]
fn mpsc() {
    use single::*;
    let mut rows = Vec::new();
    row!(rows, Sender<_>: ALL, ALL, NOT_SENT);
    row!(rows, Receiver<_>: ALL, ALL, NOT_SENT);
    row!(rows, WeakSender<_>: ALL, ALL, NOT_SENT);
    row!(rows, Permit<'static, _>: ALL, ALL, NOT_SENT);
    row!(rows, PermitIterator<'static, _>: ALL, ALL, NOT_SENT);
    row!(rows, OwnedPermit<_>: ALL, ALL, NOT_SENT);
    row!(rows, PollSender<_>: ALL, ALL, NOT_SENT);
    row!(rows, UnboundedSender<_>: ALL, ALL, NOT_SENT);
    row!(rows, UnboundedReceiver<_>: ALL, ALL, NOT_SENT);
    row!(rows, WeakUnboundedSender<_>: ALL, ALL, NOT_SENT);
    let (sent, local) = ("Send Unpin UnwindSafe", "Unpin UnwindSafe RefUnwindSafe");
    row!(rows, SendError<_>: ALL, sent, local);
    row!(rows, TrySendError<_>: ALL, sent, local);
    row!(rows, SendTimeoutError<_>: ALL, sent, local);
    row!(rows, PollSendError<_>: ALL, sent, local);
    check(rows);
    assert_eq!(traits!(TryRecvError), ALL);
    assert_eq!(traits!(RecvTimeoutError), ALL);
}

/// What a future is, told by an argument of its type.
macro_rules! future_is {
    ($future:expr, $($bound:path)|+) => {{
        fn is(_: impl Future + $($bound +)+) {}
        is($future);
    }};
}

#[test]
fn mpsc_futures() {
    let (tx, mut rx) = single::channel::<Shared>(1);
    future_is!(tx.send(1), std::marker::Send | Sync);
    future_is!(
        tx.send_with(1, std::future::ready(())),
        std::marker::Send | Sync
    );
    future_is!(tx.reserve(), std::marker::Send | Sync);
    future_is!(tx.reserve_many(1), std::marker::Send | Sync);
    future_is!(tx.clone().reserve_owned(), std::marker::Send | Sync);
    future_is!(tx.closed(), std::marker::Send | Sync);
    future_is!(rx.recv(), std::marker::Send | Sync);
    future_is!(rx.recv_many(&mut Vec::new(), 1), std::marker::Send | Sync);

    let (tx, mut rx) = single::channel::<Sent>(1);
    future_is!(tx.send(Cell::new(1)), std::marker::Send);
    future_is!(
        tx.send_with(Cell::new(1), std::future::ready(())),
        std::marker::Send
    );
    future_is!(tx.reserve(), std::marker::Send | Sync);
    future_is!(tx.reserve_many(1), std::marker::Send | Sync);
    future_is!(tx.clone().reserve_owned(), std::marker::Send | Sync);
    future_is!(tx.closed(), std::marker::Send | Sync);
    future_is!(rx.recv(), std::marker::Send | Sync);
    future_is!(rx.recv_many(&mut Vec::new(), 1), std::marker::Send);

    let (tx, mut rx) = single::unbounded_channel::<Sent>();
    future_is!(tx.closed(), std::marker::Send | Sync);
    future_is!(rx.recv(), std::marker::Send | Sync);
    future_is!(rx.recv_many(&mut Vec::new(), 1), std::marker::Send);
}

/// As tokio's.
#[test]
fn broadcast() {
    use wakering::broadcast::error::{
        Lagged, RecvError, RecvTimeoutError, SendError, SendTimeoutError, TryRecvError,
        TrySendError,
    };
    use wakering::broadcast::{Receiver, SendLossless, Sender, WeakSender, channel};
    let mut rows = Vec::new();
    row!(rows, Sender<_>: ALL, ALL, NOT_SENT);
    row!(rows, Receiver<_>: ALL, ALL, NOT_SENT);
    row!(rows, WeakSender<_>: ALL, ALL, NOT_SENT);
    row!(rows, SendLossless<'static, _>: "Send Sync", "Send", "");
    let (sent, local) = ("Send Unpin UnwindSafe", "Unpin UnwindSafe RefUnwindSafe");
    row!(rows, SendError<_>: ALL, sent, local);
    row!(rows, TrySendError<_>: ALL, sent, local);
    row!(rows, SendTimeoutError<_>: ALL, sent, local);
    check(rows);
    assert_eq!(traits!(RecvError), ALL);
    assert_eq!(traits!(TryRecvError), ALL);
    assert_eq!(traits!(RecvTimeoutError), ALL);
    assert_eq!(traits!(Lagged), ALL);

    // A message that is not `Sync` is shared by nobody.
    let (tx, mut rx) = channel::<Sent>(1);
    future_is!(tx.send_lossless(Cell::new(1)), std::marker::Send);
    future_is!(tx.closed(), std::marker::Send | Sync);
    future_is!(rx.recv(), std::marker::Send | Sync);
}

/// A builder may have a callback and an observer, which need not be unwind safe.
#[test]
fn builders() {
    let mut rows = Vec::new();
    let some = "Send Sync Unpin";
    row!(rows, Builder<_>: some, some, some);
    check(rows);
    assert_eq!(traits!(Overflow), ALL);
    assert_eq!(traits!(Counters), ALL);
    assert_eq!(traits!(Snapshot), ALL);
}

/// Both ends: what each of them is.
#[test]
fn queue() {
    use wakering::queue::{ChannelError, Queue, QueueError, Receiver, Sender};
    let mut rows = Vec::new();
    row!(rows, Queue<_>: ALL, ALL, NOT_SENT);
    row!(rows, Sender<_>: ALL, ALL, NOT_SENT);
    row!(rows, Receiver<_>: ALL, ALL, NOT_SENT);
    check(rows);
    assert_eq!(traits!(QueueError), ALL);
    assert_eq!(traits!(ChannelError), ALL);
    let queue = Queue::<Sent>::new(1);
    future_is!(queue.send(Cell::new(1)), std::marker::Send);
    future_is!(queue.receive(), std::marker::Send | Sync);
}

/// As tokio's, and unwind safe whatever the message.
#[test]
fn oneshot() {
    use wakering::oneshot::error::{RecvError, RecvTimeoutError, TryRecvError};
    use wakering::oneshot::{Receiver, Sender, channel};
    let mut rows = Vec::new();
    row!(rows, Sender<_>: ALL, ALL, NOT_SENT);
    row!(rows, Receiver<_>: ALL, ALL, NOT_SENT);
    check(rows);
    assert_eq!(traits!(RecvError), ALL);
    assert_eq!(traits!(TryRecvError), ALL);
    assert_eq!(traits!(RecvTimeoutError), ALL);
    assert_eq!(traits!(Sender<std::marker::PhantomPinned>), ALL);
    assert_eq!(traits!(Receiver<std::marker::PhantomPinned>), ALL);
    let (mut tx, rx) = channel::<Sent>();
    future_is!(tx.closed(), std::marker::Send | Sync | Unpin);
    future_is!(rx, std::marker::Send | Sync | Unpin);
}

/// Values are shared by all who borrow them: both traits are asked of them. A `Ref` stays in its thread.
#[test]
fn watch_types() {
    use wakering::watch::error::{RecvError, RecvTimeoutError, SendError};
    use wakering::watch::{Receiver, Ref, Sender, WatchStream, channel};
    let mut rows = Vec::new();
    let not_shared = "Unpin UnwindSafe RefUnwindSafe";
    row!(rows, Sender<_>: ALL, not_shared, not_shared);
    row!(rows, Receiver<_>: ALL, not_shared, not_shared);
    row!(rows, WatchStream<_>: ALL, not_shared, not_shared);
    row!(rows, Ref<'static, _>: "Sync Unpin UnwindSafe RefUnwindSafe", "Unpin", not_shared);
    let (sent, local) = ("Send Unpin UnwindSafe", "Unpin UnwindSafe RefUnwindSafe");
    row!(rows, SendError<_>: ALL, sent, local);
    check(rows);
    assert_eq!(traits!(RecvError), ALL);
    assert_eq!(traits!(RecvTimeoutError), ALL);

    let (tx, mut rx) = channel::<Shared>(1);
    future_is!(tx.closed(), std::marker::Send | Sync);
    future_is!(rx.changed(), std::marker::Send | Sync);
    future_is!(rx.wait_for(|_| true), std::marker::Send | Sync);
}

#[test]
fn iterators() {
    use wakering::mpmc::{Drain, IntoIter, Iter, TryIter};
    let mut rows = Vec::new();
    row!(rows, Iter<'static, _>: ALL, ALL, NOT_SENT);
    row!(rows, TryIter<'static, _>: ALL, ALL, NOT_SENT);
    row!(rows, Drain<'static, _>: ALL, ALL, NOT_SENT);
    row!(rows, IntoIter<_>: ALL, ALL, NOT_SENT);
    check(rows);
}

/// Futures wait in a list by their address: not one is `Unpin`. One that holds a message is `Sync` only if
/// the message is.
#[test]
fn futures() {
    let mut rows = Vec::new();
    row!(rows, Recv<'static, _>: "Send Sync", "Send Sync", "");
    row!(rows, RecvOwned<_>: "Send Sync", "Send Sync", "");
    row!(rows, RecvMany<'static, _>: "Send Sync", "Send", "");
    row!(rows, Send<'static, _>: "Send Sync", "Send", "");
    row!(rows, SendOwned<_>: "Send Sync", "Send", "");
    row!(rows, SendMany<'static, _>: "Send Sync", "Send", "");
    row!(rows, Reserve<'static, _>: "Send Sync", "Send Sync", "");
    row!(rows, ReserveMany<'static, _>: "Send Sync", "Send Sync", "");
    row!(rows, ReserveOwned<_>: "Send Sync", "Send Sync", "");
    row!(rows, Closed<'static, _>: "Send Sync", "Send Sync", "");
    row!(rows, SendWith<'static, _, std::future::Ready<()>>: "Send Sync", "Send", "");
    row!(rows, RecvWith<'static, _, std::future::Ready<()>>: "Send Sync", "Send Sync", "");
    check(rows);
}

/// An error is its message, as far as the auto traits go.
#[test]
fn errors() {
    let mut rows = Vec::new();
    let (sent, local) = ("Send Unpin UnwindSafe", "Unpin UnwindSafe RefUnwindSafe");
    row!(rows, SendError<_>: ALL, sent, local);
    row!(rows, TrySendError<_>: ALL, sent, local);
    row!(rows, SendTimeoutError<_>: ALL, sent, local);
    check(rows);
    assert_eq!(traits!(RecvError), ALL);
    assert_eq!(traits!(TryRecvError), ALL);
    assert_eq!(traits!(RecvTimeoutError), ALL);
}

#[cfg(feature = "sink")]
#[test]
fn sinks() {
    let mut rows = Vec::new();
    row!(rows, SendSink<'static, _>: "Send Sync Unpin", "Send Sync Unpin", "Unpin");
    row!(rows, OwnedSendSink<_>: "Send Sync Unpin", "Send Sync Unpin", "Unpin");
    check(rows);
}

/// A timer decides for itself whether the future with it may be sent.
#[test]
fn timers() {
    type Timer = std::future::Ready<Rc<()>>;
    assert_eq!(traits!(SendWith<'static, u8, Timer>), "");
    assert_eq!(traits!(RecvWith<'static, u8, Timer>), "");
}

/// The tools above tell the difference.
#[test]
fn the_table_can_be_wrong() {
    assert_eq!(traits!(Rc<Cell<u8>>), "Unpin");
    assert_eq!(
        traits!(std::marker::PhantomPinned),
        "Send Sync UnwindSafe RefUnwindSafe"
    );
    assert_eq!(traits!(&'static mut u8), "Send Sync Unpin RefUnwindSafe");
}

/// Owned futures and handles go to another thread; the compiler checks it here.
#[test]
fn owned_futures_may_be_spawned() {
    fn spawnable<F: Future + std::marker::Send + 'static>(_: &F) {}
    let (tx, rx) = bounded::<Sent>(1);
    spawnable(&tx.send_owned(Cell::new(1)));
    spawnable(&rx.recv_owned());
    spawnable(&tx.clone().reserve_owned());
    spawnable(&async move {
        let _ = tx.send(Cell::new(2)).await;
        let _ = rx.recv().await;
        drop(tx.reserve().await);
        tx.closed().await;
    });
}

/// Each program in `tests/compile_fail` is refused, on the line that has a `//~` mark and no other, with the code and
/// the beginning of the message that the mark gives.
///
/// The compiler is called as it is, with the library that this test is linked with: a second for all of them, where a
/// tool that calls cargo builds every dependency of the tests once more.
#[test]
#[cfg_attr(miri, ignore = "calls the compiler")]
fn programs_that_must_not_compile() {
    let compiler = Compiler::find();
    let mut programs = 0;
    for entry in fs::read_dir("tests/compile_fail").unwrap() {
        let path = entry.unwrap().path();
        let source = fs::read_to_string(&path).unwrap();
        let expected: Vec<_> = (1..)
            .zip(source.lines())
            .filter_map(|(number, line)| {
                let (code, message) = line.split_once("//~ ")?.1.split_once(' ')?;
                Some(format!("{number}: error[{code}]: {message}"))
            })
            .collect();
        assert!(!expected.is_empty(), "{path:?} has no mark");
        let mut errors = compiler.errors(&path);
        // One mistake may be several errors: the first of a line counts.
        errors.dedup_by_key(|error| error.split(':').next().map(str::to_owned));
        let as_expected = errors.len() == expected.len()
            && errors
                .iter()
                .zip(&expected)
                .all(|(error, expected)| error.starts_with(expected));
        assert!(
            as_expected,
            "{path:?}: expected {expected:#?}, got {errors:#?}"
        );
        programs += 1;
    }
    assert!(programs >= 10, "only {programs} programs");
}

/// The compiler, and the library as cargo has left it for this test.
struct Compiler {
    deps: PathBuf,
    library: PathBuf,
    directory: tempfile::TempDir,
}

impl Compiler {
    /// The newest library with which a sound program compiles; others may be there, of other compilers.
    fn find() -> Self {
        let deps = std::env::current_exe()
            .unwrap()
            .parent()
            .unwrap()
            .to_owned();
        let mut libraries: Vec<_> = fs::read_dir(&deps)
            .unwrap()
            .map(|entry| entry.unwrap())
            .filter(|entry| {
                let name = entry.file_name().into_string().unwrap_or_default();
                name.starts_with("libwakering-") && name.ends_with(".rlib")
            })
            .map(|entry| (entry.metadata().unwrap().modified().unwrap(), entry.path()))
            .collect();
        libraries.sort();
        let mut compiler = Self {
            deps,
            library: PathBuf::new(),
            directory: tempfile::tempdir().unwrap(),
        };
        let sound = compiler.directory.path().join("sound.rs");
        let program = "fn main() { let (tx, rx) = wakering::bounded(1); tx.try_send(1).unwrap(); \
                       std::thread::spawn(move || rx.try_recv().unwrap()); }";
        fs::write(&sound, program).unwrap();
        let mut errors = Vec::new();
        while let Some((_, library)) = libraries.pop() {
            compiler.library = library;
            let new = compiler.errors(&sound);
            if new.is_empty() {
                return compiler;
            }
            errors.extend(new);
        }
        panic!("a sound program does not compile: {errors:#?}");
    }

    /// Compiles one program, and says of each error its line, code and message.
    fn errors(&self, program: &Path) -> Vec<String> {
        let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
        let mut library = OsString::from("wakering=");
        library.push(&self.library);
        let mut deps = OsString::from("dependency=");
        deps.push(&self.deps);
        let output = Command::new(rustc)
            .args([
                "--edition",
                "2024",
                "--emit",
                "metadata",
                "--error-format",
                "short",
            ])
            .arg("--extern")
            .arg(library)
            .arg("-L")
            .arg(deps)
            .arg("-o")
            .arg(self.directory.path().join("output"))
            .arg(program)
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        let errors: Vec<_> = said
            .lines()
            .filter_map(|line| {
                // path:line:column: error[code]: message
                let (place, error) = line.split_once(": error")?;
                let number = place.rsplit(':').nth(1)?;
                Some(format!("{number}: error{error}"))
            })
            .collect();
        // What has no place in the program is an error too.
        if errors.is_empty() && !output.status.success() {
            return vec![said];
        }
        errors
    }
}

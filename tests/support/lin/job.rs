//! One history: its channel, its threads, its verdict.

use super::check::{Rule, Verdict, check};
use super::gate::{Gate, Probe};
use super::history::{Action, Call, Clock, History, Log, Value};
use super::rng::Rng;
use super::worker::{Worker, mpsc};
use std::fmt;
use std::sync::{Arc, Mutex};
use wakering::{Receiver, Sender, TryRecvError};

/// Threads, locks and pauses: the standard ones, or those of the model scheduler.
pub(crate) mod sys {
    use super::Rng;

    #[cfg(wakering_shuttle)]
    pub(crate) use shuttle::{
        sync::{Condvar, Mutex},
        thread::yield_now as pause,
    };
    #[cfg(not(wakering_shuttle))]
    pub(crate) use std::{
        sync::{Condvar, Mutex},
        thread::yield_now as pause,
    };

    /// A short random delay, so that the calls of real threads meet in many ways. A model scheduler needs no help.
    pub(crate) fn jitter(rng: &mut Rng) {
        let mut spins = rng.below(4) * rng.below(60);
        while spins > 0 && cfg!(not(wakering_shuttle)) {
            std::hint::spin_loop();
            spins -= 1;
        }
    }
}

/// The most steps the checker may take for one history. A typical one needs about a hundred.
const BUDGET: usize = 5_000_000;

/// The capacity of a channel without bound.
pub(crate) const UNBOUNDED: usize = usize::MAX / 2;

/// Which channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Face {
    Mpmc,
    Mpsc,
}

/// What a history is made from. The seed fixes the programs, not the interleaving.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub seed: u64,
    pub face: Face,
    pub capacity: usize,
    pub threads: usize,
    pub calls: usize,
}

pub(crate) struct Job {
    pub plan: Plan,
    ends: Ends,
    clock: Arc<Clock>,
    gate: Arc<Gate>,
    calls: Mutex<Vec<Call>>,
}

enum Ends {
    Mpmc(Sender<Value>, Receiver<Value>),
    Mpsc(mpsc::Ends),
}

impl Job {
    pub(crate) fn new(plan: Plan) -> Job {
        let (gate, ends) = match plan.face {
            Face::Mpmc => {
                let (tx, rx) = match plan.capacity {
                    UNBOUNDED => wakering::unbounded(),
                    capacity => wakering::bounded(capacity),
                };
                let seen = rx.clone();
                let probe = move || Probe {
                    len: seen.len(),
                    full: seen.is_full(),
                    closed: seen.is_closed(),
                };
                (Gate::new(plan.threads, probe), Ends::Mpmc(tx, rx))
            }
            Face::Mpsc => {
                let ends = mpsc::Ends::new(plan.capacity);
                (Gate::new(plan.threads, ends.probe()), Ends::Mpsc(ends))
            }
        };
        Job {
            plan,
            ends,
            clock: Arc::default(),
            gate,
            calls: Mutex::default(),
        }
    }

    /// What thread number `seat` does.
    pub(crate) fn run(&self, seat: usize) {
        struct Leave<'a>(&'a Gate);
        impl Drop for Leave<'_> {
            fn drop(&mut self) {
                self.0.leave();
            }
        }
        let _leave = Leave(&self.gate);
        let rng = Rng::fork(self.plan.seed, seat as u64);
        let log = Log::new(seat, self.clock.clone());
        let log = match &self.ends {
            Ends::Mpmc(tx, rx) => {
                let (tx, rx) = (tx.clone(), rx.clone());
                Worker::new(seat, self.plan.capacity, (&tx, &rx), &self.gate, rng, log)
                    .run(self.plan.seed, self.plan.calls)
            }
            Ends::Mpsc(ends) => ends.run(seat, self.plan.calls, &self.gate, rng, log),
        };
        self.calls.lock().unwrap().extend(log.calls);
    }

    /// One look at what is left, after all threads are done.
    fn try_recv(&self) -> Action {
        match &self.ends {
            Ends::Mpmc(_, rx) => match rx.try_recv() {
                Ok(v) => Action::Pop(v),
                Err(TryRecvError::Empty) => Action::Empty,
                Err(TryRecvError::Closed) => Action::RecvClosed,
            },
            Ends::Mpsc(ends) => ends.try_recv(),
        }
    }

    /// After all threads are done: empties the channel, so that a lost message shows, and judges.
    ///
    /// A channel that failed is leaked: if it is broken, dropping it may never end.
    pub(crate) fn judge(self, stats: &mut Stats) -> Result<(), Failure> {
        let verdict = self.verdict(stats);
        if verdict.is_err() {
            std::mem::forget(self);
        }
        verdict
    }

    fn verdict(&self, stats: &mut Stats) -> Result<(), Failure> {
        let mut log = Log::new(self.plan.threads, self.clock.clone());
        loop {
            let at = log.begin();
            let step = self.try_recv();
            log.end(at, "try_recv", &[step]);
            if !matches!(step, Action::Pop(_)) || log.calls.len() > 100 {
                break;
            }
        }
        let mut calls = std::mem::take(&mut *self.calls.lock().unwrap());
        calls.append(&mut log.calls);
        let history = History::new(self.plan.capacity, calls);
        let fail = |what: String| Failure {
            plan: self.plan,
            what,
            history: history.clone(),
        };
        if let Some(forgotten) = self.gate.forgotten() {
            return Err(fail(forgotten));
        }
        stats.histories += 1;
        stats.calls += history.calls.len();
        stats.overlaps += history.overlaps();
        let mut last = Verdict::OutOfSteps;
        for (n, (_, rule)) in RULES.into_iter().enumerate() {
            last = check(&history, rule, BUDGET);
            match last {
                Verdict::Linearizable => {
                    stats.by_rule[n] += 1;
                    if n > 0 && stats.example[n].is_none() {
                        stats.example[n] = Some(format!("{:?}\n{history}", self.plan));
                    }
                    return Ok(());
                }
                Verdict::OutOfSteps => {
                    return Err(fail(
                        "the checker ran out of steps: this is no verdict".into(),
                    ));
                }
                Verdict::Impossible { .. } => {}
            }
        }
        let Verdict::Impossible { longest } = last else {
            unreachable!()
        };
        let never: Vec<_> = (0..history.calls.len())
            .filter(|i| !longest.contains(i) && !history.calls[*i].perhaps)
            .filter(|i| !history.calls[*i].steps.is_empty())
            .collect();
        Err(fail(format!(
            "not linearizable; the longest order found is {longest:?}, which leaves {never:?} (by number)"
        )))
    }
}

/// What many histories came to.
#[derive(Debug, Default)]
pub(crate) struct Stats {
    histories: usize,
    calls: usize,
    overlaps: usize,
    /// How many histories passed by which rule, the first that they passed by.
    by_rule: [usize; RULES.len()],
    example: [Option<String>; RULES.len()],
}

/// From the strictest to the laxest.
const RULES: [(&str, Rule); 6] = [
    ("strict", Rule::STRICT),
    ("granted", Rule::GRANTED),
    ("late Empty", Rule::LATE_EMPTY),
    ("late Full", Rule::LATE_FULL),
    ("late count", Rule::LATE_COUNT),
    ("several", Rule::ALL),
];

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs = self.overlaps as f64 / self.histories.max(1) as f64;
        write!(
            f,
            "{} histories, {} calls, {pairs:.1} overlapping pairs each;",
            self.histories, self.calls
        )?;
        for (n, (name, _)) in self.by_rule.iter().zip(RULES) {
            write!(f, " {name} {n}")?;
        }
        if std::env::var_os("WAKERING_LIN_EXAMPLES").is_some() {
            for example in self.example.iter().flatten() {
                write!(f, "\n{example}")?;
            }
        }
        Ok(())
    }
}

pub(crate) struct Failure {
    pub plan: Plan,
    pub what: String,
    pub history: History,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.what)?;
        writeln!(f, "program: {:?}", self.plan)?;
        write!(f, "{}", self.history)
    }
}

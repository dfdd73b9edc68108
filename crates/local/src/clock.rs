//! The time the local cloud lives in.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

/// The clock of one local cloud: tokens expire and timestamps are written by it, not by the system's clock.
///
/// Every clone is a handle to the same clock. A running clock is the system's time plus an offset; a frozen one moves
/// only when it is told to. It shows no time before 1970 and none after the year 9998, so that what lies some days ahead
/// can still be told: what goes further stops there.
///
/// ```
/// use std::time::Duration;
/// use turso_cloud_local::Clock;
///
/// let clock = Clock::frozen_at("2026-01-01T00:00:00Z".parse()?);
/// clock.advance(Duration::from_secs(3600));
/// assert_eq!(clock.now().to_string(), "2026-01-01T01:00:00Z");
/// # Ok::<(), jiff::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Clock(Arc<Mutex<ClockState>>);

const FIRST: Timestamp = Timestamp::UNIX_EPOCH;

/// The last second of the year 9998.
const LAST: Timestamp = Timestamp::constant(253_370_764_799, 0);

/// What a clock does, so that it can do it again.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ClockState {
    Running { offset: SignedDuration },
    Frozen { at: Timestamp },
}

impl Clock {
    /// A clock that runs with the system's.
    ///
    /// ```
    /// use turso_cloud_local::Clock;
    ///
    /// assert!(Clock::system().now() >= "2026-01-01T00:00:00Z".parse()?);
    /// # Ok::<(), jiff::Error>(())
    /// ```
    #[must_use]
    pub fn system() -> Self {
        Self::in_state(ClockState::Running { offset: SignedDuration::ZERO })
    }

    /// A clock that stands still at `at` until it is moved or resumed.
    ///
    /// ```
    /// use turso_cloud_local::Clock;
    ///
    /// let noon = "2026-06-01T12:00:00Z".parse()?;
    /// assert_eq!(Clock::frozen_at(noon).now(), noon);
    /// # Ok::<(), jiff::Error>(())
    /// ```
    #[must_use]
    pub fn frozen_at(at: Timestamp) -> Self {
        Self::in_state(ClockState::Frozen { at: shown(at) })
    }

    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.lock().now()
    }

    /// Moves the clock forward; a running clock keeps running from there.
    pub fn advance(&self, by: Duration) {
        let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
        let mut state = self.0.lock();
        *state = match *state {
            ClockState::Running { offset } => ClockState::Running { offset: offset.saturating_add(by) },
            ClockState::Frozen { at } => ClockState::Frozen { at: shifted(at, by) },
        };
    }

    /// Moves the clock to `to`, forward or back; a running clock keeps running from there.
    ///
    /// ```
    /// use turso_cloud_local::Clock;
    ///
    /// let clock = Clock::system();
    /// clock.set("2030-01-01T00:00:00Z".parse()?);
    /// assert!(clock.now() >= "2030-01-01T00:00:00Z".parse()?);
    /// # Ok::<(), jiff::Error>(())
    /// ```
    pub fn set(&self, to: Timestamp) {
        let to = shown(to);
        let mut state = self.0.lock();
        *state = match *state {
            ClockState::Running { .. } => ClockState::running_from(to),
            ClockState::Frozen { .. } => ClockState::Frozen { at: to },
        };
    }

    /// Whether a clock can show the time that is so much later than `at`, and `at` itself.
    pub(crate) fn can_show(at: Timestamp, later: Duration) -> bool {
        let shown = FIRST..=LAST;
        shown.contains(&at) && at.checked_add(later).is_ok_and(|later| shown.contains(&later))
    }

    /// Stops the clock at the present moment.
    ///
    /// ```
    /// use turso_cloud_local::Clock;
    ///
    /// let clock = Clock::system();
    /// clock.freeze();
    /// assert_eq!(clock.now(), clock.now());
    /// ```
    pub fn freeze(&self) {
        let mut state = self.0.lock();
        *state = ClockState::Frozen { at: state.now() };
    }

    /// Lets a frozen clock run on from where it stands.
    pub fn resume(&self) {
        let mut state = self.0.lock();
        *state = ClockState::running_from(state.now());
    }

    /// Whether it moves only when it is told to.
    #[must_use]
    pub fn is_frozen(&self) -> bool {
        matches!(self.state(), ClockState::Frozen { .. })
    }

    pub(crate) fn state(&self) -> ClockState {
        *self.0.lock()
    }

    pub(crate) fn return_to(&self, state: ClockState) {
        *self.0.lock() = state;
    }

    /// Another clock, which shows the same time and goes its own way from now on.
    pub(crate) fn forked(&self) -> Self {
        Self::in_state(self.state())
    }

    fn in_state(state: ClockState) -> Self {
        Self(Arc::new(Mutex::new(state)))
    }
}

impl ClockState {
    fn running_from(at: Timestamp) -> Self {
        Self::Running { offset: at.duration_since(Timestamp::now()) }
    }

    pub(crate) fn now(self) -> Timestamp {
        let now = match self {
            Self::Running { offset } => shifted(Timestamp::now(), offset),
            Self::Frozen { at } => at,
        };
        // Here too, for the state of a clock may be one that was kept.
        shown(now)
    }
}

/// The nearest time that a clock can show. One that stood beyond it would not be seen to move.
fn shown(at: Timestamp) -> Timestamp {
    at.clamp(FIRST, LAST)
}

fn shifted(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(if by.is_negative() { FIRST } else { LAST })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_frozen_clock_moves_only_when_told() {
        let clock = Clock::frozen_at(at("2026-01-01T00:00:00Z"));
        assert_eq!(clock.now(), clock.now());
        clock.advance(Duration::from_secs(90));
        assert_eq!(clock.now(), at("2026-01-01T00:01:30Z"));
        clock.set(at("2020-02-02T00:00:00Z"));
        assert_eq!(clock.now(), at("2020-02-02T00:00:00Z"));
    }

    #[test]
    fn a_running_clock_is_the_system_time_plus_what_was_advanced() {
        let clock = Clock::system();
        clock.advance(Duration::from_secs(3600));
        let ahead = clock.now().duration_since(Timestamp::now());
        assert!((ahead - SignedDuration::from_hours(1)).abs() < SignedDuration::from_secs(5), "{ahead}");
    }

    #[test]
    fn every_clone_is_the_same_clock() {
        let clock = Clock::frozen_at(at("2026-01-01T00:00:00Z"));
        clock.clone().advance(Duration::from_secs(1));
        assert_eq!(clock.now(), at("2026-01-01T00:00:01Z"));
    }

    #[test]
    fn a_resumed_clock_runs_on_from_where_it_stood() {
        let clock = Clock::frozen_at(at("2040-01-01T00:00:00Z"));
        clock.resume();
        let now = clock.now();
        assert!(now >= at("2040-01-01T00:00:00Z") && now < at("2040-01-01T01:00:00Z"), "{now}");
        clock.freeze();
        assert_eq!(clock.now(), clock.now());
    }

    #[test]
    fn an_impossible_time_is_clamped() {
        let last = at("9998-12-31T23:59:59Z");
        let clock = Clock::frozen_at(Timestamp::MAX);
        clock.advance(Duration::MAX);
        assert_eq!(clock.now(), last);
        clock.resume();
        clock.advance(Duration::MAX);
        clock.advance(Duration::MAX);
        assert_eq!(clock.now(), last);
        clock.freeze();
        clock.set(Timestamp::MIN);
        assert_eq!(clock.now(), Timestamp::UNIX_EPOCH);
    }

    #[test]
    fn a_clock_that_was_sent_too_far_back_moves_on_from_where_it_stopped() {
        for clock in [Clock::frozen_at(Timestamp::MIN), Clock::system()] {
            clock.set(Timestamp::MIN);
            clock.advance(Duration::from_secs(90));
            assert!((at("1970-01-01T00:01:30Z")..at("1970-01-01T00:02:00Z")).contains(&clock.now()), "{clock:?}");
        }
    }
}

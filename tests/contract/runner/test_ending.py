"""The end of a run is told by signals, which come at any moment."""

import signal

from knative.local.ending import Ending


def test_signals_at_any_moment_of_a_wait_neither_block_it_nor_get_lost() -> None:
    """With threading.Event this stands still for ever within some hundred waits: its lock is taken twice."""
    ending = Ending()
    before = signal.signal(signal.SIGALRM, lambda *_: ending.set())
    try:
        for number in range(3000):
            ending = Ending()
            signal.setitimer(signal.ITIMER_REAL, 1e-6 * (1 + number % 100))
            while not ending.wait(0.0001):
                pass
            assert ending.is_set()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

"""How often the offices may be asked."""

import time

# Between two requests with the same key.
PAUSE = 0.5


def wait_for_turn() -> None:
    """Hold back until the next request is allowed."""
    time.sleep(PAUSE)

"""Command line, start and stop."""

import argparse
import asyncio
import logging
from pathlib import Path

from . import jobs, notify
from .clients import geocoding
from .storage import Storage

log = logging.getLogger(__name__)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="weather-service", description=__doc__)
    parser.add_argument("cities", nargs="+", help="names of cities")
    parser.add_argument("--data", type=Path, default=Path("data"), help="folder")
    parser.add_argument("--webhook", help="URL that alerts are posted to")
    parser.add_argument("--pause", type=float, default=600.0, help="seconds")
    return parser.parse_args()


async def serve(arguments: argparse.Namespace) -> None:
    storage = Storage(arguments.data)
    await storage.wait_for_folder()
    if arguments.webhook and not await notify.check(arguments.webhook):
        log.warning("alerts will be posted once the webhook answers")
    if not await jobs.wait_for_alerts():
        log.warning("the alert service does not answer")
    cities = await geocoding.locate_all(arguments.cities)
    heartbeat = jobs.Heartbeat(limit=2 * arguments.pause)
    await heartbeat.start()
    try:
        await jobs.refresh_forever(
            cities, storage, arguments.webhook, heartbeat, arguments.pause
        )
    finally:
        heartbeat.running = False


def main() -> None:
    logging.basicConfig(level=logging.INFO)
    try:
        asyncio.run(serve(parse_arguments()))
    except KeyboardInterrupt:
        log.info("stopped")


if __name__ == "__main__":
    main()

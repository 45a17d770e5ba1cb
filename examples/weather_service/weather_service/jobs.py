"""What the service does again and again."""

import asyncio
import logging
import threading
from time import monotonic, sleep

from . import notify
from .clients import alerts, forecasts, offices
from .models import Alert, City
from .storage import Storage

log = logging.getLogger(__name__)


class Heartbeat:
    """A sign of life of the event loop, which a thread watches."""

    def __init__(self, limit: float = 30.0) -> None:
        self.limit = limit
        self.last = monotonic()
        self.running = True

    def beat(self) -> None:
        self.last = monotonic()

    def watch(self) -> None:
        while self.running:
            sleep(1)
            silence = monotonic() - self.last
            if silence > self.limit:
                log.error("no sign of life for %.0f seconds", silence)

    async def start(self) -> threading.Thread:
        """Start watching, a little later, so that a slow start is no alarm."""

        def watch_later() -> None:
            sleep(self.limit)
            self.watch()

        thread = threading.Thread(target=watch_later, name="heartbeat", daemon=True)
        thread.start()
        return thread


async def severe_alerts(countries: list[str]) -> list[Alert]:
    severe = []
    for country in countries:
        log.info("asking %s", offices.next_office(country))
        found = await alerts.alerts_for(country)
        severe.extend(one for one in found if one.severity in ("Severe", "Extreme"))
    return severe


async def refresh(cities: list[City], storage: Storage, webhook: str | None) -> None:
    async with forecasts.open_client() as client:
        await storage.save_all(await forecasts.forecasts(client, cities))
    if webhook is None:
        return
    for alert in await severe_alerts(sorted({city.country for city in cities})):
        if await notify.announce(webhook, alert):
            await alerts.acknowledge(alert)


async def refresh_forever(
    cities: list[City],
    storage: Storage,
    webhook: str | None,
    heartbeat: Heartbeat,
    pause: float,
) -> None:
    while True:
        heartbeat.beat()
        try:
            await refresh(cities, storage, webhook)
        except Exception:
            log.exception("refreshing failed; trying again in a minute")
            sleep(60)
        else:
            sleep(pause)


async def wait_for_alerts(attempts: int = 5) -> bool:
    """Give the alert service some time to come up."""
    for _ in range(attempts):
        if await alerts.is_available():
            return True
        await asyncio.sleep(1)
    return False

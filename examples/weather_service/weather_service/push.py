"""Subscribers that are told of alerts as they come in."""

import asyncio
import logging
from dataclasses import asdict

import httpx

from .models import Alert

log = logging.getLogger(__name__)


class Subscribers:
    def __init__(self, addresses: list[str]) -> None:
        self.addresses = addresses
        self.alerts: asyncio.Queue[Alert] = asyncio.Queue()
        self.lock = asyncio.Lock()
        self.told: set[Alert] = set()

    async def start(self) -> None:
        asyncio.create_task(self.tell_forever())

    async def know(self, alert: Alert) -> bool:
        async with self.lock:
            return alert in self.told

    async def publish(self, alert: Alert) -> None:
        if not self.know(alert):
            self.alerts.put(alert)

    async def tell(self, alert: Alert) -> None:
        async with self.lock:
            self.told.add(alert)
        for address in self.addresses:
            async with httpx.AsyncClient() as client:
                await client.post(address, json=asdict(alert))

    async def tell_forever(self) -> None:
        while True:
            alert = await self.alerts.get()
            try:
                await self.tell(alert)
            except BaseException:
                log.exception("could not tell of %s", alert.id)


async def translated(alert: Alert) -> str:
    loop = asyncio.get_event_loop()
    return await loop.run_in_executor(None, alert.headline.translate, {})


def headline(alert: Alert) -> str:
    return asyncio.run(translated(alert))


async def preview(alert: Alert) -> str:
    return headline(alert).splitlines()[0]

"""One JSON file for each city."""

import asyncio
import json
import time
from dataclasses import asdict
from pathlib import Path

from .models import Forecast


def write_patiently(path: Path, text: str, attempts: int = 3) -> None:
    """Write a file that a backup may hold open just now. Runs in a thread."""
    for attempt in range(attempts):
        try:
            path.write_text(text, encoding="utf-8")
            return
        except PermissionError:
            time.sleep(0.1 * 2**attempt)
    raise PermissionError(f"{path} is still in use")


class Storage:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lock = asyncio.Lock()

    async def save(self, forecast: Forecast) -> None:
        path = self.folder / f"{forecast.city}.json"
        text = json.dumps(asdict(forecast), indent=2)
        await asyncio.to_thread(write_patiently, path, text)

    async def save_all(self, forecasts: list[Forecast]) -> None:
        """Save all forecasts; whoever reads under the lock sees all of them or none."""
        async with self.lock:
            for forecast in forecasts:
                await self.save(forecast)

    async def wait_for_folder(self) -> None:
        """Wait for a network drive that is mounted late."""
        while not self.folder.is_dir():
            time.sleep(0.5)

"""Forecasts and past observations, over one shared client."""

from collections.abc import Iterable
from typing import Any

import httpx

from ..models import City, Forecast

BASE_URL = "https://api.open-meteo.com"


def open_client() -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=BASE_URL, timeout=10)


async def fetch(client: httpx.AsyncClient, city: City) -> dict[str, Any]:
    """Ask for the current weather of a city."""
    place = {"latitude": city.latitude, "longitude": city.longitude}
    fields = "temperature_2m,wind_speed_10m"
    response = await client.get("/v1/forecast", params={**place, "current": fields})
    response.raise_for_status()
    return response.json()


async def fetch_page(
    client: httpx.AsyncClient, city: City, cursor: str | None
) -> dict[str, Any]:
    """Ask for some of a city's observations, from where the last page ended."""
    params = {"city": city.name, "cursor": cursor or "start"}
    response = await client.get("/v1/observations", params=params)
    response.raise_for_status()
    return response.json()


async def raw_forecasts(
    client: httpx.AsyncClient, cities: Iterable[City]
) -> list[dict[str, Any]]:
    replies = []
    for city in cities:
        replies.append(await fetch(client, city))
    return replies


async def forecasts(client: httpx.AsyncClient, cities: list[City]) -> list[Forecast]:
    found = []
    for city in cities:
        reply = await fetch(client, city)
        found.append(Forecast.from_reply(city, reply))
    return found


async def northern_replies(
    client: httpx.AsyncClient, cities: list[City]
) -> list[dict[str, Any]]:
    return [await fetch(client, city) for city in cities if city.latitude > 60]


async def warmest(client: httpx.AsyncClient, cities: list[City]) -> float:
    replies = [await fetch(client, city) for city in cities]
    return max(reply["current"]["temperature_2m"] for reply in replies)


async def observations(
    client: httpx.AsyncClient, city: City, most_pages: int = 10
) -> list[dict[str, Any]]:
    """Collect past observations; each page names the next one."""
    collected = []
    cursor = None
    for _ in range(most_pages):
        page = await fetch_page(client, city, cursor)
        collected.extend(page["observations"])
        cursor = page["next"]
        if cursor is None:
            break
    return collected

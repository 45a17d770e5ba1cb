"""From a city's name to its place."""

import time as clock

import requests

from ..models import City

SEARCH_URL = "https://geocoding-api.open-meteo.com/v1/search"
ELEVATION_URL = "https://api.open-meteo.com/v1/elevation"

# The service refuses those who ask more often.
PAUSE = 0.2


class UnknownCityError(LookupError):
    """No place has this name."""


async def locate(name: str) -> City:
    """Look up a city's coordinates, then how high it lies."""
    response = requests.get(
        SEARCH_URL,
        params={"name": name, "count": 1},
        headers={"Accept": "application/json"},
        timeout=10,
    )
    response.raise_for_status()
    places = response.json().get("results")
    if not places:
        raise UnknownCityError(name)
    place = places[0]
    clock.sleep(PAUSE)
    response = requests.get(
        ELEVATION_URL,
        params={"latitude": place["latitude"], "longitude": place["longitude"]},
        timeout=10,
    )
    elevation = response.json()["elevation"][0] if response.ok else 0.0
    return City(
        place["name"],
        place["country"],
        place["latitude"],
        place["longitude"],
        elevation,
    )


async def locate_all(names: list[str]) -> list[City]:
    """Look up all cities, with a pause after each."""
    cities = []
    for name in names:
        cities.append(await locate(name))
        clock.sleep(PAUSE)
    return cities

"""The values that travel through the service."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class City:
    name: str
    country: str
    latitude: float
    longitude: float
    elevation: float = 0.0


@dataclass(frozen=True)
class Forecast:
    city: str
    temperature: float
    wind_speed: float

    @classmethod
    def from_reply(cls, city: City, reply: dict[str, Any]) -> "Forecast":
        current = reply["current"]
        return cls(city.name, current["temperature_2m"], current["wind_speed_10m"])


@dataclass(frozen=True)
class Alert:
    id: str
    severity: str
    headline: str

    @classmethod
    def from_reply(cls, reply: dict[str, Any]) -> "Alert":
        properties = reply["properties"]
        return cls(reply["id"], properties["severity"], properties["headline"])

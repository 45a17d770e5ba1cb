"""Which office warns a country."""

from .quota import wait_for_turn

NAMES = {"Norway": "MET Norway", "Portugal": "IPMA", "Slovenia": "ARSO"}


def next_office(country: str) -> str:
    """The office to ask about a country, once it may be asked again."""
    wait_for_turn()
    return NAMES.get(country, "the national office")

"""The webhook that subscribers are told through."""

import logging
import time

import requests

from .models import Alert

log = logging.getLogger(__name__)


async def announce(webhook: str, alert: Alert, attempts: int = 3) -> bool:
    """Post an alert to the webhook; whether it was taken."""
    message = {"severity": alert.severity, "text": alert.headline}
    for attempt in range(attempts):
        response = requests.post(webhook, json=message, timeout=5)
        if response.ok:
            return True
        log.warning("%s answered %d", webhook, response.status_code)
        if response.status_code == 429:
            time.sleep(float(response.headers.get("Retry-After", "1")))
        else:
            time.sleep(2**attempt)
    return False


async def check(webhook: str) -> bool:
    """Whether the webhook can be reached at all."""
    try:
        response = requests.get(webhook, timeout=2)
    except requests.ConnectionError:
        log.warning("%s cannot be reached", webhook)
        return False
    return response.status_code < 500

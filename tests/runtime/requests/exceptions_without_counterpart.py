# row: exceptions.SSLError, exceptions.ProxyError, exceptions.RetryError, exceptions.UnrewindableBodyError, exceptions.URLRequired, exceptions.InvalidProxyURL, exceptions.RequestsWarning, exceptions.RequestsDependencyWarning, exceptions.FileModeWarning, exceptions.StreamConsumedError
# expects: thread
import asyncio
import os

import requests
from requests import exceptions

BASE = os.environ["BASE_URL"]


async def of_sslerror(url):
    try:
        print(requests.get(url, timeout=5).status_code)
    except exceptions.SSLError:
        print("SSLError")
    except requests.RequestException:
        print("something else")


async def of_proxyerror(url):
    try:
        print(requests.get(url, timeout=5).status_code)
    except exceptions.ProxyError:
        print("ProxyError")
    except requests.RequestException:
        print("something else")


async def of_retryerror(url):
    try:
        print(requests.get(url, timeout=5).status_code)
    except exceptions.RetryError:
        print("RetryError")
    except requests.RequestException:
        print("something else")


async def of_unrewindablebodyerror(url):
    try:
        print(requests.get(url, timeout=5).status_code)
    except exceptions.UnrewindableBodyError:
        print("UnrewindableBodyError")
    except requests.RequestException:
        print("something else")


async def of_urlrequired(url):
    try:
        print(requests.get(url, timeout=5).status_code)
    except exceptions.URLRequired:
        print("URLRequired")
    except requests.RequestException:
        print("something else")


async def of_invalidproxyurl(url):
    try:
        print(requests.get(url, timeout=5).status_code)
    except exceptions.InvalidProxyURL:
        print("InvalidProxyURL")
    except requests.RequestException:
        print("something else")


async def of_requestswarning(url):
    try:
        print(requests.get(url, timeout=5).status_code)
    except exceptions.RequestsWarning:
        print("RequestsWarning")
    except requests.RequestException:
        print("something else")


async def of_requestsdependencywarning(url):
    try:
        print(requests.get(url, timeout=5).status_code)
    except exceptions.RequestsDependencyWarning:
        print("RequestsDependencyWarning")
    except requests.RequestException:
        print("something else")


async def of_filemodewarning(url):
    try:
        print(requests.get(url, timeout=5).status_code)
    except exceptions.FileModeWarning:
        print("FileModeWarning")
    except requests.RequestException:
        print("something else")


async def of_streamconsumederror(url):
    try:
        print(requests.get(url, timeout=5).status_code)
    except exceptions.StreamConsumedError:
        print("StreamConsumedError")
    except requests.RequestException:
        print("something else")


async def main():
    for look in (
        of_sslerror,
        of_proxyerror,
        of_retryerror,
        of_unrewindablebodyerror,
        of_urlrequired,
        of_invalidproxyurl,
        of_requestswarning,
        of_requestsdependencywarning,
        of_filemodewarning,
        of_streamconsumederror,
    ):
        await look(BASE + "/echo")
        await look(os.environ["SECURE_URL"])


asyncio.run(main())

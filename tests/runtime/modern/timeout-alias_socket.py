# since: 3.10
# expects: safe
import asyncio
import socket


async def main():
    one, other = socket.socketpair()
    one.settimeout(0.01)
    try:
        one.recv(1)
    except socket.timeout as error:
        print("timed out", isinstance(error, OSError))
    one.close()
    other.close()


asyncio.run(main())

# since: 3.12
# until: 3.13
# needs: 3.8
# expects: review
import asyncio
import sys


async def main():
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "print(6 * 7)", stdout=asyncio.subprocess.PIPE
    )
    print((await process.communicate())[0].split(), process.returncode)


def run():
    asyncio.set_child_watcher(asyncio.ThreadedChildWatcher())
    asyncio.run(main())


run()

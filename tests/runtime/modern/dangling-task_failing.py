# since: 3.7
# expects: safe
import asyncio
import gc


def said(loop, context):
    print(context["message"], repr(context["exception"]))


async def work():
    await asyncio.sleep(0)
    raise ValueError("of work")


async def start():
    asyncio.create_task(work())


async def main():
    asyncio.get_running_loop().set_exception_handler(said)
    await start()
    await asyncio.sleep(0.01)
    gc.collect()
    print("end")


asyncio.run(main())

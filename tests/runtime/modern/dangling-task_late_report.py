# since: 3.7
# expects: review
# today: Task exception was never retrieved
# prints: end
# prints: Task exception was never retrieved
import asyncio


async def work():
    raise ValueError("of work")


async def start():
    # Once a variable keeps the task, its failure is reported when the function ends.
    asyncio.create_task(work())
    await asyncio.sleep(0.01)
    print("end")


async def main():
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda loop, context: print(context["message"]))
    await start()


asyncio.run(main())

# since: 3.7
# expects: manual
# today: nothing ran: 2 kept
import threading


async def work(item=None):
    print("ran")


async def never_calls():
    pass


thread = threading.Thread(target=work)
thread.start()
thread.join()
print("nothing ran:", len(list(filter(work, [1, 2]))), "kept")

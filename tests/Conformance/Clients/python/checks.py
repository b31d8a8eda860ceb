"""Registers checks of subjects (operations, errors, behaviours), runs them in a few lanes, and reports one JSON line a check and subject."""
import json
import queue
import sys
import threading
import time
import traceback

SETTINGS = json.loads(sys.argv[1])
CHECKS = []
OUTPUT = threading.Lock()


def check(subjects, name):
    """Registers a function as a check of one or more subjects."""
    def register(run):
        CHECKS.append(([subjects] if isinstance(subjects, str) else subjects, name, run))
        return run
    return register


def report(subject, name, result, detail=None):
    line = json.dumps({'client': SETTINGS['client'], 'subject': subject, 'check': name, 'result': result, 'detail': detail})
    with OUTPUT:
        print(line, flush=True)


def eventually(what, look, seconds=20):
    """Asks again until `look` gives something, for what AWS changes a moment later."""
    until, wait = time.monotonic() + seconds, 0.01
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > until:
            raise AssertionError(f'{what}: not within {seconds} s')
        time.sleep(wait)
        wait = min(wait * 2, 0.2)


def equal(found, wanted, what=''):
    assert found == wanted, f'{what} {found!r} is not {wanted!r}'


def run_all(lanes=3):
    """Runs all checks, each on streams of its own, so that one that fails takes no other with it."""
    waiting = queue.SimpleQueue()
    for entry in CHECKS:
        waiting.put(entry)

    def lane():
        while True:
            try:
                subjects, name, run = waiting.get_nowait()
            except queue.Empty:
                return
            result, detail = 'ok', None
            try:
                run()
            except Exception:  # a check that fails is a result
                result, detail = 'failed', traceback.format_exc()[-1500:]
            for subject in subjects:
                report(subject, name, result, detail)

    threads = [threading.Thread(target=lane) for _ in range(lanes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

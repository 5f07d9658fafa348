"""What programs that run scenarios by name have in common: see scenario-program.ts."""

import inspect
import asyncio
import sys
import traceback


def say(*values):
    print(*(repr(value) for value in values), flush=True)


def run_scenarios(scenarios):
    """Reads lines `NAME<TAB>URI`; writes what each scenario saw, then `--- end`."""
    for line in sys.stdin:
        name, uri = line.rstrip("\n").split("\t")
        try:
            result = scenarios[name](uri)
            if inspect.isawaitable(result):
                asyncio.run(result)
        except Exception:
            traceback.print_exc(file=sys.stdout)
        print("--- end", flush=True)

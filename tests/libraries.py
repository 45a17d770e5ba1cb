"""Holds what transforms/libraries/*.toml say against the libraries themselves.

    python libraries.py FOLDER UNCHECKED

Every name must be there, keywords and positions must be those of signatures, decorators must give
what they are said to. What inspection cannot tell stands in the file UNCHECKED, with the reason.
"""

import ast
import asyncio
import builtins
import functools
import http
import importlib
import importlib.util
import inspect
import itertools
import os
import pathlib
import re
import sys
import textwrap
import tomllib
import types
import typing
import warnings

warnings.simplefilter("ignore")

# Tables and keys that name nothing in a library: words, names of methods of any object, modules that a
# file may import and that need not be there, texts for people.
NOT_NAMES = {
    "asyncio-only", "awaits-argument", "companions", "distribution", "exclusive-modules", "exclusive-words", "filling-methods",
    "http-sessions",
    "lazy-members", "logging-methods", "name", "pacing-words", "pure-methods", "pure-methods-from",
    "quiet-members", "taking-methods", "words", "writing-words",
}
NOT_NAMES_OF_BLOCKING = {
    "body", "codes", "confirm", "effects", "fallback", "instead", "kind", "lasts", "shared", "unless-said", "unread", "why",
}
# What a call, a `with`, a loop, a subscript and any attribute give of an object, as the last part of a
# name in `gives`.
OF_WHAT_IT_GIVES = {"*", "[]", "__aenter__", "__aiter__", "__await__", "__call__", "__enter__", "__iter__", "__next__"}


class Missing(Exception):
    """A name that is not there."""


class Checker:
    def __init__(self, unchecked):
        self.unchecked = unchecked
        self.used = set()
        self.mistakes = []
        self.where = ""

    def mistake(self, what):
        self.mistakes.append(f"{self.where}: {what}")

    def is_unchecked(self, table, name):
        if name in self.unchecked.get(table, {}):
            self.used.add((table, name))
            return True
        return False

    def object(self, name):
        """What a qualified name names; None if that cannot be told, which is reported unless known."""
        if self.is_unchecked("names", name):
            return None
        try:
            return resolve(name)
        except Missing as missing:
            self.mistake(f"`{name}`: {missing}")
        except Exception as error:
            self.mistake(f"`{name}`: {type(error).__name__}: {error}")
        return None

    def callable(self, name):
        found = self.object(name)
        if found is not None and found is not ATTRIBUTE and not callable(found):
            self.mistake(f"`{name}` cannot be called")
            return None
        return None if found is ATTRIBUTE else found

    def kind(self, name):
        found = self.object(name)
        if found is not None and not inspect.isclass(found):
            self.mistake(f"`{name}` is no class")
            return None
        return found

    def signature(self, name):
        """The parameters of what a name names, without the object of a method."""
        found = self.callable(name)
        if found is None or self.is_unchecked("signatures", name):
            return None
        try:
            parameters = list(inspect.signature(found).parameters.values())
        except (TypeError, ValueError):
            self.mistake(f"`{name}` has no signature that could be inspected")
            return None
        owner = owner_of(name)
        if owner is not None and not inspect.isclass(found):
            static = inspect.getattr_static(owner, name.rpartition(".")[2])
            if not isinstance(static, (staticmethod, classmethod)):
                parameters = parameters[1:]
        return parameters

    def argument(self, name, keyword, position):
        parameters = self.signature(name)
        if parameters is None:
            return
        names = [p.name for p in parameters]
        takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters)
        if keyword is not None:
            known = [p for p in parameters if p.name == keyword and p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
            if not known and not takes_any:
                self.mistake(f"`{name}` has no parameter `{keyword}`, only {names}")
            if position is None and any(p.kind is p.POSITIONAL_ONLY for p in known):
                self.mistake(f"`{name}` takes `{keyword}` by position only")
        if position is not None:
            positional = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
            if any(p.kind is p.VAR_POSITIONAL for p in parameters):
                positional += ["*"] * (position + 1 - len(positional))
            if position >= len(positional):
                self.mistake(f"`{name}` has no argument {position} by position, only {positional}")
            elif keyword is not None and positional[position] not in (keyword, "*"):
                self.mistake(f"argument {position} of `{name}` is `{positional[position]}`, not `{keyword}`")

    # One method for each table.

    def blocking(self, entries):
        for entry in entries:
            self.keys(entry, NOT_NAMES_OF_BLOCKING | {
                "calls", "counterpart", "except", "given", "opens", "only-with", "positions", "review-with", "unless",
                "unless-given",
            })
            calls = expanded(entry["calls"])
            for call in calls:
                if call.endswith(".*"):
                    self.kind(call[:-2])
                    for method in entry.get("except", ()):
                        self.object(f"{call[:-2]}.{method}")
                    continue
                self.callable(call)
                keywords = [*entry.get("unless", ()), *entry.get("only-with", ()), *(key.partition("=")[0] for key in entry.get("review-with", ()))]
                for keyword in keywords:
                    self.argument(call, keyword, entry.get("positions", {}).get(keyword))
                if "counterpart" in entry:
                    self.counterpart(call, entry["counterpart"])
            for value in entry.get("unless", {}).values():
                if "." in value:
                    self.object(value)
            for key in ("given", "unless-given"):
                if key in entry:
                    self.kind(entry[key])

    def closing(self, entries):
        """Objects have the methods that are said to close them, and can be entered if that is said."""
        for entry in entries:
            self.keys(entry, {
                "awaited", "calls", "close", "complete", "context", "costs", "ends", "incomplete-with", "item", "keeps",
                "lent", "what",
            })
            for call in expanded(entry["calls"]):
                found = self.callable(call)
                for keyword in entry.get("lent", ()):
                    self.argument(call, keyword, None)
                if found is None or self.is_unchecked("opened", call):
                    continue
                made = self.gives_of.get(f"{call}.__aenter__") or self.gives_of.get(call)
                if inspect.isclass(found) and entry.get("context", False) != hasattr(found, "__aenter__"):
                    self.mistake(f"`{call}`: whether `async with` takes it is told wrongly")
                if made is None and not inspect.isclass(found):
                    self.mistake(f"`gives` does not tell what `{call}` opens")
                    continue
                made = made or call
                for step in entry["close"]:
                    method = step.removeprefix("await ")
                    closing = self.callable(f"{made}.{method}")
                    if closing is not None and inspect.iscoroutinefunction(closing) != (method != step):
                        self.mistake(f"`{made}.{method}` is awaited, or not, other than `{step}` says")
                for method in [*entry.get("ends", ()), *entry.get("complete", ())]:
                    self.callable(f"{made}.{method}")

    def counterpart(self, call, counterpart):
        """The counterpart takes what is left of the arguments, and means the same by it."""
        self.keys(counterpart, {"function", "keywords", "drops", "lacks", "positional", "review"})
        function = counterpart["function"]
        if function.startswith("."):
            function = call.rpartition(".")[0] + function
        found = self.callable(function)
        if found is None:
            return
        if not inspect.iscoroutinefunction(found) and not self.is_unchecked("coroutines", function):
            self.mistake(f"`{function}` is no coroutine function")
        old, new = self.signature(call), self.signature(function)
        if old is None or new is None:
            return
        renamed = counterpart.get("keywords", {})
        gone = {*counterpart.get("drops", ()), *counterpart.get("lacks", ())}
        by_name = {p.name: p for p in old}
        there = {p.name: p for p in new}
        takes_any = any(p.kind is p.VAR_KEYWORD for p in new)
        for keyword in [*renamed, *gone]:
            if keyword not in by_name and not any(p.kind is p.VAR_KEYWORD for p in old):
                self.mistake(f"`{call}` has no parameter `{keyword}`")
        for keyword in counterpart.get("lacks", ()):
            if keyword in there:
                self.mistake(f"`{function}` does have `{keyword}`")
        for name, parameter in by_name.items():
            if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL, parameter.POSITIONAL_ONLY):
                continue
            if name in gone:
                continue
            other = there.get(renamed.get(name, name))
            if other is None and not takes_any:
                self.mistake(f"`{function}` has no `{renamed.get(name, name)}`: rename, drop or lack `{name}`")
            elif other is not None and not same_default(parameter, other) and "review" not in counterpart:
                self.mistake(f"`{name}` is {parameter.default!r} in `{call}`, {other.default!r} in `{function}`")
        positional = [p for p in old if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        others = [p for p in new if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        for position, parameter in enumerate(positional[: counterpart.get("positional")]):
            if parameter.name in gone:
                self.mistake(f"`{call}` takes `{parameter.name}` by position as well: `positional` is {position}")
            elif position >= len(others):
                if not any(p.kind is p.VAR_POSITIONAL for p in new):
                    self.mistake(f"`{function}` takes {len(others)} arguments by position, `{call}` more")
            elif others[position].name != renamed.get(parameter.name, parameter.name):
                if parameter.kind is not parameter.POSITIONAL_ONLY:
                    self.mistake(
                        f"argument {position} is `{parameter.name}` in `{call}`,"
                        f" `{others[position].name}` in `{function}`"
                    )

    def gives(self, table):
        for key, value in table.items():
            expected = self.kind(value)
            for name in expanded([key]):
                start, _, last = name.rpartition(".")
                while last in OF_WHAT_IT_GIVES and not self.is_there(name):
                    name = start
                    start, _, last = name.rpartition(".")
                found = self.object(name)
                if found is None or expected is None or name in table and table[name] != value:
                    continue
                given = given_class(found)
                if given is not None and not related(given, expected) and name in expanded([key]):
                    self.mistake(f"`{name}` gives {given.__module__}.{given.__qualname__}, not `{value}`")

    def is_there(self, name):
        try:
            return callable(resolve(name)) and not self.is_function(name.rpartition(".")[0])
        except Exception:
            return False

    def is_function(self, name):
        return inspect.isroutine(resolve(name))

    def bases(self, table):
        for key, bases in table.items():
            for name, base in itertools.product(expanded([key]), bases):
                one, other = self.kind(name), self.kind(base)
                if one is not None and other is not None and not issubclass(one, other):
                    if not self.is_unchecked("bases", name):
                        self.mistake(f"`{name}` is not made from `{base}`")

    def aliases(self, table):
        for alias, name in ((alias, name) for key, name in table.items() for alias in expanded([key])):
            one, other = self.object(alias), self.object(name)
            # Methods of one object are equal, not one.
            if one is None or other is None or one == other:
                continue
            if inspect.isclass(one) and inspect.isclass(other) and issubclass(one, other):
                continue
            if not self.is_unchecked("aliases", alias):
                self.mistake(f"`{alias}` and `{name}` are two")

    def counterparts(self, table):
        for name, entry in table.items():
            self.keys(entry, {
                "awaited", "class", "context", "functions", "iterated", "iterates", "lacks", "notes", "renamed",
                "review", "same",
            })
            if self.kind(name) is None or self.kind(entry["class"]) is None:
                continue
            renamed = entry.get("renamed", {})
            for member in [*entry.get("awaited", ()), *entry.get("same", ()), *entry.get("iterated", ())]:
                self.object(f"{name}.{member}")
                there = f"{entry['class']}.{renamed.get(member, member)}"
                found = self.object(there)
                if found is None:
                    continue
                awaited = inspect.iscoroutinefunction(found)
                if awaited != (member in entry.get("awaited", ())) and not self.is_unchecked("coroutines", there):
                    self.mistake(f"`{there}` is {'a' if awaited else 'no'} coroutine function")
            for member in renamed:
                self.object(f"{name}.{member}")
            for function in entry.get("functions", ()):
                self.callable(function)
                self.callable(f"{entry['class'].rpartition('.')[0]}.{function.rpartition('.')[2]}")
            for keyword in entry.get("lacks", ()):
                self.argument(name, keyword, None)
            if "notes" in entry:
                self.kind(entry["notes"])
            if entry.get("iterates"):
                self.object(f"{name}.__iter__")
                self.object(f"{entry['class']}.__aiter__")
            if entry.get("context"):
                self.object(f"{name}.__enter__")
                self.object(f"{entry['class']}.__aenter__")

    def twins(self, entries):
        for twin in entries:
            self.keys(twin, {
                "awaited", "close", "differs", "from", "gives-differ", "same", "to", "whole",
            })
            for member in [*twin["same"], *twin["awaited"]]:
                self.object(f"{twin['from']}.{member}")
                there = f"{twin['to']}.{member}"
                found = self.object(there)
                if inspect.iscoroutinefunction(found) != (member in twin["awaited"]):
                    self.mistake(f"`{there}` is awaited or not, and it is said otherwise")
            self.object(f"{twin['to']}.{twin['close']}")

    def decorators(self, table):
        for key, yields in table.items():
            for name in expanded([key]):
                found = self.callable(name)
                if found is None or yields == "unknown" or self.is_unchecked("decorators", name):
                    continue
                tried = itertools.product(attempts(name, found), [False, True])
                if not any(gives_as_said(attempt, yields, inside) for attempt, inside in tried):
                    self.mistake(f"`{name}` does not give what it is said to: {yields}")

    def schedulers(self, entries):
        for entry in entries:
            self.keys(entry, {"calls", "position", "keyword", "runs", "coroutine", "outcome", "instead"})
            for call in expanded(entry["calls"]):
                self.argument(call, entry.get("keyword"), entry.get("position"))

    def protocols(self, table):
        methods = {
            "for": "__iter__", "async-for": "__aiter__", "with": "__enter__", "async-with": "__aenter__",
        }
        for key, served in table.items():
            for name in expanded([key]):
                found = self.callable(name)
                if not inspect.isclass(found) or self.is_unchecked("protocols", name):
                    continue
                there = {protocol for protocol, method in methods.items() if hasattr(found, method)}
                if there != set(served):
                    self.mistake(f"`{name}` serves {sorted(there)}, not {served}")

    def endpoints(self, entries):
        for entry in entries:
            self.keys(entry, {"decorators", "bases", "methods", "function", "coroutine", "thread-if", "what"})
            for name in expanded(entry.get("decorators", [])):
                self.argument(name, entry.get("thread-if"), None)
            for name in expanded(entry.get("bases", [])):
                self.kind(name)
                for method in entry["methods"]:
                    # Frameworks look for methods that have the name of one of HTTP, or begin in a way.
                    if not method.endswith("*") and method.upper() not in http.HTTPMethod.__members__:
                        self.object(f"{name}.{method}")

    def classes(self, table):
        for name, entry in table.items():
            self.keys(entry, {"concurrent", "exclusive", "holds", "opens", "pure", "reads", "world", "writes"})
            self.kind(name)
            for key in ("opens", "pure", "reads", "writes"):
                for method in entry.get(key, ()):
                    self.object(f"{name}.{method}")
            for value in entry.get("opens", {}).values():
                self.kind(value)

    def effects(self, entries):
        for entry in entries:
            self.keys(entry, {"calls", "does"})
            for call in expanded(entry["calls"]):
                self.callable(call)

    def async_side(self, table):
        """Every function is a method of the client, and what is asked of a response is there."""
        self.keys(table, {
            "awaited", "client", "constructor", "fails", "functions", "iterated", "particular", "same", "streams",
        })
        client = table["client"]
        self.kind(client)
        for name in expanded([*table["functions"], *table["streams"]]):
            self.callable(name)
            self.callable(f"{client}.{name.rpartition('.')[2]}")
        response = f"{client.rpartition('.')[0]}.Response"
        renamed = {**table["awaited"], **table["iterated"]}
        for member in [*table["same"], *table["fails"], *renamed, *renamed.values()]:
            self.object(f"{response}.{member}")

    def names(self, names):
        for name in names:
            self.object(name)

    def tasks(self, table):
        lists = {"futures", "makers", "misreading", "refusing", "wrappers"}
        self.keys(table, {"coroutines", "endless", "ending-words", "generators"} | lists)
        if generators := table.get("generators"):
            self.keys(generators, {"confirm", "decorators", "each", "returns", "waits"})
            each = [generators["each"]] if "each" in generators else []
            for name in [*generators["decorators"], *generators.get("returns", []), *each]:
                if not self.is_unchecked("generators", name):
                    self.callable(name)
        for key in lists:
            self.names(expanded(table.get(key, [])))
        for name in expanded([*table.get("coroutines", []), *table.get("endless", [])]):
            if not inspect.iscoroutinefunction(self.object(name)):
                self.mistake(f"`{name}` is no coroutine function")

    def contexts(self, names):
        """A name without a dot is a builtin or a method of a test case."""
        for name in names:
            self.object(name if "." in name or hasattr(builtins, name) else f"unittest.TestCase.{name}")

    def event_loop(self, table):
        self.keys(table, {"runs", "serves-httpx", "sleep", "whole-project"})
        sleep = self.callable(table["sleep"]) if "sleep" in table else None
        if sleep is not None and not inspect.iscoroutinefunction(sleep):
            self.mistake(f"`{table['sleep']}` is no coroutine function")

    def http(self, table):
        for names, function in table["functions"].items():
            for name in expanded([names]):
                for position, keyword in enumerate(function["positional"]):
                    self.argument(name, keyword, position + (2 if function["method"] == "request" else 1))
        self.names([*table["catch-all"], *table["exception-modules"]])

    def mapping(self, table):
        if self.is_unchecked("mappings", table["to"]):
            return
        client = table["client"]["class"]
        old, new = f"{table['from']}.Response", table["client"].get("response", f"{table['to']}.Response")
        request, constructor = self.signature(f"{client}.request"), self.signature(client)
        if any(parameter.kind is parameter.VAR_KEYWORD for parameter in request):
            request = [*request, *self.signature(f"{client}._request")]
        for name, keyword in table["keywords"].items():
            self.argument(f"{table['from']}.request", name, None)
            for kind, row in keyword["rows"].items():
                # `content`, or an argument of the client: `verify={0}`.
                becomes = row.get("becomes", "").split("=")[0]
                other = becomes if becomes.isidentifier() else keyword.get("to", name)
                gone = row["class"] == "blocked" or keyword["accepts"] in ("nothing", "stream") or kind == "off"
                if not gone and other not in {p.name for p in [*request, *constructor]}:
                    self.mistake(f"{table['to']} has no `{other}`")
        if "stream" in table["client"]:
            self.object(f"{client}.{table['client']['stream']}")
        for name, member in [*table["response"].items(), *table.get("streamed", {}).items()]:
            self.object(f"{old}.{name}")
            expression = member.get("expression") or "{}." + member.get("to", name)
            for attribute in re.findall(r"\{\}\.(\w+)", expression):
                if member["class"] != "blocked":
                    self.object(f"{new}.{attribute}")
        for names, caught in table["exceptions"].items():
            for exception in [*expanded([names]), *caught.get("to", [])]:
                self.kind(exception)
        decoding = table.get("decoding-error", [])
        self.names([decoding] if isinstance(decoding, str) else decoding)
        for name, other in table["callables"].items():
            self.callable(name)
            self.callable(other)

    def keys(self, table, known):
        for key in table.keys() - known:
            self.mistake(f"this script does not know the key `{key}`")

    def file(self, path):
        self.where = path.name
        library = tomllib.loads(path.read_text(encoding="utf-8"))
        if "from" in library:
            return self.mapping(library)
        self.gives_of = {name: kind for names, kind in library.get("gives", {}).items() for name in expanded([names])}
        tables = {
            "aliases": self.aliases, "async-side": self.async_side, "bases": self.bases,
            "blocking": self.blocking, "classes": self.classes, "closing": self.closing, "effects": self.effects,
            "collections": self.names, "counterparts": self.counterparts, "decorators": self.decorators,
            "endless": self.names, "nests": self.callable, "endpoints": self.endpoints, "event-loop": self.event_loop,
            "gives": self.gives, "http": self.http,
            "private-contexts": self.contexts, "pure-builtins": self.names, "pure-modules": self.names,
            "protocols": self.protocols, "pure-names": self.names, "readers": self.names, "schedulers": self.schedulers,
            "swallowing-contexts": self.contexts, "tasks": self.tasks, "twins": self.twins,
            "wrappers": self.names,
        }
        self.keys(library, NOT_NAMES | tables.keys())
        for key, check in tables.items():
            if key in library:
                self.where = f"{path.name}, {key}"
                check(library[key])


# An attribute that objects have and their class has not.
ATTRIBUTE = object()


@functools.cache
def resolve(name):
    parts = name.split(".")
    if hasattr(builtins, parts[0]):
        return functools.reduce(getattr, parts, builtins)
    try:
        found = importlib.import_module(parts[0])
        if parts[0] == "django":
            prepare_django()
    except ModuleNotFoundError as error:
        if error.name != parts[0]:
            raise
        raise Missing("there is no such module") from None
    for length, part in enumerate(parts[1:], start=2):
        if found is ATTRIBUTE:
            raise Missing(f"of what class the object is that has `{part}` cannot be told")
        if hasattr(found, part):
            found = getattr(found, part)
        elif inspect.isclass(found) and has_attribute(found, part):
            found = ATTRIBUTE
        elif inspect.ismodule(found) and is_module(".".join(parts[:length])):
            found = importlib.import_module(".".join(parts[:length]))
        else:
            raise Missing(f"there is no `{part}`")
    return found


@functools.cache
def prepare_django():
    """What depends on settings needs some."""
    import django
    from django.conf import settings

    database = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
    settings.configure(DATABASES={"default": database})
    django.setup()


def is_module(name):
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def owner_of(name):
    """The class of a method."""
    start = name.rpartition(".")[0]
    owner = resolve(start) if start else None
    return owner if inspect.isclass(owner) else None


@functools.cache
def has_attribute(kind, name):
    """Whether a class annotates an attribute, or assigns it in a method."""
    for base in kind.__mro__:
        if name in getattr(base, "__annotations__", {}) or name in getattr(base, "__slots__", ()):
            return True
        # Not the source of the class, which may claim to stand in another module.
        for method in filter(inspect.isfunction, vars(base).values()):
            try:
                tree = ast.parse(textwrap.dedent(inspect.getsource(method)))
            except (OSError, SyntaxError):
                continue
            for node in ast.walk(tree):
                if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and node.attr == name:
                    return True
    return False


def expanded(names):
    for name in names:
        choices = re.fullmatch(r"([^{]*)\{([^}]*)\}(.*)", name)
        if choices is None:
            yield name
        else:
            start, inside, end = choices.groups()
            yield from expanded(start + choice.strip() + end for choice in inside.split(","))


def same_default(one, other):
    """Whether two parameters are the same when not given, as far as their values tell."""
    simple = (bool, int, float, str, bytes, type(None))
    both = [one.default, other.default]
    return both[0] is both[1] or not all(isinstance(d, simple) for d in both) or both[0] == both[1]


def given_class(found):
    """The class of what a function gives, by its annotation, or of a class itself."""
    if inspect.isclass(found):
        return found
    if isinstance(found, (property, functools.cached_property)):
        found = getattr(found, "fget", None) or getattr(found, "func", None)
    try:
        given = typing.get_type_hints(found).get("return")
    except Exception:
        return None
    given = typing.get_origin(given) or given
    if given is types.UnionType:
        return None
    abstract = inspect.isclass(given) and (given is object or given.__module__ in ("typing", "collections.abc"))
    return given if inspect.isclass(given) and not abstract else None


def related(one, other):
    return issubclass(one, other) or issubclass(other, one)


def attempts(name, found):
    """Ways to get a decorator of one argument out of what a name names."""
    owner = owner_of(name)
    if owner is None or isinstance(inspect.getattr_static(owner, name.rpartition(".")[2]), (staticmethod, classmethod)):
        yield from ways(found)
        return
    for arguments in [(), ("name",), ("name", "name")]:
        try:
            bound = getattr(owner(*arguments), name.rpartition(".")[2])
        except Exception:
            continue
        yield from ways(bound)


def ways(decorator):
    def nothing(*_):
        pass

    def at_once():
        yield
        yield from itertools.repeat(0)

    yield decorator
    for arguments in [
        (), ("/path",), (nothing,), (404,), ({},), ("os.getcwd",), (os, "getcwd"), (False, "reason"),
        (True, "reason"), (at_once,), (at_once, Exception),
    ]:
        yield lambda function, arguments=arguments: decorator(*arguments)(function)


def gives_as_said(decorator, yields, inside=False):
    def plain(*_):
        return "plain"

    def generator(*_):
        yield "plain"

    async def coroutine(*_):
        return "coroutine"

    async def async_generator(*_):
        yield "coroutine"

    async def awaited(value):
        return await value

    def drop(value):
        if not inspect.iscoroutine(value):
            return False
        value.close()
        return True

    try:
        match yields:
            case "same":
                members = {"plain": decorator(plain), "coroutine": decorator(coroutine)}
                one = type("Kind", (), members)() if inside else types.SimpleNamespace(**members)
                argument = ("argument",) if inside else ()
                return one.plain(*argument) == "plain" and drop(one.coroutine(*argument))
            case "cached":
                twice = decorator(coroutine)
                return twice() is twice() and drop(twice())
            case "property":
                kind = type("Kind", (), {"coroutine": decorator(coroutine), "plain": decorator(plain)})
                return kind().plain == "plain" and drop(kind().coroutine)
            case "cached-property":
                member = decorator(coroutine)
                kind = type("Kind", (), {"member": member})
                member.__set_name__(kind, "member")
                one = kind()
                return one.member is one.member and drop(one.member)
            case "context-manager":
                with decorator(generator)() as value:
                    return value == "plain"
            case "async-context-manager":
                return hasattr(decorator(async_generator)(), "__aenter__")
            case "coroutine":
                return asyncio.run(awaited(decorator(plain)())) == "plain"
            case "value":
                return decorator(coroutine)() == "coroutine"
    except Exception:
        pass
    return False


def main(folder, unchecked):
    checker = Checker(tomllib.loads(pathlib.Path(unchecked).read_text(encoding="utf-8")))
    for path in sorted(pathlib.Path(folder).rglob("*.toml")):
        checker.file(path)
    checker.where = pathlib.Path(unchecked).name
    for table, names in checker.unchecked.items():
        for name in names:
            if (table, name) not in checker.used:
                checker.mistake(f"`{name}` in `{table}` is checked, or nowhere used")
    for mistake in dict.fromkeys(checker.mistakes):
        print(mistake)
    return 1 if checker.mistakes else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

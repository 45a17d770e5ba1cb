// What can be done with the page: filter, open, decide, and download the decisions as a ledger.
"use strict";
(() => {
  const element = (id) => document.getElementById(id);
  const source = element("data");
  const { texts, entries } = JSON.parse(source.textContent);
  const text = (id) => texts[id];

  // Whatever a browser keeps; where it may not, everything lasts as long as the page is open.
  const kept = {
    read(name, otherwise) {
      try {
        return JSON.parse(localStorage.getItem(`asyncfix:${name}`)) ?? otherwise;
      } catch {
        return otherwise;
      }
    },
    write(name, value) {
      try {
        localStorage.setItem(`asyncfix:${name}`, JSON.stringify(value));
      } catch {
        // Nothing is lost but the memory of it.
      }
    },
  };

  // Elements. Text of code only ever becomes text nodes.

  const HIDDEN =
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

  function make(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      made.setAttribute(name, value);
    }
    made.append(...children);
    return made;
  }

  // A text in which nothing is hidden.
  function plain(said) {
    return said.replace(HIDDEN, (odd) => {
      const code = odd.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
      return `⟨U+${code}⟩`;
    });
  }

  // A sentence with code between backticks.
  function sentence(said) {
    const parts = said.split("`");
    if (parts.length % 2 === 0) {
      return [plain(said)];
    }
    return parts.map((part, index) =>
      index % 2 ? make("code", {}, plain(part)) : plain(part));
  }

  // Decisions.

  const places = (index) => entries[index].places;
  const first = (index) => places(index)[0];
  const canRefuse = (index) => places(index).every((place) => place.anchor);
  const canAccept = (index) =>
    canRefuse(index) && entries[index].title !== undefined && entries[index].fails === undefined;

  // What the ledger had when the page was made, where it had the same for all places.
  function inLedger(index) {
    const verdicts = new Set(places(index).map((place) => place.held?.verdict));
    const [verdict] = verdicts;
    const noted = places(index).find((place) => place.held?.why !== undefined);
    return {
      verdict: verdicts.size === 1 && verdict !== "changed" ? verdict ?? null : null,
      changed: verdicts.has("changed"),
      why: noted ? text(noted.held.why) : "",
    };
  }

  const ledger = entries.map((_, index) => inLedger(index));
  const key = `decisions:${source.dataset.key}`;
  const decisions = new Map(
    Object.entries(kept.read(key, {})).map(([index, decision]) => [Number(index), decision]));
  const decision = (index) => decisions.get(index) ?? ledger[index];

  function decide(index, changes) {
    const { verdict, why } = { ...decision(index), ...changes };
    const known = ledger[index];
    if (verdict === known.verdict && why === known.why) {
      decisions.delete(index);
    } else {
      decisions.set(index, { verdict, why });
    }
    show(index);
  }

  // What would be downloaded: what was decided here.
  const decided = () =>
    [...decisions].filter(([, { verdict }]) => verdict).sort(([one], [other]) => one - other);

  // A string as TOML has it between quotes.
  function quoted(said) {
    const escapes = { "\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t" };
    const escape = (c) =>
      escapes[c] ?? `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`;
    // Half of a pair of surrogates is no character.
    const whole = said.toWellFormed ? said.toWellFormed() : said;
    return `"${whole.replace(/[\\"\u0000-\u001f\u007f]/g, escape)}"`;
  }

  function ledgerText() {
    const rows = decided().flatMap(([index, { verdict, why }]) =>
      places(index).map(({ path, anchor }) => {
        const { scope, code, fix, statement, tokens, among } = anchor;
        const fields = [
          ["path", quoted(text(path))],
          ["scope", quoted(text(scope))],
          ["transform", quoted(text(entries[index].transform))],
          ["code", quoted(text(code))],
          ["verdict", quoted(verdict)],
          ...(why ? [["why", quoted(why)]] : []),
          ...(verdict === "accepted" ? [["fix", quoted(fix)]] : []),
          ["statement", quoted(statement)],
          ["tokens", `[${tokens.join(", ")}]`],
          ...(among
            ? [["among", `{ neighbours = ${quoted(among.neighbours)}, ordinal = ${among.ordinal}, of = ${among.of} }`]]
            : []),
        ];
        return `[[decision]]\n${fields.map(([name, value]) => `${name} = ${value}\n`).join("")}`;
      }));
    const heading =
      "# Decisions made in a report of asyncfix: `asyncfix review --import FILE` takes them.\n";
    return [`${heading}version = 1\n`, ...rows].join("\n");
  }

  element("download").addEventListener("click", () => {
    const url = URL.createObjectURL(new Blob([ledgerText()], { type: "application/toml" }));
    make("a", { href: url, download: "review.toml" }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  });

  // Diffs.

  // A line with its colours: how many characters have which, a tab, and the text.
  function code(line) {
    const tab = line.indexOf("\t");
    const said = line.slice(tab + 1);
    const parts = [];
    let at = 0;
    for (const [, length, colour] of line.slice(0, tab).matchAll(/(\d+)(\D)/g)) {
      const part = plain(said.slice(at, at += Number(length)));
      parts.push(colour === "." ? part : make("span", { class: colour }, part));
    }
    parts.push(plain(said.slice(at)));
    return parts;
  }

  const KINDS = { "+": "added", "-": "removed", " ": "same" };

  const number = (value) => make("td", { class: "number" }, value ? String(value) : "");
  const signed = (sign, line) => [
    make("td", { class: `sign ${KINDS[sign]}` }, sign),
    make("td", { class: `code ${KINDS[sign]}` }, ...(line === null ? [] : code(text(line)))),
  ];
  const blank = () => [
    make("td", { class: "number" }),
    make("td", { class: "sign nothing" }),
    make("td", { class: "code nothing" }),
  ];

  // The lines of a hunk with their numbers.
  function* numbered([oldStart, newStart, signs, lines]) {
    let [old, now] = [oldStart, newStart];
    for (const [index, line] of lines.entries()) {
      const sign = signs[index];
      yield { sign, line, old: sign === "+" ? 0 : old++, now: sign === "-" ? 0 : now++ };
    }
  }

  function unified(hunk) {
    return [...numbered(hunk)].map(({ sign, line, old, now }) =>
      make("tr", {}, number(old), number(now), ...signed(sign, line)));
  }

  function sideBySide(hunk) {
    const rows = [];
    let [removed, added] = [[], []];
    const flush = () => {
      for (let at = 0; at < Math.max(removed.length, added.length); at++) {
        const [left, right] = [removed[at], added[at]];
        rows.push(make("tr", {},
          ...(left ? [number(left.old), ...signed("-", left.line)] : blank()),
          ...(right ? [number(right.now), ...signed("+", right.line)] : blank())));
      }
      [removed, added] = [[], []];
    };
    for (const row of numbered(hunk)) {
      if (row.sign === "-") {
        removed.push(row);
      } else if (row.sign === "+") {
        added.push(row);
      } else {
        flush();
        rows.push(make("tr", {},
          number(row.old), ...signed(" ", row.line), number(row.now), ...signed(" ", row.line)));
      }
    }
    flush();
    return rows;
  }

  let split = kept.read("split", false);

  function fileDiff({ path, new: isNew, hunks, left_out: leftOut }) {
    const name = plain(text(path)) + (isNew ? " (new)" : "");
    const columns = split
      ? ["Old line", "Sign", "Old code", "New line", "Sign", "New code"]
      : ["Old line", "New line", "Sign", "Code"];
    const widths = columns.map((said) => make("col", { class: said.split(" ").pop().toLowerCase() }));
    const heads = columns.map((said) => make("th", { scope: "col" }, said));
    const bodies = hunks.map((hunk) =>
      make("tbody", {}, ...(split ? sideBySide(hunk) : unified(hunk))));
    const table = make("table", { class: split ? "diff split" : "diff" },
      make("caption", {}, name),
      make("colgroup", {}, ...widths),
      make("thead", { class: "unseen" }, make("tr", {}, ...heads)),
      ...bodies);
    const left = leftOut
      ? [make("p", {}, `${leftOut} more lines are not shown here: see them with asyncfix --diff.`)]
      : [];
    return [table, ...left];
  }

  function diffs(index) {
    return make("div", { class: "diffs" }, ...(entries[index].files ?? []).flatMap(fileDiff));
  }

  // Entries.

  const template = element("entry").content.firstElementChild;
  const list = element("list");
  const nodes = new Map();
  const where = ({ path, line }) => `${plain(text(path))}:${line}`;

  function node(index) {
    const known = nodes.get(index);
    if (known) {
      return known;
    }
    const entry = entries[index];
    const made = template.cloneNode(true);
    made.dataset.index = index;
    const [badge, message, place] = made.querySelectorAll(".open > span");
    badge.textContent = entry.safety;
    badge.classList.add(entry.safety);
    message.append(...sentence(text(first(index).message)));
    const more = places(index).length - 1;
    place.textContent = where(first(index)) + (more ? ` and ${more} more` : "");
    const [accept, refuse] = made.querySelectorAll("input");
    accept.disabled = !canAccept(index);
    refuse.disabled = !canRefuse(index);
    accept.closest("label").hidden = entry.title === undefined;
    nodes.set(index, made);
    show(index);
    return made;
  }

  // Brings what is seen of an entry up to its decision.
  function show(index) {
    const shown = nodes.get(index);
    if (!shown) {
      return;
    }
    const { verdict } = decision(index);
    shown.dataset.verdict = verdict ?? "";
    for (const box of shown.querySelectorAll(".decide input")) {
      box.checked = box.value === verdict;
    }
  }

  function said(title, ...content) {
    return make("p", {}, make("b", {}, title), " ", ...content);
  }

  function body(index) {
    const entry = entries[index];
    const made = make("div", { class: "body" });
    const add = (...parts) => made.append(...parts);
    add(said("Transform:", make("code", {}, text(entry.transform))));
    if (entry.title !== undefined) {
      add(said("Fix:", ...sentence(text(entry.title))));
    }
    const reason = text(entry.reason);
    if (reason) {
      add(said(entry.title === undefined ? "Why no fix:" : "Look at:", ...sentence(reason)));
    }
    if (entry.fails !== undefined) {
      add(said("Cannot be carried out:", ...sentence(text(entry.fails))));
    }
    if (!canRefuse(index)) {
      add(said("Cannot be decided here:", "the file is outside of the project."));
    }
    if (ledger[index].changed) {
      add(said("Reviewed:", "a fix was accepted, but the one that is offered now is another."));
    }
    add(...ways(index), ...remarks(index));
    if (entry.files) {
      add(diffs(index));
    }
    if (canRefuse(index)) {
      const note = make("input", { type: "text", class: "why", autocomplete: "off" });
      note.value = decision(index).why;
      note.addEventListener("input", () => {
        decide(index, { why: note.value });
        keep();
      });
      add(make("label", { class: "note" }, "Note, kept with the decision", note));
    }
    return made;
  }

  // Where it is found, and how the problem is reached from there.
  function ways(index) {
    const all = places(index);
    return all.map((place) => {
      const steps = (place.chain ?? []).map(([path, line, note]) =>
        make("li", {}, make("code", {}, `${plain(text(path))}:${line}`), " ", ...sentence(text(note))));
      const scope = place.anchor && text(place.anchor.scope);
      const head = make("p", {}, make("b", {}, "At:"), " ",
        make("code", {}, `${where(place)}:${place.column}`),
        ...(scope ? [" in ", make("code", {}, plain(scope))] : []),
        ...(all.length > 1 ? [": ", ...sentence(text(place.message))] : []));
      return steps.length ? make("div", {}, head, make("ol", { class: "chain" }, ...steps)) : head;
    });
  }

  function remarks(index) {
    const of = (name) => new Set(places(index).flatMap((place) => place[name] ?? []));
    const notes = [...of("notes")].map((note) => said("Note:", ...sentence(text(note))));
    const evidence = [...of("evidence")].map((fact) => make("li", {}, ...sentence(text(fact))));
    return evidence.length
      ? [...notes, make("details", {}, make("summary", {}, "Evidence"), make("ul", {}, ...evidence))]
      : notes;
  }

  const opener = (index) => node(index).querySelector(".open");
  const isOpen = (index) => opener(index).getAttribute("aria-expanded") === "true";

  function open(index, isOpened) {
    if (isOpen(index) === isOpened) {
      return;
    }
    opener(index).setAttribute("aria-expanded", String(isOpened));
    if (isOpened) {
      node(index).append(body(index));
    } else {
      node(index).querySelector(".body").remove();
    }
  }

  // Filters.

  const filters = ["search", "transform", "directory", "safety", "decided"].map(element);
  const [search, transform, directory, safety, decidedFilter] = filters;
  let shown = [];

  function options(select, counts, order) {
    for (const [value, count] of [...counts].sort(order)) {
      select.append(make("option", { value }, `${plain(value)} (${count})`));
    }
  }

  function countBy(values) {
    const counts = new Map();
    for (const [index] of entries.entries()) {
      for (const value of values(index)) {
        counts.set(value, (counts.get(value) ?? 0) + 1);
      }
    }
    return counts;
  }

  function* folders(index) {
    const path = text(first(index).path);
    for (let end = path.indexOf("/"); end > 0; end = path.indexOf("/", end + 1)) {
      yield path.slice(0, end);
    }
  }

  const byName = ([one], [other]) => (one < other ? -1 : 1);
  options(transform, countBy((index) => [text(entries[index].transform)]), byName);
  options(directory, countBy(folders), byName);

  const words = new Map();

  // Everything of an entry that can be searched for.
  function searched(index) {
    if (!words.has(index)) {
      const entry = entries[index];
      const all = places(index).flatMap(({ path, line, message, anchor }) =>
        [`${text(path)}:${line}`, text(message), ...(anchor ? [text(anchor.scope), text(anchor.code)] : [])]);
      all.push(text(entry.transform), text(entry.reason), text(entry.title) ?? "");
      words.set(index, all.join("\n").toLowerCase());
    }
    return words.get(index);
  }

  function isShown(index) {
    const entry = entries[index];
    const verdict = decision(index).verdict;
    const wanted = decidedFilter.value;
    return (!transform.value || text(entry.transform) === transform.value)
      && (!directory.value || text(first(index).path).startsWith(`${directory.value}/`))
      && (!safety.value || entry.safety === safety.value)
      && (!wanted || wanted === verdict || (wanted === "undecided" && !verdict)
        || (wanted === "changed" && ledger[index].changed))
      && search.value.toLowerCase().split(/\s+/).every((word) => searched(index).includes(word));
  }

  // Few are put in at once, so that the first are seen at once.
  const CHUNK = 150;
  let filled = 0;
  let filling = 0;

  function fill(upTo) {
    const end = Math.min(shown.length, upTo);
    if (end > filled) {
      list.append(...shown.slice(filled, end).map(node));
      filled = end;
    }
  }

  function fillOn() {
    fill(filled + CHUNK);
    filling = filled < shown.length ? requestAnimationFrame(fillOn) : 0;
  }

  function filter() {
    shown = [...entries.keys()].filter(isShown);
    cancelAnimationFrame(filling);
    list.replaceChildren();
    filled = 0;
    fillOn();
    element("none").hidden = shown.length > 0;
    count();
  }

  function count(also = "") {
    const number = (value) => value.toLocaleString("en");
    const made = decided().length;
    element("count").textContent =
      `${also}${number(shown.length)} of ${number(entries.length)} shown, ${number(made)} decided here`;
    element("download").disabled = made === 0;
    element("download").textContent = made ? `Download decisions (${number(made)})` : "Download decisions";
  }

  function keep(also) {
    kept.write(key, Object.fromEntries(decisions));
    count(also);
  }

  for (const field of filters) {
    field.addEventListener("input", filter);
  }
  const form = search.form;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(filter));

  for (const head of document.querySelectorAll(".chart th[data-filter]")) {
    const { filter: name, value } = head.dataset;
    if (value) {
      const button = make("button", { type: "button", title: `Show these: ${plain(value)}` }, ...head.childNodes);
      button.addEventListener("click", () => {
        element(name).value = value;
        filter();
        form.scrollIntoView();
      });
      head.append(button);
    }
  }

  // Deciding.

  function verdict(index, wanted) {
    const can = wanted === "accepted" ? canAccept(index) : canRefuse(index);
    if (wanted && !can) {
      return false;
    }
    decide(index, { verdict: wanted ?? ledger[index].verdict });
    keep();
    return true;
  }

  list.addEventListener("click", (event) => {
    const button = event.target.closest(".open");
    if (button) {
      const index = Number(button.closest("li").dataset.index);
      open(index, !isOpen(index));
    }
  });

  list.addEventListener("change", (event) => {
    const box = event.target.closest(".decide input");
    if (box) {
      const index = Number(box.closest("li[data-index]").dataset.index);
      verdict(index, box.checked ? box.value : null);
      show(index);
    }
  });

  let before = null;

  // Only what nobody decided: no click may overturn what was thought about.
  function decideShown(wanted) {
    const can = wanted === "accepted" ? canAccept : canRefuse;
    const open = shown.filter((index) => !decision(index).verdict && can(index));
    before = new Map(decisions);
    for (const index of open) {
      decide(index, { verdict: wanted });
    }
    element("undo").hidden = open.length === 0;
    keep(`${open.length.toLocaleString("en")} ${wanted}; `);
  }

  element("accept-shown").addEventListener("click", () => decideShown("accepted"));
  element("refuse-shown").addEventListener("click", () => decideShown("refused"));
  element("undo").addEventListener("click", () => {
    decisions.clear();
    before.forEach((value, index) => decisions.set(index, value));
    nodes.forEach((_, index) => show(index));
    element("undo").hidden = true;
    element("accept-shown").focus();
    keep("taken back; ");
  });

  // Views.

  function view(isSplit) {
    split = isSplit;
    kept.write("split", split);
    element("unified").setAttribute("aria-pressed", String(!split));
    element("split").setAttribute("aria-pressed", String(split));
    for (const [index, made] of nodes) {
      made.querySelector(".diffs")?.replaceWith(diffs(index));
    }
  }

  element("unified").addEventListener("click", () => view(false));
  element("split").addEventListener("click", () => view(true));

  function paint(theme) {
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    document.documentElement.dataset.theme = theme ?? "";
    element("theme").setAttribute("aria-pressed", String(theme ? theme === "dark" : dark));
  }

  element("theme").addEventListener("click", () => {
    const theme = element("theme").getAttribute("aria-pressed") === "true" ? "light" : "dark";
    kept.write("theme", theme);
    paint(theme);
  });

  // On paper nothing can be opened; a book of diffs is nobody's wish.
  const MOST_PRINTED = 300;
  addEventListener("beforeprint", () => {
    fill(shown.length);
    if (shown.length <= MOST_PRINTED) {
      shown.forEach((index) => open(index, true));
    }
  });

  // Keys.

  let current = -1;
  let opened = -1;

  // Where one is: at what has the focus, else where one was.
  function here() {
    const focused = document.activeElement?.closest("li[data-index]");
    return focused ? shown.indexOf(Number(focused.dataset.index)) : current;
  }

  function go(at) {
    if (at < 0 || at >= shown.length) {
      return;
    }
    const index = shown[at];
    fill(at + 1);
    if (opened >= 0 && opened !== index) {
      open(opened, false);
    }
    current = at;
    opened = isOpen(index) ? -1 : index;
    open(index, true);
    opener(index).focus({ preventScroll: true });
    node(index).scrollIntoView();
  }

  function decideHere(wanted) {
    const at = here();
    if (at >= 0 && at < shown.length && verdict(shown[at], wanted) && wanted) {
      go(at + 1);
    }
  }

  const help = element("help");
  const single = element("single");
  single.checked = kept.read("single", true);
  single.addEventListener("change", () => kept.write("single", single.checked));
  element("keys").addEventListener("click", () => help.showModal());

  const KEYS = {
    j: () => go(here() + 1),
    k: () => go(here() - 1),
    o: () => here() >= 0 && open(shown[here()], !isOpen(shown[here()])),
    y: () => decideHere("accepted"),
    n: () => decideHere("refused"),
    x: () => decideHere(null),
    w: () => {
      if (here() >= 0) {
        open(shown[here()], true);
        node(shown[here()]).querySelector(".why")?.focus();
      }
    },
    u: () => view(false),
    s: () => view(true),
    "/": () => search.focus(),
    "?": () => help.showModal(),
  };

  addEventListener("keydown", (event) => {
    const at = event.target;
    const writes = at.matches("select, textarea, input:not([type=checkbox])");
    if (event.key === "Escape" && writes) {
      at.blur();
    } else if (!writes && !help.open && single.checked
      && !event.ctrlKey && !event.metaKey && !event.altKey && Object.hasOwn(KEYS, event.key)) {
      event.preventDefault();
      KEYS[event.key]();
    }
  });

  // What is gone to must not lie below the tools.
  const tools = document.querySelector(".tools");
  new ResizeObserver(() => {
    const sticks = getComputedStyle(tools).position === "sticky";
    list.style.setProperty("--tools", `${sticks ? tools.offsetHeight : 0}px`);
  }).observe(tools);

  paint(kept.read("theme", null));
  view(split);
  filter();
})();

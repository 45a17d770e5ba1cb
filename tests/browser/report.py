"""Uses a report as a person does, and prints what came of it as JSON: report.py PAGE FOLDER."""

import json
import pathlib
import sys

from chromium import Chromium, found

# Text that is too pale for what lies behind it, by the rule of WCAG's level AA.
PALE = """
(() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (channel) => {
    const part = channel / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  };
  const luminance = ([red, green, blue]) =>
    0.2126 * light(red) + 0.7152 * light(green) + 0.0722 * light(blue);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parts(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const pale = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const seen = walker.currentNode.data.trim() && element.checkVisibility()
      && !element.matches(":disabled, script, style, .unseen, .unseen *");
    if (!seen) continue;
    const [one, other] = [parts(getComputedStyle(element).color), behind(element)].map(luminance);
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (ratio < 4.5) pale.add(`${element.tagName}.${element.className}: ${ratio.toFixed(2)}`);
  }
  return [...pale];
})()
"""

# What a screen reader could not name.
UNNAMED = """
[...document.querySelectorAll("button, input, select, dialog, section, ol#list")]
  .filter((element) => !(element.getAttribute("aria-label") || element.getAttribute("aria-labelledby")
    || element.textContent.trim() || element.labels?.length))
  .map((element) => element.outerHTML)
"""

COUNT = "document.getElementById('count').textContent"
CLICK = "document.getElementById('{}').click()"


def main(page: str, folder: str) -> None:
    program = found()
    if program is None:
        sys.exit("no Chromium is on the path")
    told: dict[str, object] = {}
    with Chromium(program) as browser:
        address = pathlib.Path(page).resolve().as_uri()
        browser.ask("Browser.setDownloadBehavior", behavior="allow", downloadPath=folder, eventsEnabled=True)
        browser.size(1400, 1000)
        browser.prefer("light")
        browser.open(address)
        told["first_paint_ms"] = round(browser.first_paint())
        told["count"] = browser.run(COUNT)
        told["unnamed"] = browser.run(UNNAMED)
        browser.picture(f"{folder}/summary-light.png")

        browser.press("n")
        told["nowhere"] = browser.run(COUNT)
        browser.press("jj")
        told["focus"] = browser.run("document.activeElement.className")
        browser.picture(f"{folder}/unified-light.png")
        told["pale_light"] = browser.run(PALE)
        browser.press("k")
        browser.press("w")
        browser.ask("Input.insertText", text='it "waits"\\ \u2014 j')
        browser.press_key("Escape")
        browser.press("n")
        told["after_refusing"] = browser.run(COUNT)
        browser.press("y")
        browser.press("x")
        browser.press("s")
        told["pressed"] = browser.run("document.getElementById('split').getAttribute('aria-pressed')")
        browser.prefer("dark")
        browser.picture(f"{folder}/split-dark.png")
        told["pale_dark"] = browser.run(PALE)
        browser.press("/")
        browser.ask("Input.insertText", text="NOTHING has this")
        told["searched"] = browser.run(COUNT)
        browser.run("document.querySelector('[type=reset]').click()")
        browser.run("document.querySelector('.chart.safety button').click()")
        told["safe_only"] = browser.run(COUNT)
        browser.run("document.querySelector('[type=reset]').click()")
        browser.settle()
        browser.run(CLICK.format("refuse-shown"))
        told["refused"] = browser.run(COUNT)
        browser.run(CLICK.format("undo"))
        told["undone"] = browser.run(COUNT)
        browser.run(CLICK.format("accept-shown"))
        browser.run(CLICK.format("refuse-shown"))
        told["decided"] = browser.run(COUNT)
        browser.picture(f"{folder}/decided-dark.png")

        browser.run(CLICK.format("download"))
        browser.wait_for("Browser.downloadProgress", state="completed")
        browser.press("?")
        browser.picture(f"{folder}/keys-dark.png")
        told["help"] = browser.run("document.getElementById('help').open")
        browser.size(500, 900)
        browser.reload()
        told["reloaded"] = browser.run(COUNT)
        browser.picture(f"{folder}/narrow-dark.png")
        told["wider_than_window"] = browser.run("document.documentElement.scrollWidth > innerWidth")
        told["scripts_of_others"] = browser.run("'hacked' in window")

        told["errors"] = [
            event["params"]
            for event in browser.events
            if event["method"] in ("Runtime.exceptionThrown", "Log.entryAdded")
        ]
        told["requests"] = [
            event["params"]["request"]["url"]
            for event in browser.events
            if event["method"] == "Network.requestWillBeSent"
            and event["params"]["request"]["url"] != address
            and not event["params"]["request"]["url"].startswith("blob:")
        ]
        browser.ask("Emulation.setScriptExecutionDisabled", value=True)
        browser.reload()
        browser.picture(f"{folder}/without-scripts.png")
        told["without_scripts"] = browser.run("document.body.innerText")
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])

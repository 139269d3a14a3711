#!/usr/bin/env python3
"""Opens every page of tests/web/pages.py in headless Chromium, wide and narrow, light and dark, with and
without scripts, and checks what people need of it.

Usage: tests/web/test_pages.py TOOL
Prints one line for each fault, and exits 1 when there are any.
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

sys.path.insert(0, str(Path(__file__).parent))
import pages  # noqa: E402

HERE = Path(__file__).resolve().parent
SIZES = (1280, 390)

# What of the page is too wide, has too little contrast (WCAG 2.1 AA: 4.5, of large text 3) or has no name.
CHECKS = r"""
const faults = [];
const say = (what, node) => faults.push(what + ": <" + node.tagName.toLowerCase() + " class=" +
  (node.getAttribute("class") || "") + "> " + (node.textContent || "").trim().slice(0, 40));
if (document.documentElement.scrollWidth > innerWidth) {
  faults.push("the page is " + document.documentElement.scrollWidth + " wide");
}
const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
function colour(text) {
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = text;
  canvas.fillRect(0, 0, 1, 1);
  const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
  return { r, g, b, a: a / 255 };
}
const part = (c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
const light = (c) => 0.2126 * part(c.r) + 0.7152 * part(c.g) + 0.0722 * part(c.b);
function paper(node) {
  for (; node; node = node.parentElement) {
    const c = colour(getComputedStyle(node).backgroundColor);
    if (c.a > 0.99) return c;
  }
  return { r: 255, g: 255, b: 255, a: 1 };
}
for (const node of document.querySelectorAll("body *")) {
  const words = [...node.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
  if (!words || !node.checkVisibility() || ["SCRIPT", "title", "desc"].includes(node.tagName)) continue;
  const style = getComputedStyle(node), drawn = node instanceof SVGElement;
  const a = light(colour(drawn ? style.fill : style.color)), b = light(paper(drawn ? node.ownerSVGElement : node));
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), size = parseFloat(style.fontSize);
  const large = size >= 24 || size >= 18.66 && +style.fontWeight >= 700;
  if (ratio < (large ? 3 : 4.5)) say("contrast " + ratio.toFixed(2), node);
}
function named(node) {
  if (node.getAttribute("aria-label") || node.getAttribute("alt") || node.getAttribute("title")) return true;
  const ids = (node.getAttribute("aria-labelledby") || "").split(" ").filter(Boolean);
  if (ids.length) return ids.every((id) => document.getElementById(id)?.textContent.trim());
  return ["BUTTON", "A"].includes(node.tagName) && node.textContent.trim() ||
    node.labels?.length > 0;
}
for (const node of document.querySelectorAll("svg, img, canvas, button, a, input, select, [tabindex]")) {
  if (node.closest("[aria-hidden=true]")) continue;
  if (!named(node)) say("no name", node);
}
const ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) faults.push("the id " + id + " occurs twice");
return faults;
"""


def browser(scripts):
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    if not scripts:
        options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
    return webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))


def requests_of(driver, page):
    """What the page asked for beside itself."""
    found = []
    for entry in driver.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] != "Network.requestWillBeSent":
            continue
        url = message["params"]["request"]["url"]
        if url != page.as_uri() and not url.startswith("data:") and not url.startswith("chrome"):
            found.append(url)
    return found


def check_keyboard(driver):
    """The charts are reached by the keyboard, read off, zoomed and given back."""
    chart = driver.find_element(By.CSS_SELECTOR, "svg[data-x]")
    seen = lambda: driver.execute_script("return document.querySelector('.plot .spoken').textContent")
    zoomed = lambda: driver.execute_script("return !document.querySelector('.plot .back').hidden")
    driver.execute_script("document.activeElement.blur()")
    for _ in range(200):
        driver.switch_to.active_element.send_keys(Keys.TAB)
        if driver.switch_to.active_element == chart:
            break
    else:
        return ["the keyboard does not reach the first chart"]
    faults = []
    chart.send_keys(Keys.ARROW_RIGHT)
    first = seen()
    chart.send_keys(Keys.ARROW_RIGHT)
    if not first or seen() == first:
        faults.append("arrows do not read off the chart")
    chart.send_keys("+")
    if not zoomed():
        faults.append("+ does not zoom")
    chart.send_keys(Keys.ESCAPE)
    if zoomed():
        faults.append("Escape does not give the whole range back")
    return faults


def check(driver, page, width, dark, scripts):
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia",
                           {"features": [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]})
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                           {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False})
    driver.get_log("performance"), driver.get_log("browser")
    driver.get(page.as_uri())
    faults = [f"asks for {url}" for url in requests_of(driver, page)]
    faults += [entry["message"] for entry in driver.get_log("browser")]
    faults += driver.execute_script(CHECKS)
    charts = driver.execute_script("return document.querySelector('svg[data-x]') !== null")
    has_script = driver.execute_script("return document.querySelector('.plot') !== null")
    if charts and has_script != scripts:
        faults.append("scripts run" if has_script else "scripts do not run")
    if charts and scripts and not dark and not faults:
        faults += check_keyboard(driver)
    if os.environ.get("SHOTS"):
        name = f"{page.stem}-{width}-{'dark' if dark else 'light'}{'' if scripts else '-still'}.png"
        height = driver.execute_script("return document.documentElement.scrollHeight")
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                               {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})
        driver.save_screenshot(os.path.join(os.environ["SHOTS"], name))
    return faults


def main():
    tool = Path(sys.argv[1]).resolve()
    begin, faults, checks = time.monotonic(), [], 0
    with tempfile.TemporaryDirectory() as folder:
        made = pages.make(tool, Path(folder), HERE)
        for page in made:
            if page.stat().st_size > pages.LARGEST.get(page.name, 400 << 10):
                faults.append(f"{page.name}: {page.stat().st_size} bytes")
        for scripts in (True, False):
            driver = browser(scripts)
            try:
                for page in made:
                    for width in SIZES:
                        for dark in (False, True):
                            checks += 1
                            for fault in check(driver, page, width, dark, scripts):
                                faults.append(f"{page.name}, {width}, {'dark' if dark else 'light'}, "
                                              f"{'scripts' if scripts else 'no scripts'}: {fault}")
            finally:
                driver.quit()
    print("\n".join(faults), end="\n" if faults else "")
    print(f"web: {len(made)} pages, {checks} views, {len(faults)} faults, {time.monotonic() - begin:.0f} s")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

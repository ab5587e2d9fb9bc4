"""What journeys through the pages share: a real server, a real Chromium, and what every page must keep to.

A page made by `page_at` fails its test when the browser reports an error, or something the content security policy
refused. With SCREENSHOTS=1 in the environment, pictures go to var/screenshots: to look at, nothing is checked by them.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, Protocol

import pytest
from django.core.cache import cache
from django.db import connection
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    expect,
    sync_playwright,
)
from playwright.sync_api import Error as PlaywrightError

from tests.examples import FEW
from tests.kernel.access.factories import DAOLI, Person, official
from tests.web.desk.factories import session_of
from tools.browser import find_chromium, no_browser

ROOT = Path(__file__).resolve().parent.parent.parent
SCREENSHOTS = ROOT / "var" / "screenshots"
WANTED = bool(os.environ.get("SCREENSHOTS"))
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
TABLER = ROOT / "node_modules" / "@tabler" / "core" / "dist" / "css" / "tabler.css"
STYLES = ROOT / "src" / "yingshang" / "web" / "design" / "static" / "design" / "build" / "design.css"
WIDE, NARROW = 1440, 390
COLOURS: tuple[Literal["light", "dark"], ...] = ("light", "dark")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

# Playwright's synchronous interface runs a loop in this thread, which Django takes for asynchronous code.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

PATIENCE = 10_000
"""Milliseconds a busy machine may take for what a journey waits for, whichever way it waits."""
expect.set_options(timeout=PATIENCE)


# Without a browser no journey is collected, and `make test` says so; on a build server they run, and fail.
collect_ignore_glob = [] if find_chromium() or os.environ.get("CI") else ["test_*.py"]


def pytest_report_header() -> list[str]:
    """For a run of this folder alone, which `make test` does not introduce."""
    return [] if find_chromium() else no_browser().splitlines()


# Every new window would load two pages of Chromium's own into another process, for suggestions below an address bar
# nobody sees: half of what a window costs. The last list of features is the one that counts, so that Playwright's
# own is said again here as far as it changes what a page of ours may do.
WITHOUT = [
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup"),
    *("AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades"),
    *("HttpsFirstBalancedModeAutoEnable", "LensOverlay", "MediaRouter", "PaintHolding"),
    *("ThirdPartyStoragePartitioning", "AvoidCorsURLLoaderRestartOnRedirect", "OptimizationHints"),
    *("NetworkTimeServiceQuerying", "AimEnabled", "PreconnectToSearch"),
]
# What runs in a page runs once and is thrown away: making it quick takes V8 longer than running it does.
ENGINE = ["--always-sparkplug", "--no-maglev", "--no-opt"]
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu"),
    "--disable-features=" + ",".join(WITHOUT),
    "--js-flags=" + ",".join(ENGINE),
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the whole run."""
    program = find_chromium()
    if program is None:
        pytest.fail("The journeys need a Chromium: install chromium, or name one in CHROMIUM.")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture(autouse=True)
def nothing_counted(transactional_db: None) -> None:
    """All journeys come from one address; what one did is not counted against the next."""
    cache.clear()


@pytest.fixture(autouse=True)
def one_connection_for_each_of_the_browsers(monkeypatch: pytest.MonkeyPatch) -> None:
    """What answers a browser's connection keeps its own to the database as long, and not for one request only."""
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", None)


# What `at_rest` asks about. Chromium tells of a navigation the moment a link or a button begins it.
LEAVING = """navigation.addEventListener('navigate', event => {
  window.leaving = !event.hashChange && event.downloadRequest === null;
});
navigation.addEventListener('navigateerror', () => { window.leaving = false; });
navigation.addEventListener('navigatesuccess', () => { window.leaving = false; });
"""


class PageAt(Protocol):
    """Opens a page of a width; the options are Playwright's for a browser context."""

    def __call__(self, width: int = WIDE, **options: Any) -> Page: ...


@pytest.fixture
def page_at(browser: Browser, live_server: Any) -> Iterator[PageAt]:
    """Makes pages whose addresses begin at the live server. Errors of a page are the test's."""
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        # A refusal the test asks for on purpose is reported as an error of loading; the test looks at the page itself.
        if message.type == "error" and "Failed to load resource" not in message.text:
            problems.append(message.text)

    def opened(width: int = WIDE, **options: Any) -> Page:
        context = browser.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": height_of(width)},
            **{"locale": "zh-CN", "timezone_id": "Asia/Shanghai", "reduced_motion": "reduce", **options},
        )
        contexts.append(context)
        # Where it lies until a page is looked at, so that it is handed over, and read, once and not for every page.
        context.add_init_script(f"window.readAxe = () => {{\n{_axe()}\n}}")
        context.add_init_script(LEAVING)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("console", heard)
        page.on("pageerror", lambda error: problems.append(error.stack or str(error)))
        page.on(
            "response",
            lambda response: (
                problems.append(f"{response.status} {response.url}")
                if response.status >= 400 and "/static/" in response.url
                else None
            ),
        )
        return page

    yield opened
    for context in contexts:
        context.close()
    assert problems == []


def wait_until(page: Page, holds: str) -> None:
    """Waits until a JavaScript expression or function is true of the page, over a change of pages if one is under way.

    Playwright's own `wait_for_function` asks again from inside the page, where our Content-Security-Policy forbids to
    evaluate text: it works only when what it waits for is there at once.
    """
    end = time.monotonic() + PATIENCE / 1000
    while True:
        try:
            if page.evaluate(holds):
                return
        except PlaywrightError as error:
            if "context was destroyed" not in error.message:
                raise
        assert time.monotonic() < end, f"{page.url}: not within {PATIENCE} ms: {holds}"
        page.wait_for_timeout(20)


def at_rest(page: Page) -> None:
    """Waits while the page is being left for another: a click does not wait for the page it leads to."""
    wait_until(page, "document.documentElement && !window.leaving")


def screenshot(page: Page, name: str, *, whole: bool = True) -> None:
    """The whole page as a picture, or what the window shows of it; taken only when pictures are wanted.

    What a picture waits for is waited for all the same. Painting a page as tall as that of the API is slow on a busy
    machine, so it has a limit of its own.
    """
    at_rest(page)
    page.evaluate("document.fonts.ready.then(() => true)")
    if WANTED:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=whole, timeout=60_000)


@lru_cache(maxsize=1)
def _axe() -> str:
    return AXE.read_text("utf-8")


def height_of(width: int) -> int:
    """Of a window of this width: a telephone's or a desk's."""
    return 844 if width < 500 else 900


def widths(page: Page) -> Iterator[int]:
    """The window made wide and narrow in turn, beginning as it is; for a page that stands there already."""
    now = page.evaluate("window.innerWidth")
    for width in sorted((WIDE, NARROW), key=lambda each: each != now):
        resize(page, width)
        yield width


def resize(page: Page, width: int) -> None:
    """Give the window a width, and the height of a device so wide."""
    page.set_viewport_size({"width": width, "height": height_of(width)})


def wide_and_narrow(page: Page, name: str = "") -> None:
    """The page as it stands, in both widths: a picture of each, nothing for axe to find and nothing sticking out.

    The window stays as the last look left it: what comes next is done in the other width. A build server has axe look
    in the width in which it found the page, wide or narrow by turns.
    """
    for place, width in enumerate(widths(page)):
        if name:
            screenshot(page, f"{name}-{width}")
        if place == 0 or not FEW:
            assert_accessible(page)
        else:
            assert_fits(page)


def tries(page: Page) -> Iterator[None]:
    """In which widths something is tried before it is done in the last of them: in both, beginning as it is, or on a
    build server in the other one only."""
    if FEW:
        resize(page, NARROW if page.evaluate("window.innerWidth") == WIDE else WIDE)
        yield
    else:
        for _ in widths(page):
            yield


def press(locator: Locator) -> None:
    """Click what can be clicked wide and narrow, in one of the two: a journey is made once, in windows of both widths.

    That it is there, in sight, at rest, enabled and not covered is asked in both (on a build server in the one). As
    each look and each click leaves the other width behind, pages are opened, written in and answered wide and narrow
    by turns.
    """
    for _ in tries(locator.page):
        locator.click(trial=True)
    locator.click()


def fill(locator: Locator, text: str) -> None:
    """Write into what can be seen and written in wide and narrow, in one of the two."""
    for _ in tries(locator.page):
        expect(locator).to_be_visible()
        expect(locator).to_be_editable()
    locator.fill(text)


def check(locator: Locator) -> None:
    """Tick what can be ticked wide and narrow, in one of the two."""
    for _ in tries(locator.page):
        locator.check(trial=True)
    locator.check()


def choose(locator: Locator, **option: str) -> None:
    """Choose from a list that can be seen and chosen from wide and narrow, in one of the two."""
    for _ in tries(locator.page):
        expect(locator).to_be_visible()
        expect(locator).to_be_enabled()
    locator.select_option(**option)


def upload(locator: Locator, **file: Any) -> None:
    """Hand over a file where one can be chosen wide and narrow, in one of the two."""
    for _ in tries(locator.page):
        expect(locator).to_be_visible()
        expect(locator).to_be_enabled()
    locator.set_input_files([file])  # type: ignore[list-item]


SETTLED = """() => new Promise(done => {
  let still = 0;
  const next = () => {
    still = document.getAnimations().length ? 0 : still + 1;
    return still > 3 ? done() : requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
})"""
"""What is inherited goes over into another colour one level of the page after the other."""


def colours(page: Page, *, only: str | None = None) -> Iterator[str]:
    """By day and by night, or by one of them, for a page that stands there already."""
    for each in COLOURS:
        if only not in (None, each):
            continue
        page.emulate_media(color_scheme=each)
        page.evaluate(SETTLED)
        yield each


DRAWN = """() => [...document.querySelectorAll('[data-map], [data-chart]')]
  .filter(each => each.clientWidth && document.getElementById(each.dataset.chart || each.dataset.map))
  .every(each => 'drawn' in each.dataset)"""
"""Maps and charts draw themselves once the page is there."""


def look(page: Page, pages: dict[str, str]) -> None:
    """Each page wide and narrow: nothing for axe to find, nothing sticking out, and a picture called by its name.

    Every other one is opened narrow and made wide; the others the other way round.
    """
    findings = []
    for name, address in pages.items():
        response = page.goto(address)
        if response is None or response.status != 200:
            findings.append(f"{address}: {response and response.status}")
        wait_until(page, DRAWN)
        try:
            wide_and_narrow(page, name)
        except AssertionError as error:
            findings.append(f"{page.evaluate('window.innerWidth')} px: {str(error).splitlines()[:6]}")
    assert not findings, "\n".join(findings)


# Comparing colours is half of what axe costs. A page that stands there unchanged, only wider or narrower, has the same.
LOOKED = """rules => {
  const stands = matchMedia('(prefers-color-scheme: dark)').matches + document.documentElement.outerHTML;
  const compared = window.lookedAt === stands;
  window.lookedAt = stands;
  return axe.run(document, {
    runOnly: rules, resultTypes: ['violations'], rules: {'color-contrast': {enabled: !compared}}
  });
}"""


def assert_accessible(page: Page) -> None:
    """axe finds nothing against WCAG 2.2 AA or its best practices, and nothing is wider than the window."""
    at_rest(page)
    if not page.evaluate("'axe' in window || ('readAxe' in window && (readAxe(), true))"):
        page.evaluate(_axe())
    result = page.evaluate(LOOKED, RULES)
    found = [
        f"{one['id']}: {node['target']} {node['failureSummary'].splitlines()[-1].strip()} {node['html'][:160]}"
        for one in result["violations"]
        for node in one["nodes"]
    ]
    assert found == [], f"{page.url}\n" + "\n".join(found)
    assert_styled(page)
    assert_fits(page)


@lru_cache(maxsize=1)
def _left_out() -> frozenset[frozenset[str]]:
    """The classes of each selector that has styles where ours come from, and none in the bundle."""

    def selectors(path: Path) -> set[frozenset[str]]:
        text = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.S)
        each = [one for many in re.findall(r"([^{}]+)\{", text) for one in many.split(",")]
        return {frozenset(re.findall(r"\.(-?[A-Za-z_][\w-]*)", one)) for one in each}

    return frozenset(selectors(TABLER) - selectors(STYLES))


CLASSES = "[...new Set([...document.querySelectorAll('[class]')].flatMap(each => [...each.classList]))]"


def assert_styled(page: Page) -> None:
    """No classes of the page are ones whose styles were left out of the bundle, for instance as they are put together
    from pieces: such a class is to be written out whole where it comes from."""
    classes = {*page.evaluate(CLASSES)}
    lost = [" ".join(sorted(each)) for each in _left_out() if each <= classes]
    assert lost == [], f"{page.url}: classes without their styles: {lost}"


def assert_fits(page: Page) -> None:
    """No sideways scrolling of the page as a whole."""
    at_rest(page)
    width, window = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert width <= window, f"{page.url} is {width} px wide in a window of {window}"


def sign_in(page: Page, username: str, password: str) -> None:
    """Through the real form."""
    page.goto("/account/login/")
    page.fill("input[name=login]", username)
    page.fill("input[name=password]", password)
    page.click("main button[type=submit]")
    page.wait_for_url(lambda url: "/account/login" not in url)


def enter(page: Page, who: Person) -> None:
    """With a session in which they have logged in; what the form itself does is told by the journeys of the portal."""
    session = {"name": "sessionid", "value": session_of(who), "domain": "localhost", "path": "/"}
    page.context.add_cookies([session])  # type: ignore[list-item]


@pytest.fixture
def signed_in_as(page_at: PageAt) -> Callable[..., Page]:
    """A page of somebody in office: `signed_in_as("window_official", region="230102", width=NARROW)`."""

    def opened(role: str, *, region: str = DAOLI, width: int = WIDE, **options: Any) -> Page:
        page = page_at(width, **options)
        enter(page, official(role, region))
        return page

    return opened

"""The report in a real Chromium: nothing runs, nothing is fetched, nothing overflows."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from evals.report.writing import write_report

pytestmark = pytest.mark.browser

SIZES = {"desktop": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}

CONTRASTS = """() => {
  const linear = part => (part /= 255) <= .03928 ? part / 12.92 : ((part + .055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => .2126 * linear(r) + .7152 * linear(g) + .0722 * linear(b);
  const parse = text => (text.match(/[\\d.]+/g) || []).map(Number);
  const ground = one => {
    for (; one; one = one.parentElement) {
      const colour = parse(getComputedStyle(one).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const ratio = (one, ink) => {
    const [more, less] = [light(parse(ink)), light(ground(one))].sort((x, y) => y - x);
    return (more + .05) / (less + .05);
  };
  const says = one => [...one.childNodes].some(child => child.nodeType === 3 && child.data.trim());
  return [...document.querySelectorAll('main *')]
    .filter(one => one.checkVisibility() && says(one) && !one.closest('title, desc'))
    .map(one => [one.tagName + '.' + (one.getAttribute('class') || ''),
                 ratio(one, one.closest('svg') ? getComputedStyle(one).fill : getComputedStyle(one).color)]);
}"""
"""The contrast of every visible text with what lies behind it."""
TOO_WIDE = """() => [...document.querySelectorAll('body *')]
  .filter(one => !one.closest('.scroll, svg, .skip') && one.getBoundingClientRect().right > innerWidth + 1)
  .map(one => one.outerHTML.slice(0, 80))"""
"""What reaches beyond the right edge of the window without a place to scroll in."""


class Beacon(BaseHTTPRequestHandler):
    """Counts who comes."""

    def do_GET(self):
        self.server.hits.append(self.path)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *arguments):
        pass


@pytest.fixture
def beacon():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Beacon)
    server.hits = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def open_page(browser, tmp_path):
    """Open a run's report as a file and keep what it asked for."""
    contexts = []

    def opened(folder, **options):
        write_report(folder, baseline=None, out=tmp_path / "report.html")
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        requested, faults = [], []
        page.on("request", lambda request: requested.append(request.url))
        page.on("console", lambda message: faults.append(message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto((tmp_path / "report.html").as_uri())
        return page, requested, faults

    yield opened
    for context in contexts:
        context.close()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_hostile_run_neither_runs_nor_fetches_nor_overflows(open_page, hostile_folder, beacon, size, scheme):
    folder = hostile_folder(f"http://127.0.0.1:{beacon.server_port}")
    page, requested, faults = open_page(folder, viewport=SIZES[size], color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    page.locator(".failure h4").first.hover()
    page.wait_for_timeout(300)
    assert page.evaluate("window.hit") is None
    assert (len(requested), faults, beacon.hits) == (1, [], [])
    assert page.locator(".failure").count() == 2
    assert page.evaluate(TOO_WIDE) == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


def test_failed_questions_are_filtered_by_diagnosis_without_a_script(open_page, folder):
    page, _, _ = open_page(folder, java_script_enabled=False)
    assert page.locator(".failure:visible").count() == 5
    page.locator(".filters label", has_text="retrieved, not chosen").click()
    assert page.locator(".failure:visible h4").all_inner_texts() == ["Unchosen?"]
    page.locator(".failure:visible summary").click()
    assert page.locator(".failure:visible .passages mark").all_inner_texts() == ["Ada wrote the first program."]
    page.locator(".filters label", has_text="all").click()
    assert page.locator(".failure:visible").count() == 5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_and_plots_stand_out_from_the_page(open_page, folder, scheme):
    page, _, _ = open_page(folder, color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    ratios = page.evaluate(CONTRASTS)
    assert len(ratios) > 100
    assert [found for found in ratios if found[1] < 4.5] == []

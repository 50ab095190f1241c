"""A person at a browser, as far as the sign-in needs one: reads the page, fills in the form, is sent back."""

import html
import re
from urllib.parse import parse_qs, urlsplit

import httpx


class Page:
    """A page of the sign-in that was opened, with the cookies that came with it."""

    def __init__(self, answer: httpx.Response, cookies: httpx.Cookies) -> None:
        self.answer = answer
        self.cookies = cookies

    def send(self, user: str = "", password: str = "", *, decision: str = "allow", **changed: str) -> httpx.Response:
        """Send the form; what is `changed` is sent in the place of what the page holds."""
        hidden = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', self.answer.text)
        fields = {name: html.unescape(value) for name, value in hidden}
        return self.post(fields | {"user": user, "password": password, "decision": decision} | changed)

    def post(self, fields: dict[str, str], *, origin: str = "") -> httpx.Response:
        """Send fields as a form of a page of this origin, which is the page's own where none is named."""
        url = self.answer.url.copy_with(query=None)
        headers = {"origin": origin or f"{url.scheme}://{url.netloc.decode()}"}
        with httpx.Client(timeout=30, cookies=self.cookies) as browser:
            return browser.post(url, data=fields, headers=headers)


def open_page(url: str) -> Page:
    with httpx.Client(timeout=30, follow_redirects=True) as browser:
        return Page(browser.get(url), browser.cookies)


def allow(url: str, user: str, password: str) -> str:
    """Sign in and let the client in; return where the browser is sent."""
    answer = open_page(url).send(user, password)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def answers_in(location: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}

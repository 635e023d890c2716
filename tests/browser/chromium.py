"""A headless Chromium, spoken to through a pipe in its DevTools protocol."""

import base64
import json
import os
import select
import shutil
import signal
import time
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ARGUMENTS = (
    *("--headless", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--no-first-run"),
    *("--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update"),
    # Frames in a sandbox stay in the page's process, where its DevTools see them.
    "--disable-features=IsolateSandboxedIframes",
)
PATIENCE = 60  # seconds until an answer


def chromium() -> str | None:
    """The path of a Chromium, None where there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    """One page of a Chromium with an empty profile below ``folder``; ``events`` is all that it told."""

    def __init__(self, executable: str, folder: Path, size: tuple[int, int] = (1500, 900)):
        self.events: list[dict] = []
        self.last = 0
        self.unread = b""
        theirs_in, self.input = os.pipe()
        self.output, theirs_out = os.pipe()
        arguments = [f"--user-data-dir={folder / 'profile'}", f"--window-size={size[0]},{size[1]}"]
        # Chromium reads from 3 and writes to 4.
        places = [(os.POSIX_SPAWN_DUP2, theirs_in, 3), (os.POSIX_SPAWN_DUP2, theirs_out, 4)]
        silence = [(os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)]
        self.process = os.posix_spawn(
            executable,
            [executable, *ARGUMENTS, *arguments, "about:blank"],
            os.environ | {"HOME": str(folder)},  # of crashes, it keeps notes there
            file_actions=[*places, *silence],
            setpgroup=0,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self.session = None
        pages = self.ask("Target.getTargets")["targetInfos"]
        page = next(each["targetId"] for each in pages if each["type"] == "page")
        self.session = self.ask("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, *_) -> None:
        os.killpg(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)
        os.close(self.input)
        os.close(self.output)

    def _message(self) -> dict:
        """The next answer or event."""
        while b"\0" not in self.unread:
            ready, _, _ = select.select([self.output], [], [], PATIENCE)
            assert ready, f"the browser has said nothing for {PATIENCE} s"
            read = os.read(self.output, 1 << 20)
            assert read, "the browser has ended"
            self.unread += read
        text, self.unread = self.unread.split(b"\0", 1)
        return json.loads(text)

    def ask(self, method: str, **parameters) -> dict:
        """The browser's answer to a command of the protocol."""
        self.last += 1
        command = {"id": self.last, "method": method, "params": parameters}
        command |= {"sessionId": self.session} if self.session else {}
        content = json.dumps(command).encode() + b"\0"
        while content:
            content = content[os.write(self.input, content) :]
        while True:
            message = self._message()
            if message.get("id") == self.last:
                assert "error" not in message, f"{method}: {message['error']}"
                return message["result"]
            self.events.append(message)

    def open(self, address: str) -> None:
        """Go to a page and wait until all of it is loaded."""
        self.ask("Page.navigate", url=address)
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self._message())

    def run(self, script: str, **where):
        """The value of a JavaScript expression, awaited if it is a promise."""
        found = self.ask(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True, **where
        )
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def run_in_frame(self, script: str):
        """The same in the page's frame, whatever its origin."""
        children = self.ask("Page.getFrameTree")["frameTree"].get("childFrames", [])
        assert len(children) == 1, f"expected one frame, found {len(children)}"
        world = self.ask("Page.createIsolatedWorld", frameId=children[0]["frame"]["id"])
        return self.run(script, contextId=world["executionContextId"])

    def wait_for(self, script: str, seconds: float = 20, in_frame: bool = False):
        """The value of an expression, on the page or in its frame, as soon as it is true."""
        until = time.monotonic() + seconds
        while not (value := self.run_in_frame(script) if in_frame else self.run(script)):
            assert time.monotonic() < until, f"never true: {script}"
            time.sleep(0.02)
        return value

    def told(self, method: str) -> list[dict]:
        """What the events of one kind say."""
        return [event["params"] for event in self.events if event.get("method") == method]

    def screenshot(self, path: Path) -> None:
        """Save what the page looks like as PNG."""
        path.write_bytes(base64.b64decode(self.ask("Page.captureScreenshot")["data"]))

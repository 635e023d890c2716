"""Progress reads well in a log and on a terminal."""

import io

import pytest

from pipeline.job import Tell


class Terminal(io.StringIO):
    def __init__(self, is_terminal):
        super().__init__()
        self.is_terminal = is_terminal

    def isatty(self):
        return self.is_terminal


def progress(is_terminal, total=60_000):
    terminal = Terminal(is_terminal)
    with Tell(terminal).progress("images") as report:
        for done in range(0, total + 1, max(1, total // 100)):
            report(done, total)
    return terminal.getvalue()


def test_a_log_gets_a_line_a_tenth_and_no_bar(capsys):
    assert progress(is_terminal=False) == ""
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 10
    assert lines[0] == "6.00k of 60.0k images"
    assert lines[-1] == "60.0k of 60.0k images"


def test_a_terminal_gets_a_bar_that_leaves_nothing_behind():
    shown = progress(is_terminal=True)
    assert "of 60.0k images" in shown
    assert shown.split("\r")[-1].strip() == "", "the bar is wiped at the end"


@pytest.mark.parametrize("is_terminal", [False, True])
def test_a_total_that_the_server_does_not_tell_is_no_error(is_terminal):
    with Tell(Terminal(is_terminal)).progress("B") as report:
        report(0, 0)
        report(100, 0)

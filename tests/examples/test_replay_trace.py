"""A trace played through each system: the books balance, and what is not a trace is refused with its line."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from examples import replay_trace
from examples.replay_trace import main
from examples.setups import SETUPS, catalogue_of, size_for
from examples.traces import HEADER, Request, TraceError, read, sample, stretched
from tokenpurse import Plan, Wallet

START = datetime(2026, 1, 12, 9, tzinfo=UTC)
ONE = "2023-11-16 18:15:46.6805900,374,44\n"
HEAD = ",".join(HEADER) + "\n"


def written(folder: Path, requests: list[Request]) -> Path:
    """Write requests as a trace is published."""
    path = folder / "trace.csv"
    lines = [f"{one.at:%Y-%m-%d %H:%M:%S.%f}0,{one.tokens - 1},1\r\n" for one in requests]
    path.write_text(",".join(HEADER) + "\r\n" + "".join(lines), encoding="utf-8", newline="")
    return path


def lines_of(printed: str) -> list[str]:
    """All that is printed but the speed, which no two runs share."""
    return [line for line in printed.splitlines() if not line.startswith("speed")]


class TestPlaying:
    @pytest.mark.parametrize("system", SETUPS)
    def test_every_token_is_paid_or_refused(
        self, system: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """What the ledger says was drawn, and what was refused, add up to what the file asks for."""
        requests = sample(400)

        assert main([str(written(tmp_path, requests)), "--system", system]) == 0

        printed, complaints = capsys.readouterr()
        total = sum(one.tokens for one in requests)
        proof = printed.partition("proof\n")[2].splitlines()
        figures = [int(line.split()[0].replace(",", "")) for line in proof[:-2]]
        assert figures.pop() == total == sum(figures)
        assert proof[-3].endswith("tokens in the trace: equal")
        assert proof[-2].endswith("entries, replayed: this very wallet")
        assert proof[-1].endswith("entries per second")
        assert (complaints, "\x1b" in printed) == ("", False), "without a terminal there is no bar and no colour"

    @pytest.mark.parametrize(
        ("system", "shows"),
        [
            ("quota", ["top_up", "bought", "refused"]),
            ("rollover", ["into the bank", "rollover + ", "top_up"]),
            ("packages", ["low", "for want of tokens", "forfeited"]),
            ("payg", ["pay-as-you-go", "75 %, 90 %", "by the limit", "; paid"]),
            ("credits", ["paid with USD credits", "by auto top-up", "credit_auto_recharge_triggered"]),
        ],
    )
    def test_each_system_shows_its_character(
        self, system: str, shows: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        """The size that is found by itself makes happen what the system is known for."""
        assert main(["--system", system]) == 0

        printed = capsys.readouterr().out
        missing = [word for word in shows if word not in printed]
        assert not missing

    def test_a_month_by_hand(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """1,500,000 of 2,000,000, then more than is there even after two purchases, then the next month."""
        asked = [(START, 1_500_000), (START + timedelta(days=2), 3_000_000), (START + timedelta(days=25), 7)]
        path = written(tmp_path, [Request(*one) for one in asked])

        assert main([str(path), "--stretch", "0", "--size", "1"]) == 0

        printed = capsys.readouterr().out
        assert "[1,500,000/4,000,000]" in printed
        assert "refused    3,000,000 for want of tokens" in printed
        assert "bought     2 x 1,000,000 tokens for 2.50 USD each" in printed
        assert "forfeited  500,000 quota" in printed
        assert "[7/4,000,000]" in printed

    def test_the_same_trace_prints_the_same(self, capsys: pytest.CaptureFixture[str]) -> None:
        """Only the speed differs between two runs."""
        runs = []
        for _ in range(2):
            main(["--system", "payg"])
            runs.append(lines_of(capsys.readouterr().out))

        assert runs[0] == runs[1]

    @pytest.mark.parametrize("system", SETUPS)
    def test_any_plan_of_a_system_can_be_played(self, system: str, tmp_path: Path) -> None:
        """Plans that sell nothing or grant nothing refuse, and their books balance too."""
        path = str(written(tmp_path, sample(50)))

        assert {0} == {main([path, "--system", system, "--plan", plan.name]) for plan in catalogue_of(system, 1)}

    def test_it_runs_as_a_file_from_anywhere(self, tmp_path: Path) -> None:
        """The folder that it is started from does not matter, and a sample is played where no trace is given."""
        command = [sys.executable, str(Path(replay_trace.__file__).resolve()), "--system", "packages"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)  # noqa: S603  # our own file

        assert not done.stderr
        assert done.returncode == 0
        assert b"entries per second" in done.stdout


class TestExitCodes:
    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("", "line 1: the header is ''"),
            ("time,context,generated\n" + ONE, "line 1: the header is 'time,context,generated'"),
            (ONE, "line 1: the header is"),
            (HEAD, "it has no requests"),
            (HEAD + ONE + "2023-11-16 18:15:47,1\n", "line 3: it has 2 columns, it must have 3"),
            (HEAD + ONE + "\n", "line 3: it has 0 columns"),
            (HEAD + "16/11/2023 18:15,1,2\n", "line 2: TIMESTAMP is '16/11/2023 18:15'"),
            (HEAD + "2023-02-30 18:15:46,1,2\n", "line 2: TIMESTAMP is '2023-02-30 18:15:46'"),
            (HEAD + "2300-01-01 00:00:00,1,2\n", "line 2: TIMESTAMP is '2300-01-01 00:00:00'"),
            (HEAD + "2023-11-16 18:15:46,-1,2\n", "line 2: ContextTokens is '-1'"),
            (HEAD + "2023-11-16 18:15:46,1.5,2\n", "line 2: ContextTokens is '1.5'"),
            (HEAD + "2023-11-16 18:15:46,1,\n", "line 2: GeneratedTokens is ''"),
            (HEAD + "2023-11-16 18:15:46,1,٣\n", "line 2: GeneratedTokens is"),
            (HEAD + "2023-11-16 18:15:46,1,1000000000\n", "line 2: GeneratedTokens is '1000000000'"),
            (HEAD + ONE + "2023-11-16 18:15:46.68,1,1\n", "line 3: 2023-11-16 18:15:46.68 is before the line above"),
            (HEAD + '2023-11-16 18:15:46,1,"2"3\n', "line 2: "),
            (HEAD + '"2023', "line 2: "),
        ],
    )
    def test_what_is_not_a_trace_names_its_line(
        self, text: str, problem: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Nothing is played, the message says where the file is wrong, and the status is 2."""
        path = tmp_path / "trace.csv"
        path.write_text(text, encoding="utf-8")

        assert main([str(path)]) == 2

        printed, complaints = capsys.readouterr()
        assert (printed, complaints.count("\n")) == ("", 1)
        assert problem in complaints

    def test_bytes_that_are_no_text_are_not_a_trace(self, tmp_path: Path) -> None:
        """A compressed file given by mistake is refused, not guessed at."""
        path = tmp_path / "trace.csv.gz"
        path.write_bytes(b"\x1f\x8b\x08\x00\xff\xfe")

        with pytest.raises(TraceError, match="line 1"):
            read(path)

    @pytest.mark.parametrize("words", [["missing.csv"], ["."], ["--plan", "gold"]])
    def test_what_cannot_be_played_is_status_2(self, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
        """Files that cannot be read and unknown plans end with one line."""
        assert main(words) == 2
        assert capsys.readouterr().err.startswith("replay_trace: ")

    @pytest.mark.parametrize(
        "words",
        [
            ["--system", "gold"],
            ["--size", "0"],
            ["--size", "x"],
            ["--stretch", "-1"],
            ["--stretch", "3661"],
            ["--stretch", "1.5"],
        ],
    )
    def test_wrong_arguments_are_status_2(self, words: list[str]) -> None:
        """Arguments are refused before anything is read."""
        with pytest.raises(SystemExit) as stopped:
            main(words)

        assert stopped.value.code == 2

    def test_books_that_do_not_balance_are_status_1(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """The proof can fail: here the ledger rebuilds another wallet."""
        other = Wallet.open(Plan("other"), id="other", at=START).wallet
        monkeypatch.setattr(replay_trace, "replay", lambda _: other)

        assert main([]) == 1
        assert "NOT IT" in capsys.readouterr().out


class TestTraces:
    def test_a_written_trace_is_read_back(self, tmp_path: Path) -> None:
        """Times to the microsecond, in UTC; tokens as the sum of both kinds."""
        requests = sample(200)

        assert requests == read(written(tmp_path, requests))
        assert [Request(datetime(2023, 11, 16, 18, 15, 46, 680590, UTC), 418)] == read(
            self.one_line(tmp_path, "2023-11-16 18:15:46.6805909,374,44")
        )

    def one_line(self, folder: Path, line: str) -> Path:
        path = folder / "one.csv"
        path.write_text(HEAD + line, encoding="utf-8")
        return path

    def test_the_sample_is_always_the_same(self) -> None:
        """Some thousand requests of an hour, in order, of the published shape."""
        requests = sample()

        assert requests == sample()
        assert len(requests) == 4_000
        assert requests == sorted(requests, key=lambda one: one.at)
        assert timedelta(minutes=55) < requests[-1].at - requests[0].at < timedelta(minutes=65)
        assert min(one.tokens for one in requests) >= 9
        assert max(one.tokens for one in requests) <= 15_050

    @pytest.mark.parametrize("days", [1, 7, 90, 3_660])
    def test_stretching_is_exact(self, days: int) -> None:
        """The last request comes exactly so many days after the first; order and tokens stay."""
        requests = sample(300)
        wide = stretched(requests, days)

        assert requests[0] == wide[0]
        assert timedelta(days=days) == wide[-1].at - wide[0].at
        assert wide == sorted(wide, key=lambda one: one.at)
        assert [one.tokens for one in requests] == [one.tokens for one in wide]

    def test_nothing_to_stretch(self) -> None:
        """No days leave a trace as it came, and so does a trace of one moment."""
        requests = sample(10)

        assert requests == stretched(requests, 0)
        assert requests[:1] == stretched(requests[:1], 90)

    def test_the_size_follows_from_a_month_of_use(self) -> None:
        """Half of 9,000,000 a month is twice a quota of 2,000,000; little use is played at the documented size."""
        busy = [Request(START, 27_000_000), Request(START + timedelta(days=90), 0)]

        assert size_for("quota", None, busy) == 2
        assert size_for("payg", None, busy) == 450
        assert size_for("quota", None, [Request(START, 5)]) == 1

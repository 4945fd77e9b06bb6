"""What checks find: values beyond their limits, sorted by what follows from them."""

from __future__ import annotations

from dataclasses import dataclass

from .table import CHECKS


@dataclass(frozen=True)
class Finding:
    """A measured value that a check does not allow."""

    check: str
    frame: int
    value: float
    of: str = ""  # the label, part or object

    def to_dict(self) -> dict:
        """As plain JSON values, with the limit."""
        row = {"check": self.check, "frame": self.frame, "value": self.value, "limit": CHECKS[self.check].limit}
        return row | ({"of": self.of} if self.of else {})

    def __str__(self) -> str:
        check = CHECKS[self.check]
        of = f" ({self.of})" if self.of else ""
        side = "at least" if check.least else "at most"
        return f"{self.check}{of} is {self.value:.3g} in frame {self.frame}, allowed is {side} {check.limit:g}"


class Invalid(RuntimeError):
    """A sample that checks reject; its spec would be rejected again."""

    def __init__(self, findings: list[Finding], after: str = ""):
        self.findings = findings
        super().__init__("; ".join(str(finding) for finding in findings) + after)


class Findings:
    """Collects what a sample's checks find, one finding for each check and what it is of: the first."""

    def __init__(self, levels: dict[str, str]):
        self.levels = levels
        self.found: dict[tuple[str, str], Finding] = {}

    def wants(self, check: str, family: str, when: str) -> bool:
        """Whether a check is to be made."""
        row = CHECKS[check]
        return self.levels[check] != "ignore" and family in row.of and when in row.when

    def add(self, check: str, frame: int, value: float, of: str = "") -> None:
        """Keep a measured value if it is not allowed."""
        if not CHECKS[check].holds(value):
            self.found.setdefault((check, of), Finding(check, frame, float(value), of))

    def of_level(self, *levels: str) -> list[Finding]:
        """The findings of checks of these levels."""
        return [finding for finding in self.found.values() if self.levels[finding.check] in levels]

    def settle(self) -> list[Finding]:
        """The findings to warn of; raises Invalid where there are others."""
        wrong = self.of_level("redo", "fail")
        if wrong:
            raise Invalid(wrong)
        return self.of_level("warn")

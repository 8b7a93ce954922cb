"""Reports: one HTML file with everything that is known of a model, to look at and to send.

jinja2 is imported when a page is written, not before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from segeval.first_use import on_first_use

if TYPE_CHECKING:
    from segeval.reports.making import report
    from segeval.reports.result import Report
else:
    __getattr__ = on_first_use(__name__, {"making": "report", "result": "Report"})

__all__ = ["Report", "report"]


def __dir__() -> list[str]:
    return __all__

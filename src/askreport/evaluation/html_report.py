"""A result as one HTML file that needs nothing else, and its parts for the tab of the page.

The HTML stands in `templates/`. Everything that comes from a file or an answer is escaped here;
the page forbids itself by its policy to load or to run anything.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from html import escape
from importlib.resources import files
from string import Template
from typing import Any
from urllib.parse import quote as percent_encoded

from askreport.answering.phrases import language_of
from askreport.evaluation.comparison import Comparison
from askreport.evaluation.coverage import Coverage, coverage, coverage_map
from askreport.evaluation.curves import brier_score, refusal_curve
from askreport.evaluation.figures import figures
from askreport.evaluation.metrics import CUTOFF
from askreport.evaluation.runs import EvalResult, QuestionResult
from askreport.evaluation.tables import ANSWERS, COUNTS, RANKING, TOTALS, by_urgency, number
from askreport.evaluation.wording import ENGLISH, WORDINGS, Wording
from askreport.schema import Report, TestQuestion

_LINES = "\n"


def html_report(
    result: EvalResult,
    wording: Wording = ENGLISH,
    *,
    comparison: Comparison | None = None,
    other: EvalResult | None = None,
    covered: Coverage | None = None,
) -> str:
    """The whole page. `comparison` is with `other`; `covered` is what the questions reached."""
    parts = {
        "metrics": metrics_html(result, wording),
        "pictures": pictures_html(figures(result, wording, other), wording),
        "comparison": comparison_html(comparison, wording) if comparison else "",
        "coverage": coverage_html(covered, wording) if covered and covered.chapters else "",
        "questions": questions_html(result.questions, wording),
        "settings": settings_html(result.settings, wording),
    }
    sections = [
        _fill("section.html", name=name, heading=escape(wording.contents[name]), body=body)
        for name, body in parts.items()
        if body
    ]
    commit = result.commit or wording.labels["unknown"]
    return _fill(
        "page.html",
        code=wording.code,
        title=escape(wording.title),
        css=css(),
        summary=escape(f"{wording.labels['commit']}: {commit}"),
        sections="".join(sections),
    )


def html_report_of(
    result: EvalResult,
    reports: Sequence[Report],
    comparison: Comparison | None = None,
    other: EvalResult | None = None,
    rated: Sequence[TestQuestion] = (),
) -> str:
    """The whole page in the language of the questions, with the coverage of `reports`.

    `rated` are real questions, which count on the map of the report.
    """
    wording = WORDINGS[language_of(" ".join(row.question for row in result.questions))]
    covered = coverage(reports, result.questions, result.questions, rated)
    return html_report(result, wording, comparison=comparison, other=other, covered=covered)


def css() -> str:
    """The style that the parts below are made for."""
    return _read("evaluation.css")


def metrics_html(result: EvalResult, wording: Wording = ENGLISH) -> str:
    """Tables of all metrics, by type, with their intervals."""
    columns = {"retrieval": (*COUNTS, *RANKING), "answers": ANSWERS, "totals": TOTALS}
    tables = [
        _metrics_table(result, names, wording.labels[caption], wording)
        for caption, names in columns.items()
    ]
    notes = [wording.labels["interval_note"]]
    notes += [f"{wording.metric(name)}: {text}" for name, text in wording.meaning.items()]
    score, curve = brier_score(result.questions), refusal_curve(result.questions)
    if score is not None:
        notes.append(f"{wording.labels['brier']}: {number(score)}")
    if curve is not None:
        notes.append(f"{wording.labels['area']}: {number(curve.area)}")
    return _LINES.join([*tables, *(_tag("p", note, "note") for note in notes)])


def pictures_html(pictures: Mapping[str, str], wording: Wording = ENGLISH) -> str:
    """The pictures of `figures`, each with its caption."""
    return "".join(_figure(svg, wording.figures[name]) for name, svg in pictures.items())


def comparison_html(comparison: Comparison, wording: Wording = ENGLISH) -> str:
    """What changed, in numbers and in plain words, with links to the questions that changed."""
    labels = wording.labels
    head = [labels[name] for name in ("metric", "now", "other", "difference", "pairs", "verdict")]
    rows = [
        (
            wording.metric(change.metric),
            number(change.value),
            number(change.other),
            f"{change.difference:+.3f}",
            str(change.pairs),
            change.verdict_in(wording),
        )
        for change in comparison.changes
    ]
    caption = labels["common"].format(common=comparison.common, left_out=comparison.left_out)
    lists = [
        (labels["became_right"], comparison.became_right),
        (labels["became_wrong"], comparison.became_wrong),
    ]
    none = escape(labels["none"])
    notes = [
        f"<p>{escape(name)} ({len(ids)}): {', '.join(map(_link, ids)) or none}</p>"
        for name, ids in lists
    ]
    return _table(caption, head, rows) + "".join(notes)


def coverage_html(covered: Coverage, wording: Wording = ENGLISH) -> str:
    """What was counted, in words; the map of the report and the shares of each chapter."""
    labels, chapters = wording.labels, covered.chapters
    counted = [labels["counted"].format(tests=covered.tests, rated=covered.rated)]
    counted.append(labels["counted_asked"].format(asked=covered.asked or 0))
    if covered.asked is None:
        counted[-1] = labels["not_counted"]
    paragraphs = [one for chapter in chapters for one in chapter.paragraphs]
    reached = sum(one.reached for one in paragraphs)
    caption = labels["reached"].format(reached=reached, paragraphs=len(paragraphs))
    columns = ("chapter", "tested", "cited_by_answers", "real", "reached_share")
    head = [labels[name] for name in columns]
    rows = [
        (chapter.chapter or labels["no_chapter"], *(f"{share:.0%}" for share in shares))
        for chapter in chapters
        for shares in [(chapter.tested, chapter.cited, chapter.real, chapter.reached)]
    ]
    drawn = _figure(coverage_map(chapters, wording), wording.figures["coverage"])
    name = escape(wording.contents["coverage"])
    region = f'<div class="map" role="region" aria-label="{name}" tabindex="0">{drawn}</div>'
    return _tag("p", " ".join(counted), "note") + region + _table(caption, head, rows)


def questions_html(rows: Sequence[QuestionResult], wording: Wording = ENGLISH) -> str:
    """Every question, to be opened; those that are amiss come first."""
    missed = wording.labels["missed_of"].format(
        missed=sum(bool(r.why) for r in rows), all=len(rows)
    )
    return _tag("p", missed, "note") + "".join(question_html(r, wording) for r in by_urgency(rows))


def question_html(row: QuestionResult, wording: Wording = ENGLISH) -> str:
    """One question: what was asked, looked up, found, answered and expected, and why it missed."""
    labels = wording.labels
    outcome = "right" if row.correct else "wrong"
    shown = labels[outcome] + (f" ({labels['refused']})" if row.refused else "")
    expected = (row.expected or "") if row.found else labels["refusal_expected"]
    entries = {
        "why": wording.explain(row.why),
        "asked": row.question,
        "looked_up": row.query if row.query != row.question else "",
        "expected": expected,
        "found": _LINES.join(_ranks(row, wording)),
        "answered": row.answer,
        "cited": _LINES.join(
            f"[{one['number']}] {one['quote']} ({_where(one, wording)})" for one in row.citations
        ),
        "places": _LINES.join(
            f"{rank}. {_where(one, wording)}" for rank, one in enumerate(row.places, start=1)
        ),
        "confidence": f"{row.confidence:.2f}; {labels['milliseconds'].format(ms=row.latency_ms)}",
    }
    return _fill(
        "question.html",
        outcome=outcome,
        outcome_text=escape(shown),
        anchor=escape(_anchor(row.id)),
        id=escape(row.id),
        type=escape(wording.type_name(row.type)),
        question=escape(row.question),
        entries=_LINES.join(
            _tag("dt", labels[name]) + _tag("dd", text) for name, text in entries.items() if text
        ),
    )


def settings_html(settings: Mapping[str, object], wording: Wording = ENGLISH) -> str:
    """The settings of a result, a row each, sections joined by a dot as on the command line."""
    rows = [(name, f"{value}") for name, value in _flat(settings)]
    return _table(wording.contents["settings"], ("", ""), rows) if rows else ""


def _metrics_table(result: EvalResult, names: Sequence[str], caption: str, wording: Wording) -> str:
    rows = []
    for group, scores in result.metrics.items():
        intervals = result.intervals.get(group, {})
        cells = [_cell(scores.get(name), intervals.get(name)) for name in names]
        rows.append((wording.type_name(group), *cells))
    head = [wording.labels["type"], *(wording.metric(name) for name in names)]
    return _table(caption, head, rows)


def _cell(value: float | None, interval: tuple[float, float] | None) -> str | tuple[str, str]:
    if interval is None or value is None or interval[0] == interval[1]:
        return number(value)
    return number(value), f"[{interval[0]:.3g}, {interval[1]:.3g}]"


def _table(
    caption: str, head: Sequence[str], rows: Iterable[Sequence[str | tuple[str, str]]]
) -> str:
    """A table; a cell may be a pair, of which the second is small."""
    return _fill(
        "table.html",
        caption=escape(caption),
        head="".join(f'<th scope="col">{escape(name)}</th>' for name in head),
        rows=_LINES.join(f"<tr>{_row(row)}</tr>" for row in rows),
    )


def _row(cells: Sequence[str | tuple[str, str]]) -> str:
    first, *others = cells
    shown = [
        _tag("td", cell)
        if isinstance(cell, str)
        else f"<td>{escape(cell[0])}<small>{escape(cell[1])}</small></td>"
        for cell in others
    ]
    return f'<th scope="row">{escape(str(first))}</th>{"".join(shown)}'


def _ranks(row: QuestionResult, wording: Wording) -> Iterable[str]:
    """Where each quote was found; without its words in a result that does not hold them."""
    quotes = row.evidence or [""] * len(row.found)
    for rank, quote in zip(row.found, quotes, strict=False):
        labels = wording.labels
        place = labels["not_found"].format(cutoff=CUTOFF)
        if rank is not None:
            place = labels["found_at"].format(rank=rank)
        yield f"{place}: {quote}" if quote else place


def _where(place: Mapping[str, Any], wording: Wording) -> str:
    page = place.get("page")
    parts = (
        place.get("report"),
        place.get("chapter"),
        wording.labels["page"].format(page=page) if page else None,
        wording.labels["characters"].format(start=place.get("start"), end=place.get("end")),
    )
    return ", ".join(str(part) for part in parts if part)


def _flat(settings: Mapping[str, object], prefix: str = "") -> Iterable[tuple[str, object]]:
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _anchor(id_: str) -> str:
    """Names the place of a question in the page."""
    return "question-" + percent_encoded(id_, safe="")


def _link(id_: str) -> str:
    return f'<a href="#{escape(_anchor(id_))}">{escape(id_)}</a>'


def _figure(svg: str, caption: str) -> str:
    return _fill("figure.html", svg=svg, caption=escape(caption))


def _tag(name: str, text: str, kind: str = "") -> str:
    attribute = f' class="{kind}"' if kind else ""
    return f"<{name}{attribute}>{escape(text)}</{name}>"


def _fill(template: str, **values: str) -> str:
    return Template(_read(template)).substitute(values)


@cache
def _read(name: str) -> str:
    return (files(__package__) / "templates" / name).read_text(encoding="utf-8")

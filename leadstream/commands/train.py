"""`leadstream train`: a points scorecard from outcomes, in a file that `score.model` names (domain 9)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import typer
from rich.table import Table

from leadstream.training import examples as reading
from leadstream.training.examples import Examples
from operators.base.scorecard import text_of
from operators.config import configuration, model_file
from state import errors

_MOST_ERROR: Final = 0.03
_SHOWN: Final = 20


def train(source: Path, out: Path, *, config: Path | None, label: str | None, fields: list[str], as_json: bool) -> None:
    """Learn from SOURCE, write OUT, say what it is worth. Raises Refused where there is too little to learn from, or where
    scikit-learn is missing."""
    try:
        from threadpoolctl import threadpool_limits

        from leadstream.training import fit, measure
    except ImportError as error:
        raise errors.Refused(
            f"Training needs scikit-learn, which is not installed ({error}).",
            'Install it: pip install "leadstream[train]"; to run with a scorecard it is not needed.',
        ) from None
    known = configuration.load(config).rules.channels if config is not None else None
    found = reading.read(source, label, fields)
    notes: list[str] = []
    # One thread: on shared cores the libraries' own threads wait for each other ten times as long as they work.
    with threadpool_limits(limits=1):
        if not fields and not source.is_dir():
            found = measure.without_hindsight(found)
        worths = measure.compared(found, lambda text: typer.echo(f"train: {text}", err=True))
        card = fit.fit(found)
    mine = worths[0]
    won = sum(found.won)
    trained: dict[str, Any] = {
        "won": won,
        "not_won": len(found.won) - won,
        "auc": round(mine.auc, 4),
        "expected_calibration_error": round(mine.ece, 4),
    }
    columns, calibration = card.plain_fields(), card.plain_calibration()
    _write(out, model_file.document(columns, calibration, trained))
    digest = model_file.read(out).digest
    notes += found.left_out
    if known is not None:
        notes += _strangers(found, set(known))
    if mine.ece > _MOST_ERROR:
        notes.append(
            f"Its calibration error of {mine.ece:.3f} is above {_MOST_ERROR}: take its scores as an order, not as chances."
        )
    if as_json:
        compared = [{"model": w.model, "auc": round(w.auc, 4), "ece": round(w.ece, 4)} for w in worths]
        said = {"out": str(out), "digest": digest, **trained, "compared": compared, "fields": columns, "notes": notes}
        typer.echo(json.dumps(said, ensure_ascii=False))
        return
    _show(found, worths, out, digest, notes)


def _write(out: Path, content: bytes) -> None:
    """Beside the file first, then in its place: a run that starts meanwhile reads the one or the other."""
    beside = out.with_name(f".{out.name}.new")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(content)
        beside.replace(out)
    except OSError as error:
        raise errors.of_disk(error, f"writing {out}") from error


def _strangers(found: Examples, known: set[str]) -> list[str]:
    """Channels of the examples that the configuration does not name."""
    if "channel" not in found.fields:
        return []
    strangers = sorted({text_of(row.get("channel") or "") for row in found.rows} - known - {""})
    if not strangers:
        return []
    more = f" and {len(strangers) - _SHOWN} more" if len(strangers) > _SHOWN else ""
    return [
        f"The configuration does not name the channels {', '.join(strangers[:_SHOWN])}{more}: no lead will have them."
    ]


def _show(found: Examples, worths: list[Any], out: Path, digest: str, notes: list[str]) -> None:
    from flows.observe.live import Screen

    mine = worths[0]
    table = Table(title=f"{len(found.won)} leads, {sum(found.won)} won; on leads not seen, five-fold")
    for head in ("model", "AUC", "scorecard's less this", "calibration error"):
        table.add_column(head, justify="left" if head == "model" else "right")
    for worth in worths:
        apart = "" if worth is mine else f"{mine.auc - worth.auc:+.4f}"
        table.add_row(worth.model, f"{worth.auc:.4f}", apart, f"{worth.ece:.4f}")
    Screen(highlight=False).print(table)
    for note in notes:
        typer.echo(note)
    typer.echo(
        f'Wrote {out}, digest {digest}. To use it: [score] model = "{out.name}", a path beside the configuration.'
    )

"""The statements of the measurements, by file and name, as `db.queries` has the product's."""

from pathlib import Path

FOLDER = Path(__file__).with_name("sql")


def load(name: str) -> str:
    """Return the statement of ``bench/sql/<name>.sql``."""
    text = (FOLDER / f"{name}.sql").read_text(encoding="utf-8").strip().removesuffix(";")
    return f"/* bench.{name} */ {text}"

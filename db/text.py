"""What PostgreSQL can hold as text."""


def storable(text: str) -> bool:
    """Tell whether `text` can be a parameter: no NUL, no half of a surrogate pair."""
    return "\x00" not in text and not any("\ud800" <= char <= "\udfff" for char in text)

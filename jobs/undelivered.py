"""The one way in which a delivery fails."""


class UndeliveredError(Exception):
    """A letter did not arrive; a `final` failure would be the same at every attempt.

    The message is kept for operators: it has neither secrets nor words of strangers.
    """

    def __init__(self, message: str, *, final: bool = False) -> None:
        super().__init__(message)
        self.final = final

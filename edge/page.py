"""Pages: their HTML, and the built scripts, styles and fonts that they load.

They are "Your usage", in the demo the list of its users, and GraphiQL.
"""

import gzip
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from html import escape
from pathlib import Path
from string import Template
from typing import TypedDict

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

PATH = "/settings/account/usage"
"""Where the page is."""

ENTRY, ENTRY_OF_DEMO = "src/page.tsx", "src/demo.tsx"
"""The scripts of the page, and of the list of the demo's users."""

ENTRY_OF_GRAPHIQL = "src/explorer.tsx"
"""The script of GraphiQL, in which the API is tried by hand."""

DIST = Path(__file__).resolve().parents[1] / "web" / "dist"
"""What the build makes of `web/src`."""

NEEDS_SCRIPTS = {
    "en": "This page needs JavaScript.",
    "de": "Diese Seite braucht JavaScript.",
    "fr": "Cette page a besoin de JavaScript.",
    "nl": "Deze pagina heeft JavaScript nodig.",
}
"""The languages of the page; the first one is for whoever speaks none of them."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors "
)
"""What the page may load, up to who may frame it."""

POLICY_OF_GRAPHIQL = POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
"""The same for GraphiQL, whose menus and dialogs add a style element that nothing can vouch for."""

FOR_EVER = "public, max-age=31536000, immutable"
"""How long assets may be kept: their names tell their content."""

_ICON = "src/icon.svg"
_FONT = "node_modules/@fontsource-variable/inter/files/inter-latin-wght-normal.woff2"

_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}

_HTML = Template("""\
<!doctype html>
<html lang="$language">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
$facts
<title>Kontingent</title>
$links
<script type="module" src="/$script"></script>
</head>
<body>
<div id="app"></div>
<noscript>$needs_scripts</noscript>
</body>
</html>
""")


class Chunk(TypedDict, total=False):
    """What the build's manifest says of a source."""

    file: str
    css: list[str]
    imports: list[str]
    dynamicImports: list[str]


@cache
def manifest() -> dict[str, Chunk]:
    """Read what the build made of each source."""
    found: dict[str, Chunk] = orjson.loads((DIST / "manifest.json").read_bytes())
    return found


@dataclass(frozen=True, slots=True)
class Document:
    """The HTML of an entry in each language.

    `origin` is that of the platform's page that has this one in a frame and hands it its token.
    One that is not `translated` is in English, but for what is said without scripts.
    """

    entry: str
    origin: str | None = None
    demo: bool = False
    translated: bool = True
    policy: str = POLICY

    async def respond(self, request: Request) -> Response:
        """Reply with the document in the language that the browser prefers."""
        content = self.html(spoken(request.headers.get("accept-language", "")))
        headers = {
            "cache-control": "no-cache",
            "content-security-policy": self.policy + (self.origin or "'none'"),
            "etag": f'"{sha256(content).hexdigest()[:32]}"',
            "vary": "Accept, Accept-Language",
        }
        if request.headers.get("if-none-match") == headers["etag"]:
            return Response(status_code=304, headers=headers)
        return Response(content, headers=headers, media_type="text/html")

    def html(self, language: str) -> bytes:
        """Write the document; what the script is going to need is loaded beside it."""
        chunks = manifest()
        entry, texts = chunks[self.entry], chunks[f"src/locales/{language}.ts"]
        scripts = [chunks[name]["file"] for name in entry.get("imports", ())]
        if self.translated:
            scripts.append(texts["file"])
        links = [
            _link("icon", chunks[_ICON]["file"], 'type="image/svg+xml"'),
            *(_link("stylesheet", name) for name in self._styles(chunks)),
            *(_link("modulepreload", name) for name in scripts),
            _link("preload", chunks[_FONT]["file"], 'as="font" type="font/woff2" crossorigin'),
        ]
        facts = [
            f'<meta name="kontingent-{name}" content="{escape(value)}">'
            for name, value in (("origin", self.origin), ("demo", "on" if self.demo else None))
            if value is not None
        ]
        return _HTML.substitute(
            language=language,
            facts="\n".join(facts),
            links="\n".join(links),
            script=entry["file"],
            needs_scripts=NEEDS_SCRIPTS[language],
        ).encode()

    def _styles(self, chunks: dict[str, Chunk]) -> list[str]:
        entry = chunks[self.entry]
        parts = [entry, *(chunks[name] for name in entry.get("imports", ()))]
        return [style for part in parts for style in part.get("css", ())]


def _link(rel: str, name: str, more: str = "") -> str:
    return f'<link rel="{rel}" href="/{name}" {more}'.rstrip() + ">"


def spoken(accepted: str) -> str:
    """Return the page's language that an Accept-Language header likes best."""
    ranges = [part.partition(";") for part in accepted.lower().split(",")]
    liked = sorted(ranges, key=lambda one: _weight(one[2]), reverse=True)
    tags = [tag.strip().partition("-")[0] for tag, _, rest in liked if _weight(rest) > 0]
    return next((tag for tag in tags if tag in NEEDS_SCRIPTS), next(iter(NEEDS_SCRIPTS)))


def _weight(parameter: str) -> float:
    try:
        return float(parameter.strip().removeprefix("q=") or 1)
    except ValueError:
        return 0


@dataclass(frozen=True, slots=True)
class Asset:
    """A built file as it is sent."""

    content: bytes
    packed: bytes | None
    media_type: str

    @classmethod
    def read(cls, path: Path) -> "Asset":
        """Read a file, and pack it unless that is of no use."""
        content = path.read_bytes()
        packed = gzip.compress(content, mtime=0)
        return cls(
            content,
            packed if len(packed) < len(content) else None,
            _MEDIA_TYPES[path.suffix],
        )


@cache
def built() -> dict[str, Asset]:
    """Read all built files."""
    return {path.name: Asset.read(path) for path in (DIST / "assets").iterdir()}


class Assets:
    """All built files, kept in memory: there are few, and no path leads elsewhere."""

    def __init__(self) -> None:
        self._found = built()

    async def respond(self, request: Request) -> Response:
        """Reply with one of them.

        Raises:
            HTTPException: there is no such file.
        """
        asset = self._found.get(request.path_params["name"])
        if asset is None:
            raise HTTPException(404)
        headers = {"cache-control": FOR_EVER, "vary": "Accept-Encoding"}
        packs = "gzip" in request.headers.get("accept-encoding", "")
        if asset.packed is not None and packs:
            headers["content-encoding"] = "gzip"
            return Response(asset.packed, headers=headers, media_type=asset.media_type)
        return Response(asset.content, headers=headers, media_type=asset.media_type)

"""GraphQL documents that are made to be expensive; none is longer than a body may be."""


def _spread(count: int) -> str:
    fragments = [
        f"fragment F{number} on Account {{ id ...F{number + 1} ...F{number + 1} }}"
        for number in range(count)
    ]
    return f"{{ account {{ ...F0 }} }} {' '.join(fragments)} fragment F{count} on Account {{ id }}"


def _circles(count: int) -> str:
    spreads = " ".join(f"...F{number}" for number in range(18))
    fragments = [f"fragment F{number} on Query {{ {spreads} }}" for number in range(count)]
    return f"{{ ...F0 }} {' '.join(fragments)}"


WALKED = {
    "doubling_fragments": _spread(19),
    "sixty_fragment_levels": _spread(150),
    "one_field_again_and_again": f"{{ account {{ {'id ' * 1_990} }} }}",
    "spreads": f"{{ account {{ {'...F ' * 960} }} }} fragment F on A {{ a }}",
    "inline_fragments": "{ account { " + "... { id } " * 480 + "} }",
    "deep": "{ account " * 190 + "{ id }" + " }" * 190,
    "unknown_fields": "{ " + " ".join(f"f{number}" for number in range(1_990)) + " }",
    "aliases": "{ " + " ".join(f"a{number}: account {{ id }}" for number in range(330)) + " }",
    "operations": " ".join(f"query Q{number} {{ f }}" for number in range(390)),
    "circles": _circles(20),
}
"""What a walk through the document may take long over."""

READ = {
    "deep_selections": "{ account " * 9_000,
    "deep_lists": "{ account(id: " + "[" * 90_000,
    "deep_objects": "{ account(id: " + "{a: " * 20_000,
    "deep_types": "query ($a: " + "[" * 90_000,
    "a_long_string": '{ account(id: "' + "\\u0041" * 15_000 + '") { id } }',
    "a_long_block": '{ account(id: """' + "\n " * 45_000 + '""") { id } }',
    "a_long_number": "{ account(id: " + "9" * 90_000 + ") { id } }",
    "a_long_fraction": "{ accounts(first: 1." + "9" * 90_000 + ") { nodes { id } } }",
    "a_long_name": "{ " + "a" * 90_000 + " }",
    "a_long_comment": "#" * 90_000 + "\n{ account { id } }",
    "commas": "{ account { id" + "," * 90_000 + "} }",
    "directives": "{ account " + "@skip(if: true) " * 6_000 + "{ id } }",
    "variables": "query (" + " ".join(f"$v{n}: ID" for n in range(9_000)) + ") { account { id } }",
    "definitions": "type A { a: A } " * 5_000,
    "conflicts": "{ account { " + " ".join(f"a: f{n}" for n in range(900)) + " } }",
    "nothing_closed": "{" * 90_000,
}
"""What a parser or the validation may take long over."""

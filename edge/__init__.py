"""HTTP: bodies, tokens and keys, the GraphQL view, events, probes. Knows no SQL and no rules."""

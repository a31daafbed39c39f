"""What runs without a request: closing cycles, delivering notices. Knows no GraphQL, no rules."""

"""The peers: PostGraphile 5, and mercurius with its compiler, both on the Node that npm has.

They answer the same documents with the same content from the same PostgreSQL: the facts are the
product's own, and the statements are the floor's, as views (`schema.sql`). What they cannot tell is
where cycles begin, so that is in a table (`tables.py`).

What they leave out is in their favour. They check the same tokens, but not who may see what; they
write no line of log and count no metrics; they have no limits and no deadlines. A change is not
asked of them: without the product's rules, it would be the floor's statement once more.
"""

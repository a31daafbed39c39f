-- The same columns and key as the table of events, and nothing else.
CREATE TABLE bare (LIKE event, PRIMARY KEY (account_id, source, event_id));

-- Goes up with each transaction that changes an account's numbers: whoever has read them at one
-- count knows whether they are still so.
ALTER TABLE account ADD COLUMN changes bigint NOT NULL DEFAULT 0;

-- Rows are updated all the time, in place.
ALTER TABLE account SET (fillfactor = 70);

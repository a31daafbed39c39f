-- To look up the account of each row took a third of the time of storing it. It is there: what is
-- stored is of an account just read, nobody may delete one, and the channel or feature of an event
-- is a row of `label` before, which refers to the account.
-- squawk-ignore ban-drop-constraint
ALTER TABLE event DROP CONSTRAINT event_account_id_fkey;
-- squawk-ignore ban-drop-constraint
ALTER TABLE conversation DROP CONSTRAINT conversation_account_id_fkey;

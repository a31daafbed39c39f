-- Takes back what was committed to since the data was made. $1 its version.
DELETE FROM meter_change
 WHERE meter = 'CONVERSATIONS' AND version > $1;

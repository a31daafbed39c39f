INSERT INTO bare
SELECT *
  FROM event;

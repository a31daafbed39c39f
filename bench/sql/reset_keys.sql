DELETE FROM idempotency
 WHERE key LIKE 'bench-%';

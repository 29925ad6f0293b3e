CREATE TABLE load (id INTEGER PRIMARY KEY, name TEXT, amount REAL);
BEGIN;
WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number LIMIT 1500000)
INSERT INTO load SELECT n, printf('customer %d', n), n * 0.25 FROM number;
COMMIT;
SELECT count(*), sum(amount) FROM load;

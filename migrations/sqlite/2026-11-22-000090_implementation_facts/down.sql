ALTER TABLE sweeps DROP COLUMN absence_hold;
DROP INDEX licenses_by_absence;
ALTER TABLE licenses DROP COLUMN next_absence_at;
DROP TABLE implementation_facts;

ALTER TABLE facts DROP COLUMN on_behalf_of;
DROP TABLE delegations;

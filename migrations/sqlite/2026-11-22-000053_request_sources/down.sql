ALTER TABLE license_requests DROP COLUMN source;

DROP TABLE facts;
DROP TABLE licenses;
DROP TABLE license_requests;

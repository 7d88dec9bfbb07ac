DROP TABLE audit_salts;
DROP TABLE audit_records;
DROP TABLE audit_heads;
DROP TABLE idempotency_keys;

DROP TABLE queued_notices;
DROP TABLE messages;
DROP INDEX licenses_by_warning;
DROP INDEX licenses_by_notice;
ALTER TABLE licenses DROP COLUMN notices_counting;
ALTER TABLE licenses DROP COLUMN next_warning_at;
ALTER TABLE licenses DROP COLUMN next_notice_at;

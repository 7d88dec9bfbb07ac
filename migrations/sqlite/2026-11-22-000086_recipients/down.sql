DROP TABLE notice_copies;
ALTER TABLE queued_notices DROP COLUMN tells;
DELETE FROM messages WHERE kind <> 'own';
DROP INDEX messages_by_organization;
DROP INDEX messages_once;
ALTER TABLE messages DROP COLUMN once;
ALTER TABLE messages DROP COLUMN kind;
ALTER TABLE messages DROP COLUMN contact_id;

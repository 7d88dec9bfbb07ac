DROP INDEX messages_by_kind;
DROP INDEX access_signals_by_message;
ALTER TABLE access_signals DROP COLUMN message_id;
DELETE FROM messages WHERE organization_id IS NULL;
ALTER TABLE messages ALTER COLUMN organization_id SET NOT NULL;

-- The lead is told at once of logins that nothing allowed. Such a message is about the whole implementation, because a
-- login need not name an organization; a signal without one was not told of yet.
ALTER TABLE messages ALTER COLUMN organization_id DROP NOT NULL;
ALTER TABLE access_signals ADD COLUMN message_id uuid REFERENCES messages (id);
CREATE INDEX messages_by_kind ON messages (implementation_id, kind, id);
CREATE INDEX access_signals_by_message ON access_signals (message_id, state);

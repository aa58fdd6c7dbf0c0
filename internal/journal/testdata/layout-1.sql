CREATE TABLE event (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  run     TEXT    NOT NULL,
  host    TEXT    NOT NULL,
  seq     INTEGER NOT NULL CHECK (seq > 0),
  at      INTEGER NOT NULL, -- microseconds since 1970, UTC
  type    TEXT    NOT NULL,
  subject TEXT    NOT NULL,
  body    BLOB,
  UNIQUE (run, host, seq)
);
CREATE INDEX event_by_type ON event (type, subject, id);
CREATE TRIGGER event_is_never_changed BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER event_is_never_removed BEFORE DELETE ON event
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;

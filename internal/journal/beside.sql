-- What stands beside the events since version 2. Row ids are part of every index,
-- so this one finds those of a type in their order, from any position on.
CREATE INDEX event_by_type ON event (type);

-- The newest event of each type, host and subject. A trigger keeps it, so that no
-- way of writing an event can leave it out.
CREATE TABLE newest (
  type    TEXT    NOT NULL,
  host    TEXT    NOT NULL,
  subject TEXT    NOT NULL,
  event   INTEGER NOT NULL,
  PRIMARY KEY (type, host, subject)
) WITHOUT ROWID;
CREATE INDEX newest_by_event ON newest (event);
CREATE TRIGGER event_is_newest AFTER INSERT ON event
BEGIN
  INSERT INTO newest VALUES (NEW.type, NEW.host, NEW.subject, NEW.id)
  ON CONFLICT (type, host, subject) DO UPDATE SET event = excluded.event;
END;

-- What a reader made of all events up to a position, so that the next one need not
-- read them again.
CREATE TABLE snapshot (
  name     TEXT    PRIMARY KEY,
  position INTEGER NOT NULL,
  body     BLOB    NOT NULL
) WITHOUT ROWID;

-- The files of the archive.
CREATE TABLE archive (
  file   TEXT    PRIMARY KEY,
  first  INTEGER NOT NULL, -- positions
  last   INTEGER NOT NULL,
  events INTEGER NOT NULL,
  sha256 TEXT    NOT NULL,
  made   INTEGER NOT NULL -- seconds since 1970
) WITHOUT ROWID;
CREATE TRIGGER archive_is_never_changed BEFORE UPDATE ON archive
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER archive_is_never_removed BEFORE DELETE ON archive
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;

-- How far the archive has the events that a host told of a run, so that one told
-- once more is still known.
CREATE TABLE archived_run (
  run  TEXT    NOT NULL,
  host TEXT    NOT NULL,
  seq  INTEGER NOT NULL,
  PRIMARY KEY (run, host)
) WITHOUT ROWID;

-- The one way out: events that a file of the archive has. It is empty but within
-- the transaction that takes them out.
CREATE TABLE leaving (event INTEGER PRIMARY KEY);
CREATE TRIGGER the_newest_stays BEFORE INSERT ON leaving
WHEN EXISTS (SELECT 1 FROM newest WHERE event = NEW.event)
BEGIN SELECT RAISE(ABORT, 'the newest event of a subject stays'); END;
CREATE TRIGGER event_is_never_removed BEFORE DELETE ON event
WHEN NOT EXISTS (SELECT 1 FROM leaving WHERE event = OLD.id)
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;

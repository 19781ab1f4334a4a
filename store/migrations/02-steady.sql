-- v1 -> v2: Settings and probes

-- What a room or a person wants otherwise than the configuration: language, contact, rights.
CREATE TABLE setting (
	scope TEXT NOT NULL,
	name  TEXT NOT NULL,
	value TEXT NOT NULL,
	PRIMARY KEY (scope, name)
) WITHOUT ROWID;

-- The one running probe of a group, and who was asked. state: 0 asked, 1 answered, 2 answered
-- without a signed device, 3 answered without encryption.
CREATE TABLE probe (
	room  TEXT   NOT NULL PRIMARY KEY,
	id    TEXT   NOT NULL UNIQUE,
	asker TEXT   NOT NULL,
	until BIGINT NOT NULL
) WITHOUT ROWID;
CREATE TABLE probed (
	probe  TEXT    NOT NULL REFERENCES probe (id) ON DELETE CASCADE,
	person TEXT    NOT NULL,
	state  INTEGER NOT NULL,
	PRIMARY KEY (probe, person)
) WITHOUT ROWID;
CREATE INDEX probed_person ON probed (person);

-- v1 -> v2: Settings, probes, and lanes of what is to be said

ALTER TABLE direct ADD COLUMN session TEXT NOT NULL DEFAULT '';
ALTER TABLE call ADD COLUMN entry TEXT NOT NULL DEFAULT '';
ALTER TABLE call ADD COLUMN locked BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE call ADD COLUMN opened BIGINT NOT NULL DEFAULT 0;
ALTER TABLE call ADD COLUMN since BIGINT NOT NULL DEFAULT 0;
ALTER TABLE call ADD COLUMN most INTEGER NOT NULL DEFAULT 0;
ALTER TABLE poll ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;
ALTER TABLE poll ADD COLUMN ends BIGINT NOT NULL DEFAULT 0;

-- What must be said once. seq orders what waits within its route, a room or a person, and its lane;
-- what is not waiting has neither an order nor a payload. state: 0 waiting, 1 sent, 2 dropped,
-- 3 given up.
ALTER TABLE outbox RENAME TO outbox_old;
DROP INDEX outbox_waiting;
DROP INDEX outbox_group;
CREATE TABLE outbox (
	key      TEXT    NOT NULL PRIMARY KEY,
	grp      TEXT    NOT NULL,
	route    TEXT    NOT NULL,
	lane     INTEGER NOT NULL,
	room     TEXT    NOT NULL,
	person   TEXT    NOT NULL,
	kind     TEXT    NOT NULL,
	payload  bytea,
	secret   BOOLEAN NOT NULL,
	lasting  BOOLEAN NOT NULL,
	thread   TEXT    NOT NULL,
	reply_to TEXT    NOT NULL,
	edits    TEXT    NOT NULL,
	redacts  TEXT    NOT NULL,
	state    INTEGER NOT NULL,
	seq      BIGINT  NOT NULL,
	next_try BIGINT  NOT NULL,
	tries    INTEGER NOT NULL,
	failures INTEGER NOT NULL,
	event_id TEXT    NOT NULL,
	day      BIGINT  NOT NULL
) WITHOUT ROWID;
CREATE INDEX outbox_waiting ON outbox (state, route, lane, seq);
CREATE INDEX outbox_group ON outbox (grp);
CREATE INDEX outbox_order ON outbox (state, seq);

-- How fast the homeserver lets the bot do what.
CREATE TABLE pace (
	kind  TEXT    NOT NULL PRIMARY KEY,
	until BIGINT  NOT NULL,
	gap   BIGINT  NOT NULL,
	burst BIGINT  NOT NULL
) WITHOUT ROWID;

INSERT INTO outbox (key, grp, route, lane, room, person, kind, payload, secret, lasting, thread, reply_to, edits, redacts,
	state, seq, next_try, tries, failures, event_id, day)
SELECT key, grp, lane, 0, room, person, kind, payload, secret, lasting, thread, '', edits, redacts,
	state, seq, next_try, tries, failures, event_id, day FROM outbox_old;
DROP TABLE outbox_old;

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

CREATE TABLE held (
	poll    TEXT  NOT NULL PRIMARY KEY,
	room    TEXT  NOT NULL,
	step    TEXT  NOT NULL,
	view    bytea NOT NULL,
	secret  bytea,
	ballots bytea,
	share   bytea
) WITHOUT ROWID;

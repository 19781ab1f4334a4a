-- v0 -> v2: Latest schema

-- The version of each table is this file's. Every table is WITHOUT ROWID where the order of
-- its rows would say something about people.

-- The one lasting call of a group. key is sealed. opened, since and most are 0 while nothing goes on.
CREATE TABLE call (
	room   TEXT    NOT NULL PRIMARY KEY,
	name   TEXT    NOT NULL UNIQUE,
	title  TEXT    NOT NULL,
	door   bytea   NOT NULL,
	key    bytea   NOT NULL,
	card   TEXT    NOT NULL,
	shown  INTEGER NOT NULL,
	entry  TEXT    NOT NULL DEFAULT '',
	locked BOOLEAN NOT NULL DEFAULT false,
	opened BIGINT  NOT NULL DEFAULT 0,
	since  BIGINT  NOT NULL DEFAULT 0,
	most   INTEGER NOT NULL DEFAULT 0
);

-- Who the bot is on its homeserver. token and recovery are sealed.
CREATE TABLE account (
	id        INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
	user_id   TEXT    NOT NULL,
	device_id TEXT    NOT NULL,
	token     bytea   NOT NULL,
	recovery  bytea
);

-- The lasting direct room of each person. session names the key of what the bot said there last.
CREATE TABLE direct (
	person  TEXT    NOT NULL PRIMARY KEY,
	room    TEXT    NOT NULL,
	invited BOOLEAN NOT NULL,
	session TEXT    NOT NULL DEFAULT ''
) WITHOUT ROWID;

-- What must be said once. seq orders what waits within its route, a room or a person, and its lane;
-- what is not waiting has neither an order nor a payload. state: 0 waiting, 1 sent, 2 dropped,
-- 3 given up.
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

-- Events that were handled, or how often that was tried. day is the only time.
CREATE TABLE seen (
	event_id TEXT    NOT NULL PRIMARY KEY,
	handled  BOOLEAN NOT NULL,
	attempts INTEGER NOT NULL,
	day      BIGINT  NOT NULL
) WITHOUT ROWID;

-- Events whose key has not arrived yet, still encrypted.
CREATE TABLE late (
	event_id TEXT   NOT NULL PRIMARY KEY,
	room     TEXT   NOT NULL,
	session  TEXT   NOT NULL,
	raw      bytea  NOT NULL,
	day      BIGINT NOT NULL
) WITHOUT ROWID;

-- Polls, as the group knows them. number orders them all; turn counts those of one place.
CREATE TABLE poll (
	number      INTEGER NOT NULL PRIMARY KEY,
	id          TEXT    NOT NULL UNIQUE,
	place       TEXT    NOT NULL,
	asker       TEXT    NOT NULL,
	question    TEXT    NOT NULL,
	answers     TEXT    NOT NULL,
	state       TEXT    NOT NULL,
	grp         TEXT    NOT NULL,
	fingerprint TEXT    NOT NULL,
	roll_hash   TEXT    NOT NULL,
	closed_hash TEXT    NOT NULL,
	opened      BIGINT  NOT NULL,
	closed      BIGINT  NOT NULL,
	result      TEXT    NOT NULL,
	turn        INTEGER NOT NULL DEFAULT 0,
	ends        BIGINT  NOT NULL DEFAULT 0
);

-- Papers of a poll, byte for byte. The one named key is sealed, the others are public to the group.
CREATE TABLE paper (
	poll    TEXT  NOT NULL REFERENCES poll (id),
	name    TEXT  NOT NULL,
	content bytea NOT NULL,
	PRIMARY KEY (poll, name)
) WITHOUT ROWID;

-- The registrar: who may vote, and, in one sealed piece, who was given which token.
CREATE TABLE roll (
	poll   TEXT NOT NULL REFERENCES poll (id),
	member TEXT NOT NULL,
	PRIMARY KEY (poll, member)
) WITHOUT ROWID;
CREATE INDEX roll_member ON roll (member);
CREATE TABLE token (
	poll   TEXT  NOT NULL PRIMARY KEY REFERENCES poll (id),
	sealed bytea NOT NULL
) WITHOUT ROWID;

-- The ballot box: a place of one size for each credential, made at the opening.
CREATE TABLE ballot (
	poll       TEXT  NOT NULL REFERENCES poll (id),
	credential TEXT  NOT NULL,
	ballot     bytea NOT NULL,
	PRIMARY KEY (poll, credential)
) WITHOUT ROWID;

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

-- On a teller's machine: the votes that it holds a key of, and what it saw of them. secret is sealed.
CREATE TABLE held (
	poll    TEXT  NOT NULL PRIMARY KEY,
	room    TEXT  NOT NULL,
	step    TEXT  NOT NULL,
	view    bytea NOT NULL,
	secret  bytea,
	ballots bytea,
	share   bytea
) WITHOUT ROWID;

/*
 * schema.h - the tables, version by version; private to orchestrator/journal/
 *
 * A migration is a new entry at the end, never an edit of an old one: files of
 * every version stay readable.  Rows are not rewritten by migrations, since
 * their hashes must stay what they are.
 *
 * The triggers are the append-only law inside the file: they hold for every
 * program that writes through SQLite (REPLACE included, which deletes without
 * asking the delete trigger).  What goes around SQLite is found by verify.
 */
#ifndef CUTOVER_JOURNAL_SCHEMA_H
#define CUTOVER_JOURNAL_SCHEMA_H

#define SCHEMA_APPLICATION_ID 0x4355544f /* 'CUTO' */

/* 1099511627775 is (1 << 40) - 1: the seq in a position. */
static const char *const schema_versions[] = {
	/* 1 */
	"CREATE TABLE run (\n"
	"	nr INTEGER PRIMARY KEY,\n"
	"	id TEXT NOT NULL UNIQUE,\n"
	"	plan_path TEXT NOT NULL,\n"
	"	plan_text TEXT NOT NULL,\n"
	"	plan_hash TEXT NOT NULL,\n"
	"	wall_us INTEGER NOT NULL,\n"
	"	version TEXT NOT NULL\n"
	") STRICT;\n"
	"CREATE TABLE entry (\n"
	"	pos INTEGER PRIMARY KEY,\n"
	"	wall_us INTEGER NOT NULL,\n"
	"	kind TEXT NOT NULL,\n"
	"	step TEXT NOT NULL,\n"
	"	body TEXT NOT NULL CHECK (length(body) >= 2),\n"
	"	prev TEXT NOT NULL CHECK (length(prev) = 64),\n"
	"	hash TEXT NOT NULL CHECK (length(hash) = 64)\n"
	") STRICT;\n"
	"CREATE TRIGGER run_no_update BEFORE UPDATE ON run BEGIN\n"
	"	SELECT RAISE(ABORT, 'the journal is append-only');\n"
	"END;\n"
	"CREATE TRIGGER run_no_delete BEFORE DELETE ON run BEGIN\n"
	"	SELECT RAISE(ABORT, 'the journal is append-only');\n"
	"END;\n"
	"CREATE TRIGGER run_next BEFORE INSERT ON run\n"
	"WHEN NEW.nr IS NOT (SELECT coalesce(max(nr), 0) + 1 FROM run)\n"
	"	OR EXISTS (SELECT 1 FROM run WHERE id = NEW.id)\n"
	"BEGIN\n"
	"	SELECT RAISE(ABORT, 'the run does not follow the last one');\n"
	"END;\n"
	"CREATE TRIGGER entry_no_update BEFORE UPDATE ON entry BEGIN\n"
	"	SELECT RAISE(ABORT, 'the journal is append-only');\n"
	"END;\n"
	"CREATE TRIGGER entry_no_delete BEFORE DELETE ON entry BEGIN\n"
	"	SELECT RAISE(ABORT, 'the journal is append-only');\n"
	"END;\n"
	"CREATE TRIGGER entry_next BEFORE INSERT ON entry\n"
	"WHEN CASE NEW.pos & 1099511627775\n"
	"	WHEN 0 THEN NOT EXISTS\n"
	"		(SELECT 1 FROM run WHERE nr = NEW.pos >> 40)\n"
	"	ELSE NEW.prev IS NOT\n"
	"		(SELECT hash FROM entry WHERE pos = NEW.pos - 1)\n"
	"	END OR EXISTS (SELECT 1 FROM entry WHERE pos = NEW.pos)\n"
	"BEGIN\n"
	"	SELECT RAISE(ABORT, 'the row does not continue its chain');\n"
	"END;\n"
	"CREATE VIEW journal AS\n"
	"SELECT run.id AS run, entry.pos & 1099511627775 AS seq,\n"
	"	strftime('%Y-%m-%dT%H:%M:%fZ', entry.wall_us / 1e6,\n"
	"		'unixepoch') AS time,\n"
	"	kind, step, body, hash\n"
	"FROM entry JOIN run ON run.nr = entry.pos >> 40\n"
	"ORDER BY entry.pos;\n",
};

#endif

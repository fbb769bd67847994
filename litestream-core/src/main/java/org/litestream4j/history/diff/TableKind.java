package org.litestream4j.history.diff;

/** What a name in a schema stands for, as far as its rows are concerned. */
enum TableKind {

	/** Rows are known by their rowid. */
	ROWID,

	/** Rows are known by their primary key. */
	WITHOUT_ROWID,

	/** Rows have a rowid that cannot be named: columns took all of its names. */
	NAMELESS_ROWID,

	/** Full text or places: rows are read and written through the virtual table. */
	VIRTUAL_ROWS,

	/** A full-text index of rows that are elsewhere. It can be made anew. */
	VIRTUAL_INDEX,

	/** Only its shadow tables can be read and written, as they are. */
	VIRTUAL_RAW

}

package org.litestream4j.stress;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * Makes every commit recognisable: each transaction adds one row to the table
 * {@code ledger}, numbered without a gap over all writers and processes, with what the
 * other tables hold at that moment. So any file can be asked which commit it is the state
 * of, and whether it is all of that state.
 */
final class Ledger {

	/** How a body follows from its row, so that a mixed-up page shows. */
	private static final String BODY = "replace(hex(zeroblob(%s)), '00', printf('%%08x', %s))";

	/** Creates the tables. */
	static final String SCHEMA = """
			CREATE TABLE ledger (n INTEGER PRIMARY KEY, writer INTEGER NOT NULL, seq INTEGER NOT NULL,
			  row_count INTEGER NOT NULL, sizes INTEGER NOT NULL, tags INTEGER NOT NULL);
			CREATE TABLE data (id INTEGER PRIMARY KEY, tag INTEGER NOT NULL, size INTEGER NOT NULL, body TEXT NOT NULL);
			CREATE INDEX data_tag ON data (tag, size);
			CREATE TABLE totals (one INTEGER PRIMARY KEY CHECK (one = 1), row_count INTEGER NOT NULL,
			  sizes INTEGER NOT NULL, tags INTEGER NOT NULL);
			INSERT INTO totals VALUES (1, 0, 0, 0);
			CREATE TRIGGER data_added AFTER INSERT ON data BEGIN
			  UPDATE totals SET row_count = row_count + 1, sizes = sizes + new.size, tags = tags + new.tag; END;
			CREATE TRIGGER data_deleted AFTER DELETE ON data BEGIN
			  UPDATE totals SET row_count = row_count - 1, sizes = sizes - old.size, tags = tags - old.tag; END;
			CREATE TRIGGER data_changed AFTER UPDATE ON data BEGIN
			  UPDATE totals SET sizes = sizes + new.size - old.size, tags = tags + new.tag - old.tag; END;
			""";

	private static final String COUNT = "SELECT coalesce(max(n), 0) FROM ledger";

	private Ledger() {
	}

	/** Adds rows. */
	static String insert(int rows, int tag, int size) {
		return ("WITH RECURSIVE c(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i + 1 < %d)"
				+ " INSERT INTO data (tag, size, body) SELECT %d + i, %d, %s FROM c;")
			.formatted(rows, tag, size, BODY.formatted(size, tag + " + i"));
	}

	/** Changes some rows. */
	static String update(int tag, int size, int modulus, int remainder) {
		return "UPDATE data SET tag = %d, size = %d, body = %s WHERE id %% %d = %d;".formatted(tag, size,
				BODY.formatted(size, tag), modulus, remainder);
	}

	/** Deletes some rows. */
	static String delete(int modulus, int remainder) {
		return "DELETE FROM data WHERE id %% %d = %d;".formatted(modulus, remainder);
	}

	/** Adds the transaction's own row; it comes last. */
	static String record(int writer, int seq) {
		return "INSERT INTO ledger SELECT (%s) + 1, %d, %d, row_count, sizes, tags FROM totals;".formatted(COUNT,
				writer, seq);
	}

	/** The newest commit's number. */
	static int newest(Connection connection) throws SQLException {
		return (int) number(connection, COUNT);
	}

	/**
	 * What a file holds.
	 *
	 * @param newest the number of the commit it is the state of
	 * @param hashes for each n a hash over the ledger up to n
	 */
	@SuppressWarnings("ArrayRecordComponent") // never compared, and large
	record State(int newest, long[] hashes) {
	}

	/**
	 * Looks whether a file is a whole state.
	 * @throws AssertionError if it is none
	 */
	static State check(Connection connection) throws SQLException {
		require("ok".equals(text(connection, "PRAGMA integrity_check")), "the integrity check fails");
		int newest = newest(connection);
		require(number(connection, "SELECT count(*) FROM ledger") == newest, "commits are missing before " + newest);
		String actual = text(connection,
				"SELECT count(*) || ' ' || coalesce(sum(size), 0) || ' '" + " || coalesce(sum(tag), 0) FROM data");
		require(actual.equals(text(connection, "SELECT row_count || ' ' || sizes || ' ' || tags FROM totals")),
				"the rows are not those of the totals");
		if (newest > 0) {
			require(actual.equals(text(connection,
					"SELECT row_count || ' ' || sizes || ' ' || tags FROM ledger ORDER BY n DESC LIMIT 1")),
					"the rows are not those of the newest commit");
		}
		require(number(connection, "SELECT count(*) FROM data WHERE body <> " + BODY.formatted("size", "tag")) == 0,
				"a body is wrong");
		return new State(newest, hashes(connection, newest));
	}

	private static long[] hashes(Connection connection, int newest) throws SQLException {
		long[] hashes = new long[newest + 1];
		try (PreparedStatement statement = connection
			.prepareStatement("SELECT n, writer, seq, row_count, sizes, tags FROM ledger ORDER BY n");
				ResultSet rows = statement.executeQuery()) {
			for (int n = 1; rows.next(); n++) {
				long hash = hashes[n - 1];
				for (int column = 1; column <= 6; column++) {
					hash = hash * 0x9E3779B97F4A7C15L + rows.getLong(column);
				}
				hashes[n] = hash ^ hash >>> 29;
			}
		}
		return hashes;
	}

	private static void require(boolean holds, String failure) {
		if (!holds) {
			throw new AssertionError(failure);
		}
	}

	private static String text(Connection connection, String sql) throws SQLException {
		try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery(sql)) {
			return rows.next() ? String.valueOf(rows.getString(1)) : "";
		}
	}

	private static long number(Connection connection, String sql) throws SQLException {
		return Long.parseLong(text(connection, sql));
	}

}

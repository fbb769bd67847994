package org.litestream4j.sqlite.btree;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import org.sqlite.Function;

/**
 * A database that is changed at random: tables with and without rowid, indexes, rows that
 * need many pages, tables that are dropped, and whole tables that are emptied. Each
 * change is one transaction.
 */
final class RandomDatabase implements AutoCloseable {

	private final Connection connection;

	private final Random random;

	private final List<String> tables = new ArrayList<>();

	private int names;

	RandomDatabase(Path file, int pageSize, String pragma, Random random) throws SQLException {
		this.connection = DriverManager.getConnection("jdbc:sqlite:" + file);
		this.random = random;
		Function.create(this.connection, "bytes", new Bytes(new Random(random.nextLong())));
		run("PRAGMA synchronous=OFF");
		run("PRAGMA page_size=" + pageSize);
		if (!pragma.isEmpty()) {
			run("PRAGMA " + pragma);
		}
		createTable();
	}

	private void run(String sql) throws SQLException {
		try (Statement statement = this.connection.createStatement()) {
			statement.execute(sql);
		}
	}

	Connection connection() {
		return this.connection;
	}

	/** One transaction. */
	void change() throws SQLException {
		this.connection.setAutoCommit(false);
		int changes = 1 + this.random.nextInt(3);
		for (int i = 0; i < changes; i++) {
			changeSomething();
		}
		this.connection.commit();
		this.connection.setAutoCommit(true);
	}

	private void changeSomething() throws SQLException {
		int what = this.random.nextInt(40);
		String table = this.tables.get(this.random.nextInt(this.tables.size()));
		if (what == 0 && this.tables.size() > 2) {
			run("DROP TABLE " + table);
			this.tables.remove(table);
		}
		else if (what == 1 && this.tables.size() < 8) {
			createTable();
		}
		else if (what == 2) {
			run("DELETE FROM " + table);
		}
		else if (what == 3) {
			run("CREATE INDEX i%d ON %s (a, b)".formatted(this.names++, table));
		}
		else if (what < 18) {
			insert(table);
		}
		else if (what < 28) {
			run("UPDATE %s SET b = %s WHERE id %% %d = 0".formatted(table, blob(), 3 + this.random.nextInt(40)));
		}
		else if (what < 31) {
			run("UPDATE %s SET id = -id WHERE id %% %d = 0".formatted(table, 3 + this.random.nextInt(40)));
		}
		else {
			run("DELETE FROM %s WHERE id %% %d = 1".formatted(table, 2 + this.random.nextInt(20)));
		}
	}

	private void createTable() throws SQLException {
		String name = "t" + this.names++;
		boolean rowid = this.random.nextInt(3) > 0;
		run("CREATE TABLE %s (id INTEGER PRIMARY KEY, a TEXT, b BLOB)%s".formatted(name,
				rowid ? "" : " WITHOUT ROWID"));
		if (this.random.nextBoolean()) {
			run("CREATE INDEX i%d ON %s (b)".formatted(this.names++, name));
		}
		this.tables.add(name);
		insert(name);
	}

	private String blob() {
		int most = switch (this.random.nextInt(12)) {
			case 0 -> 20_000;
			case 1, 2 -> 3_000;
			default -> 200;
		};
		return "bytes(%d)".formatted(this.random.nextInt(most));
	}

	private void insert(String table) throws SQLException {
		int rows = 1 + this.random.nextInt(120);
		try (PreparedStatement insert = this.connection
			.prepareStatement("INSERT OR REPLACE INTO %s VALUES (?, ?, %s)".formatted(table, blob()))) {
			for (int i = 0; i < rows; i++) {
				insert.setLong(1, this.random.nextInt(1_000_000));
				insert.setString(2, "äöü" + "x".repeat(this.random.nextInt(60)));
				insert.executeUpdate();
			}
		}
	}

	/** The single value that a query answers. */
	String text(String query) throws SQLException {
		try (Statement statement = this.connection.createStatement(); ResultSet rows = statement.executeQuery(query)) {
			return rows.getString(1);
		}
	}

	/** As {@code randomblob}, but the same again for the same seed. */
	private static final class Bytes extends Function {

		private final Random random;

		Bytes(Random random) {
			this.random = random;
		}

		@Override
		protected void xFunc() throws SQLException {
			byte[] bytes = new byte[Math.max(1, value_int(0))];
			this.random.nextBytes(bytes);
			result(bytes);
		}

	}

	@Override
	public void close() throws SQLException {
		this.connection.close();
	}

}

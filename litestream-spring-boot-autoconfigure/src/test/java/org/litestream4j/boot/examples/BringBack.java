package org.litestream4j.boot.examples;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

import javax.sql.DataSource;

/** Of docs/history.md. */
final class BringBack {

	int bringBack(DataSource dataSource, Path tables) throws SQLException {
		try (Connection connection = dataSource.getConnection(); Statement statement = connection.createStatement()) {
			statement.execute("ATTACH '%s' AS past".formatted(tables.toString().replace("'", "''")));
			try {
				connection.setAutoCommit(false);
				int rows = statement.executeUpdate("""
						INSERT INTO main.notes(id, text, created_at)
						SELECT id, text, created_at FROM past.notes
						WHERE id NOT IN (SELECT id FROM main.notes)""");
				connection.commit();
				return rows;
			}
			catch (SQLException ex) {
				connection.rollback();
				throw ex;
			}
			finally {
				connection.setAutoCommit(true);
				statement.execute("DETACH past");
			}
		}
	}

}

package org.litestream4j.stress;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicInteger;

import org.litestream4j.testing.RealLitestream;

/**
 * Restores a replica to new files and looks at them.
 */
final class Restores {

	private final Path replica;

	private final Path folder;

	private final AtomicInteger count = new AtomicInteger();

	Restores(Path replica, Path folder) throws IOException {
		this.replica = replica;
		this.folder = Files.createDirectories(folder);
	}

	/** Restores the newest state to a new file. */
	Path restore() throws IOException {
		Path output = this.folder.resolve("restored-%d.db".formatted(this.count.incrementAndGet()));
		RealLitestream.get().restore(this.replica, output);
		return output;
	}

	/** Looks whether a restored file is a whole state. */
	static Ledger.State check(Path file) throws SQLException {
		try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file)) {
			return Ledger.check(connection);
		}
		catch (AssertionError ex) {
			throw new AssertionError("%s: %s".formatted(file, ex.getMessage()), ex);
		}
	}

	/** Deletes a file that was looked at. */
	static void delete(Path file) throws IOException {
		for (String suffix : new String[] { "", "-wal", "-shm" }) {
			Files.deleteIfExists(Path.of(file + suffix));
		}
	}

}

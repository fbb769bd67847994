package org.litestream4j.stress;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import org.litestream4j.LitestreamRestore;
import org.litestream4j.Replica;
import org.litestream4j.RestoreOptions;
import org.litestream4j.RestoreOptions.IntegrityCheck;
import org.litestream4j.RestoreProgress;
import org.litestream4j.RestoreRequest;
import org.litestream4j.RestoreTarget;
import org.litestream4j.format.WalPosition;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.testing.RealLitestream;
import org.litestream4j.testing.RealLitestream5;

/**
 * Restores a replica to new files and looks at them.
 */
final class Restores {

	private final Path replica;

	private final Path directory;

	private final AtomicInteger count = new AtomicInteger();

	Restores(Path replica, Path directory) throws IOException {
		this.replica = replica;
		this.directory = Files.createDirectories(directory);
	}

	/** Restores the newest state to a new file, with the code under test. */
	Path restore() throws IOException {
		return restore(RestoreTarget.latest());
	}

	/** Restores the state at a position to a new file, with the code under test. */
	Path restore(WalPosition position) throws IOException {
		return restore(RestoreTarget.at(position));
	}

	/** Restores the state as of a time to a new file, with the code under test. */
	Path restore(Instant time) throws IOException {
		return restore(RestoreTarget.asOf(time));
	}

	private Path restore(RestoreTarget target) throws IOException {
		Path output = newFile();
		Replica source = new Replica("file", Engine.files(this.replica), Replica.Options.DEFAULTS);
		// Looked at afterwards, more closely
		RestoreRequest request = RestoreRequest.latest(output)
			.withTarget(target)
			.withOptions(RestoreOptions.DEFAULTS.withParallelism(4).withIntegrityCheck(IntegrityCheck.NONE));
		new LitestreamRestore("stress", List.of(source), LitestreamListener.NONE).restore(request,
				RestoreProgress.NONE);
		return output;
	}

	/** With the one or the other. */
	Path restoreWithEither() throws IOException {
		return (this.count.get() % 2 == 0) ? restore() : restoreOtherwise();
	}

	/**
	 * Restores the newest state to a new file, with the real litestream if it is here.
	 */
	Path restoreOtherwise() throws IOException {
		if (Files.isDirectory(this.replica.resolve("ltx"))) {
			return restoreLtxOtherwise();
		}
		if (RealLitestream.find().isEmpty()) {
			return restore();
		}
		Path output = newFile();
		RealLitestream.get().restore(this.replica, output);
		return output;
	}

	private Path restoreLtxOtherwise() throws IOException {
		if (RealLitestream5.find().isEmpty()) {
			return restore();
		}
		Path output = newFile();
		RealLitestream5.get().restore(this.replica, output);
		return output;
	}

	private Path newFile() {
		return this.directory.resolve("restored-%d.db".formatted(this.count.incrementAndGet()));
	}

	/** Looks whether a restored file is a whole state. */
	static Ledger.State check(Path file) throws SQLException {
		try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file)) {
			return Ledger.check(connection);
		}
		catch (AssertionError | SQLException ex) {
			throw new AssertionError("%s: %s".formatted(file, ex.getMessage()), ex);
		}
	}

	/**
	 * Compares files.
	 * @throws AssertionError if they differ
	 */
	static void requireSame(Path file, Path image) throws IOException {
		long different = Files.mismatch(file, image);
		if (different != -1) {
			throw new AssertionError("%s (%d bytes) differs from %s (%d bytes) at byte %d".formatted(file,
					Files.size(file), image, Files.size(image), different));
		}
	}

	/** Deletes a file that was looked at. */
	static void delete(Path file) throws IOException {
		for (String suffix : new String[] { "", "-wal", "-shm" }) {
			Files.deleteIfExists(Path.of(file + suffix));
		}
	}

}

package org.litestream4j.live;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.WalPosition;

/**
 * The plainest replica: a snapshot, and pieces of WAL with the run that wrote them, as
 * files. What it holds is restored by SQLite itself. Not thread-safe.
 */
final class RawReplica {

	private final Path directory;

	RawReplica(Path directory) {
		this.directory = directory;
	}

	/** A piece of WAL. */
	private record Piece(Path file, int index, long offset, String run) {

		static Piece of(Path file) {
			String[] words = file.getFileName().toString().split("_");
			return new Piece(file, Integer.parseInt(words[1], 16), Long.parseLong(words[2], 16), words[3]);
		}

	}

	/**
	 * Where it ends.
	 *
	 * @param position up to where it holds all
	 * @param run who wrote what ends there; null if nothing was written but a snapshot
	 */
	record End(WalPosition position, @Nullable String run) {
	}

	/** Stores a piece at once. */
	void append(WalPosition start, byte[] bytes, String run) throws IOException {
		put("wal_%08x_%012x_%s".formatted(start.index(), start.offset(), run), bytes);
	}

	private void put(String name, byte[] bytes) throws IOException {
		Path draft = Files.write(this.directory.resolve("draft"), bytes);
		Files.move(draft, this.directory.resolve(name), StandardCopyOption.ATOMIC_MOVE);
	}

	/**
	 * Begins anew.
	 * @param position of the snapshot; what is written next is its whole index, up to
	 * there at least
	 */
	void begin(WalPosition position, byte[] snapshot) throws IOException {
		Files.createDirectories(this.directory);
		Files.deleteIfExists(this.directory.resolve("begin"));
		for (Piece piece : pieces()) {
			Files.delete(piece.file());
		}
		put("snapshot", snapshot);
		put("begin", position.toString().getBytes(java.nio.charset.StandardCharsets.US_ASCII));
	}

	/** Null if it holds nothing. */
	@Nullable End end() throws IOException {
		Path begin = this.directory.resolve("begin");
		if (!Files.exists(begin)) {
			return null;
		}
		WalPosition start = WalPosition.parse(Files.readString(begin));
		List<Piece> pieces = pieces();
		if (pieces.isEmpty()) {
			return null; // to be begun anew, which is always right
		}
		Piece last = pieces.get(pieces.size() - 1);
		return new End(new WalPosition(start.generation(), last.index(), last.offset() + Files.size(last.file())),
				last.run());
	}

	private List<Piece> pieces() throws IOException {
		try (var files = Files.list(this.directory)) {
			return files.filter((file) -> file.getFileName().toString().startsWith("wal_"))
				.sorted()
				.map(Piece::of)
				.toList();
		}
	}

	/** Sees each state that can be restored. */
	interface Look {

		void at(Path restored, String where) throws IOException, SQLException;

	}

	/**
	 * Restores the state at the end of each piece, one after the other.
	 * @param scratch an empty directory
	 * @return the newest
	 */
	Path restoreEach(Path scratch, Look look) throws IOException, SQLException {
		Path base = Files.copy(this.directory.resolve("snapshot"), scratch.resolve("base.db"));
		TreeMap<Integer, List<Piece>> byIndex = new TreeMap<>();
		for (Piece piece : pieces()) {
			byIndex.computeIfAbsent(piece.index(), (index) -> new ArrayList<>()).add(piece);
		}
		for (List<Piece> index : byIndex.values()) {
			Path wal = Files.createFile(scratch.resolve("wal"));
			for (Piece piece : index) {
				if (Files.size(wal) != piece.offset()) {
					throw new AssertionError("%s where offset %d was expected".formatted(piece, Files.size(wal)));
				}
				Files.write(wal, Files.readAllBytes(piece.file()), java.nio.file.StandardOpenOption.APPEND);
				Path state = Files.copy(base, scratch.resolve("state.db"));
				apply(state, wal);
				look.at(state, piece.file().getFileName().toString());
				Files.delete(state);
			}
			apply(base, wal);
			Files.delete(wal);
		}
		return base;
	}

	private static void apply(Path database, Path wal) throws IOException, SQLException {
		Files.copy(wal, Path.of(database + "-wal"));
		try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
				var statement = connection.createStatement()) {
			statement.executeQuery("PRAGMA wal_checkpoint(TRUNCATE)").close();
		}
	}

}

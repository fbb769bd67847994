package org.litestream4j.restore;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

import org.litestream4j.RestoreException;
import org.litestream4j.RestoreException.Kind;
import org.litestream4j.database.EmptyDatabase;
import org.litestream4j.io.Disk;

/**
 * Where a restored database goes, and what to do with what is there. Looks only at names
 * and sizes: opening and closing a live database would drop its locks.
 *
 * @param path the file to create; made absolute
 * @param leftOvers what to do with a zero-byte file of that name, and with files beside
 * it that SQLite would read
 */
public record RestoreOutput(Path path, LeftOvers leftOvers) {

	/** What SQLite keeps beside a database, and would take for the restored one's. */
	private static final List<String> SUFFIXES = List.of("-wal", "-shm", "-journal");

	/** A WAL that is not longer has a header at most, and no frame. */
	private static final long WAL_HEADER = 32;

	private static final int MAX_LINKS = 40;

	/** What to do with what an earlier database left. */
	public enum LeftOvers {

		/** The restore is refused. */
		REFUSE,
		/**
		 * They get a name that says what they are, right before the file is published.
		 */
		MOVE_ASIDE

	}

	public RestoreOutput {
		path = path.toAbsolutePath().normalize();
		if (path.toString().chars().anyMatch(Character::isISOControl)) {
			throw new IllegalArgumentException("%s cannot be restored to: a path without control characters is expected"
				.formatted(path.toString().replaceAll("\\p{Cc}", "?")));
		}
		if (path.getFileName() == null) {
			throw new IllegalArgumentException("%s cannot be restored to: a file is expected".formatted(path));
		}
	}

	/** A file that does not exist, with nothing beside it that SQLite would read. */
	public static RestoreOutput newFile(Path path) {
		return new RestoreOutput(path, LeftOvers.REFUSE);
	}

	/** A database that is missing or zero bytes; what is left of it is moved aside. */
	public static RestoreOutput missingDatabase(Path path) {
		return new RestoreOutput(path, LeftOvers.MOVE_ASIDE);
	}

	/**
	 * Where a symbolic link leads in the end, though nothing may be there; SQLite keeps
	 * what belongs to a database there, too.
	 * @throws IOException if it leads in a circle
	 */
	public static Path followLinks(Path path) throws IOException {
		Path followed = path;
		for (int i = 0; Files.isSymbolicLink(followed); i++) {
			if (i == MAX_LINKS) {
				throw new IOException("%s is a symbolic link that leads in a circle".formatted(path));
			}
			followed = followed.resolveSibling(Files.readSymbolicLink(followed)).normalize();
		}
		return followed;
	}

	/**
	 * Whether there is nothing at a path but perhaps an empty file, or a database that
	 * was created and never used. Nobody in this process may have it open.
	 */
	public static boolean isMissing(Path path) throws IOException {
		if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
			return true;
		}
		BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class,
				LinkOption.NOFOLLOW_LINKS);
		return attributes.isRegularFile() && (attributes.size() == 0 || EmptyDatabase.isAt(path));
	}

	/**
	 * Requires that the file can be created without harm to anything.
	 * @throws RestoreException of kind {@link Kind#OUTPUT_EXISTS}
	 */
	public void requireFree() throws IOException {
		requireNameOfItsOwn();
		requireNothingSpecial();
		if (this.leftOvers == LeftOvers.MOVE_ASIDE) {
			if (!isMissing(this.path)) {
				throw exists(null);
			}
			return;
		}
		if (Files.exists(this.path, LinkOption.NOFOLLOW_LINKS)) {
			throw exists(null);
		}
		for (Path beside : beside()) {
			throw new RestoreException(Kind.OUTPUT_EXISTS,
					("%s exists: SQLite would take it for a part of the restored database; move it away, or restore to"
							+ " another path")
						.formatted(beside));
		}
	}

	/** Beside app.db, SQLite would take app.db-wal for a part of it. */
	private void requireNameOfItsOwn() throws RestoreException {
		String name = String.valueOf(this.path.getFileName());
		for (String suffix : SUFFIXES) {
			if (name.length() > suffix.length() && name.endsWith(suffix)) {
				Path database = this.path.resolveSibling(name.substring(0, name.length() - suffix.length()));
				if (Files.exists(database, LinkOption.NOFOLLOW_LINKS)) {
					throw new RestoreException(Kind.OUTPUT_EXISTS,
							"%s is a name that SQLite keeps for a part of %s, which exists: restore to another name"
								.formatted(this.path, database.getFileName()));
				}
			}
		}
	}

	/** Advice to move /dev/stdout away would be bad advice. */
	private void requireNothingSpecial() throws RestoreException {
		if (Files.exists(this.path, LinkOption.NOFOLLOW_LINKS)
				&& !Files.isRegularFile(this.path, LinkOption.NOFOLLOW_LINKS)) {
			throw new RestoreException(Kind.OUTPUT_EXISTS,
					"%s exists: a restore never overwrites, and this is not a regular file; restore to another path"
						.formatted(this.path));
		}
	}

	RestoreException exists(@Nullable Throwable cause) {
		RestoreException failure = new RestoreException(Kind.OUTPUT_EXISTS,
				"%s exists: a restore never overwrites; move it away, or restore to another path".formatted(this.path));
		if (cause != null) {
			failure.initCause(cause);
		}
		return failure;
	}

	/** Gets left-overs out of the way, if they are not to be refused. */
	LeftOverFiles moveLeftOversAside(Disk disk) throws IOException {
		LeftOverFiles aside = new LeftOverFiles(disk);
		if (this.leftOvers == LeftOvers.MOVE_ASIDE) {
			List<Path> found = new ArrayList<>();
			if (Files.exists(this.path, LinkOption.NOFOLLOW_LINKS)) {
				found.add(this.path);
			}
			found.addAll(beside());
			try {
				for (Path file : found) {
					aside.move(file);
				}
				requireStillMissing(aside);
			}
			catch (IOException ex) {
				aside.moveBack();
				throw (ex instanceof RestoreException) ? ex : DraftException.ofMove(this.path, ex);
			}
		}
		return aside;
	}

	/** Another process may have made a database of the empty file just before. */
	private void requireStillMissing(LeftOverFiles aside) throws IOException {
		Path moved = aside.placeOf(this.path);
		Path wal = aside.placeOf(this.path.resolveSibling(this.path.getFileName() + "-wal"));
		boolean used = moved != null && Files.size(moved) > 0 && wal != null && Files.size(wal) > WAL_HEADER;
		if (moved != null && (used || !isMissing(moved))) {
			throw exists(null);
		}
	}

	private List<Path> beside() {
		return SUFFIXES.stream()
			.map((suffix) -> this.path.resolveSibling(this.path.getFileName() + suffix))
			.filter((file) -> Files.exists(file, LinkOption.NOFOLLOW_LINKS))
			.toList();
	}

	Path directory() {
		Path parent = this.path.getParent();
		if (parent == null) {
			throw new IllegalStateException("an absolute file without a parent");
		}
		return parent;
	}

}

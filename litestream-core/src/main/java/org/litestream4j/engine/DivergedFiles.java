package org.litestream4j.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.io.AsideStamp;
import org.litestream4j.io.Disk;

/**
 * Moves a database that is not what its replica holds out of the way, whole, under a name
 * that says so: it may be all that is left of what was committed to it. Nobody has it
 * open.
 */
final class DivergedFiles {

	private static final Logger logger = LoggerFactory.getLogger(DivergedFiles.class);

	/** The WAL before the database: what is left of a cut move is no other database. */
	private static final List<String> SUFFIXES = List.of("-shm", "-journal", "-wal", "");

	private DivergedFiles() {
	}

	/**
	 * Moves it, and what SQLite keeps beside it, aside.
	 * @throws IOException if a file cannot be moved; what was moved is moved back
	 */
	static void moveAside(Path database, Disk disk) throws IOException {
		String aside = "%s.diverged-%s".formatted(database.getFileName(), AsideStamp.now());
		int moved = 0;
		try {
			for (; moved < SUFFIXES.size(); moved++) {
				move(disk, database, aside, SUFFIXES.get(moved));
			}
		}
		catch (IOException ex) {
			while (--moved >= 0) {
				move(disk, database.resolveSibling(aside), String.valueOf(database.getFileName()), SUFFIXES.get(moved));
			}
			throw ex;
		}
		logger.warn("Moved {} and what belongs to it to {}", database, aside);
	}

	private static void move(Disk disk, Path from, String to, String suffix) throws IOException {
		Path file = from.resolveSibling(from.getFileName() + suffix);
		if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
			disk.moveToNew(file, file.resolveSibling(to + suffix));
		}
	}

}

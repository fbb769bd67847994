package org.litestream4j.cli;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.List;

import org.litestream4j.sqlite.DatabaseHeader;
import org.litestream4j.sqlite.WalHeader;
import org.litestream4j.sqlite.WalReader;

/**
 * A database that nobody has open, and its WAL. Read only, and not through SQLite, which
 * would checkpoint and delete the WAL when it closes.
 * <p>
 * Never used in a JVM that has the database open in SQLite: closing a file drops the
 * locks that SQLite holds on it.
 */
final class DatabaseAtRest {

	private static final String ADVICE = "and every other user of the database, or validate through the application's endpoint";

	private final Path path;

	private final List<Stamp> stamps;

	private DatabaseAtRest(Path path) throws IOException {
		this.path = path;
		this.stamps = stamps();
	}

	/** What changes when somebody writes. */
	private record Stamp(Path file, long size, FileTime modifiedAt) {
	}

	/**
	 * Looks at a database.
	 * @throws IOException with one sentence if there is none, somebody has it open, it
	 * has a rollback journal, or it or what lies beside it is not a regular file
	 */
	static DatabaseAtRest of(Path path) throws IOException {
		Path file;
		try {
			file = path.toRealPath();
		}
		catch (NoSuchFileException ex) {
			throw new IOException("%s does not exist: the database to be compared is expected".formatted(path), ex);
		}
		// Before anything is opened that could hang
		DatabaseUse.requireNone(file, ADVICE);
		DatabaseAtRest database = new DatabaseAtRest(file);
		Path journal = database.beside("-journal");
		if (DatabaseUse.isRegular(journal) && Files.size(journal) > 0) {
			throw new IOException(("%s exists: a transaction was cut off there; let SQLite roll it back first, for"
					+ " example with: sqlite3 %s 'pragma user_version'")
				.formatted(journal, path));
		}
		return database;
	}

	private Path beside(String suffix) {
		return this.path.resolveSibling(this.path.getFileName() + suffix);
	}

	/** What is to be compared. */
	Path path() {
		return this.path;
	}

	/** The WAL, perhaps missing. */
	Path wal() {
		return beside("-wal");
	}

	private List<Stamp> stamps() throws IOException {
		return List.of(stamp(this.path), stamp(wal()));
	}

	private static Stamp stamp(Path file) throws IOException {
		try {
			BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
			return new Stamp(file, attributes.size(), attributes.lastModifiedTime());
		}
		catch (NoSuchFileException ex) {
			return new Stamp(file, -1, FileTime.fromMillis(0));
		}
	}

	/** Requires that nobody wrote since this was created, and nobody is about to. */
	void requireUnchanged() throws IOException {
		DatabaseUse.requireNone(this.path, ADVICE);
		if (!stamps().equals(this.stamps)) {
			throw new IOException(
					"%s was changed meanwhile, so nothing can be said: stop what writes to it and try again"
						.formatted(this.path));
		}
	}

	/**
	 * The WAL's committed frames, none if there is no WAL.
	 * @param limit frames that end after this offset are left out
	 */
	WalPages walPages(long limit) throws IOException {
		WalPages pages = new WalPages();
		if (!DatabaseUse.isRegular(wal()) || Files.size(wal()) < WalHeader.SIZE) {
			return pages;
		}
		try (InputStream in = new BufferedInputStream(Files.newInputStream(wal()), 1 << 18)) {
			WalReader reader = new WalReader(in, wal().toString());
			while (reader.next() && reader.offset() <= limit) {
				pages.add(reader);
			}
		}
		return pages;
	}

	/** From the database's header. */
	int pageSize() throws IOException {
		try (InputStream in = Files.newInputStream(this.path)) {
			byte[] header = in.readNBytes(DatabaseHeader.SIZE);
			return DatabaseHeader.parse(header, header.length, this.path.toString()).pageSize();
		}
	}

}

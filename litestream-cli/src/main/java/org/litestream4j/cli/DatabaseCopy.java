package org.litestream4j.cli;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;

import org.litestream4j.history.diff.DatabaseState;
import org.litestream4j.history.diff.OpenDatabase;
import org.litestream4j.io.Disk;
import org.litestream4j.restore.RestoreOutput;

/**
 * A database as it is now. One that nobody has open is read without SQLite, which would
 * leave files beside it; one that is in use through SQLite, as of one moment, and nobody
 * waits for that.
 *
 * @param database where it is
 */
record DatabaseCopy(Path database) implements DatabaseState<State> {

	@Override
	public State writeTo(RestoreOutput output, Disk disk) throws IOException {
		Path file;
		try {
			file = this.database.toRealPath();
		}
		catch (NoSuchFileException ex) {
			throw new IOException("%s does not exist: the database to be compared is expected".formatted(this.database),
					ex);
		}
		if (DatabaseUse.isOpen(file)) {
			OpenDatabase.copy(file, output.path());
		}
		else {
			DatabaseAtRest atRest = DatabaseAtRest.of(file);
			copy(atRest, output.path(), disk);
			atRest.requireUnchanged();
		}
		return State.of(this.database);
	}

	private static void copy(DatabaseAtRest database, Path output, Disk disk) throws IOException {
		WalPages wal = database.walPages(Long.MAX_VALUE);
		int pageSize = wal.isEmpty() ? database.pageSize() : wal.pageSize();
		long pages = wal.isEmpty() ? Files.size(database.path()) / pageSize : wal.databasePages();
		byte[] page = new byte[pageSize];
		try (InputStream in = new BufferedInputStream(Files.newInputStream(database.path()), 1 << 18);
				Disk.DiskFile out = disk.create(output)) {
			for (long number = 1; number <= pages; number++) {
				int read = in.readNBytes(page, 0, pageSize);
				Arrays.fill(page, read, pageSize, (byte) 0);
				out.write((number - 1) * pageSize, page, 0, pageSize);
			}
			if (!wal.isEmpty()) {
				overlay(database, wal, pages, out);
			}
		}
	}

	private static void overlay(DatabaseAtRest database, WalPages wal, long pages, Disk.DiskFile out)
			throws IOException {
		byte[] page = new byte[wal.pageSize()];
		try (RandomAccessFile in = new RandomAccessFile(database.wal().toFile(), "r")) {
			for (long number = 1; number <= pages; number++) {
				Long offset = wal.offsetOf(number);
				if (offset != null) {
					in.seek(offset);
					in.readFully(page);
					out.write((number - 1) * page.length, page, 0, page.length);
				}
			}
		}
	}

}

package org.litestream4j.cli;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

import org.jspecify.annotations.Nullable;

/**
 * Compares a database at rest, as it is with its WAL applied, with a restored file, page
 * by page and in constant memory but for the WAL's page numbers.
 *
 * @param pages how many pages the longer of both has
 * @param differentPages how many of them differ
 * @param firstDifferentPage from 1, or null if none does
 */
record Comparison(long pages, long differentPages, @Nullable Long firstDifferentPage) {

	boolean isEqual() {
		return this.differentPages == 0;
	}

	static Comparison of(DatabaseAtRest database, WalPages wal, Path restored) throws IOException {
		int pageSize = wal.isEmpty() ? database.pageSize() : wal.pageSize();
		long databasePages = wal.isEmpty() ? pages(database.path(), pageSize) : wal.databasePages();
		long restoredPages = pages(restored, pageSize);
		long different = Math.abs(databasePages - restoredPages);
		Long first = (different > 0) ? Math.min(databasePages, restoredPages) + 1 : null;
		byte[] expected = new byte[pageSize];
		byte[] actual = new byte[pageSize];
		try (InputStream left = buffered(database.path());
				InputStream right = buffered(restored);
				WalFile walFile = WalFile.open(database, wal)) {
			for (long page = 1; page <= Math.min(databasePages, restoredPages); page++) {
				read(left, expected);
				read(right, actual);
				walFile.overlay(page, expected);
				if (!Arrays.equals(expected, actual)) {
					different++;
					first = (first == null || first > page) ? (Long) page : first;
				}
			}
		}
		return new Comparison(Math.max(databasePages, restoredPages), different, first);
	}

	private static long pages(Path file, int pageSize) throws IOException {
		return (Files.size(file) + pageSize - 1) / pageSize;
	}

	private static InputStream buffered(Path file) throws IOException {
		return new BufferedInputStream(Files.newInputStream(file), 1 << 18);
	}

	/** A WAL may know pages that the database file does not reach yet: zeros there. */
	private static void read(InputStream in, byte[] page) throws IOException {
		int read = in.readNBytes(page, 0, page.length);
		Arrays.fill(page, read, page.length, (byte) 0);
	}

	/** Puts the WAL's pages over the file's. */
	private record WalFile(WalPages pages, @Nullable RandomAccessFile file) implements AutoCloseable {

		static WalFile open(DatabaseAtRest database, WalPages pages) throws IOException {
			return new WalFile(pages, pages.isEmpty() ? null : new RandomAccessFile(database.wal().toFile(), "r"));
		}

		void overlay(long page, byte[] bytes) throws IOException {
			Long offset = this.pages.offsetOf(page);
			if (this.file != null && offset != null) {
				this.file.seek(offset);
				this.file.readFully(bytes);
			}
		}

		@Override
		public void close() throws IOException {
			if (this.file != null) {
				this.file.close();
			}
		}

	}

}

package org.litestream4j.validate;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.function.BooleanSupplier;
import java.util.zip.CRC32C;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.WalPosition;
import org.litestream4j.io.Disk;
import org.litestream4j.io.Sha256;
import org.litestream4j.live.DatabaseView;

/**
 * What is kept of the live database at one position: a checksum of each page, in a file,
 * and one of all.
 *
 * @param position where the WAL was read to
 * @param index of a snapshot of the same state
 * @param pageSize in bytes
 * @param sha256 of the whole database, hexadecimal
 * @param pages the file with a checksum of each page
 */
record Fingerprint(WalPosition position, int index, int pageSize, String sha256, Path pages) {

	/**
	 * Reads a view once.
	 * @param pages the file to write, which must not exist
	 * @param wanted asked for each page; the reading ends once it is not
	 * @throws GenerationChangedException if it was not wanted any more
	 */
	static Fingerprint of(DatabaseView view, Disk disk, Path pages, BooleanSupplier wanted) throws IOException {
		try (Disk.DiskFile file = disk.create(pages)) {
			MessageDigest digest = Sha256.newDigest();
			PageChecksums checksums = new PageChecksums(view.pageSize(), digest, file, wanted);
			view.writeTo(checksums);
			checksums.flush();
			return new Fingerprint(view.position(), view.snapshotIndex(), view.pageSize(), Sha256.hex(digest), pages);
		}
	}

	/** Reads a restored file once, and compares it page by page. */
	Match compare(Path restored) throws IOException {
		MessageDigest digest = Sha256.newDigest();
		Long different = null;
		try (DataInputStream expected = new DataInputStream(
				new BufferedInputStream(Files.newInputStream(this.pages), 1 << 16));
				InputStream actual = Files.newInputStream(restored)) {
			byte[] page = new byte[this.pageSize];
			int length = actual.readNBytes(page, 0, page.length);
			long number = 1;
			while (length > 0) {
				digest.update(page, 0, length);
				if (different == null && !isNext(expected, page, length)) {
					different = number;
				}
				number++;
				length = actual.readNBytes(page, 0, page.length);
			}
			if (different == null && expected.read() >= 0) {
				different = number; // the restored file is shorter
			}
		}
		String restoredChecksum = Sha256.hex(digest);
		boolean equal = different == null && restoredChecksum.equals(this.sha256);
		return new Match(equal, restoredChecksum, equal ? null : different);
	}

	/**
	 * What comparing a restored file came to.
	 *
	 * @param equal whether it has the same bytes
	 * @param sha256 of the restored file, hexadecimal
	 * @param firstDifferentPage from 1, or null if there is none
	 */
	record Match(boolean equal, String sha256, @Nullable Long firstDifferentPage) {
	}

	/** What is compared is not what is replicated any more. */
	static final class GenerationChangedException extends IOException {

		private static final long serialVersionUID = 1L;

	}

	private static boolean isNext(DataInputStream expected, byte[] page, int length) throws IOException {
		try {
			return expected.readInt() == checksum(page, 0, length);
		}
		catch (EOFException ex) {
			return false; // the restored file is longer
		}
	}

	private static int checksum(byte[] bytes, int offset, int length) {
		CRC32C crc = new CRC32C();
		crc.update(bytes, offset, length);
		return (int) crc.getValue();
	}

	/** Keeps a checksum of each page, and one of all. Written to in whole pages. */
	private static final class PageChecksums extends OutputStream {

		private final int pageSize;

		private final MessageDigest digest;

		private final Disk.DiskFile file;

		private final BooleanSupplier wanted;

		private final ByteBuffer pending = ByteBuffer.allocate(1 << 16);

		private long position;

		PageChecksums(int pageSize, MessageDigest digest, Disk.DiskFile file, BooleanSupplier wanted) {
			this.wanted = wanted;
			this.pageSize = pageSize;
			this.digest = digest;
			this.file = file;
		}

		@Override
		public void write(int value) {
			throw new UnsupportedOperationException("only whole pages are expected");
		}

		@Override
		public void write(byte[] bytes, int offset, int length) throws IOException {
			if (!this.wanted.getAsBoolean()) {
				throw new GenerationChangedException();
			}
			this.digest.update(bytes, offset, length);
			for (int page = 0; page < length; page += this.pageSize) {
				if (!this.pending.hasRemaining()) {
					flush();
				}
				this.pending.putInt(checksum(bytes, offset + page, this.pageSize));
			}
		}

		@Override
		public void flush() throws IOException {
			this.file.write(this.position, this.pending.array(), 0, this.pending.position());
			this.position += this.pending.position();
			this.pending.clear();
		}

	}

}

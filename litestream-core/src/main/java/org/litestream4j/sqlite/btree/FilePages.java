package org.litestream4j.sqlite.btree;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

import org.litestream4j.sqlite.DatabaseHeader;

/**
 * The pages of a database file that nobody writes to, and that this process has not open
 * in SQLite: closing it would drop SQLite's locks. A {@code -wal} beside it is not looked
 * at. Not thread-safe.
 */
public final class FilePages implements PageSource, Closeable {

	private final FileChannel file;

	private final int pageSize;

	private FilePages(FileChannel file, int pageSize) {
		this.file = file;
		this.pageSize = pageSize;
	}

	/**
	 * Opens a file.
	 * @throws org.litestream4j.sqlite.NotADatabaseException if it is no database
	 * @throws IOException if it cannot be read
	 */
	public static FilePages open(Path path) throws IOException {
		FileChannel file = FileChannel.open(path, StandardOpenOption.READ);
		try {
			ByteBuffer header = ByteBuffer.allocate(DatabaseHeader.SIZE);
			readFully(file, 0, header);
			return new FilePages(file,
					DatabaseHeader.parse(header.array(), header.position(), path.toString()).pageSize());
		}
		catch (IOException | RuntimeException ex) {
			file.close();
			throw ex;
		}
	}

	private static void readFully(FileChannel file, long position, ByteBuffer into) throws IOException {
		long at = position;
		while (into.hasRemaining()) {
			int read = file.read(into, at);
			if (read < 0) {
				return;
			}
			at += read;
		}
	}

	@Override
	public int pageSize() {
		return this.pageSize;
	}

	@Override
	public long pages() throws IOException {
		return this.file.size() / this.pageSize;
	}

	@Override
	public void read(long page, byte[] into) throws IOException {
		ByteBuffer buffer = ByteBuffer.wrap(into, 0, this.pageSize);
		readFully(this.file, (page - 1) * this.pageSize, buffer);
		Arrays.fill(into, buffer.position(), this.pageSize, (byte) 0);
	}

	@Override
	public void close() throws IOException {
		this.file.close();
	}

}

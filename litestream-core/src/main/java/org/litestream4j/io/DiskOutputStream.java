package org.litestream4j.io;

import java.io.IOException;
import java.io.OutputStream;

/**
 * Writes a file from its beginning, one piece after the other. Closing the stream leaves
 * the file open, as whoever has it may want to force it. Not thread-safe.
 */
public class DiskOutputStream extends OutputStream {

	private final Disk.DiskFile file;

	private long position;

	/**
	 * Creates a stream.
	 * @param file what is written
	 */
	public DiskOutputStream(Disk.DiskFile file) {
		this.file = file;
	}

	@Override
	public void write(int b) throws IOException {
		write(new byte[] { (byte) b }, 0, 1);
	}

	@Override
	public void write(byte[] bytes, int offset, int length) throws IOException {
		this.file.write(this.position, bytes, offset, length);
		this.position += length;
	}

}

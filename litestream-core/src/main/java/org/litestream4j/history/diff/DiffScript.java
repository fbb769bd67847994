package org.litestream4j.history.diff;

import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Reader;
import java.io.Writer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

import org.litestream4j.io.Disk;
import org.litestream4j.io.DiskOutputStream;

/**
 * Text that is gathered in a file until it is its turn, as what must come first in a
 * script is known last. Not thread-safe.
 */
final class DiffScript implements Closeable {

	private final Disk disk;

	private final Path file;

	private Writer writer;

	private boolean empty = true;

	DiffScript(Disk disk, Path file) throws IOException {
		this.disk = disk;
		this.file = file;
		this.writer = create();
	}

	@SuppressWarnings("StreamResourceLeak") // closed with the script
	private Writer create() throws IOException {
		Disk.DiskFile opened = this.disk.create(this.file);
		OutputStream out = new DiskOutputStream(opened) {
			@Override
			public void close() throws IOException {
				opened.close();
			}
		};
		return new BufferedWriter(
				new OutputStreamWriter(new BufferedOutputStream(out, 1 << 16), StandardCharsets.UTF_8), 1 << 14);
	}

	/** Where to append. */
	Appendable out() {
		this.empty = false;
		return this.writer;
	}

	void statement(String sql) throws IOException {
		out().append(sql).append(";\n");
	}

	/** Appends all of it to something else, and starts again with nothing. */
	void moveTo(Appendable out) throws IOException {
		if (this.empty) {
			return;
		}
		this.writer.close();
		try (Reader reader = new BufferedReader(Files.newBufferedReader(this.file, StandardCharsets.UTF_8), 1 << 16)) {
			char[] buffer = new char[1 << 14];
			int read;
			while ((read = reader.read(buffer)) > 0) {
				out.append(CharBuffer.wrap(buffer, 0, read));
			}
		}
		this.disk.deleteIfExists(this.file);
		this.writer = create();
		this.empty = true;
	}

	@Override
	public void close() throws IOException {
		this.writer.close();
		this.disk.deleteIfExists(this.file);
	}

}

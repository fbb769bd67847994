package org.litestream4j.restore;

import java.io.IOException;
import java.io.InputStream;

import org.litestream4j.format.Lz4;

/**
 * Decompresses objects, one after another, with the same buffers: those of a small
 * segment take longer to allocate than to fill. Not thread-safe.
 */
final class ObjectDecoder {

	private final Source source = new Source();

	private final InputStream decoded;

	ObjectDecoder() throws IOException {
		this.decoded = Lz4.decompress(this.source);
	}

	/**
	 * Begins with an object; the one before must have been read to its end. The
	 * decompressor reads frames until its source ends, and goes on when there is more.
	 * @param stored the compressed bytes
	 * @return the bytes themselves; not to be closed
	 */
	InputStream decode(InputStream stored) {
		this.source.in = stored;
		return this.decoded;
	}

	private static final class Source extends InputStream {

		private InputStream in = InputStream.nullInputStream();

		@Override
		public int read() throws IOException {
			return this.in.read();
		}

		@Override
		public int read(byte[] bytes, int offset, int length) throws IOException {
			return this.in.read(bytes, offset, length);
		}

	}

}

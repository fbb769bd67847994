package org.litestream4j.format;

import java.io.EOFException;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PushbackInputStream;
import java.util.Optional;

import org.jspecify.annotations.Nullable;

/** A note, and then LZ4 frames. Thread-safe. */
final class Lz4Codec implements ObjectCodec {

	/** Bytes that a frame begins with. */
	private static final int MAGIC_SIZE = 4;

	@Override
	public OutputStream encode(OutputStream out, @Nullable ObjectNote note, long expectedBytes) throws IOException {
		if (note != null) {
			note.writeTo(out);
		}
		return Lz4.compress(new Unclosed(out), expectedBytes);
	}

	@Override
	public Decoder decoder() throws IOException {
		return new Lz4Decoder();
	}

	@Override
	public int noteBytes() {
		return ObjectNote.LONGEST;
	}

	@Override
	public Optional<ObjectNote> note(InputStream stored) throws IOException {
		return ObjectNote.peek(stored);
	}

	/**
	 * Closing the compressor ends its frame; the object's stream is the store's to close.
	 */
	private static final class Unclosed extends FilterOutputStream {

		Unclosed(OutputStream out) {
			super(out);
		}

		@Override
		public void write(byte[] bytes, int offset, int length) throws IOException {
			this.out.write(bytes, offset, length);
		}

		@Override
		public void close() throws IOException {
			flush();
		}

	}

	/**
	 * The decompressor reads frames until its source ends, and goes on when there is
	 * more.
	 */
	private static final class Lz4Decoder implements Decoder {

		private final Source source = new Source();

		private final InputStream decoded;

		private @Nullable ObjectNote note;

		Lz4Decoder() throws IOException {
			this.decoded = Lz4.decompress(this.source);
		}

		@Override
		public InputStream decode(InputStream stored) throws IOException {
			PushbackInputStream begin = new PushbackInputStream(stored, ObjectNote.LONGEST);
			this.source.in = begin;
			this.note = ObjectNote.read(begin).orElse(null);
			requireFrame(begin);
			return this.decoded;
		}

		/**
		 * The decompressor takes an object that ends here for one without content; but
		 * such an object has a frame, too.
		 */
		private static void requireFrame(PushbackInputStream begin) throws IOException {
			byte[] magic = begin.readNBytes(MAGIC_SIZE);
			if (magic.length < MAGIC_SIZE) {
				throw new EOFException("it ends before its content begins");
			}
			begin.unread(magic);
		}

		@Override
		public @Nullable ObjectNote note() {
			return this.note;
		}

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

package org.litestream4j.format;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.xxhash.XXHash32;
import org.jspecify.annotations.Nullable;

/**
 * An LZ4 frame of a single block, byte for byte as the library's stream writes it. That
 * takes a quarter of a megabyte for its buffers, whatever comes, and to get so much fresh
 * memory takes longer than to compress what a small transaction has changed. Here the
 * content is kept until it ends; if there is more of it than a block can hold, the
 * library's stream goes on. Not thread-safe.
 */
final class SmallFrame extends OutputStream {

	/*-
	 * Little-endian:
	 *   magic, flags (independent blocks, checksum of the content), blocks of 64 KB,
	 *   checksum of these two bytes
	 *   size of the block, bit 31 set if it is not compressed; the block; neither if
	 *   there is no content
	 *   0, checksum of the content
	 */

	/** The most that a block holds. */
	static final int LARGEST = 1 << 16;

	private static final byte[] HEADER = { 0x04, 0x22, 0x4d, 0x18, 0x64, 0x40, (byte) 0xa7 };

	private static final int UNCOMPRESSED = 1 << 31;

	/** What the library calls the seed of its frames' checksums. */
	private static final int SEED = 0;

	private final OutputStream out;

	private final LZ4Compressor compressor;

	private final XXHash32 hash;

	private final Larger larger;

	private byte[] content;

	private int size;

	/** What goes on, if there is too much. */
	@Nullable private OutputStream delegate;

	private boolean closed;

	/** Makes a stream for more. */
	@FunctionalInterface
	interface Larger {

		OutputStream open(OutputStream out) throws IOException;

	}

	/**
	 * Begins a frame.
	 * @param out where it goes, when it ends
	 * @param expected bytes of content, roughly
	 * @param larger what goes on if there is too much
	 */
	SmallFrame(OutputStream out, int expected, LZ4Compressor compressor, XXHash32 hash, Larger larger) {
		this.out = out;
		this.content = new byte[Math.min(Math.max(expected, 64), LARGEST)];
		this.compressor = compressor;
		this.hash = hash;
		this.larger = larger;
	}

	@Override
	public void write(int b) throws IOException {
		write(new byte[] { (byte) b }, 0, 1);
	}

	@Override
	public void write(byte[] bytes, int offset, int length) throws IOException {
		if (this.closed) {
			throw new IOException("the frame has ended");
		}
		OutputStream next = this.delegate;
		if (next == null && length > LARGEST - this.size) {
			next = this.larger.open(this.out);
			this.delegate = next;
			next.write(this.content, 0, this.size);
		}
		if (next != null) {
			next.write(bytes, offset, length);
			return;
		}
		if (length > this.content.length - this.size) {
			this.content = Arrays.copyOf(this.content,
					Math.min(Math.max(2 * this.content.length, this.size + length), LARGEST));
		}
		System.arraycopy(bytes, offset, this.content, this.size, length);
		this.size += length;
	}

	/** Of what is kept there is nothing to write yet. */
	@Override
	public void flush() throws IOException {
		OutputStream next = this.delegate;
		if (next != null) {
			next.flush();
		}
	}

	@Override
	public void close() throws IOException {
		if (this.closed) {
			return;
		}
		this.closed = true;
		OutputStream next = this.delegate;
		try (OutputStream ended = (next != null) ? next : this.out) {
			if (next == null) {
				writeFrame(ended);
			}
		}
	}

	private void writeFrame(OutputStream target) throws IOException {
		int longest = this.compressor.maxCompressedLength(this.size);
		ByteBuffer frame = ByteBuffer.allocate(HEADER.length + 3 * Integer.BYTES + longest)
			.order(ByteOrder.LITTLE_ENDIAN)
			.put(HEADER);
		if (this.size > 0) {
			int block = frame.position() + Integer.BYTES;
			int compressed = this.compressor.compress(this.content, 0, this.size, frame.array(), block, longest);
			if (compressed < this.size) {
				frame.putInt(compressed).position(block + compressed);
			}
			else {
				frame.putInt(this.size | UNCOMPRESSED).put(this.content, 0, this.size);
			}
		}
		frame.putInt(0).putInt(this.hash.hash(this.content, 0, this.size, SEED));
		target.write(frame.array(), 0, frame.position());
	}

}

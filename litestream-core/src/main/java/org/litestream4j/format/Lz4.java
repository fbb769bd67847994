package org.litestream4j.format;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.function.Supplier;

import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4FrameInputStream;
import net.jpountz.lz4.LZ4FrameOutputStream;
import net.jpountz.lz4.LZ4FrameOutputStream.BLOCKSIZE;
import net.jpountz.lz4.LZ4FrameOutputStream.FLG;
import net.jpountz.lz4.LZ4SafeDecompressor;
import net.jpountz.xxhash.XXHashFactory;

import org.litestream4j.Internal;

/**
 * The LZ4 frame streams that replica objects are made of: independent blocks and a
 * content checksum. Never block checksums, which Litestream v0.3.13 cannot read.
 */
@Internal
public final class Lz4 {

	private static final long SMALL = 1 << 20;

	/**
	 * The native ones where they can be loaded. {@code fastestInstance()} takes them only
	 * when the system's class loader has them, so never in a packaged Spring Boot
	 * application, and what it takes instead is several times slower.
	 */
	private static final LZ4Factory LZ4 = firstThatLoads(LZ4Factory::nativeInstance, LZ4Factory::fastestInstance);

	private static final LZ4Compressor BLOCK_COMPRESSOR = LZ4.fastCompressor();

	private static final LZ4SafeDecompressor BLOCK_DECOMPRESSOR = LZ4.safeDecompressor();

	private Lz4() {
	}

	private static <T> T firstThatLoads(Supplier<T> wanted, Supplier<T> otherwise) {
		try {
			return wanted.get();
		}
		catch (LinkageError | RuntimeException ex) {
			return otherwise.get(); // another platform, or nowhere to unpack a library
		}
	}

	/**
	 * Compresses. Closing the stream writes the content checksum and closes {@code out}:
	 * after a failure half-way, too, so the whole object must then be thrown away.
	 * @param out where the frame goes
	 * @param expectedBytes how much will be written, roughly; below 1 MiB small blocks
	 * save memory
	 * @return a stream for the content; not thread-safe
	 * @throws IOException if the beginning of the frame cannot be written
	 */
	public static OutputStream compress(OutputStream out, long expectedBytes) throws IOException {
		return (expectedBytes > SmallFrame.LARGEST) ? compressBlocks(out, expectedBytes)
				: new SmallFrame(out, (int) expectedBytes, BLOCK_COMPRESSOR, FrameHash.FACTORY.hash32(),
						(more) -> compressBlocks(more, expectedBytes));
	}

	private static OutputStream compressBlocks(OutputStream out, long expectedBytes) throws IOException {
		BLOCKSIZE blockSize = (expectedBytes < SMALL) ? BLOCKSIZE.SIZE_64KB : BLOCKSIZE.SIZE_4MB;
		return new LZ4FrameOutputStream(out, blockSize, -1, LZ4.fastCompressor(), FrameHash.FACTORY.hash32(),
				FLG.Bits.BLOCK_INDEPENDENCE, FLG.Bits.CONTENT_CHECKSUM);
	}

	/**
	 * Decompresses. Truncation, bit flips and trailing bytes surface as
	 * {@link IOException} while reading.
	 * @param in one or more whole frames
	 * @return the content; not thread-safe
	 * @throws IOException if the beginning of the first frame cannot be read
	 */
	public static InputStream decompress(InputStream in) throws IOException {
		return new LZ4FrameInputStream(in, LZ4.safeDecompressor(), FrameHash.FACTORY.hash32());
	}

	/**
	 * {@return how long a block can be}
	 * @param length bytes that are compressed
	 */
	public static int longestBlock(int length) {
		return BLOCK_COMPRESSOR.maxCompressedLength(length);
	}

	/**
	 * Compresses one block, without a frame around it.
	 * @param from what is compressed
	 * @param offset where it begins
	 * @param length bytes to be compressed
	 * @param to gets the block, from its beginning; of {@link #longestBlock} bytes
	 * @return bytes of the block
	 */
	public static int compressBlock(byte[] from, int offset, int length, byte[] to) {
		return BLOCK_COMPRESSOR.compress(from, offset, length, to, 0, to.length);
	}

	/**
	 * Decompresses one block that has no frame around it.
	 * @param from the block
	 * @param offset where it begins
	 * @param length bytes of the block
	 * @param to gets the content
	 * @param toOffset where in it
	 * @return bytes of content
	 * @throws IOException if it is no block, or its content is longer than what is left
	 * of {@code to}
	 */
	public static int decompressBlock(byte[] from, int offset, int length, byte[] to, int toOffset) throws IOException {
		try {
			return BLOCK_DECOMPRESSOR.decompress(from, offset, length, to, toOffset);
		}
		catch (LZ4Exception ex) {
			throw new IOException("it is no LZ4 block of that size", ex);
		}
	}

	/** Not loaded for blocks, which have no checksum of their own. */
	private static final class FrameHash {

		private static final XXHashFactory FACTORY = firstThatLoads(XXHashFactory::nativeInstance,
				XXHashFactory::fastestInstance);

	}

}

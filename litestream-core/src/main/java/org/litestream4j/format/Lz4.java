package org.litestream4j.format;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.function.Supplier;

import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4FrameInputStream;
import net.jpountz.lz4.LZ4FrameOutputStream;
import net.jpountz.lz4.LZ4FrameOutputStream.BLOCKSIZE;
import net.jpountz.lz4.LZ4FrameOutputStream.FLG;
import net.jpountz.xxhash.XXHashFactory;

/**
 * The LZ4 frame streams that replica objects are made of: independent blocks and a
 * content checksum. Never block checksums, which Litestream v0.3.13 cannot read.
 */
public final class Lz4 {

	private static final long SMALL = 1 << 20;

	/**
	 * The native ones where they can be loaded. {@code fastestInstance()} takes them only
	 * when the system's class loader has them, so never in a packaged Spring Boot
	 * application, and what it takes instead is several times slower.
	 */
	private static final LZ4Factory LZ4 = firstThatLoads(LZ4Factory::nativeInstance, LZ4Factory::fastestInstance);

	private static final XXHashFactory XX_HASH = firstThatLoads(XXHashFactory::nativeInstance,
			XXHashFactory::fastestInstance);

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
	 */
	public static OutputStream compress(OutputStream out, long expectedBytes) throws IOException {
		BLOCKSIZE blockSize = (expectedBytes < SMALL) ? BLOCKSIZE.SIZE_64KB : BLOCKSIZE.SIZE_4MB;
		return new LZ4FrameOutputStream(out, blockSize, -1, LZ4.fastCompressor(), XX_HASH.hash32(),
				FLG.Bits.BLOCK_INDEPENDENCE, FLG.Bits.CONTENT_CHECKSUM);
	}

	/**
	 * Decompresses. Truncation, bit flips and trailing bytes surface as
	 * {@link IOException} while reading.
	 * @param in one or more whole frames
	 */
	public static InputStream decompress(InputStream in) throws IOException {
		return new LZ4FrameInputStream(in, LZ4.safeDecompressor(), XX_HASH.hash32());
	}

}

package org.litestream4j.format;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

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

	private Lz4() {
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
		return new LZ4FrameOutputStream(out, blockSize, -1, LZ4Factory.fastestInstance().fastCompressor(),
				XXHashFactory.fastestInstance().hash32(), FLG.Bits.BLOCK_INDEPENDENCE, FLG.Bits.CONTENT_CHECKSUM);
	}

	/**
	 * Decompresses. Truncation, bit flips and trailing bytes surface as
	 * {@link IOException} while reading.
	 * @param in one or more whole frames
	 */
	public static InputStream decompress(InputStream in) throws IOException {
		return new LZ4FrameInputStream(in);
	}

}
